"""Do the probabilities mean what they say: temperature, calibration error, reliability, Brier, log loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.resampling import Weights, sums_by_group

BINS = 15  # as in Guo et al. 2017, so that the error compares with published ones
_LEAST_PROBABILITY = 1e-12  # a certain and wrong answer costs 27.6, not infinity
_TEMPERATURES = (0.01, 100.0)


@dataclass(frozen=True)
class Bins:
    """Cases sorted by confidence into equal-width bins and summed by group.

    Attributes:
        edges: (bins + 1,) from 0 to 1.
        cases: sparse (bins, groups) number of cases.
        right: sparse (bins, groups) number of cases that happened (or were right).
        confidence: sparse (bins, groups) sum of the stated probabilities.
    """

    edges: NDArray[np.float64]
    cases: Any
    right: Any
    confidence: Any


def softmax(logits: ArrayLike, temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities from logits. (cases, classes) to (cases, classes), rows add up to 1."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(logits: ArrayLike, truth: ArrayLike) -> float:
    """The temperature that makes the probabilities of a tuning split most likely.

    Dividing logits by it changes how sure a model is, never which class it names.

    Args:
        logits: (cases, classes).
        truth: (cases,) 0 .. classes-1.

    Returns:
        Between 0.01 and 100; above 1 where the model was too sure.

    Raises:
        ValueError: no cases, or shapes that do not fit.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    from scipy.optimize import minimize_scalar

    scores, labels = np.asarray(logits, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise ValueError(f"logits {scores.shape} and truth {labels.shape} do not fit, or hold no cases.")
    centred = scores - scores.max(axis=1, keepdims=True)
    chosen = centred[np.arange(len(labels)), labels]

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        return float(np.mean(np.log(np.exp(centred * scale).sum(axis=1)) - chosen * scale))

    bounds = (float(np.log(_TEMPERATURES[0])), float(np.log(_TEMPERATURES[1])))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9}).x))


def confidence_bins(
    confidence: ArrayLike, right: ArrayLike, index: ArrayLike, count: int, bins: int | ArrayLike = BINS
) -> Bins:
    """Sort cases into bins for `reliability` and `weighted_calibration_error`.

    Args:
        confidence: (cases,) stated probability, 0 .. 1: of the named class, or of a finding.
        right: (cases,) 0 or 1: the named class was right, or the finding was there.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
        bins: how many, of equal width; or their (bins + 1,) edges, see `equal_mass_edges`. A probability on
            an edge belongs to the bin below it.

    Raises:
        ValueError: a probability outside 0 .. 1.
    """
    stated, hits = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not np.all((stated >= 0) & (stated <= 1 + 1e-9)):
        raise ValueError("a probability is missing or lies outside 0 .. 1.")
    given = np.asarray(bins, dtype=np.float64)
    edges = given if given.ndim else np.linspace(0.0, 1.0, int(given) + 1)
    kinds = len(edges) - 1
    number = np.clip(np.searchsorted(edges, stated, side="left") - 1, 0, kinds - 1)
    cases = sums_by_group(number, index, count, kinds)
    return Bins(
        edges,
        cases,
        sums_by_group(number, index, count, kinds, hits),
        sums_by_group(number, index, count, kinds, stated),
    )


def equal_mass_edges(confidence: ArrayLike, bins: int = BINS) -> NDArray[np.float64]:
    """Edges between which about as many cases lie; fewer bins where many cases share a value.

    Args:
        confidence: (cases,) stated probabilities, 0 .. 1.
        bins: wanted.

    Returns:
        (bins + 1,) or fewer, from 0 to 1.
    """
    inner = np.quantile(np.asarray(confidence, dtype=np.float64), np.arange(1, bins) / bins)
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def weighted_calibration_error(binned: Bins, weights: Weights) -> NDArray[np.float64]:
    """Expected calibration error of every replicate: mean gap between stated and found, by bin.

    Returns:
        (replicates,) 0 .. 1.
    """
    gaps = np.abs(np.asarray(binned.right @ weights - binned.confidence @ weights, dtype=np.float64))
    return np.asarray(gaps.sum(axis=0) / np.asarray(binned.cases @ weights, dtype=np.float64).sum(axis=0))


def reliability(binned: Bins, weights: Weights) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What was stated and what was found, in each bin of every replicate.

    Returns:
        Two (bins, replicates): mean stated probability, and share that was right; not a number in an
        empty bin.
    """
    cases = np.asarray(binned.cases @ weights, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        stated = np.where(cases > 0, (binned.confidence @ weights) / cases, np.nan)
        found = np.where(cases > 0, (binned.right @ weights) / cases, np.nan)
    return np.asarray(stated), np.asarray(found)


def expected_calibration_error(truth: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Mean gap between how sure the named class is and how often it is right, by bin.

    Args:
        truth: (cases,) 0 .. classes-1.
        probabilities: (cases, classes).
        bins: of equal width.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    right = scores.argmax(axis=1) == np.asarray(truth)
    binned = confidence_bins(scores.max(axis=1), right, np.zeros(len(right), dtype=np.intp), 1, bins)
    return float(weighted_calibration_error(binned, np.ones((1, 1), np.float32))[0])


def brier_losses(truth: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Squared distance of each case's probabilities from its truth.

    Args:
        truth: (cases,) 0 .. classes-1.
        probabilities: (cases, classes).

    Returns:
        (cases,): with several classes summed over them, 0 .. 2; with two the distance of one, 0 .. 1, as is
        the custom.

    Source: Brier 1950, Mon Weather Rev 78:1.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    squares = (scores - np.eye(scores.shape[1])[np.asarray(truth, dtype=np.intp)]) ** 2
    return np.asarray(squares.sum(axis=1) if scores.shape[1] > 2 else squares[:, 0])


def log_losses(truth: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Minus the logarithm of the probability given to each case's truth. (cases,) 0 .. 27.6."""
    scores = np.asarray(probabilities, dtype=np.float64)
    given = scores[np.arange(len(scores)), np.asarray(truth, dtype=np.intp)]
    return np.asarray(-np.log(np.maximum(given, _LEAST_PROBABILITY)))


def weighted_mean(values: ArrayLike, index: ArrayLike, count: int, weights: Weights) -> NDArray[np.float64]:
    """Mean over cases of every replicate, such as of `brier_losses`. (replicates,)."""
    zero = np.zeros(len(np.asarray(index)), dtype=np.intp)
    sums = np.asarray(sums_by_group(zero, index, count, 1, values) @ weights, dtype=np.float64)
    cases = np.asarray(sums_by_group(zero, index, count, 1) @ weights, dtype=np.float64)
    means: NDArray[np.float64] = (sums / cases)[0]
    return means
