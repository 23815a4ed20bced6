"""Calibration error without the part that chance alone would give.

In a bin of few cases the share that is right misses the stated probability even if that is true, and gaps
never cancel: the usual calibration error is too large, and the more so the better the model. Here what chance
gives is taken off again, from the spread within each bin between patients.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.calibration import BINS, Bins, confidence_bins
from cutis.stats.intervals import Estimate
from cutis.stats.resampling import Weights, bootstrap, number_groups

Norm = Literal["l1", "l2"]
Array = NDArray[np.float64]


def debiased_error(binned: Bins, weights: Weights, norm: Norm = "l1") -> Array:
    """Debiased calibration error of every replicate.

    Args:
        binned: from `calibration.confidence_bins`.
        weights: (groups, replicates).
        norm: "l1" takes off by how much normal noise enlarges the mean gap, which for a calibrated source is
            some 40% of it; "l2", a root of mean squares, takes off the noise's variance, which is all of it.

    Returns:
        (replicates,), never below 0.

    Source: Kumar, Liang & Ma 2019, Verified Uncertainty Calibration; with one case per group this is their
        estimate (for "l1" in its limit of many draws, and with their n - 1).
    """
    from scipy.special import ndtr

    cases = np.asarray(binned.cases @ weights, dtype=np.float64)  # (bins, replicates)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.asarray((binned.right @ weights - binned.confidence @ weights) / cases, dtype=np.float64)
    gap = np.where(cases > 0, gap, 0.0)
    noise = _noise(binned, weights, cases)
    mass = cases / cases.sum(axis=0)
    if norm == "l2":
        return np.asarray(np.sqrt(np.maximum(np.sum(mass * (gap**2 - noise), axis=0), 0.0)))
    spread = np.sqrt(np.maximum(noise, 1e-300))
    folded = spread * np.sqrt(2 / np.pi) * np.exp(-(gap**2) / (2 * spread**2)) + gap * (
        1 - 2 * ndtr(-gap / spread)
    )
    return np.asarray(np.maximum(np.sum(mass * (2 * np.abs(gap) - folded), axis=0), 0.0))


def debiased_calibration_error(
    confidence: ArrayLike,
    right: ArrayLike,
    replicates: int,
    rng: np.random.Generator,
    *,
    groups: ArrayLike | None = None,
    bins: int | ArrayLike = BINS,
    norm: Norm = "l1",
    interval: float = 0.95,
) -> Estimate:
    """Debiased calibration error with its interval by group.

    Args:
        confidence: (cases,) stated probability, 0 .. 1: of the named class, or of a finding.
        right: (cases,) 0 or 1: the named class was right, or the finding was there.
        replicates: bootstrap draws of groups.
        rng: source of the draws.
        groups: (cases,) group of each case; none means that cases are independent.
        bins: see `calibration.confidence_bins`.
        norm: see `debiased_error`.
        interval: its confidence.

    Returns:
        The estimate. A draw of groups adds noise of its own, which lifts every replicate: they are moved so
        that their mean is the estimate before their percentiles are taken, and cut at 0.

    Raises:
        CutisError: no cases, or no such norm.
    """
    if norm not in get_args(Norm):
        raise CutisError(f"the norm is '{norm}', not l1 or l2.")
    hits = np.asarray(right, dtype=np.float64)
    if not len(hits):
        raise CutisError("there are no cases to be calibrated on.")
    index, count = number_groups(np.arange(len(hits)) if groups is None else groups)
    binned = confidence_bins(confidence, hits, index, count, bins)

    def statistic(weights: Weights) -> Array:
        return debiased_error(binned, weights, norm)[None]

    value = float(statistic(np.ones((count, 1), np.float32))[0, 0])
    draws = bootstrap(statistic, count, replicates, rng)[0]
    moved = draws - draws.mean() + value
    low, high = np.quantile(moved, [(1 - interval) / 2, (1 + interval) / 2])
    return Estimate(value, max(0.0, min(float(low), value)), float(max(high, value)))


def _noise(binned: Bins, weights: Weights, cases: Array) -> Array:
    """Variance of each bin's share that is right, from how groups differ within it. (bins, replicates)."""
    right, sizes = binned.right.astype(np.float64), binned.cases.astype(np.float64)
    present = sizes.copy()
    present.data[:] = 1.0
    groups = np.asarray(present @ weights, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(cases > 0, np.asarray(right @ weights) / cases, 0.0)
        squares = (
            right.multiply(right) @ weights
            - 2 * share * (right.multiply(sizes) @ weights)
            + share**2 * (sizes.multiply(sizes) @ weights)
        )
        noise = np.maximum(squares, 0.0) / cases**2 * groups / (groups - 1)
    return np.asarray(np.where(groups > 1, noise, 0.0))  # one group says nothing of how groups differ
