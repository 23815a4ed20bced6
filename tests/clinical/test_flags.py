"""Red flags and the urgency of a referral."""

from __future__ import annotations

from typing import Any

import pytest

from cutis.clinical.facts import Exposure, Facts
from cutis.clinical.flags import Flag, Urgency, flags, not_looked_for, urgency
from cutis.clinical.units import Amount

QUIET: dict[str, Any] = {
    "mucosal_sites": (),
    "skin_pain": False,
    "blisters": False,
    "nikolsky": False,
    "temperature": 37.0,
    "facial_swelling": False,
}


def flag(name: str, **values: Any) -> Flag:
    return next(flag for flag in flags(Facts(**values)) if flag.name == name)


def level(**values: Any) -> Urgency:
    return urgency(flags(Facts(**{**QUIET, **values})))


def test_a_quiet_rash_is_watched_and_an_unknown_one_asked_about() -> None:
    assert level() is Urgency.WATCH
    assert urgency(flags(Facts())) is Urgency.ASK
    assert level(skin_pain=None) is Urgency.ASK
    assert not_looked_for(flags(Facts(**{**QUIET, "skin_pain": None}))) == ("skin pain",)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("mucosal_sites", ("eyes",)),
        ("skin_pain", True),
        ("blisters", True),
        ("nikolsky", True),
        ("detached_percent", 1),
        ("purpura", True),
        ("organs", ("liver",)),
    ],
)
def test_some_signs_are_urgent_alone(fact: str, value: Any) -> None:
    assert level(**{fact: value}) is Urgency.URGENT


@pytest.mark.parametrize(
    ("fact", "absent", "present"),
    [
        ("temperature", 38.4, 38.5),
        ("rash_percent", 49, 50),
        ("facial_swelling", False, True),
        ("pustules", False, True),
        ("lymph_nodes", False, True),
        ("atypical_lymphocytes", False, True),
        ("eosinophils", Amount(0.69, "10^9/L"), Amount(0.7, "10^9/L")),
    ],
)
def test_other_signs_are_seen_soon_and_two_of_them_urgently(fact: str, absent: Any, present: Any) -> None:
    assert level(**{fact: absent}) is Urgency.WATCH
    assert level(**{fact: present}) is Urgency.SOON
    other = {"rash_percent": 90} if fact != "rash_percent" else {"temperature": 39}
    assert level(**{fact: present, **other}) is Urgency.URGENT


def test_the_liver_counts_from_twice_its_upper_limit() -> None:
    assert flag("liver", alt=Amount(89, "U/L"), alt_upper=Amount(45, "U/L")).present is False
    assert flag("liver", alt=Amount(90, "U/L"), alt_upper=Amount(45, "U/L")).present is True
    assert flag("liver", alt=Amount(900, "U/L")).present is None


def test_detachment_is_absent_only_where_it_was_looked_for() -> None:
    assert flag("detachment", nikolsky=False).present is None
    assert flag("detachment", nikolsky=False, blisters=False).present is False
    assert flag("detachment", detached_percent=0).present is False
    assert flag("detachment", detached_percent=0, nikolsky=True).present is True


@pytest.mark.parametrize(
    ("drugs", "present"),
    [
        ((), None),
        ((Exposure("carbamazepine", start_day=-14),), True),
        ((Exposure("carbamazepine", start_day=-56),), True),
        ((Exposure("carbamazepine", start_day=-57),), False),
        ((Exposure("carbamazepine", start_day=0),), False),
        ((Exposure("carbamazepine"),), None),
        ((Exposure("ibuprofen", start_day=-14),), False),
        ((Exposure("newdrugumab", start_day=-14),), None),
        ((Exposure("newdrugumab", start_day=-14), Exposure("carbamazepine", start_day=-14)), True),
    ],
)
def test_a_drug_is_a_sign_where_it_is_known_and_in_time(
    drugs: tuple[Exposure, ...], present: bool | None
) -> None:
    assert flag("drug", drugs=drugs).present is present
