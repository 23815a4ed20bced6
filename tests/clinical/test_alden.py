"""ALDEN against published assessments."""

from __future__ import annotations

import pytest

from cutis.clinical.alden import alden, band, delay_points
from cutis.clinical.facts import Exposure, Facts
from cutis.clinical.score import Score

# Drugs of the table by their points of notoriety.
DRUG = {3: "carbamazepine", 2: "ciprofloxacin", 1: "pantoprazole", -1: "ibuprofen"}
DAYS = {3: -14, 2: -40, 1: -2, -1: -60}


def one(**values: object) -> Score:
    known: dict[str, object] = {
        "name": "carbamazepine",
        "start_day": -14,
        "ongoing": True,
        "earlier": "never_taken",
        "continued_without_harm": False,
    }
    return alden(Facts(drugs=(Exposure(**{**known, **values}),)))[0]  # type: ignore[arg-type]


def points(score: Score) -> list[int]:
    assert score.total is not None, score.missing
    return [item.low for item in score.items]


# Eur J Med Res 2023, doi:10.1186/s40001-023-01142-2, table 3: delay, in the body, earlier intake,
# dechallenge, notoriety, other cause, total. One of its 13 cases was not assessed.
PUBLISHED = [
    (3, 0, 0, 0, 3, 0, 6),
    (3, 0, 0, 0, 3, 0, 6),
    (3, 0, 0, 0, 3, 0, 6),
    (-1, 0, 0, 0, 3, 0, 2),
    (3, 0, 4, 0, 3, 0, 10),
    (-1, 0, 0, 0, 3, 0, 2),
    (3, 0, 0, 0, 3, 0, 6),
    (3, 0, 1, 0, 3, 0, 7),
    (3, 0, 0, 0, 3, 0, 6),
    (1, 0, 0, 0, 3, 0, 4),
    (3, 0, 0, 0, 3, 0, 6),
    (3, -3, 0, 0, 2, 0, 2),
]


@pytest.mark.parametrize("row", PUBLISHED)
def test_published_assessments_have_their_totals(row: tuple[int, ...]) -> None:
    """The table gives the points of each item; the facts here are such that each item gets them."""
    delay, present, earlier, _, notoriety, _, total = row
    names = {0: "never_taken", 1: "other_similar_drug", 4: "sjs_ten_same_drug"}
    facts: dict[str, object] = {"name": DRUG[notoriety], "earlier": names[earlier]}
    facts["start_day"] = -3 if earlier == 4 else DAYS[delay]  # after an earlier reaction 1 to 4 days score 3
    if present == -3:
        facts |= {"ongoing": False, "stop_day": -9, "half_life_hours": 4, "clearance_impaired": False}
    score = one(**facts)
    assert points(score) == list(row[:-1])
    assert score.total == total


@pytest.mark.parametrize(
    ("days", "first_time", "after_reaction"),
    [
        (-1, -3, -3),
        (0, -3, -3),
        (1, 1, 3),
        (4, 1, 3),
        (5, 3, 1),
        (28, 3, 1),
        (29, 2, 1),
        (56, 2, 1),
        (57, -1, -1),
    ],
)
def test_the_delay_scores_on_its_side_of_each_limit(days: int, first_time: int, after_reaction: int) -> None:
    assert delay_points(days, same_drug_before=False) == first_time
    assert delay_points(days, same_drug_before=True) == after_reaction
    assert points(one(start_day=-days, suspected=False))[0] == first_time
    assert points(one(start_day=-days, suspected=False, earlier="other_same_drug"))[0] == after_reaction


@pytest.mark.parametrize(
    ("half_life", "impaired", "expected"),
    [(9.6, False, 0), (9.5, False, -3), (9.6, True, 0), (9.5, True, -1)],
)
def test_five_half_lives_are_the_limit_of_being_in_the_body(
    half_life: float, impaired: bool, expected: int
) -> None:
    """Stopped two days before: 48 hours are 5 half-lives of 9.6 hours."""
    score = one(ongoing=False, stop_day=-2, half_life_hours=half_life, clearance_impaired=impaired)
    assert points(score)[1] == expected


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ("sjs_ten_same_drug", 4),
        ("sjs_ten_similar_drug", 2),
        ("other_same_drug", 2),
        ("other_similar_drug", 1),
        ("never_taken", 0),
        ("tolerated", -2),
    ],
)
def test_earlier_intake_has_its_points(earlier: str, expected: int) -> None:
    assert points(one(earlier=earlier))[2] == expected


def test_a_drug_continued_without_harm_loses_two_points() -> None:
    assert points(one())[3] == 0
    assert points(one(continued_without_harm=True))[3] == -2


@pytest.mark.parametrize("expected", DRUG)
def test_notoriety_comes_from_the_table(expected: int) -> None:
    assert points(one(name=DRUG[expected]))[4] == expected


def test_a_drug_that_is_not_in_the_table_has_open_notoriety_and_counts_0_as_published() -> None:
    score = one(name="newdrugumab")
    assert (score.low, score.high, score.published) == (2, 6, 3)


def test_the_extremes_are_those_of_the_publication() -> None:
    """-12 to 10."""
    assert one(start_day=-2, earlier="sjs_ten_same_drug").total == 10
    alone = alden(Facts(drugs=(Exposure("newdrugumab"), Exposure("another"))))[0]
    assert (alone.low, alone.high) == (-12, 10)


def test_the_likelier_drug_takes_a_point_from_the_others() -> None:
    known = {"ongoing": True, "earlier": "never_taken", "continued_without_harm": False}
    culprit = Exposure("carbamazepine", start_day=-14, **known)  # type: ignore[arg-type]
    other = Exposure("ibuprofen", start_day=-14, **known)  # type: ignore[arg-type]
    first, second = alden(Facts(drugs=(culprit, other)))
    assert (first.total, second.total) == (6, 3 - 1 - 1)
    weak = Exposure("pantoprazole", start_day=-2, **known)  # type: ignore[arg-type]
    two = alden(Facts(drugs=(weak, other)))
    assert [score.total for score in two] == [2, 2]  # nobody has more than 3
    equal = Exposure("lamotrigine", start_day=-14, **known)  # type: ignore[arg-type]
    assert [score.total for score in alden(Facts(drugs=(culprit, equal)))] == [6, 6]


@pytest.mark.parametrize(
    ("total", "name"),
    [
        (-12, "very unlikely"),
        (-1, "very unlikely"),
        (0, "unlikely"),
        (1, "unlikely"),
        (2, "possible"),
        (3, "possible"),
        (4, "probable"),
        (5, "probable"),
        (6, "very probable"),
        (10, "very probable"),
    ],
)
def test_totals_are_called_as_published(total: int, name: str) -> None:
    assert band(total) == name


def test_no_drug_has_no_score() -> None:
    assert alden(Facts()) == ()
