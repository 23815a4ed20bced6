"""Numbers of answers in words: never rounded away at their ends, and as counts beside percentages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cutis.web.numbers import in_thousand, whole_percent
from cutis.web.words import _


def probability_words(value: float) -> str:
    """``72% (720 in 1,000)``."""
    return f"{whole_percent(value)} ({in_thousand(value)})"


def score_words(value: float) -> str:
    """``0.71``; the ends are not rounded away."""
    if value > 0.99:
        return _("over %(n)s") % {"n": "0.99"}
    return _("under %(n)s") % {"n": "0.01"} if value < 0.01 else f"{value:.2f}"


def hundred(value: Mapping[str, float]) -> str:
    """``98 of 100 (94–100)``."""
    number, low, high = (round(100 * value[name]) for name in ("value", "low", "high"))
    return _("%(n)s of 100 (%(low)s–%(high)s)") % {"n": number, "low": low, "high": high}


def listed(titles: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(titles) < 2:
        return "".join(titles)
    return _("%(several)s and %(last)s") % {"several": ", ".join(titles[:-1]), "last": titles[-1]}
