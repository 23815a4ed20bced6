"""Photos of something else: paper, walls, floors, cloth; painted, never taken from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cutis.phantoms.degradations.light import (
    Field,
    Light,
    Rng,
    resized_light,
    rise,
    rough_field,
    smooth_field,
    softened,
    turned,
    working_shape,
)

_Shape = tuple[int, int]
_FINEST = 768  # pixels of the shorter side at which scenes are painted


def replaced(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Photograph something else instead: a strip of it at one side at first, nothing but it at 1.

    Args:
        light: (3, height, width).
        severity: 0..1, the share of the frame, counted from one side.
        rng: draws what, and from which side.
        means: names in `scenes` to draw from.
    """
    shape = (light.shape[1], light.shape[2])
    name, angle = means[int(rng.integers(len(means)))], rng.uniform(0, 2 * np.pi)
    scene = scenes()[name](working_shape(shape, _FINEST), rng)
    scene = np.clip(resized_light(_lit(scene, rng), shape), 0, 1)
    if severity >= 1:
        return scene
    along, _ = turned(shape, angle)
    reach = float(np.abs(along).max())
    cover = rise(along - np.float32(reach * (1.02 - 2.06 * severity)), 0.03)
    return np.asarray(light * (1 - cover) + scene * cover)


def scenes() -> Mapping[str, Callable[[_Shape, Rng], Light]]:
    """By name."""
    from cutis.phantoms.degradations import scenes_shifted as others
    from cutis.phantoms.degradations import scenes_varied as drawn

    return {
        "document": document,
        "wall": wall,
        "tiles": tiles,
        "wood": wood,
        "checked": checked,
        "colours": colours,
        "screen": others.screen,
        "grass": others.grass,
        "bricks": others.bricks,
        "sky": others.sky,
        "gravel": others.gravel,
        "lights": others.lights,
        "leaves": drawn.leaves,
        "fractal": drawn.fractal,
        "cells": drawn.cells,
        "plain": drawn.plain,
        "lines": drawn.lines,
        "stripes": drawn.stripes,
    }


def tinted(colour: Field, shade: Field) -> Light:
    """A colour (3,) times a shade (height, width)."""
    return np.asarray(colour.astype(np.float32)[:, None, None] * shade)


def any_colour(rng: Rng, low: float = 0.05, high: float = 0.8, spread: float = 0.45) -> Field:
    """A colour (3,) that things have; a third of them are as skin is."""
    if rng.random() < 0.33:
        return np.asarray(
            rng.uniform(0.3, 1.0) * np.array([0.75, 0.48, 0.36]) * np.exp(rng.normal(0, 0.1, 3))
        )
    return np.clip(rng.uniform(low, high) * np.exp(rng.normal(0, spread, 3)), 0.01, 0.95)


def _lit(scene: Light, rng: Rng) -> Light:
    """Light of a room: a little uneven, seldom white."""
    shape = (scene.shape[1], scene.shape[2])
    along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
    stops = np.float32(rng.uniform(0, 0.6)) * along + np.float32(0.12) * smooth_field(rng, shape, 0.6)
    lamp = np.exp(rng.normal(0, 0.07, 3)).astype(np.float32)[:, None, None]
    return np.asarray(softened(scene * np.exp2(stops) * lamp, 0.0015 * min(shape)))


def document(shape: _Shape, rng: Rng) -> Light:
    """Printed lines on paper, some a table or a heading."""
    along, across = turned(shape, rng.normal(0, 0.12) + rng.choice([0, np.pi / 2]))
    pitch = np.float32(rng.uniform(0.035, 0.08))
    row = np.floor(across / pitch)
    height = np.mod(across / pitch, 1)
    letter = pitch * np.float32(rng.uniform(0.32, 0.45))
    column = np.floor(along / letter)
    mixed = np.sin(column * 12.9898 + row * 78.233 + rng.uniform(0, 6)) * 43758.5453
    lot = (mixed - np.floor(mixed)).astype(np.float32)
    u = np.mod(along / letter, 1)
    stem = rise(np.float32(0.14) - np.abs(u - np.float32(0.3) - np.float32(0.3) * (lot > 0.5)), 0.12)
    bar = rise(np.float32(0.09) - np.abs(height - np.float32(0.3) - np.float32(0.3) * lot), 0.08) * rise(
        np.float32(0.38) - np.abs(u - 0.5), 0.1
    )
    line = rise(np.float32(0.27) - np.abs(height - np.float32(0.45)), 0.08)
    words = (lot > 0.16) * (np.abs(np.sin(row * 3.7)) * 1.6 > along + np.float32(rng.uniform(-0.3, 0.3)))
    ink = np.clip(stem + bar, 0, 1) * line * words
    paper = rng.uniform(0.6, 0.9) * np.exp(rng.normal(0, 0.04, 3))
    return tinted(
        paper, (1 - np.float32(rng.uniform(0.7, 0.95)) * ink) * np.exp(0.03 * rough_field(rng, shape, 0.2))
    )


def wall(shape: _Shape, rng: Rng) -> Light:
    """Plaster or paint, perhaps with a corner or a skirting."""
    colour = any_colour(rng, 0.25, 0.85, 0.25)
    grain = np.exp(np.float32(rng.uniform(0.01, 0.08)) * rough_field(rng, shape, rng.uniform(0.02, 0.08)))
    along, _ = turned(shape, rng.normal(0, 0.08) + rng.choice([0, np.pi / 2]))
    corner = rise(along - np.float32(rng.uniform(-0.6, 0.6)), 0.006)
    return tinted(colour, grain * (1 - np.float32(rng.uniform(0, 0.35)) * corner))


def tiles(shape: _Shape, rng: Rng) -> Light:
    """Square tiles with grout."""
    along, across = turned(shape, rng.uniform(0, np.pi))
    side = np.float32(rng.uniform(0.14, 0.5))
    u, v = np.mod(along / side + 0.3, 1), np.mod(across / side + 0.6, 1)
    gap = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
    lot = np.sin(np.floor(along / side + 0.3) * 7.1 + np.floor(across / side + 0.6) * 3.3 + rng.uniform(0, 6))
    shade = np.exp(
        np.float32(0.12) * lot.astype(np.float32) + np.float32(0.1) * rough_field(rng, shape, 0.15)
    )
    tile = rise(gap - np.float32(0.025), 0.02)
    return tinted(any_colour(rng, 0.1, 0.8), shade) * tile + tinted(
        np.full(3, rng.uniform(0.1, 0.6)), 1 - tile
    )


def wood(shape: _Shape, rng: Rng) -> Light:
    """A table or a floor: grain along the boards, and the gaps between them."""
    along, across = turned(shape, rng.uniform(0, np.pi))
    board = np.float32(rng.uniform(0.18, 0.6))
    number = np.floor(across / board)
    slow = np.float32(0.03) * smooth_field(rng, shape, 0.35)
    rings = np.sin(
        (across + slow + np.float32(0.05) * along) * np.float32(rng.uniform(60, 130))
        + 9 * np.sin(number * 5.1)
    )
    fine = rough_field(rng, shape, 0.02, octaves=2)
    shade = np.exp(
        np.float32(0.16) * rings + np.float32(0.06) * fine + np.float32(0.14) * np.sin(number * 3.3)
    )
    gap = rise(
        np.minimum(np.mod(across / board, 1), 1 - np.mod(across / board, 1)) - np.float32(0.012), 0.012
    )
    colour = np.array([0.45, 0.25, 0.12]) * rng.uniform(0.35, 1.5) * np.exp(rng.normal(0, 0.08, 3))
    return tinted(np.clip(colour, 0, 0.9), shade * (np.float32(0.3) + np.float32(0.7) * gap))


def checked(shape: _Shape, rng: Rng) -> Light:
    """A shirt or a blanket: stripes or checks on a weave, in folds."""
    folds = smooth_field(rng, shape, 0.35)
    along, across = turned(shape, rng.uniform(0, np.pi))
    along, across = along + np.float32(0.02) * folds, across + np.float32(0.02) * folds
    pitch = np.float32(2 * np.pi / rng.uniform(0.06, 0.3))
    first = rise(np.sin(pitch * along), 0.4)
    second = rise(np.sin(pitch * across), 0.4) if rng.random() < 0.6 else np.float32(0)
    weave = 1 + np.float32(0.1) * np.sin(np.float32(400) * along) * np.sin(np.float32(400) * across)
    shade = np.exp(np.float32(0.25) * folds) * weave
    share = np.float32(0.5) * (first + second)
    return tinted(any_colour(rng), shade * share) + tinted(any_colour(rng), shade * (1 - share))


def colours(shape: _Shape, rng: Rng) -> Light:
    """Nothing but fields of colour, as from a pocket or a finger on the lens."""
    field = np.stack([smooth_field(rng, shape, 0.45) for _ in range(3)]) * np.float32(rng.uniform(0.1, 0.4))
    common = smooth_field(rng, shape, 0.6) * np.float32(0.4)
    return np.asarray(any_colour(rng, 0.02, 0.6).astype(np.float32)[:, None, None] * np.exp(field + common))
