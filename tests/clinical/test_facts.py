"""What facts may not say, and that all of it is told at once."""

from __future__ import annotations

from datetime import date
from math import inf, nan
from typing import Any

import pytest

from cutis.clinical.check import problems
from cutis.clinical.facts import Exposure, Facts, delay, examined_day, rash_began
from cutis.clinical.units import QUANTITIES, Amount, amount_problem, parse_amount, unit_named
from cutis.core.errors import FactsError


def told(**values: Any) -> str:
    with pytest.raises(FactsError) as caught:
        Facts(**values)
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


def test_nothing_known_is_no_contradiction() -> None:
    assert problems(Facts()) == ()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (370, "Did you mean 37.0?"),
        (385, "Did you mean 38.5?"),
        (3870, "Did you mean 38.7?"),
        (98.6, "Did you mean 37.0, which is 98.6 degrees F?"),
        (101.3, "Did you mean 38.5, which is 101.3 degrees F?"),
        (12, "Correct it"),
        (-38, "Correct it"),
        (nan, "Correct it"),
        (inf, "Correct it"),
    ],
)
def test_a_temperature_that_nobody_has_is_told_with_what_was_meant(given: float, meant: str) -> None:
    sentence = told(temperature=given)
    assert "which nobody has" in sentence
    assert meant in sentence


@pytest.mark.parametrize("temperature", [30, 36.6, 43])
def test_temperatures_that_somebody_has_are_taken(temperature: float) -> None:
    assert Facts(temperature=temperature).temperature == temperature


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [
        ("age", 0, 120),
        ("heart_rate", 20, 300),
        ("detached_percent", 0, 100),
        ("rash_percent", 0, 100),
        ("eosinophils_percent", 0, 100),
        ("other_causes_negative", 0, 50),
        ("other_causes_positive", 0, 50),
    ],
)
def test_numbers_outside_their_range_are_told(field: str, lowest: float, highest: float) -> None:
    for value in (lowest, highest):
        assert getattr(Facts(**{field: value}), field) == value
    for value in (lowest - 1, highest + 1, nan):
        assert f"{field} is {value:g}, not between {lowest:g} and {highest:g}" in told(**{field: value})


def test_a_rash_cannot_begin_after_the_examination() -> None:
    assert Facts(days_since_rash=0).days_since_rash == 0
    assert "days_since_rash is -1: the rash would begin after" in told(days_since_rash=-1)
    assert "more than a year" in told(days_since_rash=366)
    assert "is after the examination of" in told(rash_began=date(2026, 3, 2), examined=date(2026, 3, 1))


def test_dates_and_days_must_agree() -> None:
    began, seen = date(2026, 3, 1), date(2026, 3, 4)
    assert examined_day(Facts(rash_began=began, examined=seen)) == 3
    assert rash_began(Facts(examined=seen, days_since_rash=3)) == began
    assert "it is 3. Correct one" in told(rash_began=began, examined=seen, days_since_rash=2)
    drug = Exposure("x", start=date(2026, 2, 20), start_day=-8)
    assert "2026-02-20 is day -9 of the rash, but start_day is -8" in told(rash_began=began, drugs=(drug,))


def test_days_of_a_drug_are_told_from_dates_or_numbers() -> None:
    dated = Exposure("x", start=date(2026, 2, 20))
    for facts in (
        Facts(drugs=(dated,), rash_began=date(2026, 3, 1)),
        Facts(drugs=(dated,), examined=date(2026, 3, 4), days_since_rash=3),
        Facts(drugs=(Exposure("x", start_day=-9),)),
    ):
        assert delay(facts, facts.drugs[0]) == 9
    assert delay(Facts(drugs=(dated,)), dated) is None


def test_a_suspected_drug_cannot_begin_after_the_rash() -> None:
    assert Facts(drugs=(Exposure("x", start_day=0),)).drugs
    assert Facts(drugs=(Exposure("x", start_day=1, suspected=False),)).drugs
    assert "was started on day 1 of the rash, so it cannot have caused it" in told(
        drugs=(Exposure("x", start_day=1),)
    )


@pytest.mark.parametrize(
    ("drug", "said"),
    [
        (Exposure("x", start_day=-3, stop_day=-4), "stopped before it is started"),
        (Exposure("x", start=date(2026, 3, 2), stop=date(2026, 3, 1)), "stopped before it is started"),
        (Exposure("x", stop_day=5), "stopped after the day of the examination"),
        (Exposure("x", ongoing=True, stop_day=-1), "is ongoing and has a last day"),
        (Exposure("x", stop_day=-1, continued_without_harm=True), "'continued without harm'"),
        (Exposure("x", half_life_hours=0), "half_life_hours is 0"),
        (Exposure("x", half_life_hours=nan), "half_life_hours is nan"),
        (Exposure("x", earlier="tolerate"), "Did you mean 'tolerated'?"),
        (Exposure(" "), "The drug has no name"),
        (Exposure("x", start_day=-36526), "more than a hundred years from the rash"),
    ],
)
def test_contradictions_of_a_drug_are_told(drug: Exposure, said: str) -> None:
    assert said in told(drugs=(drug,), days_since_rash=4)


def test_one_drug_twice_needs_two_courses() -> None:
    assert Facts(drugs=(Exposure("x", start_day=-30, stop_day=-20), Exposure("X ", start_day=-5))).drugs
    assert "stands twice" in told(drugs=(Exposure("x", start_day=-30), Exposure("X", start_day=-5)))


def test_what_is_part_of_a_whole_is_not_more_than_it() -> None:
    assert Facts(detached_percent=10, rash_percent=10).rash_percent == 10
    assert "is more than rash_percent" in told(detached_percent=11, rash_percent=10)
    cells = {"eosinophils": Amount(900, "cells/uL"), "leukocytes": Amount(0.8, "10^9/L")}
    assert "are more than leukocytes" in told(**cells)
    shares = {"eosinophils": Amount(900, "cells/uL"), "leukocytes": Amount(9, "10^9/L")}
    assert Facts(**shares, eosinophils_percent=11).eosinophils_percent == 11
    assert "is 10 per cent" in told(**shares, eosinophils_percent=20)


def test_a_young_rash_has_not_lasted_15_days() -> None:
    assert Facts(lasted_15_days=True, days_since_rash=15).lasted_15_days
    assert "the rash is 14 days old" in told(lasted_15_days=True, days_since_rash=14)


def test_misspelt_sites_and_organs_are_told_with_what_was_meant() -> None:
    assert "Did you mean 'mouth'?" in told(mucosal_sites=("mouht",))
    assert "Known are: liver" in told(organs=("brain",))


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        Facts(
            temperature=370,
            days_since_rash=-2,
            detached_percent=120,
            glucose=Amount(252, "mmol/L"),
            mucosal_sites=("mouht",),
            drugs=(Exposure("x", start_day=-1, stop_day=-4), Exposure("y", start_day=3)),
        )
    beginnings = [" ".join(problem.split()[1:3]) for problem in caught.value.problems]
    assert sorted(beginnings) == [
        "days_since_rash is",
        "detached_percent is",
        "drug 'x':",
        "drug 'y':",
        "glucose is",
        "mucosal_sites has",
        "temperature is",
    ]
    assert str(caught.value).count("\n") == 6


@pytest.mark.parametrize(
    ("field", "amount", "said"),
    [
        ("urea", Amount(30, "mg/dL"), "means two things"),
        ("urea", Amount(300, "mmol/L"), "Did you mean 300 mg/dL BUN / 300 mg/dL urea?"),
        ("glucose", Amount(252, "mmol/L"), "Did you mean 252 mg/dL?"),
        ("eosinophils", Amount(1500, "10^9/L"), "Did you mean 1500 cells/uL?"),
        ("creatinine", Amount(1.1, "umol/L"), "Did you mean 1.1 mg/dL?"),
        ("bicarbonate", Amount(20, "mg"), "is given in 'mg'. Write it in one of: mmol/L, mEq/L."),
        ("bicarbonate", Amount(20, ""), "without a unit"),
        ("bicarbonate", Amount(-20, "mmol/L"), "is no measured value"),
        ("bicarbonate", Amount(nan, "mmol/L"), "is no measured value"),
        ("bicarbonate", Amount(200, "mmol/L"), "Check the value"),
    ],
)
def test_laboratory_values_are_told_with_the_unit_that_was_meant(
    field: str, amount: Amount, said: str
) -> None:
    assert said in told(**{field: amount})


@pytest.mark.parametrize("field", QUANTITIES)
def test_every_unit_takes_a_value_of_everyday(field: str) -> None:
    everyday = {
        "urea": 5,
        "bicarbonate": 24,
        "glucose": 5,
        "creatinine": 80,
        "alt": 30,
        "alt_upper": 45,
        "eosinophils": 0.2,
        "leukocytes": 7,
    }
    for unit, factor in QUANTITIES[field].units.items():
        assert amount_problem(field, Amount(everyday[field] / factor, unit)) is None


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("urea", (28, "mg/dL BUN"), 10),
        ("urea", (60, "mg/dL urea"), 10),
        ("glucose", (252, "mg/dL"), 14),
        ("creatinine", (1, "mg/dL"), 88.4),
        ("eosinophils", (700, "cells/uL"), 0.7),
    ],
)
def test_units_are_converted_as_laboratories_do(field: str, one: tuple[float, str], other: float) -> None:
    value, unit = one
    assert value * QUANTITIES[field].units[unit] == pytest.approx(other, rel=0.002)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mmol/l", "mmol/L"),
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("MG/DL BUN", "mg/dL BUN"),
        ("mg/dL (urea)", "mg/dL urea"),
        ("×10⁹/L", "10^9/L"),
        ("G/L", "10^9/L"),
        ("g/L", "g/L"),
        ("/µL", "cells/uL"),
        ("furlong", "furlong"),
    ],
)
def test_units_are_known_by_their_spellings(written: str, unit: str) -> None:
    assert unit_named(written) == unit
    assert parse_amount(f"12.5 {written}") == Amount(12.5, unit)


def test_a_text_without_a_number_is_no_amount() -> None:
    assert parse_amount("high") is None
    assert parse_amount("7") == Amount(7, "")
