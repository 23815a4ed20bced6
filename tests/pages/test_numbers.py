"""Intervals are written in one way everywhere."""

from __future__ import annotations

from cutis.pages.numbers import decimal, decimal_range, signed_range


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
