"""Vessels by shape and arrangement, as coverage 0..1.

Names follow Argenziano et al. 2004, Arch Dermatol 140:1485 and Errichetti et al. 2020, Br J Dermatol 182:454.
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Points, Rng, blur, rise

Widths = np.ndarray[tuple[int], np.dtype[np.float64]]


def dotted(
    canvas: Canvas,
    rng: Rng,
    spacing: float,
    radius: float,
    *,
    regular: bool = True,
    share: Field | float = 1.0,
) -> Field:
    """Dots in a regular or irregular arrangement; lengths in mm, ``share`` of the places taken."""
    cells = canvas.cells(rng, spacing, regular=regular)
    wobble = cells.distance + np.float32(0.05) * canvas.rough(rng, 0.3)
    size = cells.draw(rng, 0.75, 1.25) * np.float32(radius / spacing)
    dot = rise(size - wobble, max(1.2 * cells.pixel, 0.18))
    return np.asarray(dot * cells.draw(rng, 0.35, 1.0) * (cells.draw(rng) < share))


def coiled(canvas: Canvas, rng: Rng, spacing: float, radius: float, share: Field | float = 1.0) -> Field:
    """Glomerular vessels: dots that are balls of thread."""
    cells = canvas.cells(rng, spacing, regular=True)
    size = cells.draw(rng, 0.8, 1.2) * np.float32(radius / spacing)
    x, y = cells.offset
    thread = 0.6 + 0.4 * np.sin(cells.distance / size * 7.0 + np.arctan2(y, x))
    ball = rise(size - cells.distance, max(1.5 * cells.pixel, 0.1))
    return np.asarray(ball * thread * (cells.draw(rng) < share))


def commas(canvas: Canvas, rng: Rng, spacing: float, width: float, share: float) -> Field:
    """Short thick curved vessels, each in its own direction."""
    cells = canvas.cells(rng, spacing)
    along, across = _turned(cells.offset, cells.draw(rng, 0, 2 * np.pi))
    bent = np.abs(across + 1.2 * along * along - 0.05)
    reach = rise(0.28 - np.abs(along), 0.1)
    stroke = rise(np.float32(0.5 * width / spacing) - bent, max(1.5 * cells.pixel, 0.04))
    return np.asarray(stroke * reach * (cells.draw(rng) < share))


def hairpins(
    canvas: Canvas, rng: Rng, spacing: float, width: float, share: Field | float
) -> tuple[Field, Field]:
    """Vessels that turn back on themselves, and the white halo around them."""
    cells = canvas.cells(rng, spacing, regular=True)
    along, across = _turned(cells.offset, cells.draw(rng, -0.6, 0.6))
    legs = np.abs(np.hypot(np.maximum(along, 0.0), across) - 0.12)
    stroke = rise(np.float32(0.5 * width / spacing) - legs, max(1.5 * cells.pixel, 0.04))
    taken = cells.draw(rng) < share
    return np.asarray(stroke * rise(along + 0.3, 0.1) * taken), rise(0.42 - cells.distance, 0.15) * taken


def net(
    canvas: Canvas, rng: Rng, spacing: float, width: float, *, broken: float = 0.3, soft: float = 0.0
) -> Field:
    """Linear vessels joined into polygons; ``broken`` is the share that does not show."""
    sway = 0.16 * spacing
    warp = (sway * canvas.smooth(rng, 0.8 * spacing), sway * canvas.smooth(rng, 0.8 * spacing))
    cells = canvas.cells(rng, spacing, warp=warp)
    calibre = np.float32(width / spacing) * (1.0 + 0.35 * canvas.smooth(rng, 0.6 * spacing))
    line = rise(calibre - cells.edge, max(1.5 * cells.pixel, soft / spacing, 0.03))
    shown = rise(canvas.smooth(rng, 0.9 * spacing) + np.float32(1.3 - 2.6 * broken), 1.0)
    return _sunken(canvas, rng, line * shown)


def linear(
    canvas: Canvas,
    rng: Rng,
    count: int,
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    reach: float,
    length: float,
    width: float,
    wiggle: float = 0.3,
) -> Field:
    """Unbranched vessels strewn within ``reach`` mm."""
    paths, widths = [], []
    for _ in range(count):
        turn, away = rng.uniform(0, 2 * np.pi), reach * np.sqrt(rng.uniform())
        start = np.array(centre) + away * np.array([np.cos(turn), np.sin(turn)])
        path = _walk(rng, start, rng.uniform(0, 2 * np.pi), length * rng.uniform(0.4, 1.5), wiggle)
        paths.append(path)
        widths.append(np.full(len(path), width * rng.uniform(0.6, 1.4)))
    return _sunken(canvas, rng, canvas.draw(paths, widths))


def radial(
    canvas: Canvas, rng: Rng, count: int, centre: tuple[float, float], ring: tuple[float, float], width: float
) -> Field:
    """Vessels that point to a centre from a ring of (inner, outer) radius."""
    paths, widths = [], []
    for _ in range(count):
        turn = rng.uniform(0, 2 * np.pi)
        start = np.array(centre) + ring[1] * rng.uniform(0.85, 1.1) * np.array([np.cos(turn), np.sin(turn)])
        path = _walk(rng, start, turn + np.pi, (ring[1] - ring[0]) * rng.uniform(0.4, 1.2), 0.12)
        paths.append(path)
        widths.append(np.full(len(path), width * rng.uniform(0.6, 1.3)))
    return _sunken(canvas, rng, canvas.draw(paths, widths))


def arborising(
    canvas: Canvas,
    rng: Rng,
    trunks: int,
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    radius: float,
    width: float,
    order: int = 3,
) -> Field:
    """Trees of vessels that enter at the border and branch inwards, thinner each time."""
    paths: list[Points] = []
    widths: list[Widths] = []
    for _ in range(trunks):
        turn = rng.uniform(0, 2 * np.pi)
        start = np.array(centre) + radius * rng.uniform(0.5, 1.05) * np.array([np.cos(turn), np.sin(turn)])
        heading = turn + np.pi + rng.normal(0, 0.7)
        length = radius * rng.uniform(0.7, 1.4)
        _branch(rng, paths, widths, start, heading, length, width * rng.uniform(0.7, 1.2), order)
    return _sunken(canvas, rng, canvas.draw(paths, widths))


def _branch(
    rng: Rng,
    paths: list[Points],
    widths: list[Widths],
    start: Points,
    heading: float,
    length: float,
    width: float,
    order: int,
) -> None:
    path = _walk(rng, start, heading, length, 0.22)
    paths.append(path)
    widths.append(np.linspace(width, 0.6 * width, len(path)))
    if order == 0 or width < 0.015:
        return
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(3, len(path) - 1))
        along = path[at] - path[at - 1]
        turn = float(np.arctan2(along[1], along[0])) + rng.choice([-1, 1]) * rng.uniform(0.35, 1.1)
        _branch(rng, paths, widths, path[at], turn, length * rng.uniform(0.35, 0.7), 0.6 * width, order - 1)


def _walk(rng: Rng, start: Points, heading: float, length: float, wiggle: float) -> Points:
    """A path that winds without corners: (points, 2) mm."""
    steps = 20
    bends = rng.normal(0.0, wiggle, steps + 4)
    bends = np.convolve(bends, np.full(5, 0.35), mode="valid")  # each bend takes a while
    turns = heading + np.cumsum(bends)
    moves = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (length / steps)
    return np.asarray(np.vstack([start, start + np.cumsum(moves, axis=0)]))


def _sunken(canvas: Canvas, rng: Rng, cover: Field) -> Field:
    """Vessels rise and sink on their way, and are fainter where they lie deep."""
    shown = np.clip(0.7 + 0.35 * canvas.smooth(rng, 0.9), 0.15, 1.0)
    return np.asarray(blur(cover, rng.uniform(0.008, 0.02) / canvas.pixel) * shown)


def _turned(offset: tuple[Field, Field], angle: Field) -> tuple[Field, Field]:
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * offset[0] + sin * offset[1], cos * offset[1] - sin * offset[0]
