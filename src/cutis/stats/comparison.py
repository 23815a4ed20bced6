"""Tests between two sources on the same cases, and the correction for making many of them.

All know groups: photos of one patient or lesion are not independent, and a test that takes them so
finds differences that are not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import OneClassError
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import Statistic, bootstrap, number_groups, observed


@dataclass(frozen=True)
class Difference:
    """First source minus second, on the same cases.

    Attributes:
        value: the difference.
        low: lower end of its interval.
        high: upper end of its interval.
        p: chance of one at least as large, up or down, if there were none.
    """

    value: float
    low: float
    high: float
    p: float


def delong(
    truth: ArrayLike, scores: ArrayLike, groups: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUCs of several sources on the same cases, with their covariance.

    Without groups, or with one case per group, this is DeLong's estimate; with more it is
    Obuchowski's extension of it to clustered cases.

    Args:
        truth: (cases,) 0 or 1.
        scores: (sources, cases) any finite scale, higher means more likely positive.
        groups: (cases,) group of each case; none means that cases are independent.

    Returns:
        (sources,) AUCs and their (sources, sources) covariance.

    Raises:
        OneClassError: positives or negatives come from fewer than two groups.

    Source: DeLong et al. 1988, Biometrics 44:837; Obuchowski 1997, Biometrics 53:567.
    """
    positive, values = np.asarray(truth).astype(bool), np.atleast_2d(np.asarray(scores, dtype=np.float64))
    if values.shape[1:] != positive.shape or not np.all(np.isfinite(values)):
        raise ValueError(f"scores {values.shape} do not fit truth {positive.shape}, or are not finite.")
    index, count = number_groups(np.arange(len(positive)) if groups is None else groups)
    with_positives = len(np.unique(index[positive]))
    with_negatives = len(np.unique(index[~positive]))
    if min(with_positives, with_negatives) < 2:
        raise OneClassError(
            f"positives come from {with_positives} and negatives from {with_negatives} groups; "
            "a variance needs two of each."
        )
    above, below = _placements(values, positive)  # (sources, positives), (sources, negatives)
    areas = above.mean(axis=1)
    # What a group adds beyond its fair share, for its positives and for its negatives: (sources, groups).
    from_positives = _grouped(above - areas[:, None], index[positive], count)
    from_negatives = _grouped(below - areas[:, None], index[~positive], count)
    m, n = above.shape[1], below.shape[1]
    covariance = (
        from_positives @ from_positives.T * (with_positives / ((with_positives - 1) * m * m))
        + from_negatives @ from_negatives.T * (with_negatives / ((with_negatives - 1) * n * n))
        + (from_positives @ from_negatives.T + from_negatives @ from_positives.T)
        * (count / ((count - 1) * m * n))
    )
    return areas, covariance


def delong_interval(
    truth: ArrayLike,
    score: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
    *,
    logit: bool = True,
) -> Estimate:
    """AUC with the interval of its DeLong (with groups, Obuchowski) variance.

    Args:
        truth: (cases,) 0 or 1.
        score: (cases,) any finite scale, higher means more likely positive.
        groups: (cases,) group of each case; none means that cases are independent.
        confidence: of the two-sided interval.
        logit: found on the scale of log odds, which keeps it within 0 .. 1 and nearer to its nominal
            coverage for few cases or areas near 1; else AUC plus and minus, cut at 0 and 1.

    Returns:
        The estimate. Where every pair is in order, or none, there is no variance; the interval is then
        Wilson's for as many independent cases as the rarer class has groups.

    Raises:
        OneClassError: positives or negatives come from fewer than two groups.

    Source: DeLong et al. 1988, Biometrics 44:837; Pepe 2003, The Statistical Evaluation of Medical Tests,
        section 5.2.4, for the logit.
    """
    from scipy.special import expit, ndtri
    from scipy.special import logit as log_odds

    areas, covariance = delong(truth, np.asarray(score)[None], groups)
    value, error = float(areas[0]), float(np.sqrt(max(covariance[0, 0], 0.0)))
    if value in (0.0, 1.0) or error < 1e-12:
        positive = np.asarray(truth).astype(bool)
        index, _ = number_groups(np.arange(len(positive)) if groups is None else groups)
        support = min(len(np.unique(index[positive])), len(np.unique(index[~positive])))
        certain = wilson(value * support, support, confidence)
        return Estimate(value, certain.low, certain.high)
    half = float(ndtri(0.5 + confidence / 2)) * error
    if not logit:
        return Estimate(value, max(0.0, value - half), min(1.0, value + half))
    centre, spread = float(log_odds(value)), half / (value * (1 - value))
    return Estimate(value, float(expit(centre - spread)), float(expit(centre + spread)))


def delong_test(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Difference of two AUCs on the same cases; arguments and errors as for `delong`.

    Raises:
        OneClassError: as `delong`, and where the areas differ but nothing varies, as those of a source that
            ranks all cases rightly and of one that says the same of all.
    """
    from scipy.special import ndtr, ndtri

    areas, covariance = delong(truth, np.stack([np.asarray(first), np.asarray(second)]), groups)
    value = float(areas[0] - areas[1])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    if error < 1e-12:
        if abs(value) > 1e-12:
            raise OneClassError(
                f"the difference of the areas {areas[0]:.3g} and {areas[1]:.3g} does not vary; "
                "a test needs cases on which it does."
            )
        return Difference(value, value, value, 1.0)
    half = float(ndtri(0.5 + confidence / 2)) * error
    return Difference(value, value - half, value + half, float(2 * ndtr(-abs(value) / error)))


def mcnemar(first_right: ArrayLike, second_right: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Chance of so uneven a split of the cases that only one of two sources gets right.

    With independent cases the exact binomial test. With groups, the sum of the groups' differences
    against its spread between groups, which for groups of one case is McNemar's chi-squared.

    Args:
        first_right: (cases,) 0 or 1.
        second_right: (cases,) 0 or 1, the same cases.
        groups: (cases,) group of each case; none means that cases are independent.

    Returns:
        Two-sided p; 1 where the sources never differ.

    Source: McNemar 1947, Psychometrika 12:153; Yang, Sun & Hardin 2010, Stat Med 29:2456.
    """
    from scipy.special import bdtr, chdtrc

    gain = np.asarray(first_right, dtype=np.int64) - np.asarray(second_right, dtype=np.int64)
    if not np.any(gain):
        return 1.0
    if groups is not None:
        index, count = number_groups(groups)
        if count < len(gain):
            by_group = np.bincount(index, gain, minlength=count)
            spread = float(np.sum(by_group**2))
            return 1.0 if spread == 0 else float(chdtrc(1, float(by_group.sum()) ** 2 / spread))
    wins, discordant = int(np.sum(gain > 0)), int(np.sum(gain != 0))
    return min(1.0, float(2 * bdtr(min(wins, discordant - wins), discordant, 0.5)))


def paired_bootstrap(
    first: Statistic,
    second: Statistic,
    count: int,
    replicates: int,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> list[Difference]:
    """Differences of figures between two sources, both recomputed on every draw of groups.

    Args:
        first: figures of one source, see `resampling`.
        second: the same figures of the other, over the same groups.
        count: number of groups.
        replicates: how many draws.
        rng: source of the draws.
        confidence: of the two-sided intervals.

    Returns:
        One difference per figure. Its p is twice the share of draws on the far side of zero, counting
        the data as one more draw, so that it is never below 2 / (replicates + 1).

    Source: Davison & Hinkley 1997, Bootstrap Methods and their Application, section 4.2.
    """

    def both(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        return first(weights) - second(weights)

    values, draws = observed(both, count), bootstrap(both, count, replicates, rng)
    ends = percentile(draws, confidence)
    return [
        Difference(float(value), float(low), float(high), _sign_p(row))
        for value, (low, high), row in zip(values, ends, draws, strict=True)
    ]


def newcombe(first: Estimate, second: Estimate, confidence: float = 0.95) -> Difference:
    """Difference of two figures of different cases, from their own intervals.

    The one to take where a figure is the same in every bootstrap draw, as one of which all cases are right:
    draws then say nothing of how much it could have been otherwise, and Wilson's interval does.

    Args:
        first: a share, 0 .. 1, with its interval.
        second: likewise, of other cases.
        confidence: of both intervals.

    Returns:
        First minus second; p is two-sided, of the difference over the arm of its interval that reaches
        towards 0, and 1 where that has no length.

    Source: Newcombe 1998, Stat Med 17:873 (method 10); of figures other than shares Zou & Donner 2008,
    Stat Med 27:1693.
    """
    from scipy.special import ndtr, ndtri

    value = first.value - second.value
    down = float(np.hypot(first.value - first.low, second.high - second.value))
    up = float(np.hypot(first.high - first.value, second.value - second.low))
    arm = down if value > 0 else up
    p = 1.0 if arm < 1e-12 else float(2 * ndtr(-ndtri(0.5 + confidence / 2) * abs(value) / arm))
    return Difference(value, max(-1.0, value - down), min(1.0, value + up), p)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Correct p-values for their number; the chance of any false finding stays below the level.

    Args:
        p_values: (tests,); those that are not a number stay so and do not count.

    Source: Holm 1979, Scand J Stat 6:65.
    """
    values = np.asarray(p_values, dtype=np.float64)
    corrected = np.full(values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values[made], kind="stable")]
    steps = values[order] * (len(order) - np.arange(len(order)))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return corrected


def _placements(values: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], ...]:
    """Share of the other class that each case is on the right side of, ties one half."""
    above, below = [], []
    for row in values:
        ups, downs = row[positive], row[~positive]
        above.append(_share_below(np.sort(downs), ups))
        below.append(1.0 - _share_below(np.sort(ups), downs))
    return np.array(above), np.array(below)


def _share_below(others: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    lower = np.searchsorted(others, values, side="left") + np.searchsorted(others, values, side="right")
    return np.asarray(lower / (2.0 * len(others)))


def _grouped(values: NDArray[np.float64], index: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    return np.array([np.bincount(index, row, minlength=count) for row in values])


def _sign_p(draws: NDArray[np.float64]) -> float:
    defined = draws[~np.isnan(draws)]
    lower, upper = int(np.sum(defined <= 0)), int(np.sum(defined >= 0))
    return min(1.0, 2 * (min(lower, upper) + 1) / (len(defined) + 1))
