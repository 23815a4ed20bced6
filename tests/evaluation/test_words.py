"""Numbers are said with as many digits as they bear."""

from __future__ import annotations

import pytest

from cutis.evaluation import words
from cutis.stats.intervals import Estimate


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (Estimate(0.854, 0.83, 0.871), "85% (83–87)"),
        (Estimate(0.9312, 0.9251, 0.9377), "93.1% (92.5–93.8)"),
        (Estimate(0.9998, 0.9991, 1.0), "over 99.9% (99.9–100.0)"),
        (Estimate(1.0, 0.72, 1.0), "100% (72–100)"),
        (Estimate(0.002, 0.0, 0.04), "under 1% (0–4)"),
        (Estimate(0.0, 0.0, 0.3), "0% (0–30)"),
    ],
)
def test_only_all_is_a_hundred_percent(estimate: Estimate, expected: str) -> None:
    assert words.percent_interval(estimate) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0004, "p < 0.001"), (0.0312, "p = 0.031"), (1.0, "p > 0.99"), (0.001, "p = 0.001")],
)
def test_p_is_never_zero(value: float, expected: str) -> None:
    assert words.p_value(value) == expected


def test_differences_carry_their_sign() -> None:
    assert words.signed_interval(-0.021, -0.034, 0.0081) == "−0.021 (−0.034 to +0.008)"
    assert words.signed_interval(0.0, -0.0001, 0.01) == "0.000 (0.000 to +0.010)"


def test_lists_end_in_and() -> None:
    assert [words.listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert words.sample(list("abcdefg"), 3) == "a, b, c and 4 more"


def test_groups_are_called_what_they_are() -> None:
    assert words.counted_groups(1, "lesion_id") == "1 lesion"
    assert words.counted_groups(1234, "patient_id") == "1,234 patients"
    assert words.counted_groups(2, "clinic") == "2 groups"
