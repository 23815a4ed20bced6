"""What a Brier score is made of: how true probabilities are, how far they part cases, and what is given.

    brier = reliability - resolution + uncertainty + within_variance - within_covariance

The first three are Murphy's and suffice where all cases of a bin have one probability; the last two are what
binning leaves over, so that the parts add up to the score exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.calibration import BINS
from cutis.stats.classification import Figures
from cutis.stats.resampling import Weights, sums_by_group

Array = NDArray[np.float64]
PARTS = (
    "brier",
    "brier_reliability",
    "brier_resolution",
    "brier_uncertainty",
    "brier_within_variance",
    "brier_within_covariance",
    "brier_reliability_debiased",
    "brier_resolution_debiased",
)


def brier_parts(
    truth: ArrayLike, probabilities: ArrayLike, index: ArrayLike, count: int, bins: int = BINS
) -> Figures:
    """The parts as one statistic, for `classification.estimates`.

    Args:
        truth: (cases,) 0 .. classes-1.
        probabilities: (cases, classes) summed over the classes, or (cases,) of class 1 of two.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
        bins: of equal width.

    Returns:
        Eight figures: the score and its parts, none below 0 but the two within bins; and reliability and
        resolution without what chance alone gives them, which may come out below 0.

    Raises:
        ValueError: a probability outside 0 .. 1.

    Source: Murphy 1973, J Appl Meteorol 12:595; Stephenson, Coelho & Jolliffe 2008, Weather Forecast 23:752,
        for what is within bins; Ferro & Fricker 2012, Q J R Meteorol Soc 138:1954, for debiasing.
    """
    labels, scores = np.asarray(truth, dtype=np.intp), np.asarray(probabilities, dtype=np.float64)
    single = scores.ndim == 1
    stated = scores[:, None] if single else scores
    classes = stated.shape[1]
    happened = (labels[:, None] == (np.array([1]) if single else np.arange(classes))).astype(np.float64)
    if not np.all((stated >= 0) & (stated <= 1 + 1e-9)):
        raise ValueError("a probability is missing or lies outside 0 .. 1.")
    edges = np.linspace(0.0, 1.0, bins + 1)
    number = np.clip(np.searchsorted(edges, stated, side="left") - 1, 0, bins - 1)
    cells = (number + bins * np.arange(classes)).ravel()
    groups = np.repeat(np.asarray(index), classes)
    terms = [np.ones_like(stated), happened, stated, stated**2, stated * happened]
    sums = [sums_by_group(cells, groups, count, bins * classes, term.ravel()) for term in terms]

    def statistic(weights: Weights) -> Array:
        tables = [np.asarray(one @ weights, dtype=np.float64).reshape(classes, bins, -1) for one in sums]
        return _parts(*tables)

    return Figures(PARTS, (0,) * len(PARTS), statistic)


def _parts(cases: Array, hits: Array, stated: Array, squares: Array, products: Array) -> Array:
    """From sums over the cases of each bin; all (classes, bins, replicates)."""
    total = cases[0].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, mean = np.where(cases > 0, hits / cases, 0.0), np.where(cases > 0, stated / cases, 0.0)
        chance = np.where(cases > 1, share * (1 - share) / (cases - 1), 0.0)  # variance of a bin's share
        base = hits.sum(axis=1, keepdims=True) / total
        spread = base * (1 - base)

        def over(table: Array) -> Array:
            return np.asarray(table.sum(axis=(0, 1)) / total)

        brier = over(squares - 2 * products + hits)
        reliability = over(cases * (mean - share) ** 2)
        resolution = over(cases * (share - base) ** 2)
        uncertainty = spread.sum(axis=(0, 1))
        variance = over(squares - cases * mean**2)
        covariance = 2 * over(products - cases * mean * share)
        bias = over(cases * chance)
        less = bias - uncertainty / (total - 1)
    return np.stack(
        [
            brier,
            reliability,
            resolution,
            uncertainty,
            variance,
            covariance,
            reliability - bias,
            resolution - less,
        ]
    )
