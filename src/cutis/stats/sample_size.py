"""How many cases a study of one reader or model needs, and what power it has.

Cases are independent patients here; where patients have several photos, multiply by `design_effect`. Powers
and sizes for AUCs rest on a published formula for its variance, those for proportions on the exact
distribution. Several readers: `sample_size_readers`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Literal, get_args

import numpy as np

from cutis.core.errors import CutisError
from cutis.stats.intervals import clopper_pearson, wilson

AreaModel = Literal["hanley-mcneil", "binormal", "obuchowski"]
_MOST = 10_000_000  # cases; a study that needs more has been asked for wrongly


def cases_for_width(share: float, width: float, confidence: float = 0.95) -> int:
    """Fewest cases for which Wilson's interval of an expected share is no wider than wanted.

    Args:
        share: expected sensitivity (cases are then positives) or specificity (negatives), 0 .. 1.
        width: from the lower to the upper end, above 0 and below 1.
        confidence: of the two-sided interval.
    """
    _check(share=share, width=width)

    def narrow(cases: int) -> bool:
        found = wilson(share * cases, cases, confidence)
        return found.high - found.low <= width

    return fewest(narrow)


def power_against_goal(expected: float, goal: float, cases: int, level: float = 0.025) -> float:
    """Chance that the exact interval of a study of so many cases lies above a goal.

    Args:
        expected: true share, above the goal.
        goal: share that is to be exceeded.
        cases: positives for a sensitivity, negatives for a specificity.
        level: one-sided: success is a lower end of Clopper and Pearson's 1 - 2 level interval above the goal.

    Raises:
        CutisError: a share is not within 0 .. 1, or the expected one is not above the goal.
    """
    from scipy.special import bdtrc

    _check(expected=expected, goal=goal)
    if expected <= goal:
        raise CutisError(
            f"the expected share {expected:g} is not above the goal {goal:g}: nothing could show it."
        )
    least = _least_success(goal, cases, level)
    return float(bdtrc(least - 1, cases, expected)) if least <= cases else 0.0


def cases_for_goal(expected: float, goal: float, power: float = 0.8, level: float = 0.025) -> int:
    """Fewest cases that reach a power against a goal and keep it with more cases.

    The power of an exact test falls a little each time one more miss is not yet allowed; the number given
    is past the last of these dips. Arguments as for `power_against_goal`.
    """
    _check(power=power)
    enough = fewest(lambda cases: power_against_goal(expected, goal, cases, level) >= power)
    last = enough
    for cases in range(enough, ceil(1.4 * enough) + 60):  # dips die out well before that
        if power_against_goal(expected, goal, cases, level) < power:
            last = cases + 1
    return last


def patients_for(cases: int, prevalence: float, assurance: float | None = None) -> int:
    """Patients to see until so many of them are positive (or negative: give 1 - prevalence).

    Args:
        cases: positives needed.
        prevalence: share of positives among the patients, 0 .. 1.
        assurance: chance with which they shall be found; None asks for them on average only.
    """
    from scipy.special import bdtrc

    _check(prevalence=prevalence)
    if assurance is None:
        return ceil(cases / prevalence - 1e-9)
    _check(assurance=assurance)
    return fewest(lambda seen: float(bdtrc(cases - 1, seen, prevalence)) >= assurance, start=cases)


def design_effect(photos: float, correlation: float) -> float:
    """How many times more photos are needed where patients have several.

    Args:
        photos: per patient, on average.
        correlation: of being right on two photos of one patient, 0 .. 1.

    Source: Kish 1965, Survey Sampling, section 5.4.
    """
    if photos < 1 or not 0 <= correlation <= 1:
        raise CutisError(f"{photos:g} photos per patient with a correlation of {correlation:g} cannot be.")
    return 1 + (photos - 1) * correlation


def area_variance(
    area: float, positives: float, negatives: float, model: AreaModel = "hanley-mcneil"
) -> float:
    """Variance that the AUC of a study will have.

    Args:
        area: expected, 0 .. 1.
        positives: number of positive patients.
        negatives: number of negative patients.
        model: "hanley-mcneil" for exponential scores, the usual choice; "binormal" for normal scores of equal
            spread; "obuchowski" for normal scores rated on a few steps, the largest and most cautious.

    Source: Hanley & McNeil 1982, Radiology 143:29; Owen 1956, Ann Math Stat 27:1075, for the binormal;
        Obuchowski 1998, Stat Methods Med Res 7:371.
    """
    from scipy.special import ndtri, owens_t

    _check(area=area)
    if model not in get_args(AreaModel):
        raise CutisError(f"the model is '{model}', not one of {', '.join(get_args(AreaModel))}.")
    if model == "obuchowski":
        a, ratio = 1.414 * float(ndtri(area)), negatives / positives
        return float(0.0099 * np.exp(-a * a / 2) * (5 * a * a + 8 + (a * a + 8) / ratio) / positives)
    # Chances that two positives both beat one negative, and that one positive beats two negatives.
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    if model == "binormal":
        first = second = area - 2 * float(owens_t(ndtri(area), 3**-0.5))
    spread = (positives - 1) * (first - area * area) + (negatives - 1) * (second - area * area)
    return float((area * (1 - area) + spread) / (positives * negatives))


def positives_for_area_width(
    area: float,
    width: float,
    ratio: float = 1.0,
    confidence: float = 0.95,
    model: AreaModel = "hanley-mcneil",
) -> int:
    """Fewest positives for which the interval of an expected AUC is no wider than wanted.

    Args:
        area: expected, 0 .. 1.
        width: from the lower to the upper end.
        ratio: negatives per positive.
        confidence: of the two-sided interval.
        model: see `area_variance`.
    """
    from scipy.special import ndtri

    _check(area=area, width=width)
    z = float(ndtri(0.5 + confidence / 2))
    return fewest(lambda n: 2 * z * area_variance(area, n, ratio * n, model) ** 0.5 <= width)


def paired_areas_power(
    first: float,
    second: float,
    positives: int,
    negatives: int,
    correlation: float,
    *,
    margin: float = 0.0,
    level: float = 0.025,
    model: AreaModel = "hanley-mcneil",
) -> float:
    """Power to show that the first of two AUCs on the same patients is larger, or not smaller by a margin.

    Args:
        first: expected AUC of the new one.
        second: expected AUC of the old one.
        positives: number of positive patients.
        negatives: number of negative patients.
        correlation: of the two AUCs over studies, 0 .. 1; a little below that of the two scores within a
            class, and usually .3 to .6.
        margin: 0 for superiority; else the largest loss that does not matter.
        level: one-sided.
        model: see `area_variance`.

    Source: Obuchowski & McClish 1997, Stat Med 16:1529; Hanley & McNeil 1983, Radiology 148:839.
    """
    from scipy.special import ndtr, ndtri

    if not 0 <= correlation <= 1 or margin < 0:
        raise CutisError(f"a correlation of {correlation:g} or a margin of {margin:g} cannot be.")
    one, other = (area_variance(area, positives, negatives, model) for area in (first, second))
    error = float(np.sqrt(max(one + other - 2 * correlation * np.sqrt(one * other), 1e-18)))
    return float(ndtr((first - second + margin) / error + float(ndtri(level))))


def positives_for_paired_areas(
    first: float,
    second: float,
    correlation: float,
    power: float = 0.8,
    *,
    ratio: float = 1.0,
    margin: float = 0.0,
    level: float = 0.025,
    model: AreaModel = "hanley-mcneil",
) -> int:
    """Fewest positives, with ``ratio`` negatives to each; arguments as for `paired_areas_power`."""
    _check(power=power)
    if first - second + margin <= 0:
        raise CutisError(f"an AUC of {first:g} is not above {second:g} less a margin of {margin:g}.")

    def reached(n: int) -> bool:
        many = ceil(ratio * n)
        return (
            paired_areas_power(first, second, n, many, correlation, margin=margin, level=level, model=model)
            >= power
        )

    return fewest(reached)


def paired_shares_power(
    wins: float, losses: float, cases: int, *, margin: float = 0.0, level: float = 0.025
) -> float:
    """Power to show that the first of two sources gets more of the same cases right, or not fewer.

    Args:
        wins: expected share of cases that only the first gets right.
        losses: expected share that only the second does; wins - losses is the difference in accuracy, or, of
            positives only, in sensitivity.
        cases: that both judge.
        margin: 0 for superiority (McNemar's test); else the largest loss that does not matter.
        level: one-sided.

    Source: Connor 1987, Biometrics 43:207; Lachenbruch & Lynch 1998, Stat Med 17:2207, for margins.
    """
    from scipy.special import ndtr, ndtri

    if wins < 0 or losses < 0 or wins + losses > 1:
        raise CutisError(f"{wins:g} and {losses:g} are not shares of the same cases.")
    difference = wins - losses
    truly = wins + losses - difference**2
    supposed = wins + losses if margin == 0 else _variance_at(wins, losses, margin)
    reach = (difference + margin) * cases**0.5 + float(ndtri(level)) * supposed**0.5
    return float(ndtr(reach / max(truly, 1e-12) ** 0.5))


def cases_for_paired_shares(
    wins: float, losses: float, power: float = 0.8, *, margin: float = 0.0, level: float = 0.025
) -> int:
    """Fewest cases; arguments as for `paired_shares_power`."""
    _check(power=power)
    if wins - losses + margin <= 0:
        raise CutisError(f"a difference of {wins - losses:g} is not above a margin of -{margin:g}.")
    return fewest(lambda n: paired_shares_power(wins, losses, n, margin=margin, level=level) >= power)


def fewest(enough: Callable[[int], bool], start: int = 2) -> int:
    """The smallest number that is enough, where all larger ones are too (or nearly so).

    Raises:
        CutisError: ten million are not.
    """
    low, high = start - 1, start
    while not enough(high):
        low, high = high, 2 * high
        if low > _MOST:
            raise CutisError(
                "more than ten million cases would be needed: the difference is too small to show."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _least_success(goal: float, cases: int, level: float) -> int:
    """Fewest successes whose exact lower end is above the goal; more than the cases where none are."""
    low, high = -1, cases + 1
    while high - low > 1:
        middle = (low + high) // 2
        if clopper_pearson(middle, cases, 1 - 2 * level).low > goal:
            high = middle
        else:
            low = middle
    return high


def _variance_at(wins: float, losses: float, margin: float) -> float:
    """Of the difference, were it -margin and the counts as expected: Tango's most likely share of losses."""
    b = -wins - losses - (2 - wins + losses) * margin
    c = losses * margin * (1 + margin)
    lost = (np.sqrt(max(b * b - 8 * c, 0.0)) - b) / 4
    return float(2 * lost - margin * (1 + margin))


def _check(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 < value < 1:
            raise CutisError(f"the {name} is {value:g}, not above 0 and below 1.")
