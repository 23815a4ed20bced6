"""One value of the facts, as a number, a truth, a date, a list or a laboratory value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Any

from cutis.clinical.units import QUANTITIES, Amount, parse_amount, unit_named

_COUNTS = ("days_since_rash", "other_causes_negative", "other_causes_positive", "start_day", "stop_day")
_NUMBERS = (
    "age",
    "temperature",
    "heart_rate",
    "detached_percent",
    "rash_percent",
    "eosinophils_percent",
    "half_life_hours",
)
_DATES = ("examined", "rash_began", "start", "stop")
_LISTS = ("mucosal_sites", "organs")
_UNKNOWN = ("", "unknown", "not known", "?", "na", "n/a")
_LARGEST = 1e300  # whole numbers beyond it are no floats
_YES, _NO = ("yes", "true", "y", "1"), ("no", "false", "n", "0")
_NONE = ("none", "no")  # a list that was looked for and is empty


class NotReadError(Exception):
    """One value that cannot be read.

    Args:
        words, values: as in `cutis.clinical.problem.Problem`.
    """

    def __init__(self, words: str, **values: str) -> None:
        super().__init__(words)
        self.words, self.values = words, values


def reader(name: str) -> Callable[[Any], Any]:
    """What reads the value of a fact, by its name. It gives None for what is not known."""
    if name in QUANTITIES:
        return amount_of
    if name in ("name", "earlier"):
        return _text
    if name in _COUNTS:
        return _count
    if name in _NUMBERS:
        return _number
    return _date if name in _DATES else _list if name in _LISTS else _truth


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _UNKNOWN)


def _text(value: Any) -> str | None:
    if _unknown(value):
        return None
    if not isinstance(value, str):
        raise NotReadError("%(field)s is %(value)s, not a text.", value=repr(value))
    return value.strip()


def _number(value: Any) -> float | None:
    if _unknown(value):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            mend = value.strip().replace(",", ".", 1)
            if _is_number(mend):
                raise NotReadError(
                    "%(field)s is %(value)s, not a number. Did you mean %(meant)s?",
                    value=repr(value),
                    meant=mend,
                ) from None
            raise _no_number(value) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise _no_number(value)
    return float(value)


def _no_number(value: Any) -> NotReadError:
    return NotReadError(
        "%(field)s is %(value)s, not a number. Correct it, or leave it out if not known.", value=repr(value)
    )


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _count(value: Any) -> int | None:
    number = _number(value)
    if number is not None and number != int(number):
        raise NotReadError("%(field)s is %(value)s, not a whole number. Round it.", value=f"{number:g}")
    return None if number is None else int(number)


def _truth(value: Any) -> bool | None:
    if _unknown(value):
        return None
    if isinstance(value, bool):
        return value
    folded = str(value).strip().casefold()
    if folded in _YES or folded in _NO:
        return folded in _YES
    raise NotReadError(
        "%(field)s is %(value)s, neither yes nor no. Write true or false, or leave it out if not known.",
        value=repr(value),
    )


def _date(value: Any) -> date | None:
    if _unknown(value):
        return None
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        raise NotReadError(
            "%(field)s is %(value)s, not a date. Write it as year-month-day, such as 2026-03-09.",
            value=repr(value),
        ) from None


def _list(value: Any) -> tuple[str, ...] | None:
    if _unknown(value):
        return None
    if isinstance(value, str):
        value = [] if value.strip().casefold() in _NONE else value.split(";")
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise NotReadError("%(field)s is %(value)s, not a list of names.", value=repr(value))
    names = [str(name).strip().casefold().replace(" ", "_") for name in value]
    return tuple(dict.fromkeys(name for name in names if name))


def amount_of(value: Any, unit: str = "") -> Amount | None:
    """A laboratory value; `unit` where none is written.

    Raises:
        NotReadError: it is none.
    """
    if _unknown(value) or isinstance(value, Amount):
        return value if isinstance(value, Amount) else None
    if isinstance(value, Mapping):
        number, given = _number(value.get("value")), value.get("unit", unit)
        others = set(value) - {"value", "unit"}
        if number is None or not isinstance(given, str) or others:
            raise NotReadError(
                "%(field)s is %(value)s. Write it as 12 mmol/L, or as a value and a unit.",
                value=repr(dict(value)),
            )
        return Amount(number, unit_named(given))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Amount(float(value), unit)
    amount = parse_amount(str(value))
    if amount is None:
        raise NotReadError(
            "%(field)s is %(value)s, not a value with a unit such as 12 mmol/L.", value=repr(value)
        )
    return amount if amount.unit else Amount(amount.value, unit)
