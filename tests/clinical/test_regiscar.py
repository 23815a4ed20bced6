"""The RegiSCAR score for DRESS against published totals."""

from __future__ import annotations

import pytest

from cutis.clinical.facts import Facts
from cutis.clinical.regiscar import band, regiscar
from cutis.clinical.units import Amount

# Nothing speaks for or against DRESS: 0 points, all known.
PLAIN = Facts(
    temperature=38.5,
    lymph_nodes=False,
    eosinophils=Amount(0.3, "10^9/L"),
    leukocytes=Amount(8, "10^9/L"),
    atypical_lymphocytes=False,
    rash_percent=50,
    facial_swelling=True,
    purpura=True,
    infiltration=False,
    scaling=False,
    biopsy_suggests_dress=True,
    organs=(),
    lasted_15_days=True,
    other_causes_negative=0,
    other_causes_positive=0,
)
FEATURES = ("facial_swelling", "purpura", "infiltration", "scaling")


def changed(**values: object) -> Facts:
    return Facts(**{**vars(PLAIN), **values})  # type: ignore[arg-type]


def points(facts: Facts) -> dict[str, int]:
    score = regiscar(facts)
    assert score.total is not None, score.missing
    return {item.name: item.low for item in score.items}


def test_the_case_of_a_published_report_has_its_points() -> None:
    """Cureus 2024;16:e69503, table 2: eosinophils of 1.5 or more 2, the rash 2, organs 2, total 6."""
    patient = changed(eosinophils=Amount(1.5, "10^9/L"), rash_percent=60, organs=("liver", "kidney"))
    score = regiscar(patient)
    given = points(patient)
    assert given["eosinophils"] == 2
    assert given["extent of the rash"] + given["rash suggesting DRESS"] == 2
    assert given["organs"] == 2
    assert score.total == 6
    assert "definite case" in score.reading


def test_a_case_of_which_only_some_items_are_told_keeps_its_total_in_the_range() -> None:
    """Indian J Case Rep 2022;8(11), doi:10.32677/ijcr.v8i11.3680: definite, 7 points.

    Told are fever, lymph nodes, eosinophilia, atypical lymphocytes and the liver, not the points of each.
    """
    score = regiscar(
        Facts(temperature=39, lymph_nodes=True, atypical_lymphocytes=True, organs=("liver",), age=61)
    )
    assert score.low <= 7 <= score.high
    assert score.total is None


def test_the_range_is_that_of_the_published_table() -> None:
    """Int J Mol Sci 2021;22:7072, table 2: least -4, most 9."""
    empty = regiscar(Facts())
    assert (empty.low, empty.high) == (-4, 9)
    worst = changed(
        lymph_nodes=True,
        eosinophils=Amount(2, "10^9/L"),
        atypical_lymphocytes=True,
        rash_percent=51,
        organs=("liver", "kidney", "lung"),
        other_causes_negative=3,
    )
    assert regiscar(worst).total == 9
    least = changed(
        temperature=37,
        facial_swelling=False,
        purpura=False,
        biopsy_suggests_dress=False,
        lasted_15_days=False,
    )
    assert regiscar(least).total == -4


def test_unknown_facts_count_as_the_published_table_says() -> None:
    """Fever and resolution not known: -1 each; everything else 0."""
    assert regiscar(Facts()).published == -2


@pytest.mark.parametrize(
    ("item", "fact", "value", "expected"),
    [
        ("fever", "temperature", 38.4, -1),
        ("fever", "temperature", 38.5, 0),
        ("extent of the rash", "rash_percent", 50, 0),
        ("extent of the rash", "rash_percent", 50.1, 1),
        ("eosinophils", "eosinophils", Amount(0.69, "10^9/L"), 0),
        ("eosinophils", "eosinophils", Amount(0.7, "10^9/L"), 1),
        ("eosinophils", "eosinophils", Amount(699, "cells/uL"), 0),
        ("eosinophils", "eosinophils", Amount(700, "cells/uL"), 1),
        ("eosinophils", "eosinophils", Amount(1.49, "10^9/L"), 1),
        ("eosinophils", "eosinophils", Amount(1.5, "10^9/L"), 2),
        ("organs", "organs", ("liver",), 1),
        ("organs", "organs", ("liver", "lung"), 2),
        ("lymph nodes", "lymph_nodes", True, 1),
        ("atypical lymphocytes", "atypical_lymphocytes", True, 1),
        ("biopsy", "biopsy_suggests_dress", False, -1),
        ("resolution", "lasted_15_days", False, -1),
        ("other causes excluded", "other_causes_negative", 2, 0),
        ("other causes excluded", "other_causes_negative", 3, 1),
    ],
)
def test_each_item_scores_on_its_side_of_the_limit(
    item: str, fact: str, value: object, expected: int
) -> None:
    assert points(changed(**{fact: value}))[item] == expected


@pytest.mark.parametrize(
    ("leukocytes", "percent", "expected"),
    [(3.9, 9.9, 0), (3.9, 10, 1), (3.9, 19.9, 1), (3.9, 20, 2), (4.0, 15, 0), (4.0, 17.5, 1)],
)
def test_the_share_of_eosinophils_counts_where_leukocytes_are_few(
    leukocytes: float, percent: float, expected: int
) -> None:
    facts = changed(eosinophils=None, eosinophils_percent=percent, leukocytes=Amount(leukocytes, "10^9/L"))
    assert points(facts)["eosinophils"] == expected


@pytest.mark.parametrize(("count", "low"), [(0.3, 0), (0.9, 1)])
def test_without_leukocytes_the_share_of_eosinophils_stays_open(count: float, low: int) -> None:
    item = regiscar(changed(eosinophils=Amount(count, "10^9/L"), leukocytes=None)).items[2]
    assert (item.name, item.low, item.high, item.published) == ("eosinophils", low, 2, low)


@pytest.mark.parametrize("seen", range(5))
def test_two_looks_of_the_skin_suggest_dress(seen: int) -> None:
    facts = changed(**{name: number < seen for number, name in enumerate(FEATURES)})
    assert points(facts)["rash suggesting DRESS"] == (1 if seen >= 2 else -1)


def test_a_positive_test_for_another_cause_takes_the_point_of_exclusion() -> None:
    assert points(changed(other_causes_negative=6, other_causes_positive=1))["other causes excluded"] == 0


def test_one_organ_named_twice_is_one() -> None:
    assert points(changed(organs=("liver", "liver")))["organs"] == 1


@pytest.mark.parametrize(
    ("total", "name"),
    [
        (-4, "no case"),
        (1, "no case"),
        (2, "possible case"),
        (3, "possible case"),
        (4, "probable case"),
        (5, "probable case"),
        (6, "definite case"),
        (9, "definite case"),
    ],
)
def test_totals_are_called_as_published(total: int, name: str) -> None:
    assert band(total) == name


def test_no_case_is_never_called_harmless() -> None:
    assert any("does not make a reaction harmless" in note for note in regiscar(Facts()).notes)
