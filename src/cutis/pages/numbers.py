"""Numbers as every page, table and sentence writes them."""

from __future__ import annotations

from math import floor, isinf, isnan, log10


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


def significant(value: float, digits: int = 4) -> str:
    """``15.07``, ``0.0003420``, ``2,049``, ``4``, ``∞``: so many digits that tell something.

    Args:
        value: any number.
        digits: at least one; whole digits before the point are never rounded away.
    """
    if isnan(value):
        return "none"
    if isinf(value):
        return "∞" if value > 0 else "\N{MINUS SIGN}∞"
    if value == round(value):
        return f"{value:,.0f}".replace("-", "\N{MINUS SIGN}")
    places = max(0, digits - 1 - floor(log10(abs(float(f"{value:.{digits}g}")))))
    return f"{value:,.{places}f}".replace("-", "\N{MINUS SIGN}")
