"""Plain shapes in front of the skin: bars, blots, straight lines, a piece of something else."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations.light import (
    Field,
    Rng,
    resized_light,
    rise,
    rough_field,
    turned,
    working_shape,
)
from cutis.phantoms.degradations.obstruction import Occluder
from cutis.phantoms.degradations.scenes import any_colour, scenes

_Shape = tuple[int, int]


def bars(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """Rectangles of one colour, as used to hide something, and tape."""
    del skin
    cover = np.zeros(shape, dtype=np.float32)
    for _ in range(1 + int(rng.integers(0, 4))):
        along, across = turned(shape, rng.choice([0.0, np.pi / 2]) + rng.normal(0, rng.choice([0.0, 0.5])))
        x, y = rng.normal(0, 0.36 * (1.1 - severity), 2)
        wide, tall = rng.uniform(0.05, 0.1) + severity * rng.uniform(0.12, 0.4, 2)
        depth = np.minimum(
            np.float32(wide) - np.abs(along - np.float32(x)),
            np.float32(tall) - np.abs(across - np.float32(y)),
        )
        cover = np.maximum(cover, rise(depth, 0.006))
    return Occluder(cover, _colour(rng), float(rng.choice([0.0, 0.4])))


def blots(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """Irregular stains: cream, ink, dirt on the lens, of one colour or marbled."""
    del skin
    field = rough_field(rng, shape, rng.uniform(0.1, 0.45), octaves=3)
    along, across = turned(shape, 0.0)
    x, y = rng.normal(0, 0.25 * (1.1 - severity), 2)
    near = np.float32(0.9 * severity) - np.hypot(along - np.float32(x), across - np.float32(y))
    cover = rise(np.float32(0.35) * field + near - np.float32(0.3), rng.uniform(0.02, 0.3))
    look = _colour(rng) * np.exp(np.float32(rng.uniform(0, 0.3)) * rough_field(rng, shape, 0.1))
    return Occluder(cover * np.float32(rng.uniform(0.75, 1.0)), look, float(rng.choice([0.0, 0.2])))


def wires(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """Straight or bowed lines across the photo, few and wide or many and thin: hair, straps, cables."""
    del skin
    cover = np.zeros(shape, dtype=np.float32)
    count = 1 + round(severity * float(rng.choice([4, 12, 40])))
    wide = np.float32(rng.uniform(0.5, 1.0) * (0.02 + 0.09 * severity) / np.sqrt(count))
    lean = rng.uniform(0, np.pi)
    for _ in range(count):
        along, across = turned(shape, lean + rng.normal(0, 0.5))
        bow = np.float32(rng.normal(0, 0.25)) * along**2
        depth = wide - np.abs(across + bow - np.float32(rng.normal(0, 0.28)))
        cover = np.maximum(cover, rise(depth, 0.008))
    return Occluder(cover, _colour(rng), 0.1)


def piece(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A part of something else that comes in from a side or a corner, or lies over the middle."""
    del skin
    names = ("document", "checked", "wood", "leaves", "cells", "fractal", "stripes")
    scene = scenes()[str(rng.choice(names))](working_shape(shape, 256), rng)
    along, across = turned(shape, rng.uniform(0, 2 * np.pi))
    bend = np.float32(rng.uniform(-0.8, 0.8)) * across**2 + np.float32(0.03) * rough_field(rng, shape, 0.3)
    reach = float(np.abs(along).max())
    edge = reach * (1 - 1.5 * severity) if severity < 0.5 else reach * 0.25 - (severity - 0.5) * 0.8
    return Occluder(
        rise(along + bend - np.float32(edge), 0.012), resized_light(np.clip(scene, 0, 1), shape), 0.4
    )


def _colour(rng: Rng) -> Field:
    """(3, 1, 1) black and white among all others."""
    plain = rng.random() < 0.35
    colour = np.full(3, rng.choice([0.0, 1.0, 0.2])) if plain else any_colour(rng)
    return np.clip(colour, 0.003, 0.95).astype(np.float32)[:, None, None]
