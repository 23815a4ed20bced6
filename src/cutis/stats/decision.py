"""Is acting on a score better than acting on everybody or nobody, and at what cost of a mistake?

A threshold says how a miss weighs against a false alarm: who acts from a probability of 0.1 on takes nine
false alarms for one found. Net benefit counts found positives less false alarms so weighed, per patient.
Scores are probabilities here; calibrate others first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.intervals import percentile
from cutis.stats.resampling import Statistic, Weights, bootstrap, number_groups, observed, sums_by_group

Array = NDArray[np.float64]
Counted = Callable[[Weights], tuple[Array, Array, Array, Array]]


@dataclass(frozen=True)
class Curve:
    """A figure along a grid, with its interval at each point.

    Attributes:
        value: (points,).
        low: (points,) lower ends.
        high: (points,) upper ends.
    """

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit, per patient, of acting from each threshold on.

    Attributes:
        thresholds: (points,) probabilities, above 0 and below 1.
        prevalence: share of positives that the benefits hold for.
        model: of acting on the score.
        everybody: of acting on everybody; acting on nobody has a net benefit of 0.
        gain: of the score over the better of everybody and nobody. Above 0 the score is worth using; its
            interval is that of the difference on the same draws.
    """

    thresholds: Array
    prevalence: float
    model: Curve
    everybody: Curve
    gain: Curve


@dataclass(frozen=True)
class CostCurve:
    """Expected cost, as a share of the worst, over all prevalences and costs at once.

    Attributes:
        probability_cost: (points,) 0 .. 1: prevalence times the cost of a miss, over that and its counterpart
            for negatives. With equal costs it is the prevalence.
        model: of the score at the best threshold for each point.
        trivial: (points,) of the better of acting on everybody and on nobody.
    """

    probability_cost: Array
    model: Curve
    trivial: Array


def decision_curve(
    truth: ArrayLike,
    probability: ArrayLike,
    thresholds: ArrayLike,
    replicates: int,
    rng: np.random.Generator,
    *,
    groups: ArrayLike | None = None,
    prevalence: float | None = None,
    confidence: float = 0.95,
) -> DecisionCurve:
    """Net benefit with intervals by group.

    Args:
        truth: (cases,) 0 or 1.
        probability: (cases,) 0 .. 1; who has the threshold or more is acted on.
        thresholds: (points,) above 0 and below 1, rising.
        replicates: bootstrap draws of groups.
        rng: source of the draws.
        groups: (cases,) group of each case; none means that cases are independent.
        prevalence: where the score is used; None takes that of the cases, made up in a case-control study.
        confidence: of the two-sided intervals, one point at a time.

    Raises:
        OneClassError: all cases are of one class.
        CutisError: a threshold, probability or prevalence that is none.

    Source: Vickers & Elkin 2006, Med Decis Making 26:565; Vickers et al. 2008, BMC Med Inform Decis Mak 8:53,
        for case-control studies and intervals.
    """
    positive, score = _checked(truth, probability)
    at = np.asarray(thresholds, dtype=np.float64)
    if not len(at) or not np.all((at > 0) & (at < 1)) or np.any(np.diff(at) <= 0):
        raise CutisError("thresholds are probabilities above 0 and below 1, rising.")
    if prevalence is not None and not 0 < prevalence < 1:
        raise CutisError(f"the prevalence is {prevalence:g}, not above 0 and below 1.")
    index, count = number_groups(np.arange(len(positive)) if groups is None else groups)
    statistic = net_benefits(positive, score, at, index, count, prevalence)
    values = observed(statistic, count)
    ends = percentile(bootstrap(statistic, count, replicates, rng), confidence)
    model, everybody, gain = (
        Curve(values[part], ends[part, 0], ends[part, 1])
        for part in (slice(start, start + len(at)) for start in range(0, 3 * len(at), len(at)))
    )
    share = float(positive.mean()) if prevalence is None else prevalence
    return DecisionCurve(at, share, model, everybody, gain)


def net_benefits(
    positive: NDArray[np.bool_],
    score: Array,
    thresholds: Array,
    index: NDArray[np.intp],
    count: int,
    prevalence: float | None,
) -> Statistic:
    """Net benefit of the score, of acting on everybody, and the gain of the one over the better trivial one.

    Returns:
        Statistic of (3 * thresholds,) figures, in this order.
    """
    counted = _above(positive, score, thresholds, index, count)
    odds = (thresholds / (1 - thresholds))[:, None]

    def statistic(weights: Weights) -> Array:
        found, alarms, positives, negatives = counted(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = positives / (positives + negatives) if prevalence is None else prevalence
            model = found / positives * share - alarms / negatives * (1 - share) * odds
            everybody = share - (1 - share) * odds + np.zeros_like(model)
        return np.concatenate([model, everybody, model - np.maximum(everybody, 0.0)])

    return statistic


def cost_curve(
    truth: ArrayLike,
    score: ArrayLike,
    replicates: int,
    rng: np.random.Generator,
    *,
    points: int = 101,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> CostCurve:
    """Lowest expected cost that any threshold of a score has, at each prevalence and cost.

    The lower envelope is drawn anew in every draw of groups. As the threshold is the best of the very cases,
    the curve flatters the score a little; with thresholds from other cases use `decision_curve`.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.
        replicates: bootstrap draws of groups.
        rng: source of the draws.
        points: of the grid from 0 to 1.
        groups: (cases,) group of each case; none means that cases are independent.
        confidence: of the two-sided intervals, one point at a time.

    Raises:
        OneClassError: all cases are of one class.

    Source: Drummond & Holte 2006, Mach Learn 65:95.
    """
    positive, values = _checked(truth, score, bounded=False)
    index, count = number_groups(np.arange(len(positive)) if groups is None else groups)
    counted = _above(positive, values, np.unique(values), index, count)
    grid = np.linspace(0.0, 1.0, points)

    def statistic(weights: Weights) -> Array:
        found, alarms, positives, negatives = counted(weights)
        best = np.empty((points, weights.shape[1]))
        with np.errstate(invalid="ignore", divide="ignore"):
            misses = np.concatenate([1 - found / positives, np.ones((1, weights.shape[1]))])
            wrong = np.concatenate([alarms / negatives, np.zeros((1, weights.shape[1]))])
        for number, cost in enumerate(grid):
            best[number] = (misses * cost + wrong * (1 - cost)).min(axis=0)
        return best

    ends = percentile(bootstrap(statistic, count, replicates, rng), confidence)
    model = Curve(observed(statistic, count), ends[:, 0], ends[:, 1])
    return CostCurve(grid, model, np.minimum(grid, 1 - grid))


def _above(
    positive: NDArray[np.bool_], score: Array, thresholds: Array, index: NDArray[np.intp], count: int
) -> Counted:
    """Count positives and negatives at each threshold or above, in every replicate."""
    step = np.searchsorted(thresholds, score, side="right")  # thresholds that the case reaches
    kinds = len(thresholds) + 1
    sorted_positives = sums_by_group(step[positive], index[positive], count, kinds)
    sorted_negatives = sums_by_group(step[~positive], index[~positive], count, kinds)

    def counted(weights: Weights) -> tuple[Array, Array, Array, Array]:
        reached = [
            np.cumsum(np.asarray(table @ weights, dtype=np.float64)[::-1], axis=0)[::-1]
            for table in (sorted_positives, sorted_negatives)
        ]
        return reached[0][1:], reached[1][1:], reached[0][0], reached[1][0]

    return counted


def _checked(truth: ArrayLike, score: ArrayLike, *, bounded: bool = True) -> tuple[NDArray[np.bool_], Array]:
    positive, values = np.asarray(truth).astype(bool), np.asarray(score, dtype=np.float64)
    if positive.shape != values.shape or positive.ndim != 1:
        raise ValueError(f"truth {positive.shape} and score {values.shape} are not one list of cases.")
    if not np.all(np.isfinite(values)) or (bounded and not np.all((values >= 0) & (values <= 1))):
        raise CutisError("a score is missing, infinite or no probability.")
    if positive.all() or not positive.any():
        raise OneClassError(f"all {len(positive)} cases are of one class: there is nothing to decide.")
    return positive, values
