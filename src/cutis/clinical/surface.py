"""How much of the body surface: rule of nines, Lund and Browder's chart, what the detached part is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cutis.core.errors import FactsError

CLASSIFICATION_SOURCE = "Bastuji-Garin et al. 1993, Arch Dermatol 129:92"
# Per cent of the body surface of an adult; Wallace 1951, Lancet 257:501.
NINES = {
    "head_and_neck": 9.0,
    "left_arm": 9.0,
    "right_arm": 9.0,
    "trunk_front": 18.0,
    "trunk_back": 18.0,
    "left_leg": 18.0,
    "right_leg": 18.0,
    "genitals": 1.0,
}
# Lund and Browder 1944, Surg Gynecol Obstet 79:352. Both sides of a limb, front and back together.
_EVERY_AGE = {
    "neck": 2.0,
    "trunk_front": 13.0,
    "trunk_back": 13.0,
    "left_upper_arm": 4.0,
    "right_upper_arm": 4.0,
    "left_forearm": 3.0,
    "right_forearm": 3.0,
    "left_hand": 2.5,
    "right_hand": 2.5,
    "left_buttock": 2.5,
    "right_buttock": 2.5,
    "genitals": 1.0,
    "left_foot": 3.5,
    "right_foot": 3.5,
}
_BY_AGE = (  # from this age on: head, one thigh, one lower leg
    (0, 19.0, 5.5, 5.0),
    (1, 17.0, 6.5, 5.0),
    (5, 13.0, 8.0, 5.5),
    (10, 11.0, 8.5, 6.0),
    (15, 9.0, 9.0, 6.5),
    (18, 7.0, 9.5, 7.0),
)


@dataclass(frozen=True)
class Extent:
    """Where a detached area, or a range of it, falls in the classification of 1993.

    Attributes:
        low: per cent of the body surface.
        high: per cent of the body surface, at least `low`.
        name: ``SJS``, ``SJS/TEN overlap``, ``TEN``, or the first and the last of them.
        source: the publication.
    """

    low: float
    high: float
    name: str
    source: str = CLASSIFICATION_SOURCE


def lund_browder(age: float) -> dict[str, float]:
    """Per cent of the body surface of each region at an age in years; adds up to 100.

    Source: Lund and Browder 1944, Surg Gynecol Obstet 79:352.
    """
    _, head, thigh, leg = next(row for row in reversed(_BY_AGE) if age >= row[0])
    lower = {"left_thigh": thigh, "right_thigh": thigh, "left_lower_leg": leg, "right_lower_leg": leg}
    return {"head": head, **_EVERY_AGE, **lower}


def percent_involved(shares: Mapping[str, float], age: float | None = None) -> float:
    """Body surface involved, in per cent.

    Args:
        shares: share of each region that is involved, 0..1; regions that are not named are not involved.
        age: years; with it Lund and Browder's chart is used, without it the rule of nines, for adults.

    Raises:
        FactsError: a region that is not in the chart, or a share outside 0..1; all at once.
    """
    if age is not None and not 0 <= age <= 120:
        raise FactsError([f"regions: age is {age:g}, not between 0 and 120 years. Correct it."])
    chart = NINES if age is None else lund_browder(age)
    found = []
    for region, share in shares.items():
        if region not in chart:
            close = get_close_matches(region, chart, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(chart)}."
            found.append(f"regions: '{region}' is not in this chart. {hint}")
        elif not 0 <= share <= 1:
            found.append(f"regions: {region} is {share:g}. Give the share that is involved, 0 to 1.")
    if found:
        raise FactsError(found)
    return sum(chart[region] * share for region, share in shares.items())


def extent(low: float, high: float | None = None) -> Extent:
    """What the detached area is called: below 10% SJS, 10 to 30% overlap, above 30% TEN.

    The classification rests on the kind of lesions too; of a rash that is no epidermal necrolysis it says
    nothing.

    Args:
        low: detached and detachable epidermis, per cent of the body surface.
        high: where it is only known to be between two values.

    Source: Bastuji-Garin et al. 1993, Arch Dermatol 129:92.
    """
    high = low if high is None else high
    first, last = _named(low), _named(high)
    return Extent(low, high, first if first == last else f"{first} to {last}")


def _named(percent: float) -> str:
    return "SJS" if percent < 10 else "SJS/TEN overlap" if percent <= 30 else "TEN"
