"""Shares as the reader's language writes them; the ends are never rounded away."""

from __future__ import annotations

from cutis.web.words import _


def whole_percent(share: float) -> str:
    """``72%``; ``under 1%`` and ``over 99%`` at the ends."""
    text = f"{share:.0%}"
    if share > 0 and text == "0%":
        return _("under %(n)s") % {"n": "1%"}
    return _("over %(n)s") % {"n": "99%"} if share < 1 and text == "100%" else text


def of_hundred(share: float) -> str:
    """``72``, of 100; ``under 1`` and ``over 99`` at the ends."""
    number = round(100 * share)
    if share > 0 and number == 0:
        return _("under %(n)s") % {"n": "1"}
    return _("over %(n)s") % {"n": "99"} if share < 1 and number == 100 else str(number)


def in_thousand(share: float) -> str:
    """``720 in 1,000``; ``under 1 in 1,000`` and ``over 999 in 1,000`` at the ends."""
    number = round(1000 * share)
    words = f"{number:,}"
    if share > 0 and number == 0:
        words = _("under %(n)s") % {"n": "1"}
    elif share < 1 and number == 1000:
        words = _("over %(n)s") % {"n": "999"}
    return _("%(n)s in 1,000") % {"n": words}
