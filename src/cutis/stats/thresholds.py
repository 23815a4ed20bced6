"""Operating points: the score from which a case counts as positive, and how it was chosen.

Choose them on a tuning split and report them on another; a point reported on the cases it was
chosen on flatters itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.discrimination import roc_curve


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
