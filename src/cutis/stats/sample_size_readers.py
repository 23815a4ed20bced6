"""How many readers and cases a multi-reader study of two treatments needs.

A pilot, or a published study, says how AUCs vary: `from_pilot` takes the components of `mrmc.components`.
What comes from cases shrinks as cases are added, at the pilot's share of positives; what comes from readers
does not, so that with few readers no number of cases may be enough.

    >>> variation = from_pilot(components(areas), cases=114)
    >>> readers_power(0.05, readers=8, cases=240, variation=variation)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from cutis.core.errors import CutisError
from cutis.stats.mrmc import Random
from cutis.stats.mrmc_covariance import Components
from cutis.stats.sample_size import area_variance

_MOST = 20_000  # cases


@dataclass(frozen=True)
class Variation:
    """What AUCs of readers under two treatments vary by, in a study of so many cases.

    Attributes:
        cases: of the study that they were found in.
        interaction: variance of readers' own liking for a treatment, at least 0.
        variance: of one AUC over cases.
        cov1: same reader, other treatment.
        cov2: other reader, same treatment.
        cov3: other reader, other treatment.
    """

    cases: int
    interaction: float
    variance: float
    cov1: float
    cov2: float
    cov3: float


def from_pilot(found: Components, cases: int) -> Variation:
    """The variation of a study that was made.

    Args:
        found: from `mrmc.components`, of two treatments or more.
        cases: of that study.

    Raises:
        CutisError: components that are not known, as with one reader or one treatment.
    """
    if not all(map(isfinite, (found.interaction_variance, found.cov1, found.cov2, found.cov3))):
        raise CutisError("a pilot needs two readers and two treatments to say how they vary.")
    return Variation(
        cases, max(0.0, found.interaction_variance), found.variance, found.cov1, found.cov2, found.cov3
    )


def assumed(
    area: float,
    positives: int,
    negatives: int,
    *,
    reader_range: float = 0.05,
    same_reader: float = 0.5,
    same_treatment: float = 0.4,
    neither: float = 0.3,
) -> Variation:
    """A variation where there is no pilot.

    Args:
        area: expected AUC, 0 .. 1.
        positives: a number of positive patients.
        negatives: a number of negative patients.
        reader_range: how far apart the largest and the smallest of readers' true differences between the
            treatments lie; taken as four standard deviations.
        same_reader: correlation, over cases, of one reader's AUCs under the treatments.
        same_treatment: of two readers' AUCs under one treatment.
        neither: of two readers' AUCs under different treatments.

    Raises:
        CutisError: correlations out of order, or a range that differences of AUCs cannot have.

    Source: Obuchowski 2004, Acad Radiol 11:980, for assuming correlations and a range.
    """
    if not 0 <= reader_range < 1:
        raise CutisError(f"the range of readers' gains is {reader_range:g}, not from 0 to below 1.")
    if not 0 <= neither <= min(same_reader, same_treatment) <= max(same_reader, same_treatment) < 1:
        raise CutisError(
            f"correlations {same_reader:g} (same reader), {same_treatment:g} (same treatment) and "
            f"{neither:g} (neither) are out of order: neither is the smallest, and all are from 0 to below 1."
        )
    variance = area_variance(area, positives, negatives, "obuchowski")
    difference = (reader_range / 4) ** 2  # variance of a reader's difference: twice the interaction's
    return Variation(
        positives + negatives,
        difference / 2,
        variance,
        same_reader * variance,
        same_treatment * variance,
        neither * variance,
    )


def readers_power(
    difference: float,
    readers: int,
    cases: int,
    variation: Variation,
    *,
    random: Random = "both",
    level: float = 0.05,
) -> float:
    """Power to find a difference between two treatments.

    Args:
        difference: of the treatments' mean AUCs, either way.
        readers: who read every case under both treatments; at least 2 unless they are fixed.
        cases: at the share of positives of the variation's study.
        variation: from `from_pilot` or `assumed`.
        random: what the answer is meant for, as in `mrmc`: "both", "cases" (these readers) or "readers"
            (these cases).
        level: two-sided.

    Raises:
        CutisError: too few readers or cases, or a difference that AUCs cannot have.

    Source: Hillis, Obuchowski & Berbaum 2011, Acad Radiol 18:129.
    """
    from scipy.special import chndtr, fdtri, ncfdtr, ndtri  # scipy.stats takes seconds to import

    if readers < (1 if random == "cases" else 2) or cases < 2:
        raise CutisError(f"{readers} readers and {cases} cases are too few for a power.")
    if not -1 < difference < 1:
        raise CutisError(f"a difference of {difference:g} between two AUCs cannot be.")
    if difference == 0:
        return level
    shrink = variation.cases / cases
    shared = max(variation.cov2 - variation.cov3, 0.0)
    alone = shrink * (variation.variance - variation.cov1 - shared)
    interaction = 0.0 if random == "cases" else variation.interaction
    error = max(interaction + alone, 0.0)
    whole = max(error + (0.0 if random == "readers" else readers * shrink * shared), 1e-18)
    centrality = readers * difference**2 / 2 / whole
    free = (readers - 1) * (whole / max(error, 1e-18)) ** 2
    if random == "cases" or free > 1e7:
        return 1.0 - float(chndtr(ndtri(level / 2) ** 2, 1, centrality))
    return 1.0 - float(ncfdtr(1, free, centrality, fdtri(1, free, 1 - level)))


def cases_for_readers(
    difference: float,
    readers: int,
    variation: Variation,
    power: float = 0.8,
    *,
    random: Random = "both",
    level: float = 0.05,
) -> int | None:
    """Fewest cases that reach a power with so many readers; None where 20,000 do not.

    Arguments as for `readers_power`.

    Raises:
        CutisError: as there, or a power that is not between 0 and 1.
    """
    if not 0 < power < 1:
        raise CutisError(f"the power is {power:g}, not above 0 and below 1.")

    def reached(cases: int) -> bool:
        return readers_power(difference, readers, cases, variation, random=random, level=level) >= power

    low, high = 2, 4
    while not reached(high):
        low, high = high, 2 * high
        if low >= _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high if high <= _MOST else None


def power_table(
    difference: float,
    readers: Sequence[int],
    cases: Sequence[int],
    variation: Variation,
    *,
    random: Random = "both",
    level: float = 0.05,
) -> list[list[float]]:
    """Power for every number of readers (rows) and of cases (columns); arguments as for `readers_power`."""
    return [
        [readers_power(difference, r, c, variation, random=random, level=level) for c in cases]
        for r in readers
    ]
