"""What a mean over readers varies by, and how far from it the truth may lie.

Its variance is the sum of one part that few readers tell (a mean square with few degrees of freedom) and one
that many cases tell. Hillis's degrees of freedom make one t distribution of both. Where readers are few, the
estimated part of theirs may happen to be small, and then the degrees of freedom come out far too large; the
distribution of Behrens and Fisher keeps the two apart and errs to the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cutis.stats.mrmc_results import Random

Array = NDArray[np.float64]

_NODES = 256  # of the integral over how wrong the mean square may be; 1e-9 is reached with half as many


@dataclass(frozen=True)
class Spread:
    """Variance of a mean, times what the mean is worth in readers.

    Attributes:
        mean_square: the sum of both parts.
        df: Hillis's degrees of freedom; infinite where only cases tell.
        share: of the sum that comes from readers, 0 to 1.
        free: degrees of freedom of that share alone.
        cautious: intervals and tests by Behrens and Fisher instead of by `df`.
    """

    mean_square: float
    df: float
    share: float
    free: float
    cautious: bool = False


def spread(
    mean_square: float,
    free: float,
    variance: float,
    covariance: float,
    readers: float,
    random: Random,
    *,
    cautious: bool,
) -> Spread:
    """What a mean over readers varies by, times the number of readers.

    The same three sums serve the difference of two treatments (interaction, variance - cov1, cov2 - cov3;
    half of it), that of two groups of readers (readers, variance - cov3, cov2 - cov3; half of it) and one
    treatment alone (its readers, variance, cov2).

    Args:
        mean_square: of readers, or of their interaction with treatments.
        free: its degrees of freedom.
        variance: of one reader over cases.
        covariance: of two readers over cases; counts as none below 0.
        readers: how many.
        random: what the answer is meant for.
        cautious: see `Spread`.
    """
    least = least_of(variance)
    shared = max(covariance, 0.0) if readers > 1 else 0.0
    df, share = float("inf"), 0.0
    if random == "cases":
        total = max(variance, 0.0) + (readers - 1) * shared
    elif random == "readers":
        total, df, share = mean_square, free, 1.0
    else:
        total = mean_square + readers * shared
        df = free
        if total > least:
            share = mean_square / total if mean_square > least else 0.0
            df = free / share**2 if share else float("inf")
    return Spread(total if total > least else 0.0, df, share, free, cautious)


def least_of(variance: float) -> float:
    """The mean square that rounding leaves where there is none."""
    return 1e-24 + 1e-12 * abs(variance)


def tail(t: float, one: Spread) -> float:
    """Share of the distribution below t standard errors."""
    from scipy.special import ndtr, stdtr

    if one.cautious and 0 < one.share < 1:
        ratio, weights = _true_mean_squares(one.free)
        return float(weights @ ndtr(t / np.sqrt(one.share * ratio + 1 - one.share)))
    return float(stdtr(one.df, t) if np.isfinite(one.df) else ndtr(t))


def quantile(one: Spread, confidence: float) -> float:
    """Standard errors on either side of a two-sided interval."""
    from scipy.optimize import brentq
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + confidence / 2
    if one.cautious and 0 < one.share < 1:
        # It lies between the normal and the t distribution of the readers' share.
        most = float(stdtrit(one.free, upper)) + 1.0
        return float(brentq(lambda t: tail(t, one) - upper, 0.0, most, xtol=1e-12))
    return float(stdtrit(one.df, upper) if np.isfinite(one.df) else ndtri(upper))


@lru_cache(maxsize=64)
def _true_mean_squares(free: float) -> tuple[Array, Array]:
    """How large the true mean square may be against the estimated one, and with which weights.

    Points of Gauss and Legendre, dense where it is much larger.
    """
    from scipy.special import gammaincinv

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    place = (nodes + 1) / 2
    return free / (2 * gammaincinv(free / 2, place**4)), weights * 2 * place**3
