"""Photos of something else whose parts are drawn at random: the statistics of things rather than things."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations.light import Light, Rng, grid, rise, rough_field, smooth_field, turned

_Shape = tuple[int, int]


def leaves(shape: _Shape, rng: Rng) -> Light:
    """Shapes of all sizes lying over one another, as dead leaves do: edges as natural scenes have them.

    Source: Lee, Mumford and Huang 2001, International Journal of Computer Vision 41:35.
    """
    across, down = grid(shape)
    light = _colour(rng)[:, None, None] * np.ones((3, *shape), dtype=np.float32)
    hues = [_colour(rng) for _ in range(int(rng.integers(2, 7)))]
    for size in np.sort(0.03 + 0.6 * rng.power(0.35, int(rng.integers(15, 60))))[::-1]:
        x, y, turn = rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7), rng.uniform(0, np.pi)
        u = np.cos(turn) * (across - np.float32(x)) + np.sin(turn) * (down - np.float32(y))
        v = np.cos(turn) * (down - np.float32(y)) - np.sin(turn) * (across - np.float32(x))
        v = v * np.float32(rng.uniform(1, 4))
        power = rng.choice([1.0, 2.0, 6.0])  # rhombus, ellipse, nearly a rectangle
        away = (np.abs(u) ** power + np.abs(v) ** power) ** (1 / power)
        on = rise(np.float32(size / 2) - away.astype(np.float32), rng.uniform(0.004, 0.02))
        shade = np.float32(1) + np.float32(rng.uniform(-0.5, 0.5)) * (u / np.float32(size))
        hue = hues[int(rng.integers(len(hues)))] * rng.uniform(0.6, 1.4)
        light = light * (1 - on) + hue.astype(np.float32)[:, None, None] * np.clip(shade, 0.2, 2) * on
    return np.asarray(light * np.exp(np.float32(rng.uniform(0, 0.12)) * rough_field(rng, shape, 0.05)))


def fractal(shape: _Shape, rng: Rng) -> Light:
    """A texture of any roughness and any colours: earth, rust, fur, food, foam."""
    share = rng.uniform(0.5, 1.0)
    scale = rng.uniform(0.05, 0.7)
    planes = np.zeros((3, *shape), dtype=np.float32)
    common = np.zeros(shape, dtype=np.float32)
    for octave in range(6):
        gain = np.float32(share**octave)
        common += gain * smooth_field(rng, shape, scale / 2**octave)
        planes += gain * np.stack([smooth_field(rng, shape, scale / 2**octave) for _ in range(3)])
    if rng.random() < 0.3:
        common = -np.abs(common)  # ridges and cracks
    tint = np.float32(rng.uniform(0, 0.5))
    field = np.float32(rng.uniform(0.15, 0.8)) * (common + tint * planes)
    return np.asarray(_colour(rng)[:, None, None] * np.exp(field))


def cells(shape: _Shape, rng: Rng) -> Light:
    """A mosaic of patches with or without joints: pebbles, scales, a keyboard, a crowd."""
    count = int(rng.integers(12, 160))
    across, down = grid(shape)
    if rng.random() < 0.4:  # in rows
        wide = max(2, round(np.sqrt(count)))
        x, y = (
            axis.ravel() for axis in np.meshgrid(np.arange(wide) / wide - 0.5, np.arange(wide) / wide - 0.5)
        )
        x, y = x * 1.5 + rng.normal(0, 0.01, x.size), y * 1.5 + rng.normal(0, 0.01, y.size)
    else:
        x, y = rng.uniform(-0.75, 0.75, (2, count))
    nearest = np.full(shape, np.inf, dtype=np.float32)
    second = nearest.copy()
    owner = np.zeros(shape, dtype=np.int32)
    for number, (px, py) in enumerate(zip(x, y, strict=True)):
        away = np.hypot(across - np.float32(px), down - np.float32(py))
        closer = away < nearest
        second = np.where(closer, nearest, np.minimum(second, away))
        owner = np.where(closer, number, owner)
        nearest = np.minimum(nearest, away)
    spread = rng.uniform(0.05, 0.7)
    hues = _colour(rng)[:, None] * np.exp(
        rng.normal(0, spread, (3, x.size)) * 0.5 + rng.normal(0, spread, x.size)
    )
    joint = rise(second - nearest - np.float32(rng.uniform(0, 0.02)), 0.02)
    rounded = 1 - np.float32(rng.uniform(0, 0.6)) * rise(nearest - np.float32(0.05), 0.15)
    return np.asarray(np.clip(hues, 0, 1).astype(np.float32)[:, owner] * (joint * rounded))


def plain(shape: _Shape, rng: Rng) -> Light:
    """Next to nothing: one colour, a gradient, a covered lens."""
    level = rng.choice([0.0, 1.0, 0.5], p=[0.2, 0.2, 0.6])
    colour = _colour(rng) if level == 0.5 else np.full(3, level * rng.uniform(0.9, 1.0))
    along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
    fall = np.exp(np.float32(rng.uniform(0, 0.8)) * along + np.float32(0.03) * smooth_field(rng, shape, 0.5))
    return np.asarray(colour.astype(np.float32)[:, None, None] * fall)


def lines(shape: _Shape, rng: Rng) -> Light:
    """A drawing: strokes on a ground, as a plan, a form, a chart or handwriting."""
    ground, ink = _colour(rng), _colour(rng)
    if abs(float(ground.mean() - ink.mean())) < 0.25:
        ground = np.clip(ground + 0.5, 0, 1)
    cover = np.zeros(shape, dtype=np.float32)
    wide = rng.uniform(0.003, 0.012)
    for _ in range(int(rng.integers(5, 30))):
        along, across = turned(shape, rng.choice([0, np.pi / 2]) + rng.normal(0, rng.choice([0.01, 0.6])))
        bend = np.float32(rng.uniform(0, 0.1)) * np.sin(np.float32(rng.uniform(2, 20)) * along)
        depth = np.float32(wide) - np.abs(across + bend - np.float32(rng.uniform(-0.6, 0.6)))
        ends = rise(
            np.float32(rng.uniform(0.05, 0.8)) - np.abs(along - np.float32(rng.uniform(-0.5, 0.5))), 0.01
        )
        cover = np.maximum(cover, rise(depth, 0.006) * ends)
    light = (
        ground.astype(np.float32)[:, None, None] * (1 - cover) + ink.astype(np.float32)[:, None, None] * cover
    )
    return np.asarray(light * np.exp(np.float32(0.06) * smooth_field(rng, shape, 0.4)))


def stripes(shape: _Shape, rng: Rng) -> Light:
    """Repeated bands: blinds, corduroy, a fence, a barcode, leaves of a fern."""
    along, across = turned(shape, rng.uniform(0, np.pi))
    bent = across + np.float32(rng.uniform(0, 0.06)) * smooth_field(rng, shape, 0.4)
    phase = bent * np.float32(2 * np.pi / rng.uniform(0.02, 0.25))
    wave = rise(np.sin(phase) + np.float32(rng.uniform(-0.5, 0.5)), rng.uniform(0.1, 1.5))
    first, second = _colour(rng), _colour(rng)
    shade = np.exp(np.float32(0.2) * along + np.float32(rng.uniform(0, 0.25)) * rough_field(rng, shape, 0.08))
    light = first[:, None, None] * wave + second[:, None, None] * (1 - wave)
    return np.asarray(light.astype(np.float32) * shade)


def _colour(rng: Rng) -> Light:
    """(3,) any colour, from grey to full."""
    grey = rng.beta(1, 1.6)
    return np.asarray(
        np.clip(grey * np.exp(rng.normal(0, rng.uniform(0, 0.7), 3)), 0.003, 1), dtype=np.float32
    )
