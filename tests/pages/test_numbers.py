"""Intervals are written in one way everywhere."""

from __future__ import annotations

from cutis.pages.numbers import decimal, decimal_range, signed_range, significant


def test_an_interval_is_written_with_a_dash_and_beside_a_minus_sign_with_a_word() -> None:
    assert decimal_range(0.729, 0.8334) == "0.729–0.833"
    assert decimal_range(-0.0341, 0.008) == "−0.034 to 0.008"
    assert decimal_range(-0.0001, 0.008, 2) == "0.00–0.01"  # nothing is less than zero by rounding


def test_a_difference_carries_its_sign_and_nothing_has_none() -> None:
    assert signed_range(-0.034, 0.008) == "−0.034 to +0.008"
    assert [decimal(value, 2, "+") for value in (0.2, -0.2, 0.001, -0.001)] == [
        "+0.20",
        "−0.20",
        "0.00",
        "0.00",
    ]


def test_a_number_of_any_size_keeps_the_digits_that_tell_something() -> None:
    told = [significant(x) for x in (15.0661, 0.00034200, 2049.3, -2.1177, 0.99999, 0.0, float("inf"))]
    assert told == ["15.07", "0.0003420", "2,049", "−2.118", "1.000", "0", "∞"]
    others = [significant(x) for x in (float("nan"), float("-inf"), 123456.7)]
    assert others == ["none", "−∞", "123,457"]
