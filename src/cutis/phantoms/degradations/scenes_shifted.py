"""More photos of something else, of other kinds than those in `scenes`."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations.light import Light, Rng, grid, rise, rough_field, smooth_field, turned
from cutis.phantoms.degradations.scenes import any_colour, tinted

_Shape = tuple[int, int]


def screen(shape: _Shape, rng: Rng) -> Light:
    """A display: windows with lines of text, the raster of its pixels, and moire."""
    along, across = turned(shape, rng.normal(0, 0.08))
    dark = rng.random() < 0.4
    light = tinted(
        np.array([0.03, 0.035, 0.05]) if dark else np.array([0.75, 0.8, 0.9]), np.ones(shape, np.float32)
    )
    for _ in range(int(rng.integers(3, 8))):
        x, y, half_x, half_y = *rng.uniform(-0.5, 0.5, 2), rng.uniform(0.1, 0.4), rng.uniform(0.05, 0.25)
        inside = rise(np.float32(half_x) - np.abs(along - np.float32(x)), 0.004) * rise(
            np.float32(half_y) - np.abs(across - np.float32(y)), 0.004
        )
        lines = rise(np.sin(across * np.float32(rng.uniform(120, 220))), 0.6) * (
            np.abs(along - x) < half_x * 0.85
        )
        shade = 1 - np.float32(rng.uniform(0.2, 0.9)) * lines
        light = light * (1 - inside) + tinted(any_colour(rng, 0.05, 0.9, 0.8), shade * inside)
    fine = np.float32(rng.uniform(350, 700))
    phases = np.array([0, 2.1, 4.2], dtype=np.float32)[:, None, None]
    raster = 1 + np.float32(0.2) * np.sin(fine * along[None] + phases)
    moire = 1 + np.float32(0.12) * np.sin(np.float32(rng.uniform(20, 60)) * (along + across**2))
    return np.asarray(light * raster * moire)


def grass(shape: _Shape, rng: Rng) -> Light:
    """Blades and leaves in sun and shade."""
    shade = np.float32(0)
    for _ in range(4):
        _, across = turned(shape, rng.normal(np.pi / 2, 0.35))
        bent = across + np.float32(0.05) * smooth_field(rng, shape, 0.2)
        blades = np.sin(bent * np.float32(rng.uniform(90, 220)) + 3 * smooth_field(rng, shape, 0.1))
        shade = np.maximum(
            shade, rise(blades - np.float32(0.2), 0.8) * np.exp(0.4 * smooth_field(rng, shape, 0.12))
        )
    green = np.array([0.16, 0.30, 0.05]) * np.exp(rng.normal(0, 0.2, 3)) * rng.uniform(0.6, 1.6)
    return tinted(green, np.float32(0.15) + shade * np.exp(np.float32(0.15) * rough_field(rng, shape, 0.05)))


def bricks(shape: _Shape, rng: Rng) -> Light:
    """A brick wall or paving."""
    along, across = turned(shape, rng.normal(0, 0.2) + rng.choice([0, np.pi / 2]))
    tall = np.float32(rng.uniform(0.07, 0.2))
    row = np.floor(across / tall)
    shifted = along / (tall * np.float32(2.6)) + np.float32(0.5) * np.mod(row, 2)
    u, v = np.mod(shifted, 1), np.mod(across / tall, 1)
    gap = np.minimum(np.minimum(u, 1 - u) * np.float32(2.6), np.minimum(v, 1 - v))
    brick = rise(gap - np.float32(0.08) + np.float32(0.015) * rough_field(rng, shape, 0.04), 0.05)
    lot = np.sin(np.floor(shifted) * 12.3 + row * 4.7 + rng.uniform(0, 6)).astype(np.float32)
    shade = np.exp(np.float32(0.2) * lot + np.float32(0.15) * rough_field(rng, shape, 0.06))
    red = np.array([0.42, 0.18, 0.11]) * rng.uniform(0.5, 1.4) * np.exp(rng.normal(0, 0.12, 3))
    mortar = tinted(
        np.full(3, rng.uniform(0.25, 0.55)), (1 - brick) * np.exp(0.1 * rough_field(rng, shape, 0.03))
    )
    return tinted(red, shade * brick) + mortar


def sky(shape: _Shape, rng: Rng) -> Light:
    """Clouds, perhaps a roof line or trees below."""
    clouds = rise(rough_field(rng, shape, 0.5, octaves=6) + np.float32(rng.uniform(-0.6, 0.6)), 1.6)
    blue = np.array([0.20, 0.38, 0.75]) * rng.uniform(0.6, 1.2)
    light = tinted(blue, 1 - clouds) + tinted(np.full(3, 0.85), clouds)
    _, down = grid(shape)
    if rng.random() < 0.5:
        ground = rise(down - np.float32(rng.uniform(0.1, 0.45)) + 0.06 * rough_field(rng, shape, 0.2), 0.01)
        light = light * (1 - ground) + tinted(np.array([0.03, 0.035, 0.025]), ground)
    return np.asarray(light)


def gravel(shape: _Shape, rng: Rng) -> Light:
    """Stones, crumbs or a carpet's pile."""
    scale = rng.uniform(0.02, 0.07)
    stones = rough_field(rng, shape, scale, octaves=3)
    hue = np.stack([smooth_field(rng, shape, scale) for _ in range(3)]) * np.float32(rng.uniform(0.02, 0.3))
    colour = any_colour(rng, 0.1, 0.6, 0.3).astype(np.float32)[:, None, None]
    return np.asarray(colour * np.exp(np.float32(rng.uniform(0.3, 0.7)) * stones + hue))


def lights(shape: _Shape, rng: Rng) -> Light:
    """A dim room with lamps out of focus."""
    across, down = grid(shape)
    base = np.stack([smooth_field(rng, shape, 0.5) for _ in range(3)])
    light = np.float32(0.05) * np.exp(np.float32(0.6) * base)
    for _ in range(int(rng.integers(4, 16))):
        x, y = rng.uniform(-0.7, 0.7, 2)
        radius = np.float32(rng.uniform(0.03, 0.12))
        disc = rise(radius - np.hypot(across - np.float32(x), down - np.float32(y)), 0.015)
        light = light + tinted(rng.uniform(0.1, 0.9) * np.exp(rng.normal(0, 0.4, 3)), disc)
    return np.asarray(light)
