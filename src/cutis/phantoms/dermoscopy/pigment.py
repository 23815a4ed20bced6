"""Patterns of melanin, as coverage 0..1."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Rng, rise


def network(canvas: Canvas, rng: Rng, spacing: float, thickness: float) -> Field:
    """Brown lines around paler holes.

    Args:
        spacing: of the holes, mm.
        thickness: of the lines relative to the spacing, 0.1 (delicate) to 0.4 (coarse).
    """
    sway = 0.2 * spacing
    warp = (sway * canvas.smooth(rng, 1.2 * spacing), sway * canvas.smooth(rng, 1.5 * spacing))
    cells = canvas.cells(rng, spacing, regular=bool(rng.random() < 0.15), warp=warp)
    varied = np.float32(thickness) * (1.0 + 0.45 * canvas.smooth(rng, 3 * spacing))
    varied += np.float32(0.06) * canvas.rough(rng, spacing)
    shown = np.clip(0.75 + 0.4 * canvas.smooth(rng, 5 * spacing), 0.1, 1.0)
    return np.asarray(rise(varied - cells.edge, max(1.8 * cells.pixel, 0.35)) * shown)


def globules(canvas: Canvas, rng: Rng, spacing: float, size: float, share: float = 1.0) -> Field:
    """Round to oval clods; ``size`` is the radius over the spacing."""
    sway = 0.12 * spacing
    warp = (sway * canvas.smooth(rng, spacing), sway * canvas.smooth(rng, spacing))
    cells = canvas.cells(rng, spacing, regular=True, warp=warp)
    radius = cells.draw(rng, 0.7, 1.2) * np.float32(size)
    wobble = cells.distance + np.float32(0.07) * canvas.smooth(rng, 0.6 * spacing)
    clod = rise(radius - wobble, max(1.8 * cells.pixel, 0.25))
    return np.asarray(clod * cells.draw(rng, 0.5, 1.0) * (cells.draw(rng) < share))


def fingerprint(canvas: Canvas, rng: Rng, spacing: float) -> Field:
    """Fine parallel lines that swirl."""
    turn = rng.uniform(0, np.pi)
    across = np.float32(np.cos(turn)) * canvas.x + np.float32(np.sin(turn)) * canvas.y
    across = across + 0.22 * canvas.smooth(rng, 2.0)
    return np.asarray(0.5 + 0.5 * np.sin(across * np.float32(2 * np.pi / spacing)))


def nests(
    canvas: Canvas, rng: Rng, count: int, reach: float, radii: tuple[float, float], *, clustered: float = 0.5
) -> Field:
    """Ovoid clods of different sizes within ``reach`` mm; ``clustered`` 0..1 gathers them on one side."""
    total = canvas.full(0.0)
    gather = rng.uniform(0, 2 * np.pi)
    sway = canvas.smooth(rng, 0.5)
    for _ in range(count):
        turn = gather + rng.uniform(-np.pi, np.pi) * (1.0 - 0.7 * clustered)
        away = reach * np.sqrt(rng.uniform(0.05, 1.0))
        size, longer, lean = rng.uniform(*radii), rng.uniform(1.0, 1.8), rng.uniform(0, np.pi)
        x = canvas.x - np.float32(away * np.cos(turn))
        y = canvas.y - np.float32(away * np.sin(turn))
        along = np.float32(np.cos(lean)) * x + np.float32(np.sin(lean)) * y
        across = np.float32(np.cos(lean)) * y - np.float32(np.sin(lean)) * x
        distance = np.hypot(along / np.float32(longer), across)
        clod = rise(np.float32(size) * (1.0 + 0.22 * sway) - distance, max(0.3, 0.8 * size))
        total = np.maximum(total, clod * np.float32(rng.uniform(0.6, 1.0)))
    return total


def leaves(canvas: Canvas, rng: Rng, centre: tuple[float, float], size: float) -> Field:
    """A leaf-like area: bulbous fingers that spread from one base to one side."""
    x, y = canvas.x - np.float32(centre[0]), canvas.y - np.float32(centre[1])
    angle = np.arctan2(y, x)
    out = rng.uniform(0, 2 * np.pi)
    fingers = int(rng.integers(4, 8))
    lobe = np.abs(np.sin(angle * np.float32(fingers * 0.5 + 0.5) + rng.uniform(0, 3)))
    towards = 0.35 + 0.65 * rise(np.cos(angle - np.float32(out)) + np.float32(0.4), 0.8)
    border = np.float32(size) * towards * (0.45 + 0.55 * np.sqrt(lobe))
    return rise(border - np.hypot(x, y) + 0.05 * canvas.smooth(rng, 0.4), max(0.25, 0.4 * size))


def specks(canvas: Canvas, rng: Rng, spacing: float, radius: float, share: Field | float) -> Field:
    """Pepper: small dots here and there, lengths in mm."""
    cells = canvas.cells(rng, spacing)
    dot = rise(cells.draw(rng, 0.5, 1.3) * np.float32(radius / spacing) - cells.distance, 1.5 * cells.pixel)
    return np.asarray(dot * (cells.draw(rng) < share))
