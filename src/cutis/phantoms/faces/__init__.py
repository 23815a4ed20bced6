"""Schematic whole faces with known landmarks and areas, of nobody."""

from cutis.phantoms.faces.face import FaceTruth, RenderedFaces, Sitter, render_faces, sheet, truth_of
from cutis.phantoms.faces.look import Look, draw_look
from cutis.phantoms.faces.sight import Sight

__all__ = [
    "FaceTruth",
    "Look",
    "RenderedFaces",
    "Sight",
    "Sitter",
    "draw_look",
    "render_faces",
    "sheet",
    "truth_of",
]
