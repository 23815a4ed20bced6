"""What a mean over readers varies by, and how far from it the truth may lie.

Its variance is the sum of one part that few readers tell (a mean square with few degrees of freedom) and one
that many cases tell. Hillis's degrees of freedom make one t distribution of both. Where readers are few, the
estimated part of theirs may happen to be small, and then the degrees of freedom come out far too large. It
cannot truly be smaller than what cases alone make of it, were all readers alike. Many cases tell how much
that is. Where the mean square lies below, `bounded` goes part of the way up to it for the degrees of freedom
(all of the way errs to the safe side).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.stats.mrmc_results import Random

# How much of the way. Simulated tests of three readers find what is not there in 5.0 to 6.4 of 100 studies at
# 0, in 3.6 to 4.9 at 1; docs/reader_studies.md has what this comes to.
UPWARDS = 0.4


@dataclass(frozen=True)
class Spread:
    """Variance of a mean, times what the mean is worth in readers.

    Attributes:
        mean_square: the sum of both parts.
        df: Hillis's degrees of freedom; infinite where only cases tell.
    """

    mean_square: float
    df: float


def spread(
    mean_square: float,
    free: float,
    variance: float,
    covariance: float,
    readers: float,
    random: Random,
    *,
    bounded: bool,
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
        bounded: degrees of freedom mind what cases alone make of the readers' part; see the top of this
            module.
    """
    least = least_of(variance)
    shared = max(covariance, 0.0) if readers > 1 else 0.0
    df = float("inf")
    if random == "cases":
        total = max(variance, 0.0) + (readers - 1) * shared
    elif random == "readers":
        total, df = mean_square, free
    else:
        total, df = mean_square + readers * shared, free
        alone = variance - shared
        part = mean_square + (UPWARDS * max(alone - mean_square, 0.0) if bounded else 0.0)
        if total > least:
            share = part / (part + readers * shared) if part > least else 0.0
            df = free / share**2 if share else float("inf")
    return Spread(total if total > least else 0.0, df)


def least_of(variance: float) -> float:
    """The mean square that rounding leaves where there is none."""
    return 1e-24 + 1e-12 * abs(variance)


def tail(t: float, one: Spread) -> float:
    """Share of the distribution below t standard errors."""
    from scipy.special import ndtr, stdtr

    return float(stdtr(one.df, t) if np.isfinite(one.df) else ndtr(t))


def quantile(one: Spread, confidence: float) -> float:
    """Standard errors on either side of a two-sided interval."""
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + confidence / 2
    return float(stdtrit(one.df, upper) if np.isfinite(one.df) else ndtri(upper))
