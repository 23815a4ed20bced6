"""How far another photo of the same skin may lie from a measured value."""

from __future__ import annotations

import math

from cutis.imaging.measures.measure import UNITS

# Half the width of the range: a constant part in the measure's unit, and a share of the value. Rounded from
# `experiments/facial_ranges.py`: rendered faces by other phones in other light, turned, seen as reports do.
REPEAT: dict[str, tuple[float, float]] = {
    "ita": (32.0, 0.0),
    "fitzpatrick": (1.7, 0.0),
    "monk": (0.48, 0.1),
    "erythema_index": (2.0, 0.45),
    "melanin_index": (20.0, 0.25),
    "spot_count": (2.9, 0.1),
    "spot_area": (12.0, 0.2),
    "wrinkle_length": (8.0, 0.25),
    "wrinkle_depth": (7.0, 0.0),
    "pore_count": (1.8, 0.3),
    "pore_area": (0.53, 0.25),
    "roughness": (0.046, 0.35),
    "shine": (6.0, 1.0),
}
# The same with a colour card, from `experiments/measures_card.py --rows`: areas, not whole faces.
WITH_CARD: dict[str, tuple[float, float]] = {
    "ita": (8.6, 0.0),
    "fitzpatrick": (0.4, 0.0),
    "monk": (0.3, 0.05),
    "melanin_index": (9.4, 0.2),
}
BOUNDS: dict[str, tuple[float, float]] = {
    "ita": (-90.0, 90.0),
    "fitzpatrick": (1.0, 6.0),
    "monk": (1.0, 10.0),
    "erythema_index": (-math.inf, math.inf),
    "melanin_index": (-math.inf, math.inf),
}


def expected_range(name: str, value: float, card: bool) -> tuple[float, float]:
    """The range that another photo's value lies in 95 times of 100.

    Args:
        name: of the measure.
        value: in its unit.
        card: whether colours were corrected with a card.
    """
    constant, share = WITH_CARD.get(name, REPEAT[name]) if card else REPEAT[name]
    away = math.hypot(constant, share * value)
    return bounded(name, value - away, value + away)


def bounded(name: str, low: float, high: float) -> tuple[float, float]:
    """A range, cut to what the measure can be."""
    least, most = BOUNDS.get(name, (0.0, 100.0 if UNITS[name].startswith("percent") else math.inf))
    return max(least, low), min(most, high)
