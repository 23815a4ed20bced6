"""Outlines of lesions, as depth below the border in mm: above 0 inside, below 0 outside."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Rng, rise


def outline(
    canvas: Canvas,
    rng: Rng,
    radius: float,
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    longer: float = 1.0,
    uneven: float = 0.12,
) -> Field:
    """A round or oval lesion with an uneven border.

    Args:
        radius: mm, of the disc of the same area.
        longer: length over width.
        uneven: how far the border strays, relative to the radius.
    """
    turn = rng.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    x, y = canvas.x - np.float32(centre[0]), canvas.y - np.float32(centre[1])
    along = (cos * x + sin * y) / np.float32(np.sqrt(longer))
    across = (cos * y - sin * x) * np.float32(np.sqrt(longer))
    depth = np.float32(radius) - np.hypot(along, across)
    depth += np.float32(0.8 * uneven * radius) * canvas.smooth(rng, 0.8 * radius)
    depth += np.float32(0.35 * uneven * radius) * canvas.rough(rng, 0.35 * radius)
    return np.asarray(depth)


def plaque(canvas: Canvas, rng: Rng) -> Field:
    """A large patch that fills the picture, or whose border crosses it, or that is broken into islands."""
    kind = rng.choice(["fills", "border", "islands"], p=[0.35, 0.40, 0.25])
    if kind == "fills":
        return np.asarray(2.5 + 0.8 * canvas.smooth(rng, 4.0))
    if kind == "border":
        turn = rng.uniform(0, 2 * np.pi)
        radius = rng.uniform(4.0, 8.0)
        away = radius - rng.uniform(0.5, 3.0)
        centre = (float(away * np.cos(turn)), float(away * np.sin(turn)))
        return outline(canvas, rng, radius, centre=centre, longer=rng.uniform(1.0, 1.4))
    return np.asarray(0.9 + 1.3 * canvas.smooth(rng, rng.uniform(2.0, 3.5)) + 0.3 * canvas.rough(rng, 1.0))


def scattered(canvas: Canvas, rng: Rng, count: int, reach: float, radii: tuple[float, float]) -> Field:
    """Several small round lesions within ``reach`` mm of the middle, as one depth."""
    depth = canvas.full(-9.0)
    for _ in range(count):
        turn, away = rng.uniform(0, 2 * np.pi), reach * np.sqrt(rng.uniform())
        centre = (float(away * np.cos(turn)), float(away * np.sin(turn)))
        size = rng.uniform(*radii)
        distance = np.hypot(canvas.x - np.float32(centre[0]), canvas.y - np.float32(centre[1]))
        depth = np.maximum(depth, np.float32(size) - distance)
    return depth


def moth_eaten(canvas: Canvas, rng: Rng, depth: Field) -> Field:
    """Bites out of a border."""
    bite = canvas.cells(rng, rng.uniform(0.7, 1.3))
    hole = (bite.draw(rng, 0.1, 0.45) - bite.distance) * np.float32(0.9)
    near = rise(0.9 - np.abs(depth), 0.6)
    return np.asarray(depth - np.maximum(hole, 0.0) * near * 4.0)


def inside(depth: Field, soft: float) -> Field:
    """Weight 0..1 with a border ``soft`` mm wide."""
    return rise(depth, soft)
