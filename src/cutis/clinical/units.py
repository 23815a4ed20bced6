"""Laboratory values with their units: what is accepted, what is plausible, what cannot be told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from cutis.clinical.problem import Problem, sentence


@dataclass(frozen=True)
class Amount:
    """A measured value with its unit; never a number alone.

    Attributes:
        value: finite, not negative.
        unit: as in `QUANTITIES`.
    """

    value: float
    unit: str

    def __str__(self) -> str:
        """``12.5 mmol/L``."""
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True)
class Quantity:
    """One kind of laboratory value.

    Attributes:
        units: factor by which a value in that unit becomes one in the first unit.
        low: below it a value in the first unit is taken to be a mistake.
        high: above it too.
        unclear: units that mean two things, with what to write instead.
    """

    units: dict[str, float]
    low: float
    high: float
    unclear: dict[str, str]


_CELLS = {"10^9/L": 1.0, "cells/uL": 0.001}
# Molar masses: urea 60.06 with 28.01 of nitrogen, glucose 180.16, creatinine 113.12 g/mol.
QUANTITIES: dict[str, Quantity] = {
    "urea": Quantity(
        {"mmol/L": 1.0, "mg/dL BUN": 0.357, "mg/dL urea": 0.1665, "g/L": 16.65},
        0.3,
        120,
        {"mg/dL": "'mg/dL BUN' / 'mg/dL urea'"},
    ),
    "bicarbonate": Quantity({"mmol/L": 1.0, "mEq/L": 1.0}, 1, 60, {}),
    "glucose": Quantity({"mmol/L": 1.0, "mg/dL": 0.0555, "g/L": 5.55}, 0.5, 120, {}),
    "creatinine": Quantity({"umol/L": 1.0, "mg/dL": 88.4}, 5, 3000, {}),
    "alt": Quantity({"U/L": 1.0, "ukat/L": 60.0}, 1, 30000, {}),
    "alt_upper": Quantity({"U/L": 1.0, "ukat/L": 60.0}, 5, 200, {}),
    "eosinophils": Quantity(_CELLS, 0, 150, {}),
    "leukocytes": Quantity(_CELLS, 0, 1000, {}),
}
_SPELLINGS = {
    "mmol/l": "mmol/L",
    "meq/l": "mEq/L",
    "mval/l": "mEq/L",
    "umol/l": "umol/L",
    "mcmol/l": "umol/L",
    "mg/dl": "mg/dL",
    "mg/dlbun": "mg/dL BUN",
    "mg/dlurea": "mg/dL urea",
    "u/l": "U/L",
    "iu/l": "U/L",
    "ukat/l": "ukat/L",
    "10^9/l": "10^9/L",
    "10*9/l": "10^9/L",
    "x10^9/l": "10^9/L",
    "109/l": "10^9/L",
    "g/l": "g/L",
    "k/ul": "10^9/L",
    "10^3/ul": "10^9/L",
    "cells/ul": "cells/uL",
    "/ul": "cells/uL",
    "cells/mm3": "cells/uL",
    "/mm3": "cells/uL",
}
_AMOUNT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


def unit_named(text: str) -> str:
    """The unit as cutis writes it; the text itself where it is none that is known."""
    if text.strip() == "G/L":  # giga, where g/L is grams
        return "10^9/L"
    folded = re.sub(r"[\s()]", "", text.casefold())
    for written, plain in (
        ("\N{MICRO SIGN}", "u"),
        ("\N{GREEK SMALL LETTER MU}", "u"),
        ("×", "x"),
        ("⁹", "^9"),
    ):
        folded = folded.replace(written, plain)
    return _SPELLINGS.get(folded, text.strip())


def parse_amount(text: str) -> Amount | None:
    """``"12.5 mmol/L"`` as an amount; None where it does not begin with a number. The unit may be empty."""
    found = _AMOUNT.fullmatch(text)
    return Amount(float(found[1]), unit_named(found[2])) if found else None


def in_first_unit(field: str, amount: Amount) -> float:
    """The value in the quantity's first unit, such as mmol/L.

    Raises:
        KeyError: no such quantity, or it is not measured in that unit.
    """
    return amount.value * QUANTITIES[field].units[amount.unit]


def amount_problem(field: str, amount: Amount) -> Problem | None:
    """What is wrong with a laboratory value, in one sentence with its mend; None where nothing is."""
    quantity = QUANTITIES[field]
    known = ", ".join(quantity.units)
    if amount.unit in quantity.unclear:
        values = {"value": f"{amount.value:g}", "unit": amount.unit, "known": quantity.unclear[amount.unit]}
        return Problem(
            field,
            "%(field)s is %(value)s %(unit)s: '%(unit)s' of %(field)s means two things; write %(known)s.",
            values,
        )
    if amount.unit not in quantity.units:
        values = {"unit": amount.unit, "known": known}
        if amount.unit:
            return Problem(field, "%(field)s is given in '%(unit)s'. Write it in one of: %(known)s.", values)
        return Problem(field, "%(field)s is given without a unit. Write it in one of: %(known)s.", values)
    said = {"value": str(amount)}
    if not isfinite(amount.value) or amount.value < 0:
        return Problem(
            field,
            "%(field)s is %(value)s, which is no measured value. Correct it, or leave it out if not known.",
            said,
        )
    if _plausible(quantity, amount):
        return None
    others = [Amount(amount.value, unit) for unit in quantity.units if unit != amount.unit]
    meant = [str(other) for other in others if _plausible(quantity, other)]
    if meant:
        words = sentence("%(field)s is %(value)s, which no patient has. Did you mean %(meant)s?")
        return Problem(field, words, {**said, "meant": " / ".join(meant)})
    return Problem(field, "%(field)s is %(value)s, which no patient has. Check the value and its unit.", said)


def _plausible(quantity: Quantity, amount: Amount) -> bool:
    return quantity.low <= amount.value * quantity.units[amount.unit] <= quantity.high
