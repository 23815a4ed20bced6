"""Rendered reflectance confocal microscopy of skin whose inflammation is known, one micrometre a pixel."""

from __future__ import annotations

from cutis.phantoms.confocal.conditions import BY_NAME, SHIFTED, USUAL, Conditions
from cutis.phantoms.confocal.files import write_mosaic
from cutis.phantoms.confocal.mosaic import Mosaic, render_mosaic
from cutis.phantoms.confocal.patch import GRADES, render

__all__ = [
    "BY_NAME",
    "GRADES",
    "SHIFTED",
    "USUAL",
    "Conditions",
    "Mosaic",
    "render",
    "render_mosaic",
    "write_mosaic",
]
