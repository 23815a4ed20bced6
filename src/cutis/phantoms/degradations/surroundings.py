"""What else may lie around a photo that does not fill its frame: canvases, mirrored borders, other things."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations.light import (
    Field,
    Light,
    Rng,
    grid,
    resized_light,
    rise,
    rough_field,
    smooth_field,
    softened,
    turned,
    working_shape,
)
from cutis.phantoms.degradations.placement import skin_around
from cutis.phantoms.degradations.scenes import any_colour, scenes


def canvas_around(frame: Light, known: Field, rng: Rng) -> Light:
    """One colour, as software fills a frame: black, white, grey or any other."""
    level = rng.choice([0.0, 1.0, rng.uniform(0, 1)])
    colour = any_colour(rng) if rng.random() < 0.3 else np.full(3, level)
    return _over(frame, known, colour.astype(np.float32)[:, None, None])


def mirror_around(frame: Light, known: Field, rng: Rng) -> Light:
    """The photo mirrored at its borders, or its last pixels drawn out."""
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    part = frame[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    after = (known.shape[0] - 1 - rows[-1], known.shape[1] - 1 - columns[-1])
    how = "symmetric" if rng.random() < 0.6 else "edge"
    wide = [(0, 0), (int(rows[0]), int(after[0])), (int(columns[0]), int(after[1]))]
    return np.asarray(np.pad(part, wide, mode=how))  # type: ignore[call-overload]


def backdrop_around(frame: Light, known: Field, rng: Rng) -> Light:
    """An out-of-focus background with a soft border, of the photo's own colours or of others."""
    shape = (known.shape[0], known.shape[1])
    small = working_shape(shape, 64)
    if rng.random() < 0.4:
        held = known > 0
        colour = frame[:, held].mean(axis=1) * rng.uniform(0.3, 1.2)
    else:
        colour = any_colour(rng)
    stains = np.stack([smooth_field(rng, small, 0.4) for _ in range(3)]) * np.float32(rng.uniform(0.03, 0.2))
    light = colour.astype(np.float32)[:, None, None] * np.exp(stains)
    return _over(frame, known, resized_light(np.clip(light, 0, 1), shape), soft=rng.uniform(0, 0.03))


def scenery_around(frame: Light, known: Field, rng: Rng) -> Light:
    """Paper, a wall, a floor or cloth behind the skin, which ends in an uneven border."""
    shape = (known.shape[0], known.shape[1])
    names = ("document", "wall", "tiles", "wood", "checked", "leaves", "cells", "fractal")
    scene = scenes()[str(rng.choice(names))](working_shape(shape, 384), rng)
    behind = np.clip(resized_light(scene, shape), 0, 1) * np.float32(rng.uniform(0.3, 1.2))
    if rng.random() < 0.5:
        return _over(frame, known, behind, soft=rng.uniform(0, 0.02))
    # Skin goes on for a while and then ends, as a hand or a leg does.
    skin = mirror_around(frame, known, rng)
    held = known > 0
    along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
    edge = float(np.percentile(along[held], rng.uniform(80, 100)))
    depth = np.float32(edge) - along + np.float32(0.05) * rough_field(rng, shape, 0.5, octaves=2)
    on = np.maximum(rise(depth, 0.015), (known > 0) * rise(depth + np.float32(0.1), 0.015))
    return np.asarray(skin * on + behind * (1 - on))


def silhouette_around(frame: Light, known: Field, rng: Rng) -> Light:
    """Skin in a shape of a few round parts, as a hand or an ear is, shaded at its rim; anything behind."""
    shape = (known.shape[0], known.shape[1])
    held = known > 0
    across, down = grid(shape)
    x, y = (float((axis * held).sum() / held.sum()) for axis in (across, down))
    reach = float(np.hypot(across - np.float32(x), down - np.float32(y))[held].max())
    depth = np.full(shape, -np.inf, dtype=np.float32)
    for part in range(1 + int(rng.integers(0, 5))):
        turn, long = rng.uniform(0, 2 * np.pi), reach * rng.uniform(0.8, 2.2)
        off = 0.0 if part == 0 else reach * rng.uniform(0.6, 1.8)
        px, py = x + off * np.cos(turn), y + off * np.sin(turn)
        u = np.cos(turn) * (across - px) + np.sin(turn) * (down - py)
        v = np.cos(turn) * (down - py) - np.sin(turn) * (across - px)
        thick = reach * (rng.uniform(0.8, 1.4) if part == 0 else rng.uniform(0.15, 0.7))
        rest = np.maximum(np.abs(u) - np.float32(max(long - thick, 0.0)), 0)
        depth = np.maximum(depth, (thick - np.hypot(rest, v)).astype(np.float32))
    depth = depth + np.float32(0.02) * smooth_field(rng, shape, 0.4)
    on = rise(depth, rng.uniform(0.005, 0.03))
    shade = np.float32(1) - np.float32(rng.uniform(0, 0.6)) * (1 - rise(depth - np.float32(0.03), 0.15))
    names = ("document", "wall", "tiles", "wood", "checked", "leaves", "cells", "fractal", "plain", "stripes")
    scene = scenes()[str(rng.choice(names))](working_shape(shape, 384), rng)
    behind = resized_light(np.clip(scene, 0, 1), shape) * np.float32(rng.uniform(0.2, 1.2))
    if rng.random() < 0.6:  # out of focus
        behind = softened(behind, rng.uniform(0.005, 0.06) * min(shape))
    skin = mirror_around(frame, known, rng) if rng.random() < 0.4 else skin_around(frame, known, rng)
    return np.asarray(skin * shade * on + behind * (1 - on))


def _over(frame: Light, known: Field, behind: Light, soft: float = 0.0) -> Light:
    """The photo before something else."""
    inside = (known > 0).astype(np.float32)
    if soft > 0:
        inside = np.clip(softened(inside, soft * min(known.shape)) * 2 - 1, 0, 1) * inside
    return np.asarray(frame * inside + behind * (1 - inside))
