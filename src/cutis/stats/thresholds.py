"""Operating points: the score from which a case counts as positive, and how it was chosen.

Choose them on a tuning split and report them on another; a point reported on the cases it was
chosen on flatters itself.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.discrimination import roc_curve
from cutis.stats.intervals import Estimate, wilson
from cutis.stats.resampling import number_groups

TARGET = 0.936  # sensitivity of the published network for severe drug reactions


@dataclass(frozen=True)
class ChosenPoint:
    """A threshold and what it does on the cases it was chosen on.

    Attributes:
        threshold: a case counts as positive at this score or above.
        sensitivity: share of positives found.
        specificity: share of negatives left alone.
        ppv: share of called cases that are positive.
    """

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float


@dataclass(frozen=True)
class BoundedPoint:
    """A threshold whose sensitivity is bounded from below, and what it does where it was chosen.

    Attributes:
        threshold: a case counts as positive at this score or above.
        sensitivity: share of positives found, each patient counting once, with its interval.
        specificity: share of negatives left alone, likewise.
        positives: patients with a positive case.
        negatives: patients with a negative case.
        least: the sensitivity that the lower end of the interval was to reach.
        needed: the fewest patients with a positive case with which any threshold could have reached it.
        confidence: of the two-sided intervals.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    positives: int
    negatives: int
    least: float
    needed: int
    confidence: float = 0.95

    @property
    def reached(self) -> bool:
        """The lower end of the sensitivity's interval is at the target or above."""
        return self.positives >= self.needed

    @property
    def shortfall(self) -> str:
        """Why the target was not reached, in a sentence; empty where it was."""
        if self.reached:
            return ""
        return (
            f"The lower end of the interval of sensitivity is {self.sensitivity.low:.3f}, below "
            f"{self.least:g}: there are {self.positives} positive patients, and it takes {self.needed}, "
            "even if all are found."
        )


@dataclass(frozen=True)
class _Points:
    threshold: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    specificity: NDArray[np.float64]
    ppv: NDArray[np.float64]

    def at(self, number: int) -> ChosenPoint:
        found = (self.threshold, self.sensitivity, self.specificity, self.ppv)
        return ChosenPoint(*(float(column[number]) for column in found))


def by_youden(truth: ArrayLike, score: ArrayLike) -> ChosenPoint:
    """The point with the largest sum of sensitivity and specificity; the more sensitive one on a tie.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.

    Raises:
        OneClassError: only positives or only negatives.

    Source: Youden 1950, Cancer 3:32.
    """
    points = _points(truth, score)
    return points.at(_last_best(points.sensitivity + points.specificity))


def by_sensitivity(truth: ArrayLike, score: ArrayLike, least: float) -> ChosenPoint:
    """The most specific point that finds at least a share ``least`` of the positives."""
    points = _points(truth, score)
    return points.at(int(np.argmax(points.sensitivity >= least - 1e-12)))


def by_specificity(truth: ArrayLike, score: ArrayLike, least: float) -> ChosenPoint:
    """The most sensitive point that leaves at least a share ``least`` of the negatives alone.

    Where no point does, the strictest one is given; its specificity says so.
    """
    points = _points(truth, score)
    allowed = points.specificity >= least - 1e-12
    return points.at(int(np.flatnonzero(allowed)[-1]) if allowed.any() else 0)


def by_ppv(truth: ArrayLike, score: ArrayLike, least: float) -> ChosenPoint:
    """The most sensitive point at which at least a share ``least`` of called cases is positive.

    Where no point reaches it, the one with the highest predictive value is given; its ``ppv`` says so.
    """
    points = _points(truth, score)
    allowed = points.ppv >= least - 1e-12
    return points.at(int(np.flatnonzero(allowed)[-1]) if allowed.any() else _last_best(points.ppv))


def by_sensitivity_bound(
    truth: ArrayLike,
    score: ArrayLike,
    least: float = TARGET,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> BoundedPoint:
    """The most specific point at which the lower end of the interval of sensitivity is ``least`` or above.

    The bound counts patients. A patient with several positive cases counts once, as the share of them that is
    found; the interval is Wilson's for as many independent patients, never too narrow for a mean of shares.
    Photographing a lesion twice therefore buys neither sensitivity nor sureness.

    With few positive patients no threshold gets there: even if all n are found, the lower end is no higher
    than n / (n + z²). The point is then the most specific one that finds every positive case, ``reached`` is
    false, and ``needed`` says how many positive patients it would take (57 for .936 at 95% confidence).

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.
        least: above 0, below 1.
        groups: (cases,) patient of each case; none means that each case is another patient.
        confidence: of the two-sided interval whose lower end is meant.

    Raises:
        OneClassError: only positives or only negatives.
        CutisError: ``least`` is not between 0 and 1.

    Source: Wilson 1927, J Am Stat Assoc 22:209.
    """
    roc_curve(truth, score)  # refuses what cannot be scored
    positive, values = np.asarray(truth).astype(bool), np.asarray(score, dtype=np.float64)
    index, _ = number_groups(np.arange(len(values)) if groups is None else groups)
    needed = least_positives(least, confidence)
    rungs = np.unique(values[positive])[::-1]  # strictest first
    positives, found = _shares(values[positive], index[positive], rungs)
    negatives, called = _shares(values[~positive], index[~positive], rungs)

    def holds(rung: int) -> bool:
        return wilson(found[rung], positives, confidence).low >= least

    # The bound rises with every rung; where it never gets there, the last rung finds every positive case.
    rung = min(bisect_left(range(len(rungs)), True, key=holds), len(rungs) - 1)
    return BoundedPoint(
        threshold=float(rungs[rung]),
        sensitivity=wilson(float(found[rung]), positives, confidence),
        specificity=wilson(negatives - float(called[rung]), negatives, confidence),
        positives=positives,
        negatives=negatives,
        least=least,
        needed=needed,
        confidence=confidence,
    )


def least_positives(least: float, confidence: float = 0.95) -> int:
    """The fewest patients, all of them found, that put the lower end of Wilson's interval at ``least``.

    Raises:
        CutisError: ``least`` is not between 0 and 1.
    """
    if not 0 < least < 1:
        raise CutisError(f"a sensitivity of {least:g} cannot be promised. Name one between 0 and 1.")
    number = 1
    while wilson(number, number, confidence).low < least:
        number *= 2
    return bisect_left(range(number), True, key=lambda n: n > 0 and wilson(n, n, confidence).low >= least)


def _shares(
    values: NDArray[np.float64], index: NDArray[np.intp], rungs: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """How many patients there are, and how many, in shares of their cases, are at each rung or above."""
    _, patient, cases = np.unique(index, return_inverse=True, return_counts=True)
    order = np.argsort(values)
    share = np.concatenate([[0.0], np.cumsum((1.0 / cases[patient])[order])])
    above = len(cases) - share[np.searchsorted(values[order], rungs, side="left")]
    return len(cases), np.clip(above.round(9), 0, len(cases))  # thirds add up to one again


def _points(truth: ArrayLike, score: ArrayLike) -> _Points:
    curve = roc_curve(truth, score)
    positives = float(np.sum(np.asarray(truth).astype(bool)))
    negatives = float(len(np.asarray(truth)) - positives)
    hits, alarms = curve.sensitivity[1:] * positives, curve.false_positive_rate[1:] * negatives
    return _Points(
        curve.threshold[1:],
        curve.sensitivity[1:],
        1.0 - curve.false_positive_rate[1:],
        hits / (hits + alarms),
    )


def _last_best(values: NDArray[np.float64]) -> int:
    return int(np.flatnonzero(values >= values.max() - 1e-12)[-1])
