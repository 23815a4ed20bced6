"""A figure with its interval, and the ways to find that interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that its truth is likely to lie in.

    Attributes:
        value: the figure for the cases at hand.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Plain data, as in ``metrics.json``."""
        return {"value": self.value, "low": self.low, "high": self.high}


def percentile(replicates: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """Percentile bootstrap intervals.

    Args:
        replicates: (figures, replicates); replicates that are not a number are left out.
        confidence: of the two-sided interval.

    Returns:
        (figures, 2) lower and upper ends; not a number where no replicate was defined.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    values = np.atleast_2d(np.asarray(replicates, dtype=np.float64))
    tail = (1.0 - confidence) / 2.0
    ends = np.full((values.shape[0], 2), np.nan)
    for number, row in enumerate(values):
        defined = row[~np.isnan(row)]
        if len(defined):
            ends[number] = np.quantile(defined, [tail, 1.0 - tail])
    return ends


def bca(
    replicates: ArrayLike, values: ArrayLike, left_out: ArrayLike, confidence: float = 0.95
) -> NDArray[np.float64]:
    """Bootstrap intervals corrected for bias and for a spread that changes with the figure (BCa).

    Nearer to their nominal coverage than percentile intervals where a figure is biased or near its bound,
    such as a calibration error or an AUC close to 1.

    Args:
        replicates: (figures, replicates) of `resampling.bootstrap`; those not a number are left out.
        values: (figures,) of the data itself.
        left_out: (figures, groups) of `resampling.jackknife`; those not a number are left out.
        confidence: of the two-sided interval.

    Returns:
        (figures, 2) lower and upper ends; not a number where no replicate was defined. Where all replicates
        lie on one side of the value there is no correction to be had, and the percentile interval is given.

    Source: Efron 1987, J Am Stat Assoc 82:171.
    """
    from scipy.special import ndtr, ndtri

    draws = np.atleast_2d(np.asarray(replicates, dtype=np.float64))
    ends = percentile(draws, confidence)
    normal = ndtri(np.array([(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]))
    rows = zip(draws, np.atleast_1d(values), np.atleast_2d(left_out), strict=True)
    for number, (row, value, without) in enumerate(rows):
        defined = row[~np.isnan(row)]
        if not len(defined) or np.isnan(value):
            continue
        below = (np.mean(defined < value) + np.mean(defined <= value)) / 2.0
        if 0.0 < below < 1.0:
            bias = ndtri(below)
            speed = _acceleration(without)
            tails = ndtr(bias + (bias + normal) / (1.0 - speed * (bias + normal)))
            ends[number] = np.quantile(defined, tails)
    return ends


def wilson(successes: float, cases: float, confidence: float = 0.95) -> Estimate:
    """Wilson's score interval of a proportion of independent cases.

    Args:
        successes: 0 .. cases.
        cases: above 0.
        confidence: of the two-sided interval.

    Raises:
        ValueError: no cases, or more successes than cases.

    Source: Wilson 1927, J Am Stat Assoc 22:209.
    """
    from scipy.special import ndtri  # scipy.stats takes seconds to import

    _check_proportion(successes, cases)
    z = float(ndtri(0.5 + confidence / 2.0))
    share = successes / cases
    centre = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    half = z * np.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases)) / (1 + z * z / cases)
    low = 0.0 if successes == 0 else max(0.0, float(centre - half))
    high = 1.0 if successes == cases else min(1.0, float(centre + half))
    return Estimate(share, low, high)


def clopper_pearson(successes: float, cases: float, confidence: float = 0.95) -> Estimate:
    """Exact (never too narrow) interval of a proportion of independent cases.

    Args:
        successes: 0 .. cases.
        cases: above 0.
        confidence: of the two-sided interval.

    Raises:
        ValueError: no cases, or more successes than cases.

    Source: Clopper & Pearson 1934, Biometrika 26:404.
    """
    from scipy.special import betaincinv

    _check_proportion(successes, cases)
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if successes == 0 else float(betaincinv(successes, cases - successes + 1, tail))
    high = 1.0 if successes == cases else float(betaincinv(successes + 1, cases - successes, 1 - tail))
    return Estimate(successes / cases, low, high)


def _acceleration(left_out: NDArray[np.float64]) -> float:
    """How fast the spread of a figure changes with it, from the skewness of leaving groups out."""
    defined = left_out[~np.isnan(left_out)]
    apart = defined.mean() - defined if len(defined) else defined
    spread = float(np.sum(apart**2))
    return float(np.sum(apart**3)) / (6.0 * spread**1.5) if spread > 1e-24 else 0.0


def _check_proportion(successes: float, cases: float) -> None:
    if not 0 <= successes <= cases or cases == 0:
        raise ValueError(f"{successes} of {cases} is not a proportion.")
