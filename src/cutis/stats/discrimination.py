"""How well a score separates two classes: AUC, average precision and the ROC curve.

Cases are sorted once. The positives' distinct scores are the rungs of a `Ladder`; negatives only
matter by which rung they stand on or between. Replicates are then sums over groups and one
cumulative sum per replicate, so that thousands of them cost about as much as reading the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import OneClassError
from cutis.stats.resampling import Weights, sums_by_group


@dataclass(frozen=True)
class Ladder:
    """Scores of one class against the rest, sorted and summed by group.

    Attributes:
        positives: sparse (rungs, groups) positives on each rung, lowest score first.
        negatives: sparse (2 * rungs + 1, groups) negatives below the first rung, on it, between it
            and the second, on the second, ... and above the last.
    """

    positives: Any
    negatives: Any


@dataclass(frozen=True)
class Roc:
    """A ROC curve.

    Attributes:
        false_positive_rate: (points,) rising from 0 to 1.
        sensitivity: (points,) rising from 0 to 1.
        threshold: (points,) a case counts as positive at this score or above; the first is infinite.
    """

    false_positive_rate: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    threshold: NDArray[np.float64]


def ladder(truth: ArrayLike, score: ArrayLike, index: ArrayLike, count: int) -> Ladder:
    """Sort the cases once for `weighted_auc` and `weighted_average_precision`.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.

    Raises:
        OneClassError: only positives or only negatives.
    """
    positive, values = _checked(truth, score)
    index = np.asarray(index)
    rungs, rung = np.unique(values[positive], return_inverse=True)
    below = np.searchsorted(rungs, values[~positive], side="left")
    on = below < np.searchsorted(rungs, values[~positive], side="right")
    return Ladder(
        sums_by_group(rung, index[positive], count, len(rungs)),
        sums_by_group(2 * below + on, index[~positive], count, 2 * len(rungs) + 1),
    )


def weighted_auc(scores: Ladder, weights: Weights) -> NDArray[np.float64]:
    """AUC of every replicate; ties count one half.

    Returns:
        (replicates,); not a number where a replicate holds one class only.
    """
    positives = np.asarray(scores.positives @ weights, dtype=np.float64)  # (rungs, replicates)
    negatives = np.asarray(scores.negatives @ weights)  # (2 * rungs + 1, replicates)
    upto = np.cumsum(negatives, axis=0)
    beaten = (upto[:-1:2] + upto[1::2]) / 2  # below the rung, and half of those on it
    pairs = positives.sum(axis=0) * upto[-1]
    won = np.einsum("rb,rb->b", positives, beaten)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(pairs > 0, won / pairs, np.nan))


def weighted_average_precision(scores: Ladder, weights: Weights) -> NDArray[np.float64]:
    """Average precision of every replicate: precision averaged over the positives found, best first.

    Returns:
        (replicates,); not a number where a replicate holds one class only.
    """
    positives = np.asarray(scores.positives @ weights, dtype=np.float64)
    negatives = np.asarray(scores.negatives @ weights, dtype=np.float64)
    found = np.cumsum(positives[::-1], axis=0)  # highest score first
    called = found + np.cumsum(negatives[::-1], axis=0)[1::2]  # with the negatives on or above the rung
    total, others = positives.sum(axis=0), negatives.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(called > 0, found / called, 0.0)
        area = np.einsum("rb,rb->b", positives[::-1], precision) / total
    return np.asarray(np.where((total > 0) & (others > 0), area, np.nan))


def auc(truth: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties one half.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.

    Raises:
        OneClassError: only positives or only negatives.
    """
    return float(weighted_auc(_single(truth, score), np.ones((1, 1), np.float32))[0])


def average_precision(truth: ArrayLike, score: ArrayLike) -> float:
    """Area under the precision-recall curve as a step function; arguments as for `auc`."""
    return float(weighted_average_precision(_single(truth, score), np.ones((1, 1), np.float32))[0])


def auc_per_class(truth: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """AUC of each class against the rest.

    Args:
        truth: (cases,) 0 .. classes-1.
        probabilities: (cases, classes).

    Returns:
        (classes,); not a number for a class that all cases or none belong to.
    """
    labels, scores = np.asarray(truth), np.asarray(probabilities, dtype=np.float64)
    areas = np.full(scores.shape[1], np.nan)
    for number in range(scores.shape[1]):
        if 0 < np.sum(labels == number) < len(labels):
            areas[number] = auc(labels == number, scores[:, number])
    return areas


def auc_macro(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean AUC of the classes against the rest, over the classes for which it is defined.

    Raises:
        OneClassError: all cases are of one class.
    """
    areas = auc_per_class(truth, probabilities)
    if np.all(np.isnan(areas)):
        raise OneClassError("all cases are of one class: there is nothing to tell apart.")
    return float(np.nanmean(areas))


def roc_curve(truth: ArrayLike, score: ArrayLike) -> Roc:
    """Sensitivity against false positive rate at every distinct score.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.

    Raises:
        OneClassError: only positives or only negatives.
    """
    positive, values = _checked(truth, score)
    levels, level = np.unique(-values, return_inverse=True)
    hits = np.cumsum(np.bincount(level, positive, minlength=len(levels)))
    alarms = np.cumsum(np.bincount(level, ~positive, minlength=len(levels)))
    return Roc(
        np.concatenate([[0.0], alarms / alarms[-1]]),
        np.concatenate([[0.0], hits / hits[-1]]),
        np.concatenate([[np.inf], -levels]),
    )


def roc_replicates(scores: Ladder, weights: Weights, rates: ArrayLike) -> NDArray[np.float64]:
    """Sensitivity of every replicate at given false positive rates, for a band around a curve.

    Args:
        scores: from `ladder`.
        weights: (groups, replicates).
        rates: (points,) false positive rates; or (points, replicates), other ones for each replicate.

    Returns:
        (points, replicates), interpolated between the rungs.
    """
    positives = np.cumsum((scores.positives @ weights)[::-1], axis=0, dtype=np.float64)
    negatives = np.cumsum((scores.negatives @ weights)[::-1], axis=0, dtype=np.float64)
    points = np.asarray(rates, dtype=np.float64)
    out = np.full((len(points), weights.shape[1]), np.nan)
    for replicate in range(weights.shape[1]):
        hits, alarms = positives[:, replicate], negatives[:, replicate]
        if hits[-1] > 0 and alarms[-1] > 0:
            x = np.concatenate([[0.0], np.stack([alarms[:-1:2], alarms[1::2]], axis=1).ravel(), [alarms[-1]]])
            before = np.concatenate([[0.0], hits[:-1]])
            y = np.concatenate([[0.0], np.stack([before, hits], axis=1).ravel(), [hits[-1]]])
            at = points if points.ndim == 1 else points[:, replicate]
            out[:, replicate] = np.interp(at, x / alarms[-1], y / hits[-1])
    return out


def _single(truth: ArrayLike, score: ArrayLike) -> Ladder:
    return ladder(truth, score, np.zeros(len(np.asarray(truth)), dtype=np.intp), 1)


def _checked(truth: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    positive, values = np.asarray(truth).astype(bool), np.asarray(score, dtype=np.float64)
    if positive.shape != values.shape or positive.ndim != 1:
        raise ValueError(f"truth {positive.shape} and score {values.shape} are not one list of cases.")
    if not np.all(np.isfinite(values)):
        raise ValueError("a score is missing or infinite.")
    if positive.all() or not positive.any():
        only = "positive" if positive.any() else "negative"
        raise OneClassError(f"all {len(positive)} cases are {only}: there is nothing to tell apart.")
    return positive, values
