"""Is the new one not worse than the old by more than a margin, or as good within one?

A difference that is not significant shows nothing of the kind. Name the margin before the study, and on the
scale of the figure: 0.05 is five points of sensitivity or 0.05 of AUC. All differences are new minus old, so
that above 0 the new one is better.

    >>> auc_margin(truth, model, reader, margin=0.05).non_inferior
    >>> proportion_margin(model_right, reader_right, margin=0.05).equivalent
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.comparison import delong
from cutis.stats.resampling import Statistic, bootstrap, number_groups, observed

_STEPS = 60  # of a bisection of (-1, 1): down to rounding


@dataclass(frozen=True)
class Margin:
    """New minus old, against a margin.

    Where nothing varies there is no interval, and neither is shown: a few cases may all come out alike by
    chance.

    Attributes:
        value: the difference.
        low: lower end of its interval of confidence 1 - 2 level; above -margin shows non-inferiority.
        high: upper end; the interval within (-margin, margin) shows equivalence.
        margin: above 0.
        level: one-sided, of each test.
        p_non_inferior: chance of such a difference or a larger one if the new one were worse by the margin.
        p_equivalent: the larger p of the two one-sided tests.
    """

    value: float
    low: float
    high: float
    margin: float
    level: float
    p_non_inferior: float
    p_equivalent: float

    @property
    def non_inferior(self) -> bool:
        """The new one was shown not to be worse by the margin or more."""
        return self.p_non_inferior < self.level

    @property
    def equivalent(self) -> bool:
        """The two were shown to differ by less than the margin, either way."""
        return self.p_equivalent < self.level


def auc_margin(
    truth: ArrayLike,
    new: ArrayLike,
    old: ArrayLike,
    margin: float,
    groups: ArrayLike | None = None,
    level: float = 0.025,
) -> Margin:
    """AUC of two sources on the same cases, by DeLong's variance (with groups, Obuchowski's).

    Args:
        truth: (cases,) 0 or 1.
        new: (cases,) any finite scale, higher means more likely positive.
        old: (cases,) the same cases.
        margin: 0 .. 1.
        groups: (cases,) group of each case; none means that cases are independent.
        level: one-sided.

    Raises:
        OneClassError: positives or negatives come from fewer than two groups.
        CutisError: the margin is not above 0 and below 1.

    Source: Liu, Ma, Wu & Tai 2006, Stat Med 25:1219.
    """
    areas, covariance = delong(truth, np.stack([np.asarray(new), np.asarray(old)]), groups)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return normal_margin(float(areas[0] - areas[1]), float(np.sqrt(max(variance, 0.0))), margin, level)


def normal_margin(value: float, error: float, margin: float, level: float = 0.025) -> Margin:
    """A difference whose standard error is known.

    Args:
        value: new minus old.
        error: standard error of the difference; with 0 nothing is shown, see `Margin`.
        margin: 0 .. 1.
        level: one-sided.
    """
    from scipy.special import ndtr, ndtri

    _check(margin, level)
    if error < 1e-12:
        return _unshown(value, margin, level)
    half = -float(ndtri(level)) * error
    worse, better = float(ndtr(-(value + margin) / error)), float(ndtr((value - margin) / error))
    return Margin(value, value - half, value + half, margin, level, worse, max(worse, better))


def proportion_margin(
    new_right: ArrayLike,
    old_right: ArrayLike,
    margin: float,
    groups: ArrayLike | None = None,
    level: float = 0.025,
) -> Margin:
    """Shares of cases that two sources get right on the same cases: accuracy, or sensitivity among positives.

    Tango's score test and interval, which hold for few cases and for shares near 1. With groups the counts
    are first divided by the design effect: how much more the difference varies between groups than it would
    if their cases were independent (never below 1).

    Args:
        new_right: (cases,) 0 or 1; for sensitivity of positive cases only, for specificity of negative.
        old_right: (cases,) the same cases.
        margin: 0 .. 1.
        groups: (cases,) group of each case; none means that cases are independent.
        level: one-sided.

    Raises:
        CutisError: no cases, one group only, or a margin that is not above 0 and below 1.

    Source: Tango 1998, Stat Med 17:891; Rao & Scott 1992, Biometrics 48:577, for the design effect.
    """
    _check(margin, level)
    gain = np.asarray(new_right, dtype=np.int64) - np.asarray(old_right, dtype=np.int64)
    if not len(gain):
        raise CutisError("there are no cases to compare.")
    index, count = number_groups(np.arange(len(gain)) if groups is None else groups)
    if count < len(gain) and count < 2:
        raise CutisError("all cases are of one patient or lesion: a spread between them needs two.")
    from scipy.special import ndtr

    effect = _design_effect(gain, index, count)
    counts = (np.sum(gain > 0) / effect, np.sum(gain < 0) / effect, len(gain) / effect)
    low, high = tango_interval(*counts, 1 - 2 * level)
    worse, better = float(ndtr(-_tango_z(*counts, -margin))), float(ndtr(_tango_z(*counts, margin)))
    return Margin(float(gain.mean()), low, high, margin, level, worse, max(worse, better))


def tango_interval(wins: float, losses: float, cases: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of the difference of two shares of the same cases.

    Args:
        wins: cases that only the first has.
        losses: cases that only the second has.
        cases: all, those on which the two agree too. Counts need not be whole: see the design effect above.
        confidence: of the two-sided interval.

    Raises:
        CutisError: more wins and losses than cases, or no cases.

    Source: Tango 1998, Stat Med 17:891.
    """
    from scipy.special import ndtri

    if cases <= 0 or wins < 0 or losses < 0 or wins + losses > cases * (1 + 1e-12):
        raise CutisError(f"{wins:g} wins and {losses:g} losses are not part of {cases:g} cases.")
    limit = float(ndtri(0.5 + confidence / 2))
    value = (wins - losses) / cases
    return (
        -1.0 if value == -1 else _bisect(wins, losses, cases, limit, -1.0, value),
        1.0 if value == 1 else _bisect(wins, losses, cases, -limit, value, 1.0),
    )


def bootstrap_margin(
    new: Statistic,
    old: Statistic,
    count: int,
    margin: float,
    replicates: int,
    rng: np.random.Generator,
    level: float = 0.025,
) -> list[Margin]:
    """Any figures of two sources, both recomputed on every draw of groups.

    Args:
        new: figures of one source, higher is better, see `resampling`.
        old: the same figures of the other, over the same groups.
        count: number of groups.
        margin: on the scale of the figures.
        replicates: how many draws.
        rng: source of the draws.
        level: one-sided.

    Returns:
        One per figure, with percentile intervals; p is the share of draws beyond the margin, counting the
        data as one more draw.
    """
    _check(margin, level)

    def both(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        return new(weights) - old(weights)

    found = []
    for value, row in zip(observed(both, count), bootstrap(both, count, replicates, rng), strict=True):
        draws = row[~np.isnan(row)]
        if not len(draws) or np.ptp(draws) < 1e-12:
            found.append(_unshown(float(value), margin, level))
            continue
        low, high = np.quantile(draws, [level, 1 - level])
        worse = (np.sum(draws <= -margin) + 1) / (len(draws) + 1)
        better = (np.sum(draws >= margin) + 1) / (len(draws) + 1)
        p = float(worse), float(max(worse, better))
        found.append(Margin(float(value), float(low), float(high), margin, level, *p))
    return found


def _check(margin: float, level: float) -> None:
    if not 0 < margin < 1:
        raise CutisError(f"the margin is {margin:g}; name one above 0 and below 1, such as 0.05.")
    if not 0 < level < 0.5:
        raise CutisError(f"the level is {level:g}, not a one-sided level such as 0.025.")


def _unshown(value: float, margin: float, level: float) -> Margin:
    return Margin(value, np.nan, np.nan, margin, level, 1.0, 1.0)


def _design_effect(gain: NDArray[np.int64], index: NDArray[np.intp], count: int) -> float:
    apart = gain - gain.mean()
    if not np.any(apart):  # they never differ: as if all photos of a patient were one
        sizes = np.bincount(index, minlength=count)
        return float(np.sum(sizes**2) / np.sum(sizes))
    by_group = np.bincount(index, apart, minlength=count)
    return max(1.0, float(np.sum(by_group**2) / np.sum(apart**2)))


def _tango_z(wins: float, losses: float, cases: float, difference: float) -> float:
    """How far the data lie above a supposed difference, in standard errors found under it."""
    a = 2.0 * cases
    b = -wins - losses + (2 * cases - wins + losses) * difference
    c = -losses * difference * (1 - difference)
    lost = (np.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)  # most likely share of losses under it
    variance = cases * (2 * lost + difference * (1 - difference))
    gap = wins - losses - cases * difference
    if variance <= 1e-15:
        return 0.0 if abs(gap) < 1e-12 else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def _bisect(wins: float, losses: float, cases: float, limit: float, low: float, high: float) -> float:
    """The difference that the data lie ``limit`` standard errors above; z falls as the difference rises."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _tango_z(wins, losses, cases, middle) > limit:
            low = middle
        else:
            high = middle
    return (low + high) / 2
