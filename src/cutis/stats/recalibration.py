"""Probabilities of a finding against what was found: slope and intercept, and the isotonic mend.

A slope below 1 says that probabilities are too extreme, as after overfitting; an intercept below 0 that they
are too high. Fit a mend on a tuning split, and report on another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import OneClassError
from cutis.stats.classification import Figures
from cutis.stats.resampling import Weights

Array = NDArray[np.float64]
SLOPES = ("calibration_slope", "calibration_intercept", "calibration_in_the_large")
_STEPS = 25
_LEAST = 1e-12  # of a probability: log odds of 0 and 1 are infinite


@dataclass(frozen=True)
class Isotonic:
    """A rising map from scores to probabilities.

    Attributes:
        score: (knots,) rising.
        probability: (knots,) rising, 0 .. 1.
    """

    score: Array
    probability: Array

    def __call__(self, score: ArrayLike) -> Array:
        """Probabilities of scores of any shape; beyond the knots those of the nearest."""
        return np.asarray(np.interp(np.asarray(score, dtype=np.float64), self.score, self.probability))


def fit_isotonic(truth: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> Isotonic:
    """The rising map nearest to what was found.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.
        weights: (cases,) such as 1 / photos of the patient; none means that cases count alike.

    Raises:
        OneClassError: only positives or only negatives.

    Source: Zadrozny & Elkan 2002, Transforming Classifier Scores into Multiclass Probability Estimates.
    """
    from sklearn.isotonic import IsotonicRegression

    positive = _both_classes(truth)
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(
        np.asarray(score, dtype=np.float64), positive.astype(np.float64), sample_weight=weights
    )
    return Isotonic(np.asarray(fitted.X_thresholds_), np.asarray(fitted.y_thresholds_))


def slopes(truth: ArrayLike, probability: ArrayLike, index: ArrayLike) -> Figures:
    """Calibration slope and intercept as a statistic, for `classification.estimates`.

    Args:
        truth: (cases,) 0 or 1.
        probability: (cases,) of the finding, 0 .. 1.
        index: (cases,) group of each case, see `resampling.number_groups`.

    Returns:
        Figures: slope and intercept of a logistic regression on the log odds, 1 and 0 being right; and the
        intercept alone where the slope is held at 1, the log of how much too low the odds are. Not a number
        where a draw lacks a class, or where log odds part the classes and a slope has no bound.

    Raises:
        OneClassError: only positives or only negatives.

    Source: Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Med 17:230.
    """
    positive = _both_classes(truth).astype(np.float64)
    stated = np.clip(np.asarray(probability, dtype=np.float64), _LEAST, 1 - _LEAST)
    odds = np.log(stated / (1 - stated))
    groups = np.asarray(index, dtype=np.intp)

    def statistic(weights: Weights) -> Array:
        each = np.asarray(weights[groups], dtype=np.float64)  # (cases, replicates)
        slope, intercept = _logistic(odds, positive, each, free=True)
        return np.stack([slope, intercept, _logistic(odds, positive, each, free=False)[1]])

    return Figures(SLOPES, (0, 0, 0), statistic)


def _logistic(odds: Array, positive: Array, weights: Array, *, free: bool) -> tuple[Array, Array]:
    """Slope and intercept of every replicate by Newton's method; the slope stays 1 unless it is free."""
    from scipy.special import expit

    slope, intercept = np.ones(weights.shape[1]), np.zeros(weights.shape[1])
    x, step = odds[:, None], np.full(weights.shape[1], np.inf)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(_STEPS):
            chance = expit(x * slope + intercept)
            left, curve = weights * (positive[:, None] - chance), weights * chance * (1 - chance)
            g0, g1 = left.sum(axis=0), odds @ left
            h0, h1, h2 = curve.sum(axis=0), odds @ curve, (odds**2) @ curve
            if free:
                whole = h0 * h2 - h1 * h1
                change = (h0 * g1 - h1 * g0) / whole
                slope = slope + change
                intercept = intercept + (h2 * g0 - h1 * g1) / whole
            else:
                change = g0 / h0
                intercept = intercept + change
            step = np.abs(change)
            if not np.any(step > 1e-12):
                break
    settled = step < 1e-6
    return np.where(settled, slope, np.nan), np.where(settled, intercept, np.nan)


def _both_classes(truth: ArrayLike) -> NDArray[np.bool_]:
    positive = np.asarray(truth).astype(bool)
    if positive.all() or not positive.any():
        raise OneClassError(f"all {len(positive)} cases are of one class: probabilities cannot be mended.")
    return positive
