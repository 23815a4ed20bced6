"""What lies between skin and picture: ruler, gel, glare, pen, the dark edge of the dermoscope."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.camera import Camera
from cutis.phantoms.canvas import Canvas, Field, Rng, rise


def add_artefacts(light: Field, canvas: Canvas, camera: Camera, rng: Rng) -> None:
    """Lay artefacts over reflectance (3, size, size), in place; most photos have few."""
    if rng.random() < 0.04:
        _pen(light, canvas, rng)
    if rng.random() < (0.06 if camera.polarised else 0.25):
        _bubbles(light, canvas, rng)
    if rng.random() < 0.12:
        _ruler(light, canvas, rng)
    if rng.random() < 0.12:
        _dark_edge(light, canvas, rng)


def glare(light: Field, relief: Field, canvas: Canvas, camera: Camera, rng: Rng) -> None:
    """Shading of the surface, and mirror-like spots where light is not polarised; in place."""
    down, across = np.gradient(relief, np.float32(canvas.pixel))
    turn = rng.uniform(0, 2 * np.pi)
    slope = np.float32(np.cos(turn)) * across + np.float32(np.sin(turn)) * down
    slope /= np.float32(1.0) + np.abs(slope)  # no cliffs
    light *= np.float32(1.0) + np.float32(0.10 if camera.polarised else 0.28) * slope
    if not camera.polarised:
        shine = rise(slope - np.float32(0.3), 0.4) * rise(canvas.rough(rng, 0.5) - np.float32(0.8), 0.8)
        light += np.float32(rng.uniform(0.1, 0.5)) * shine
    elif rng.random() < 0.2:
        # Reflections of the lamps in drops of gel slip past the polariser.
        drops = canvas.cells(rng, rng.uniform(0.8, 1.6))
        seen = rise(canvas.smooth(rng, 2.5) - 1.5, 0.2) * (drops.draw(rng) < 0.4)
        spot = rise(0.03 - np.abs(drops.distance - drops.draw(rng, 0.03, 0.09)), 2 * drops.pixel)
        light += (
            np.float32(rng.uniform(0.2, 0.7)) * seen * spot * rise(drops.offset[0] + drops.offset[1], 0.15)
        )


def _bubbles(light: Field, canvas: Canvas, rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 10))):
        half = canvas.view.width / 2
        centre = np.array(canvas.view.shift) + rng.uniform(-half, half, 2)
        radius = float(np.clip(rng.lognormal(-1.3, 0.6), 0.1, 1.3))
        distance = np.hypot(canvas.x - np.float32(centre[0]), canvas.y - np.float32(centre[1]))
        rim = rise(0.05 + 0.05 * radius - np.abs(distance - np.float32(radius)), 0.1)
        inside = rise(radius - distance, 0.08)
        turn = rng.uniform(0, 2 * np.pi)
        side = (np.cos(turn) * (canvas.x - centre[0]) + np.sin(turn) * (canvas.y - centre[1])) / radius
        light *= 1.0 + inside * np.float32(rng.uniform(-0.08, 0.08))
        light *= 1.0 - 0.35 * rim * rise(-side.astype(np.float32), 1.0)
        light += (
            np.float32(rng.uniform(0.08, 0.35)) * rim * rise(side.astype(np.float32) - np.float32(0.4), 1.2)
        )


def _ruler(light: Field, canvas: Canvas, rng: Rng) -> None:
    """Millimetre ticks on the glass along one side."""
    half = canvas.view.width / 2
    upright = rng.random() < 0.5
    place = rng.choice([-1.0, 1.0]) * half * rng.uniform(0.72, 0.95)
    across, along = (canvas.x, canvas.y) if upright else (canvas.y, canvas.x)
    start = np.float32(rng.uniform(0, 1))
    number = np.floor(along + start + np.float32(0.5))
    gap = np.abs(along + start - number)
    long = np.where(number % 5 == 0, np.float32(0.9), np.float32(0.45))
    reach = np.abs(across - np.float32(place))
    tick = rise(0.05 - gap, 1.5 * canvas.pixel) * rise(long - reach, 1.5 * canvas.pixel)
    light *= np.float32(1.0) - np.float32(rng.uniform(0.5, 0.95)) * tick


def _pen(light: Field, canvas: Canvas, rng: Rng) -> None:
    """A surgeon's violet line near the border of the picture."""
    half = canvas.view.width / 2
    place = rng.choice([-1.0, 1.0]) * half * rng.uniform(0.75, 1.05)
    across = canvas.x if rng.random() < 0.5 else canvas.y
    bent = across + 0.25 * canvas.smooth(rng, 3.0) - np.float32(place)
    ink = rise(np.float32(rng.uniform(0.25, 0.6)) - np.abs(bent), 0.3) * (0.8 + 0.25 * canvas.rough(rng, 0.3))
    absorbed = np.array([0.9, 1.3, 0.35], dtype=np.float32)[:, None, None] * np.float32(rng.uniform(0.4, 1.2))
    light *= np.exp(-absorbed * ink)


def _dark_edge(light: Field, canvas: Canvas, rng: Rng) -> None:
    """The round field of the dermoscope in a square picture."""
    size = canvas.size
    step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * np.float32(2.0)
    shift = rng.normal(0.0, 0.05, 2).astype(np.float32)
    distance = np.hypot(step[None, :] - shift[0], step[:, None] - shift[1])
    light *= np.float32(0.02) + np.float32(0.98) * rise(
        rng.uniform(1.02, 1.25) - distance, rng.uniform(0.02, 0.12)
    )
