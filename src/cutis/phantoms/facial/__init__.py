"""Rendered areas of faces with everyday conditions of known grades."""

from __future__ import annotations

from cutis.phantoms.facial.area import paint, render, render_area, severity_field
from cutis.phantoms.facial.areas import AREAS, CONDITIONS, GRADES, MM_PER_PIXEL, Area
from cutis.phantoms.facial.canvas import Sheet
from cutis.phantoms.facial.files import write_photos
from cutis.phantoms.facial.grades import draw_grades, draw_severity
from cutis.phantoms.facial.layers import LAYERS
from cutis.phantoms.facial.person import Person, draw_person
from cutis.phantoms.facial.settings import BY_NAME, SHIFTED, STAND, USUAL, Settings

PHOTO_SIZE = 240  # pixels on the shorter side, 36 mm

__all__ = [
    "AREAS",
    "BY_NAME",
    "CONDITIONS",
    "GRADES",
    "LAYERS",
    "MM_PER_PIXEL",
    "PHOTO_SIZE",
    "SHIFTED",
    "STAND",
    "USUAL",
    "Area",
    "Person",
    "Settings",
    "Sheet",
    "draw_grades",
    "draw_person",
    "draw_severity",
    "paint",
    "render",
    "render_area",
    "severity_field",
    "write_photos",
]
