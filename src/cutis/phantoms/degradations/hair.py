"""Hair over the skin: single dark hairs, and locks that hang in from one side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cutis.phantoms.degradations.light import Field, Rng, softened
from cutis.phantoms.degradations.obstruction import Occluder

_Shape = tuple[int, int]
_MOST = 220  # hairs at severity 1
_STEPS = 14


def strands(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """Dark terminal hair, grown in about one direction; more and more of it."""
    del skin
    along, thick = rng.uniform(0, 2 * np.pi), rng.uniform(0.0045, 0.0085)
    count = round(_MOST * severity**1.6)
    spread = rng.uniform(0.25, 0.9)
    reach = max(shape) / min(shape)
    paths, widths = [], []
    for _ in range(_MOST):  # all are drawn, so that more severe means the same hair and more of it
        start = rng.uniform(-0.6, 0.6, 2) * (
            reach if shape[1] > shape[0] else 1,
            reach if shape[0] > shape[1] else 1,
        )
        length = rng.uniform(0.25, 1.1)
        heading = along + rng.normal(0, spread) + np.cumsum(rng.normal(rng.normal(0, 0.08), 0.05, _STEPS))
        move = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / _STEPS
        paths.append(start + np.cumsum(move, axis=0) - move.sum(axis=0) / 2)
        widths.append(thick * rng.uniform(0.6, 1.3))
    cover = drawn(shape, paths[:count], widths[:count]) * np.float32(0.93)
    melanin = rng.uniform(0.6, 1.6)
    colour = 0.01 + 0.55 * np.exp(-np.array([2.6, 3.6, 5.0]) * melanin)
    return Occluder(cover, colour.astype(np.float32)[:, None, None], 0.05)


def lock(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """Long hair of any colour, grey and blond too, that hangs from one side over the middle, out of focus."""
    del skin
    angle = rng.uniform(0, 2 * np.pi)
    inward, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    count, hairs = round(40 + 260 * severity), 300
    depth = 0.62 - 0.95 * severity
    length = 1.6 * max(shape) / min(shape)
    step = np.linspace(-0.5, 0.5, _STEPS)
    paths, widths, shades = [], [], []
    for _ in range(hairs):
        inset = 0.62 - np.abs(rng.normal(0, 0.5))  # measured towards the side it comes from
        bend, slant = rng.normal(0, 0.05), rng.normal(0, 0.12)
        offset = np.maximum(inset, 0) * 0.35 + depth + bend * np.cos(step * 4) + slant * step
        paths.append(offset[:, None] * inward + (step * length)[:, None] * along)
        widths.append(rng.uniform(0.006, 0.014))
        shades.append(rng.uniform(0.75, 1.3))
    cover = drawn(shape, paths[:count], widths[:count])
    tone = drawn(shape, paths[:count], widths[:count], [min(1.0, shade / 1.3) for shade in shades])
    soft = float(rng.uniform(0.002, 0.006)) * min(shape)
    # What lies between the lock's inner rim and the border is hair as well.
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    towards = ((x - shape[1] / 2) * inward[0] + (y - shape[0] / 2) * inward[1]) / min(shape)
    full = np.clip((towards - np.float32(depth + 0.12)) / np.float32(0.2), 0, 1) * np.float32(
        min(1.0, 2 * severity)
    )
    cover = softened(np.maximum(cover * np.float32(min(1.0, 0.3 + 3 * severity)), full), soft)
    kind = np.array([[0.03, 0.02, 0.015], [0.18, 0.10, 0.05], [0.48, 0.36, 0.22], [0.42, 0.42, 0.43]])
    colour = kind[int(rng.integers(len(kind)))].astype(np.float32)[:, None, None]
    streaks = rng.standard_normal(512)
    streak = np.interp(
        towards + 0.03 * np.sin(5 * (x - y) / min(shape)), np.linspace(-1.5, 1.5, 512), streaks
    )
    look = (
        colour
        * (np.float32(0.6) + np.float32(0.5) * softened(tone, soft))
        * np.exp(0.2 * streak).astype(np.float32)
    )
    return Occluder(cover, look, 0.25)


def drawn(
    shape: _Shape,
    paths: list[NDArray[np.float64]],
    widths: list[float],
    shades: list[float] | None = None,
) -> Field:
    """Lines as coverage 0..1.

    Args:
        shape: of the picture.
        paths: (points, 2) each, in shorter sides from the middle.
        widths: in shorter sides; each line tapers to its end.
        shades: 0..1, value to draw with; 1 when not given.
    """
    finer, side = 2, min(shape)
    picture = Image.new("L", (shape[1] * finer, shape[0] * finer))
    pen = ImageDraw.Draw(picture)
    for index, (path, width) in enumerate(zip(paths, widths, strict=True)):
        places = (path * side + np.array([shape[1] / 2, shape[0] / 2])) * finer
        shade = 1.0 if shades is None else shades[index]
        for start in range(0, len(places) - 1, 4):
            thick = width * side * finer * (1.0 - 0.5 * start / len(places))
            stretch = [(float(x), float(y)) for x, y in places[start : start + 5]]
            # Thinner than a pen can draw: fainter instead.
            faint = int(255 * min(1.0, thick) * shade)
            pen.line(stretch, fill=faint, width=max(1, round(thick)), joint="curve")
    return np.asarray(picture.reduce(finer), dtype=np.float32) / np.float32(255)
