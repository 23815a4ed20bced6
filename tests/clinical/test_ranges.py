"""A score with missing facts is a range that holds every way in which they may turn out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.clinical.alden import alden
from cutis.clinical.facts import EARLIER, MUCOSAL_SITES, ORGANS, Exposure, Facts
from cutis.clinical.flags import flags, urgency
from cutis.clinical.prognosis import abcd10, scorten
from cutis.clinical.record import from_dict, from_row, to_dict, to_row
from cutis.clinical.regiscar import regiscar
from cutis.clinical.score import Score
from cutis.clinical.summary import Picture, summarise
from cutis.clinical.units import Amount

FEW = settings(max_examples=40)  # each example is a whole patient
NAMES = (
    "carbamazepine",
    "Zyloric",
    "ciprofloxacin",
    "ibuprofen",
    "pantoprazole",
    "アロプリノールX",
    "aspirin",
)


def amounts(unit: str, low: float, high: float) -> st.SearchStrategy[Amount]:
    return st.floats(low, high).map(lambda value: Amount(value, unit))


@st.composite
def exposures(draw: st.DrawFn, name: str) -> Exposure:
    """A drug of which everything is known."""
    start = draw(st.integers(-80, 3))
    stop = draw(st.none() | st.integers(start, max(start, 3)))
    kept_on = draw(st.booleans()) if stop is None or stop > 0 else False
    return Exposure(
        name,
        start_day=start,
        stop_day=stop,
        ongoing=stop is None,
        suspected=start <= 0,
        earlier=draw(st.sampled_from(tuple(EARLIER))),
        half_life_hours=draw(st.floats(0.5, 200)),
        clearance_impaired=draw(st.booleans()),
        continued_without_harm=kept_on,
    )


@st.composite
def patients(draw: st.DrawFn) -> Facts:
    """A patient of whom everything is known that is scored."""
    truths = {name: draw(st.booleans()) for name in TRUTHS}
    since = draw(st.integers(3, 40))
    truths["lasted_15_days"] = truths["lasted_15_days"] and since >= 15
    rash = draw(st.floats(0, 100))
    leukocytes = draw(st.sampled_from((1.0, 3.5, 3.9, 4.0, 5.0, 10.0)))
    percent = draw(st.integers(0, 60))
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    return Facts(
        **truths,
        age=draw(st.floats(0, 110)),
        heart_rate=draw(st.floats(40, 200)),
        temperature=draw(st.floats(35, 41)),
        days_since_rash=since,
        rash_percent=rash,
        detached_percent=draw(st.floats(0, rash)),
        mucosal_sites=tuple(draw(st.lists(st.sampled_from(MUCOSAL_SITES), max_size=3, unique=True))),
        organs=tuple(draw(st.lists(st.sampled_from(ORGANS), max_size=3, unique=True))),
        other_causes_negative=draw(st.integers(0, 6)),
        other_causes_positive=draw(st.integers(0, 1)),
        urea=draw(amounts("mmol/L", 1, 40) | amounts("mg/dL BUN", 3, 100)),
        bicarbonate=draw(amounts("mmol/L", 5, 40)),
        glucose=draw(amounts("mmol/L", 2, 40) | amounts("mg/dL", 40, 700)),
        alt=draw(amounts("U/L", 5, 2000)),
        alt_upper=Amount(45, "U/L"),
        leukocytes=Amount(leukocytes, "10^9/L"),
        eosinophils=Amount(round(leukocytes * percent / 100, 6), "10^9/L"),
        eosinophils_percent=float(percent),
        drugs=tuple(draw(exposures(name)) for name in names),
    )


TRUTHS = tuple(field.name for field in fields(Facts) if field.type == "bool | None")
OPTIONAL = tuple(
    field.name for field in fields(Facts) if field.name not in ("drugs", "examined", "rash_began")
)
OF_DRUG = ("start_day", "stop_day", "ongoing", "earlier", "half_life_hours", "clearance_impaired")


@st.composite
def less_known(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """A patient, and the same with some facts not known."""
    whole = draw(patients())
    gone = draw(st.sets(st.sampled_from(OPTIONAL)))
    drugs = []
    for exposure in whole.drugs:
        forgotten = draw(st.sets(st.sampled_from((*OF_DRUG, "continued_without_harm"))))
        drugs.append(replace(exposure, **dict.fromkeys(forgotten)))  # type: ignore[arg-type]
    return whole, replace(whole, **dict.fromkeys(gone), drugs=tuple(drugs))  # type: ignore[arg-type]


def holds(wide: Score, narrow: Score) -> bool:
    items = all(
        outer.low <= inner.low and inner.high <= outer.high
        for outer, inner in zip(wide.items, narrow.items, strict=True)
    )
    return items and wide.low <= narrow.low and narrow.high <= wide.high


@FEW
@given(less_known())
def test_ranges_hold_what_turns_out(pair: tuple[Facts, Facts]) -> None:
    whole, known = pair
    for score in (scorten, abcd10, regiscar):
        assert score(whole).total is not None
        assert holds(score(known), score(whole))
        for outer, inner in zip(score(known).risks, score(whole).risks, strict=True):
            assert outer.low <= inner.low <= inner.high <= outer.high


@FEW
@given(less_known())
def test_ranges_of_causality_hold_what_turns_out(pair: tuple[Facts, Facts]) -> None:
    whole, known = pair
    for wide, narrow in zip(alden(known), alden(whole), strict=True):
        assert holds(wide, narrow)


@FEW
@given(patients())
def test_what_is_known_in_full_has_one_total_by_the_publications_rules(facts: Facts) -> None:
    for score in (scorten(facts), abcd10(facts), regiscar(facts)):
        assert score.total == score.published == sum(item.low for item in score.items)
        assert not score.missing
    for score in alden(facts):
        if "notoriety" not in score.missing and "other cause" not in score.missing:
            assert score.total == score.published == sum(item.low for item in score.items)


@FEW
@given(less_known())
def test_both_ends_of_a_prognosis_are_attained(pair: tuple[Facts, Facts]) -> None:
    """Filled up with what is best, and with what is worst."""
    known = pair[1]
    good: dict[str, Any] = {
        "age": 20.0,
        "malignancy": False,
        "dialysis": False,
        "heart_rate": 70.0,
        "detached_percent": 0.0,
        "urea": Amount(5, "mmol/L"),
        "bicarbonate": Amount(25, "mmol/L"),
        "glucose": Amount(5, "mmol/L"),
    }
    bad: dict[str, Any] = {
        "age": 80.0,
        "malignancy": True,
        "dialysis": True,
        "heart_rate": 150.0,
        "detached_percent": 50.0,
        "urea": Amount(20, "mmol/L"),
        "bicarbonate": Amount(10, "mmol/L"),
        "glucose": Amount(20, "mmol/L"),
        "rash_percent": None,
    }
    for score in (scorten, abcd10):
        for filling, end in ((good, "low"), (bad, "high")):
            new = {name: value for name, value in filling.items() if getattr(known, name, None) is None}
            filled = replace(
                known, rash_percent=None, **{k: v for k, v in new.items() if k != "rash_percent"}
            )
            assert score(filled).total == getattr(score(known), end)


@FEW
@given(less_known())
def test_facts_come_back_from_dictionaries_and_rows(pair: tuple[Facts, Facts]) -> None:
    for facts in pair:
        assert from_dict(to_dict(facts)) == facts
        assert from_row(to_row(facts)) == facts


WORSE: dict[str, Callable[[Facts], Any]] = {
    **{
        name: lambda _: True
        for name in (
            "skin_pain",
            "blisters",
            "nikolsky",
            "purpura",
            "facial_swelling",
            "pustules",
            "lymph_nodes",
            "atypical_lymphocytes",
        )
    },
    "mucosal_sites": lambda _: ("eyes",),
    "organs": lambda _: ("liver",),
    "temperature": lambda _: 40.0,
    "rash_percent": lambda _: 100.0,
    "eosinophils": lambda _: Amount(2, "10^9/L"),
}


@FEW
@given(less_known(), st.sampled_from(sorted(WORSE)))
def test_a_sign_more_never_makes_a_referral_less_urgent(pair: tuple[Facts, Facts], name: str) -> None:
    for facts in pair:
        apart = replace(facts, leukocytes=None, eosinophils_percent=None)
        worse = replace(apart, **{name: WORSE[name](apart)})
        assert urgency(flags(worse)) >= urgency(flags(apart))


@FEW
@given(less_known(), st.floats(0, 1), st.none() | st.floats(0, 1))
def test_a_picture_never_makes_a_referral_less_urgent(
    pair: tuple[Facts, Facts], score: float, point: float | None
) -> None:
    for facts in pair:
        alone = summarise(facts)
        beside = summarise(facts, Picture(score, point))
        assert beside.urgency >= alone.urgency
        assert beside.scores == alone.scores
