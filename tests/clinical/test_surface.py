"""Body surface and what its detached part is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.clinical.surface import NINES, extent, lund_browder, percent_involved
from cutis.core.errors import FactsError


@given(st.floats(0, 120))
def test_the_charts_add_up_to_the_whole_body(age: float) -> None:
    assert sum(NINES.values()) == 100
    assert sum(lund_browder(age).values()) == pytest.approx(100)
    assert percent_involved(dict.fromkeys(lund_browder(age), 1.0), age) == pytest.approx(100)


def test_an_infants_head_is_larger_and_its_legs_smaller() -> None:
    infant, adult = lund_browder(0.5), lund_browder(30)
    assert (infant["head"], adult["head"]) == (19, 7)
    assert (infant["left_thigh"], adult["left_thigh"]) == (5.5, 9.5)
    assert (infant["left_lower_leg"], adult["left_lower_leg"]) == (5, 7)


@pytest.mark.parametrize(
    ("age", "head"),
    [
        (0.99, 19),
        (1, 17),
        (4.99, 17),
        (5, 13),
        (9.99, 13),
        (10, 11),
        (14.99, 11),
        (15, 9),
        (17.99, 9),
        (18, 7),
    ],
)
def test_the_column_changes_at_its_age(age: float, head: float) -> None:
    assert lund_browder(age)["head"] == head


def test_regions_count_by_the_share_that_is_involved() -> None:
    assert percent_involved({"trunk_front": 0.5, "left_arm": 1}) == 18
    assert percent_involved({"trunk_front": 0.5}, age=30) == 6.5


def test_all_wrong_regions_are_told_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        percent_involved({"trunk_frnt": 0.5, "left_arm": 3})
    assert len(caught.value.problems) == 2
    assert "Did you mean 'trunk_front'?" in caught.value.problems[0]
    with pytest.raises(FactsError, match="age is -1"):
        percent_involved({}, age=-1)


@pytest.mark.parametrize(
    ("percent", "name"),
    [
        (0, "SJS"),
        (9.9, "SJS"),
        (10, "SJS/TEN overlap"),
        (30, "SJS/TEN overlap"),
        (30.1, "TEN"),
        (100, "TEN"),
    ],
)
def test_the_detached_area_is_called_as_in_the_classification_of_1993(percent: float, name: str) -> None:
    """Bastuji-Garin et al. 1993: below 10%, between 10 and 30%, above 30%."""
    assert extent(percent).name == name


def test_a_range_of_areas_keeps_both_names() -> None:
    assert extent(5, 20).name == "SJS to SJS/TEN overlap"
    assert extent(2, 5).name == "SJS"
