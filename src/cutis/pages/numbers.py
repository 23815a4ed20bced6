"""Numbers as every page, table and sentence writes them."""

from __future__ import annotations


def decimal(value: float, digits: int = 3, sign: str = "") -> str:
    """``0.941``, with a true minus sign; nothing is less than zero by rounding.

    Args:
        value: any number.
        digits: after the point.
        sign: ``+`` writes the sign of positive numbers too, ``-`` only of negative ones.
    """
    rounded = round(value, digits) + 0.0  # no negative zero
    return f"{rounded:{sign if rounded else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")


def decimal_range(low: float, high: float, digits: int = 3) -> str:
    """``0.930–0.952``, and ``−0.034 to 0.008`` where a dash would stand beside a minus sign."""
    word = " to " if round(low, digits) < 0 else "–"
    return f"{decimal(low, digits)}{word}{decimal(high, digits)}"


def signed_range(low: float, high: float, digits: int = 3) -> str:
    """``−0.034 to +0.008``, of a difference."""
    return f"{decimal(low, digits, '+')} to {decimal(high, digits, '+')}"
