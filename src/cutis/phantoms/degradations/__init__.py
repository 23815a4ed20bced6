"""Graded degradations of photos: what is wrong with a photo, how badly, and what raters would say of it."""

from __future__ import annotations

from cutis.phantoms.degradations.photo import HALVES, degrade
from cutis.phantoms.degradations.plan import Plan, draw_plan
from cutis.phantoms.degradations.raters import GRADES, RATERS, dominant, latent_quality, majority, rate
from cutis.phantoms.degradations.rendered import render
from cutis.phantoms.degradations.settings import BY_NAME, LOCAL, REASONS, SHIFTED, USUAL, VARIED, Settings

__all__ = [
    "BY_NAME",
    "GRADES",
    "HALVES",
    "LOCAL",
    "RATERS",
    "REASONS",
    "SHIFTED",
    "USUAL",
    "VARIED",
    "Plan",
    "Settings",
    "degrade",
    "dominant",
    "draw_plan",
    "latent_quality",
    "majority",
    "rate",
    "render",
]
