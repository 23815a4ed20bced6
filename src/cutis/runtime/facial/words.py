"""What a facial report is told in: names of areas and measures, figures with units, grades, peers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cutis.imaging.measures.words import TITLES
from cutis.pages.numbers import decimal, decimal_range
from cutis.runtime.facial.values import Grade, Peers

RENDERED = "Trained on rendered images, not for care."
NO_DIAGNOSIS = "Grades and measures describe a photo. They are no diagnosis and no advice."
AREA_TITLES = {
    "forehead": "Forehead",
    "glabella": "Between the brows",
    "periorbital_left": "Around the left eye",
    "periorbital_right": "Around the right eye",
    "cheek_left": "Left cheek",
    "cheek_right": "Right cheek",
    "nose": "Nose",
    "perioral": "Around the mouth",
    "chin": "Chin",
}
_IN_SENTENCE = {
    "forehead": "on the forehead",
    "cheek_left": "on the left cheek",
    "cheek_right": "on the right cheek",
    "nose": "on the nose",
    "chin": "on the chin",
}
_DIGITS = {"ita": 0, "monk": 0, "fitzpatrick": 0, "pore_count": 0, "spot_count": 2, "roughness": 2}
_UNITS = {
    "degrees": "°",
    "percent": "%",
    "per cm2": "per cm²",
    "mm per cm2": "mm per cm²",
    "percent of light": "% of light",
}
_PLAIN = ("index", "type", "tone", "grade")


@dataclass(frozen=True)
class Answer:
    """The first thing that is read.

    Attributes:
        result: the answer in one sentence.
        more: what belongs to it, one sentence each.
        notes: what to know before one relies on it.
    """

    result: str
    more: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def where(area: str) -> str:
    """``on the forehead``, ``around the left eye``."""
    return _IN_SENTENCE.get(area, AREA_TITLES.get(area, area).lower())


def measure_title(name: str) -> str:
    """Of a measure, for people."""
    return TITLES.get(name, name.replace("_", " "))


def figure(name: str, value: float, *, sign: str = "") -> str:
    """A value of a measure with as many digits as tell something; ``not measured`` where there is none."""
    if not math.isfinite(value):
        return "not measured"
    return decimal(value, 1 if name.startswith("grade_") else _DIGITS.get(name, 1), sign)


def unit_words(unit: str) -> str:
    """``%``, ``per cm²``; nothing for what is counted in itself."""
    return "" if unit in _PLAIN else _UNITS.get(unit, unit)


def with_unit(name: str, value: float, unit: str) -> str:
    """``12.1 per cm²``, ``45°``."""
    shown = unit_words(unit)
    gap = "" if shown.startswith(("°", "%")) or not shown else " "
    return f"{figure(name, value)}{gap}{shown}"


def range_words(name: str, low: float, high: float) -> str:
    """``10.2–13.9``, or nothing where nothing can be said."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return decimal_range(low, high, _DIGITS.get(name, 1))


def grade_words(grade: Grade) -> str:
    """``moderate (2.3 of 4, likely 2 to 3)``."""
    top = len(grade.scale) - 1
    likely = f"{grade.low}" if grade.low == grade.high else f"{grade.low} to {grade.high}"
    return f"{grade.words} ({grade.score:.1f} of {top}, likely {likely})"


def peers_words(peers: Peers) -> str:
    """``higher than 72 of 100 peers (61–81)``."""
    at, low, high = (round(100 * share) for share in (peers.percentile, peers.low, peers.high))
    if peers.beyond < 0:
        return f"lower than {100 - at} of 100 peers"
    if peers.beyond > 0:
        return f"higher than {at} of 100 peers"
    return f"higher than {at} of 100 peers ({low}–{high})"


def peers_short(peers: Peers) -> str:
    """``72 (61–81)``."""
    at, low, high = (round(100 * share) for share in (peers.percentile, peers.low, peers.high))
    if peers.beyond:
        return f"under {at}" if peers.beyond < 0 else f"over {at}"
    return f"{at} ({low}–{high})"


def areas_words(count: int) -> str:
    """``one area``, ``3 areas``."""
    return "one area" if count == 1 else f"{count} areas"
