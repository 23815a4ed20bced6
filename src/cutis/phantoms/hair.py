"""Hair over the skin: long curved terminal hair, stubble, and down."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Points, Rng, blur
from cutis.phantoms.skin import Person


def add_hair(light: Field, canvas: Canvas, person: Person, rng: Rng) -> None:
    """Lay hair over reflectance (3, size, size), in place."""
    if person.hair > 0.05 and rng.random() < 0.75:
        _terminal(light, canvas, person, rng)
    if rng.random() < 0.35:
        _down(light, canvas, rng)


def _terminal(light: Field, canvas: Canvas, person: Person, rng: Rng) -> None:
    width = canvas.view.width
    shaved = rng.random() < 0.35
    count = int(rng.poisson(2 + person.hair * (60 if shaved else 22)))
    length = rng.uniform(0.5, 1.8) if shaved else rng.uniform(0.35, 1.1) * width
    along = rng.uniform(0, 2 * np.pi)
    thickness = rng.uniform(0.05, 0.11)
    paths = [_strand(canvas, rng, along, length, 0.6 if shaved else 0.9) for _ in range(count)]
    widths = [np.linspace(thickness, thickness * 0.5, len(path)) * rng.uniform(0.7, 1.2) for path in paths]
    cover = canvas.draw(paths, widths)
    colour = _colour(person.hair_melanin * rng.uniform(0.8, 1.1))
    shadow = blur(np.roll(cover, max(1, canvas.size // 120), axis=0), canvas.size / 150)
    light *= np.float32(1.0) - np.float32(rng.uniform(0.05, 0.3)) * shadow
    _over(light, cover * np.float32(rng.uniform(0.75, 1.0)), colour)


def _down(light: Field, canvas: Canvas, rng: Rng) -> None:
    """Fine pale hair, a little brighter than the skin."""
    along = rng.uniform(0, 2 * np.pi)
    count = int(rng.poisson(8))
    paths = [_strand(canvas, rng, along, rng.uniform(0.5, 2.5), 0.8) for _ in range(count)]
    cover = canvas.draw(paths, [np.full(len(path), 0.025) for path in paths])
    light *= np.float32(1.0) + np.float32(rng.uniform(0.1, 0.5)) * cover


def _strand(canvas: Canvas, rng: Rng, along: float, length: float, spread: float) -> Points:
    half = canvas.view.width / 2
    start = np.array(canvas.view.shift) + rng.uniform(-1.3 * half, 1.3 * half, 2)
    steps = 14
    turns = rng.normal(0.0, 0.06) + np.cumsum(rng.normal(0.0, 0.03, steps))
    heading = along + rng.normal(0.0, spread * 0.5) + np.cumsum(turns)
    move = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length * rng.uniform(0.5, 1.2) / steps
    return np.asarray(start + np.cumsum(move, axis=0) - move.sum(axis=0) / 2)


def _colour(melanin: float) -> Field:
    """Reflectance of hair by band: white, blond, red-brown, black."""
    absorbed = np.exp(-np.array([2.6, 3.6, 5.0]) * melanin)
    return (0.01 + 0.75 * absorbed).astype(np.float32)


def _over(light: Field, cover: Field, colour: Field) -> None:
    light *= np.float32(1.0) - cover
    light += cover * colour[:, None, None]
