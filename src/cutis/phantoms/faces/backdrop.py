"""What is behind a face: a wall or a room, shoulders, long hair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cutis.phantoms.canvas import Field, Rng, blur, rise
from cutis.phantoms.facial.features import hair_colour

if TYPE_CHECKING:
    from cutis.phantoms.faces.face import Sitter


def backdrop(shape: tuple[int, int], rng: Rng) -> Field:
    """A wall with soft shapes in front, out of focus; reflectance by camera band, (3, height, width)."""
    high, wide = shape
    down, across = np.mgrid[:high, :wide].astype(np.float32) / np.float32(max(shape))
    wall = rng.uniform(0.08, 0.6) * rng.uniform(0.9, 1.1, 3)
    slope = rng.normal(0, 0.15, 2)
    light = wall[:, None, None] * (1 + slope[0] * (across - 0.5) + slope[1] * (down - 0.5))[None]
    for _ in range(int(rng.integers(0, 6))):
        colour = rng.uniform(0.03, 0.6) * rng.uniform(0.7, 1.3, 3)
        left, top = rng.uniform(-0.2, 1.0, 2)
        size = rng.uniform(0.1, 0.5, 2)
        inside = (np.abs(across - left) < size[0]) & (np.abs(down - top) < size[1])
        light = np.where(inside[None], colour[:, None, None], light)
    return blur(light.astype(np.float32), 0.008 * max(shape))


def body(light: Field, sitter: Sitter, rng: Rng) -> None:
    """Long hair behind the neck, and shoulders below, in place."""
    sight, look = sitter.sight, sitter.look
    high, wide = light.shape[1:]
    down, across = np.mgrid[:high, :wide].astype(np.float32)
    roll = np.radians(sight.roll)
    x = (across - np.float32(sight.centre[0])) / np.float32(sight.scale)
    y = (down - np.float32(sight.centre[1])) / np.float32(sight.scale)
    u = np.cos(roll) * x + np.sin(roll) * y
    v = np.cos(roll) * y - np.sin(roll) * x
    if look.hair == "long":
        shape = 1 - ((u + 0.55 * sight.yaw) / (94 + 0.10 * np.maximum(v, 0))) ** 2
        depth = np.where(v < -10, 1 - np.hypot((u + 0.55 * sight.yaw) / 94, (v + 10) / 112), shape)
        depth = np.minimum(depth, (190 - v) / 60)
        strands = blur(rng.standard_normal((1, wide), dtype=np.float32), 0.8 * sight.scale)
        strands = np.exp(0.5 * strands / max(float(strands.std()), 1e-3))
        share = rise(depth.astype(np.float32) * 60, 4.0)
        light += share * (hair_colour(sitter.person.hair)[:, None, None] * strands * 0.3 - light)
    shoulder = 172 + 0.0035 * np.minimum(np.abs(x), 260) ** 2 - 22 * np.exp(-((x / 70) ** 2)) * 0
    collar = rise((y - shoulder).astype(np.float32), 3.0)
    shirt = np.array(look.shirt, dtype=np.float32)[:, None, None]
    fold = 1 + 0.12 * np.sin(x / 23 + 0.4 * np.sin(y / 31))
    light += collar * (shirt * fold.astype(np.float32) - light)
