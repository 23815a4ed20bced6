"""Rendered eruptions, harmless and severe: crops of single lesions, and wide photos with several."""

from __future__ import annotations

from cutis.phantoms.erythema.conditions import BY_NAME, SHIFTED, USUAL, Conditions
from cutis.phantoms.erythema.crop import render
from cutis.phantoms.erythema.files import write_wide
from cutis.phantoms.erythema.patient import LABELS
from cutis.phantoms.erythema.wide import Spot, Wide, render_wide

PHOTOS_OF_A_PATIENT = (6, 20)  # crops: fewest and most in a manifest

__all__ = [
    "BY_NAME",
    "LABELS",
    "PHOTOS_OF_A_PATIENT",
    "SHIFTED",
    "USUAL",
    "Conditions",
    "Spot",
    "Wide",
    "render",
    "render_wide",
    "write_wide",
]
