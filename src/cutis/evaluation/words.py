"""The words and numbers that pages, terminal and notes share."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.pages import numbers
from cutis.stats.intervals import Estimate

_GROUPS = {
    "patient_id": ("patient", "patients"),
    "lesion_id": ("lesion", "lesions"),
    "image_id": ("photo", "photos"),
    "participant_id": ("participant", "participants"),
}


def group_noun(column: str, number: int = 2) -> str:
    """What a group is called: ``lesion``, ``patients`` ... or ``group``."""
    return _GROUPS.get(column, ("group", "groups"))[0 if number == 1 else 1]


def class_noun(target: str, number: int = 1) -> str:
    """What a class is called, by the truth's column: a diagnosis, a grade, or a class."""
    if target in ("dx", "diagnosis", "disease"):
        return "diagnosis" if number == 1 else "diagnoses"
    noun = "grade" if "grade" in target else "class"
    return noun if number == 1 else {"grade": "grades", "class": "classes"}[noun]


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: ``1 photo``, ``2,003 photos``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def counted_groups(number: int, column: str) -> str:
    """A number of patients, lesions or groups."""
    return f"{number:,} {group_noun(column, number)}"


def percent(value: float, digits: int = 0) -> str:
    """Percent without its sign; only none is 0 and only all is 100."""
    text = f"{100 * value:.{digits}f}"
    least = 10.0**-digits
    if value > 0 and float(text) == 0:
        return f"under {least:g}"
    if value < 1 and float(text) == 100:
        return f"over {100 - least:g}"
    return text


def percent_range(estimate: Estimate) -> str:
    """``83–87``: with a decimal where the interval is narrow enough to bear one."""
    digits = _digits(estimate)
    return f"{100 * estimate.low:.{digits}f}–{100 * estimate.high:.{digits}f}"


def percent_value(estimate: Estimate) -> str:
    """``85``, with as many decimals as `percent_range`."""
    return percent(estimate.value, _digits(estimate))


def percent_interval(estimate: Estimate) -> str:
    """``85% (83–87)``."""
    return f"{percent_value(estimate)}% ({percent_range(estimate)})"


def of_hundred(estimate: Estimate) -> str:
    """``85 of 100 (83–87)``."""
    return f"{percent_value(estimate)} of 100 ({percent_range(estimate)})"


def hundred(estimate: Estimate) -> str:
    """``3.1 (2.9–3.4)`` of 100, with as many decimals as the interval bears; a dash where there is none."""
    if estimate.value != estimate.value:
        return "–"
    width = estimate.high - estimate.low
    digits = 2 if width < 0.002 else 1 if width < 0.05 else 0
    low, high = (f"{100 * end:.{0 if end in (0, 1) else digits}f}" for end in (estimate.low, estimate.high))
    return f"{percent(estimate.value, 0 if estimate.value in (0, 1) else digits)} ({low}–{high})"


def expected(number: float) -> str:
    """A number of people to be expected: ``291``, and below ten ``0.6``."""
    return f"{number:,.0f}" if number >= 9.95 or not number else f"{number:.1f}"


def share_percent(share: float) -> str:
    """``1`` or ``23.7``, of a prevalence."""
    return f"{100 * share:.3g}"


def _digits(estimate: Estimate) -> int:
    return 1 if estimate.high - estimate.low < 0.02 else 0


def decimal_range(estimate: Estimate, digits: int = 3) -> str:
    """``0.930–0.952``, see `cutis.pages.numbers`."""
    return numbers.decimal_range(estimate.low, estimate.high, digits)


def decimal_interval(estimate: Estimate, digits: int = 3) -> str:
    """``0.941 (0.930–0.952)``."""
    return f"{numbers.decimal(estimate.value, digits)} ({decimal_range(estimate, digits)})"


def signed_interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """``−0.021 (−0.034 to −0.008)``, for differences."""
    return f"{numbers.decimal(value, digits, '+')} ({numbers.signed_range(low, high, digits)})"


def p_value(value: float) -> str:
    """``p = 0.031``, ``p < 0.001``."""
    if value < 0.001:
        return "p < 0.001"
    return "p > 0.99" if value > 0.99 else f"p = {value:.3f}"


def sample(names: Sequence[str], most: int = 5) -> str:
    """The first of several names, and how many more there are."""
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
