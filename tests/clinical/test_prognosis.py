"""SCORTEN and ABCD-10 against what was published of them."""

from __future__ import annotations

from itertools import pairwise, product
from math import exp, log

import pytest

from cutis.clinical.facts import Facts
from cutis.clinical.prognosis import (
    ABCD10_MORTALITY,
    SCORTEN_MORTALITY,
    abcd10,
    scorten,
    scorten_probability,
)
from cutis.clinical.units import Amount

WELL = Facts(
    age=30,
    malignancy=False,
    dialysis=False,
    heart_rate=80,
    detached_percent=5,
    urea=Amount(5, "mmol/L"),
    bicarbonate=Amount(24, "mmol/L"),
    glucose=Amount(5, "mmol/L"),
)
WORSE = {
    "age": 70,
    "malignancy": True,
    "heart_rate": 130,
    "detached_percent": 40,
    "urea": Amount(12, "mmol/L"),
    "bicarbonate": Amount(15, "mmol/L"),
    "glucose": Amount(20, "mmol/L"),
}


def changed(facts: Facts, **values: object) -> Facts:
    return Facts(**{**vars(facts), **values})  # type: ignore[arg-type]


def test_the_patient_of_a_published_table_has_its_points() -> None:
    """Rep Pract Oncol Radiother 2016;21:81, table 1: cancer, heart rate, urea and surface score, total 4.

    The table gives the points of each item; the values here lie on that side of its limits.
    """
    patient = changed(
        WELL,
        age=39,
        malignancy=True,
        heart_rate=120,
        urea=Amount(29, "mg/dL BUN"),
        detached_percent=10,
        bicarbonate=Amount(20, "mEq/L"),
        glucose=Amount(250, "mg/dL"),
    )
    score = scorten(patient)
    points = {item.name: item.low for item in score.items}
    assert points == {
        "age": 0,
        "malignancy": 1,
        "heart rate": 1,
        "detached skin": 1,
        "urea": 1,
        "bicarbonate": 0,
        "glucose": 0,
    }
    assert score.total == score.published == 4
    assert "58% (583 in 1,000)" in score.risks[0].text
    assert "36.6–77.9%" in score.risks[0].text


def test_the_formula_is_that_of_the_abstract() -> None:
    """Bastuji-Garin 2000: logit = -4.448 + 1.237 points; odds ratio 3.45 (2.26-5.25) for each point."""
    for total in range(8):
        logit = -4.448 + 1.237 * total
        assert scorten_probability(total) == pytest.approx(exp(logit) / (1 + exp(logit)), rel=1e-12)
    odds = [scorten_probability(total) / (1 - scorten_probability(total)) for total in range(8)]
    assert [round(b / a, 2) for a, b in pairwise(odds)] == pytest.approx([3.45] * 7, abs=0.01)


@pytest.mark.parametrize("total", range(8))
def test_the_formula_lies_inside_the_intervals_of_the_table(total: int) -> None:
    _, low, high = SCORTEN_MORTALITY[min(total, 5)]
    assert low <= scorten_probability(total) <= high


@pytest.mark.parametrize(
    ("fact", "without", "with_point"),
    [
        ("age", 39.9, 40),
        ("malignancy", False, True),
        ("heart_rate", 119.9, 120),
        ("detached_percent", 9.9, 10),
        ("urea", Amount(10, "mmol/L"), Amount(10.01, "mmol/L")),
        ("urea", Amount(28, "mg/dL BUN"), Amount(28.1, "mg/dL BUN")),
        ("urea", Amount(60, "mg/dL urea"), Amount(60.1, "mg/dL urea")),
        ("urea", Amount(0.6, "g/L"), Amount(0.61, "g/L")),
        ("bicarbonate", Amount(20, "mmol/L"), Amount(19.9, "mmol/L")),
        ("bicarbonate", Amount(20, "mEq/L"), Amount(19.9, "mEq/L")),
        ("glucose", Amount(14, "mmol/L"), Amount(14.01, "mmol/L")),
        ("glucose", Amount(252, "mg/dL"), Amount(252.1, "mg/dL")),
        ("glucose", Amount(2.52, "g/L"), Amount(2.53, "g/L")),
    ],
)
def test_each_item_of_scorten_scores_on_one_side_of_its_limit(
    fact: str, without: object, with_point: object
) -> None:
    assert scorten(changed(WELL, **{fact: without})).total == 0
    assert scorten(changed(WELL, **{fact: with_point})).total == 1


@pytest.mark.parametrize(
    ("fact", "without", "with_points", "points"),
    [
        ("age", 49.9, 50, 1),
        ("bicarbonate", Amount(20, "mmol/L"), Amount(19.9, "mmol/L"), 1),
        ("malignancy", False, True, 2),
        ("dialysis", False, True, 3),
        ("detached_percent", 9.9, 10, 1),
    ],
)
def test_each_item_of_abcd10_has_its_weight(
    fact: str, without: object, with_points: object, points: int
) -> None:
    assert abcd10(changed(WELL, **{fact: without})).total == 0
    assert abcd10(changed(WELL, **{fact: with_points})).total == points


def test_every_combination_of_abcd10_adds_up_and_its_risk_rises() -> None:
    risks: dict[int, float] = {}
    for old, acid, cancer, dialysis, wide in product((False, True), repeat=5):
        facts = changed(
            WELL,
            age=60 if old else 40,
            bicarbonate=Amount(18 if acid else 25, "mmol/L"),
            malignancy=cancer,
            dialysis=dialysis,
            detached_percent=20 if wide else 2,
        )
        score = abcd10(facts)
        assert score.total == old + acid + 2 * cancer + 3 * dialysis + wide
        risks[score.total] = score.risks[0].low
    assert sorted(risks) == list(range(9))
    assert [risks[total] for total in range(7)] == list(ABCD10_MORTALITY)
    assert risks[7] == risks[8] == ABCD10_MORTALITY[6]


def test_the_risks_of_abcd10_are_those_of_one_logistic_model() -> None:
    """A slip in one figure would break the even steps of its log odds."""
    odds = [log(risk / (1 - risk)) for risk in ABCD10_MORTALITY]
    steps = [after - before for before, after in pairwise(odds)]
    assert steps == pytest.approx([0.896] * 6, abs=0.02)


def test_a_risk_factor_more_never_lowers_a_score() -> None:
    for chosen in product((False, True), repeat=len(WORSE)):
        here = changed(WELL, **{name: WORSE[name] for name, on in zip(WORSE, chosen, strict=True) if on})
        for name, worse in WORSE.items():
            there = changed(here, **{name: worse})
            for score in (scorten, abcd10):
                assert score(there).low >= score(here).low
                assert score(there).risks[0].low >= score(here).risks[0].low


def test_missing_facts_make_a_range_and_no_guess() -> None:
    score = scorten(Facts())
    assert (score.low, score.high, score.total, score.published) == (0, 7, None, None)
    assert score.missing == tuple(item.name for item in score.items)
    assert (score.risks[0].low, score.risks[0].high) == (0.032, 0.900)
    half = scorten(changed(WELL, bicarbonate=None, malignancy=True))
    assert (half.low, half.high, half.missing) == (1, 2, ("bicarbonate",))
    assert "0–1 to 2 points" in half.risks[0].text
    assert (abcd10(Facts()).low, abcd10(Facts()).high) == (0, 8)


def test_a_child_is_told_not_to_be_like_the_patients_of_abcd10() -> None:
    told = {age: " ".join(abcd10(changed(WELL, age=age)).notes) for age in (17, 18)}
    assert "18 years and older" in told[17]
    assert "18 years and older" not in told[18]
