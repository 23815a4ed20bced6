"""How ill a patient with epidermal necrolysis (SJS/TEN) is: SCORTEN and ABCD-10.

Both speak of patients who have epidermal necrolysis. Neither says whether a patient has it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from cutis.clinical.facts import Facts
from cutis.clinical.score import Item, Risk, Score, ends, points, settled, share, signed, unsettled, yes_or_no
from cutis.clinical.units import Amount

SCORTEN_SOURCE = "Bastuji-Garin et al. 2000, J Invest Dermatol 115:149"
ABCD10_SOURCE = "Noe et al. 2019, JAMA Dermatol 155:448"
# Points: (share that died, its 95% interval), as tables from the publication give them.
SCORTEN_MORTALITY = (
    (0.032, 0.001, 0.167),
    (0.032, 0.001, 0.167),
    (0.121, 0.054, 0.225),
    (0.353, 0.198, 0.535),
    (0.583, 0.366, 0.779),
    (0.900, 0.555, 0.998),
)
ABCD10_MORTALITY = (0.023, 0.054, 0.123, 0.255, 0.457, 0.674, 0.836)
_UREA = {"mmol/L": 10.0, "mg/dL BUN": 28.0, "mg/dL urea": 60.0, "g/L": 0.6}
_GLUCOSE = {"mmol/L": 14.0, "mg/dL": 252.0, "g/L": 2.52}
_BICARBONATE = {"mmol/L": 20.0, "mEq/L": 20.0}
_WHO = "Of patients with epidermal necrolysis (SJS/TEN) only; it does not say whether this is one."
_EDGE = (
    "A value exactly at 40 years, 120 beats or 10% counts, as in tables taken from the publication; its "
    "abstract says 'above'."
)


def scorten(facts: Facts) -> Score:
    """SCORTEN, 0 to 7, from facts of the first 24 hours after admission.

    One point each: age 40 or more, malignancy, heart rate 120 or more, detachment of 10% or more, urea above
    10 mmol/L (28 mg/dL of urea nitrogen), bicarbonate below 20 mmol/L, glucose above 14 mmol/L (252 mg/dL).

    Source: Bastuji-Garin et al. 2000, J Invest Dermatol 115:149.
    """
    items = (
        _number("age", facts.age, "years", 40, "40 years or more"),
        yes_or_no("malignancy", facts.malignancy, 1, "cancer or malignant disease of the blood"),
        _number("heart rate", facts.heart_rate, "per minute", 120, "120 per minute or more"),
        _number("detached skin", facts.detached_percent, "%", 10, "10% of the body surface or more"),
        _amount("urea", facts.urea, _UREA, _above, "above 10 mmol/L (28 mg/dL BUN)"),
        _amount("bicarbonate", facts.bicarbonate, _BICARBONATE, _below, "below 20 mmol/L"),
        _amount("glucose", facts.glucose, _GLUCOSE, _above, "above 14 mmol/L (252 mg/dL)"),
    )
    low, high = ends(items)
    notes = (_WHO, "Made from facts of the first 24 hours after admission.", _EDGE)
    risks = (_scorten_table(low, high), _scorten_formula(low, high))
    reading = f"{points(low, high)} of 7 points"
    return Score("scorten", "SCORTEN", items, low, high, reading, SCORTEN_SOURCE, risks, notes)


def scorten_probability(total: int) -> float:
    """Probability of death in hospital by the publication's formula, 0..1, for 0 to 7 points.

    Source: Bastuji-Garin et al. 2000, J Invest Dermatol 115:149.
    """
    return 1 / (1 + exp(4.448 - 1.237 * total))


def abcd10(facts: Facts) -> Score:
    """ABCD-10, 0 to 8: age, bicarbonate, cancer, dialysis, 10% of the body surface.

    Points: age 50 or more 1, bicarbonate below 20 mmol/L 1, active cancer 2, dialysis before admission 3,
    detachment of 10% or more 1.

    Source: Noe et al. 2019, JAMA Dermatol 155:448.
    """
    items = (
        _number("age", facts.age, "years", 50, "50 years or more"),
        _amount("bicarbonate", facts.bicarbonate, _BICARBONATE, _below, "below 20 mmol/L"),
        yes_or_no("cancer", facts.malignancy, 2, "active cancer"),
        yes_or_no("dialysis", facts.dialysis, 3, "dialysis before admission"),
        _number("detached skin", facts.detached_percent, "%", 10, "10% of the body surface or more"),
    )
    low, high = ends(items)
    shares = [ABCD10_MORTALITY[min(total, 6)] for total in (low, high)]
    text = f"Predicted to die in hospital: {share(*shares)}."
    notes: tuple[str, ...] = (
        _WHO,
        "Less well calibrated than SCORTEN in Singapore (Koh et al. 2020, JAMA Dermatol 156) and in North "
        "Carolina (Duplisea et al. 2021, J Am Acad Dermatol 85:873).",
        "Its weights and risks could not be compared with the full text here; do so before use.",
    )
    if facts.age is not None and facts.age < 18:
        notes += ("ABCD-10 was made from patients of 18 years and older; this patient is younger.",)
    risks = (Risk(shares[0], shares[1], text, ABCD10_SOURCE),)
    reading = f"{points(low, high)} of 8 points"
    return Score("abcd10", "ABCD-10", items, low, high, reading, ABCD10_SOURCE, risks, notes)


def _scorten_table(low: int, high: int) -> Risk:
    (first, least, most), (last, least2, most2) = (SCORTEN_MORTALITY[min(end, 5)] for end in (low, high))
    if (first, least) == (last, least2):
        interval = f"95% interval {100 * least:.1f}–{100 * most:.1f}%"
    else:
        interval = (
            f"95% intervals {100 * least:.1f}–{100 * most:.1f}% and {100 * least2:.1f}–{100 * most2:.1f}%"
        )
    text = f"Died in the publication, of those with {_said(low, high)}: {share(first, last)}, {interval}."
    return Risk(first, last, text, SCORTEN_SOURCE)


def _scorten_formula(low: int, high: int) -> Risk:
    first, last = scorten_probability(low), scorten_probability(high)
    return Risk(
        first, last, f"Predicted by its formula to die in hospital: {share(first, last)}.", SCORTEN_SOURCE
    )


def _said(low: int, high: int) -> str:
    """The rows of the table that the points fall in."""
    rows = ["0–1" if end < 2 else "5 or more" if end > 4 else signed(end) for end in (low, high)]
    return f"{rows[0]} points" if rows[0] == rows[1] else f"{rows[0]} to {rows[1]} points"


def _number(name: str, value: float | None, unit: str, least: float, rule: str) -> Item:
    if value is None:
        return unsettled(name, 0, 1, rule)
    space = "" if unit == "%" else " "
    return settled(name, f"{value:g}{space}{unit}", int(value >= least), rule)


def _above(value: float, limit: float) -> bool:
    return value > limit


def _below(value: float, limit: float) -> bool:
    return value < limit


def _amount(
    name: str,
    amount: Amount | None,
    limits: dict[str, float],
    beyond: Callable[[float, float], bool],
    rule: str,
) -> Item:
    """Compared in the unit in which it was measured, with the limit as printed in that unit."""
    if amount is None:
        return unsettled(name, 0, 1, rule)
    return settled(name, str(amount), int(beyond(amount.value, limits[amount.unit])), rule)
