"""The part of the body in a wide photo, curved as it is, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Field, Rng, rise
from cutis.phantoms.degradations.scenes import any_colour, scenes
from cutis.phantoms.erythema.frame import Frame, flat

_LIMBS = {
    "upper_extremity": (32.0, 55.0),
    "lower_extremity": (45.0, 85.0),
    "hand": (38.0, 52.0),
    "foot": (38.0, 52.0),
}
_ROUNDNESS = {"head_neck_face": (75.0, 110.0), "trunk": (150.0, 260.0)}
_GROUNDS = ("wall", "wood", "tiles", "checked")


@dataclass(frozen=True)
class Body:
    """Skin in a wide photo.

    Attributes:
        canvas: places on the skin; beyond its edge they have no meaning.
        cover: 1 where there is skin, 0 where there is something else.
        facing: how much the skin faces the camera, 0 (edge-on) to 1.
        side: -1 to 1, from one edge of the part to the other.
    """

    canvas: Frame
    cover: Field
    facing: Field
    side: Field


def place_body(site: str, height: int, width: int, pixel: float, rng: Rng) -> Body:
    """Choose what of that body site is in the photo.

    Args:
        site: as in `cutis.phantoms.skin.SITES`.
        height, width: of the photo, pixels.
        pixel: mm.
    """
    frame = flat(height, width, pixel)
    limb = site in _LIMBS
    radius = rng.uniform(*(_LIMBS[site] if limb else _ROUNDNESS[site]))
    turn = rng.normal(0.0, 0.25) + (0.0 if width < height else np.pi / 2)
    if not limb:
        turn = rng.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    across, along = cos * frame.x + sin * frame.y, cos * frame.y - sin * frame.x
    short = min(height, width) * pixel
    if limb:  # a limb wider than the photo is photographed from its middle
        away = rng.normal(0.0, 0.15) * radius
        taper, bend, ripple = rng.normal(0.0, 0.12), rng.normal(0.0, 0.10), 0.025
    else:
        away = rng.choice([rng.uniform(-0.25, 0.25), rng.uniform(0.5, 0.95)], p=[0.75, 0.25]) * radius
        taper, bend, ripple = 0.0, rng.normal(0.0, 0.05), 0.008
    wide = radius * (1 + np.float32(taper / short) * along + ripple * frame.smooth(rng, 0.5 * short))
    offset = across + np.float32(away) + np.float32(bend / short) * along**2
    side = offset / wide
    inner = np.clip(side, -0.995, 0.995)
    cover = rise((1 - np.abs(side)) * np.float32(radius), 1.2 * pixel)
    curved = np.arcsin(inner) * np.float32(radius)
    return Body(
        canvas=Frame(curved.astype(np.float32), along.astype(np.float32), pixel),
        cover=cover,
        facing=np.sqrt(1 - inner**2).astype(np.float32),
        side=inner.astype(np.float32),
    )


def shaded(body: Body, lamp: tuple[float, float], hard: float) -> Field:
    """Light on a round part of the body: less on the far side from the lamp and towards its edges."""
    toward = lamp[0] * body.side * np.float32(0.35 * hard)
    return np.asarray(np.float32(0.35) + np.float32(0.65) * body.facing + toward, dtype=np.float32)


def surroundings(shape: tuple[int, int], rng: Rng) -> Field:
    """Sheet, drape, wall, table or floor behind the body; light (3, height, width)."""
    if rng.random() < 0.65:
        return _cloth(flat(*shape, 1.0 / max(shape)), rng)
    return scenes()[str(rng.choice(_GROUNDS))](shape, rng).astype(np.float32)


def clothing(light: Field, body: Body, gains: Field, rng: Rng) -> Field:
    """Lay the edge of a garment over one side, in place, with its shadow; returns its cover (h, w).

    Its colours are multiplied by the gains, (3, 1, 1).
    """
    high, wide = body.canvas.shape
    frame = flat(high, wide, 1.0 / max(high, wide))
    turn = rng.uniform(0, 2 * np.pi)
    across = np.float32(np.cos(turn)) * frame.x + np.float32(np.sin(turn)) * frame.y
    reach = 0.5 * (abs(np.cos(turn)) * wide + abs(np.sin(turn)) * high) / max(high, wide)
    edge = across - np.float32(reach * rng.uniform(0.55, 0.9)) + np.float32(0.012) * frame.smooth(rng, 0.25)
    cover = rise(edge, 0.004)
    light *= 1 - np.float32(0.4) * rise(edge + np.float32(0.012), 0.03)
    light *= 1 - cover
    light += cover * _cloth(frame, rng) * gains
    return cover


def _cloth(frame: Frame, rng: Rng) -> Field:
    """Folded cloth of one colour: white and blue most often, in clinics."""
    clinic = (
        np.array([0.70, 0.70, 0.70]),
        np.array([0.25, 0.42, 0.62]),
        np.array([0.22, 0.45, 0.38]),
        np.array([0.05, 0.06, 0.09]),
    )
    colour = clinic[int(rng.integers(len(clinic)))] if rng.random() < 0.7 else any_colour(rng, 0.05, 0.7)
    folds = 0.16 * frame.smooth(rng, 0.12) + 0.05 * frame.rough(rng, 0.03)
    weave = 0.03 * np.sin(np.float32(rng.uniform(500, 900)) * (frame.x + np.float32(0.3) * frame.y))
    shade = np.exp((folds + weave).astype(np.float32))
    return np.asarray(np.float32(0.8) * colour.astype(np.float32)[:, None, None] * shade)
