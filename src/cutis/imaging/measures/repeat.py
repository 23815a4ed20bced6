"""How far another photo of the same skin may lie from a measured value."""

from __future__ import annotations

import math

from cutis.imaging.measures.measure import UNITS

# Deviation of repeated photos: a constant part in the measure's unit, and a share of the value. Rounded from
# `experiments/measures.py repeat`: rendered skin in changed light, phone, place and distance.
REPEAT: dict[str, tuple[float, float]] = {
    "ita": (8.6, 0.0),
    "fitzpatrick": (0.5, 0.0),
    "monk": (0.3, 0.0),
    "erythema_index": (0.7, 0.0),
    "melanin_index": (8.5, 0.0),
    "spot_count": (0.2, 0.12),
    "spot_area": (1.0, 0.08),
    "wrinkle_length": (0.3, 0.11),
    "wrinkle_depth": (2.0, 0.0),
    "pore_count": (0.5, 0.08),
    "pore_area": (0.05, 0.08),
    "roughness": (0.05, 0.09),
    "shine": (4.5, 0.1),
}
WITH_CARD: dict[str, tuple[float, float]] = {
    "ita": (1.5, 0.0),
    "fitzpatrick": (0.15, 0.0),
    "monk": (0.3, 0.0),
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
    away = 1.96 * math.hypot(constant, share * value)
    low, high = BOUNDS.get(name, (0.0, 100.0 if UNITS[name].startswith("percent") else math.inf))
    return max(low, value - away), min(high, value + away)
