"""Rendered dermoscopy: the 14 published classes, each from the structures that dermatologists read in it."""

from __future__ import annotations

from cutis.phantoms.dermoscopy.scene import LABELS, render

__all__ = ["LABELS", "render"]
