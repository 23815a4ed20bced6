"""Wrinkles: where on a face they run, and how they are engraved into its relief."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field, Points, Rng, blur
from cutis.phantoms.facial.courses import Course, courses
from cutis.phantoms.facial.skin import Severity, Skin, anchored, most

# At grades 1 to 4, mm, of the deepest lines of an area; the others are shallower.
DEPTH = (0.080, 0.15, 0.27, 0.46)
WIDTH = (0.45, 0.65, 0.90, 1.25)
_CLASSES = (0.42, 0.68, 1.1)  # mm; lines are engraved together with those of like width
_SEEN = 0.012  # mm below the skin around it where a line counts
_SUNK = (
    0.42,
    0.16,
)  # light that is swallowed in a very deep line; depth, mm, at which it is two thirds of it


@dataclass(frozen=True, eq=False)
class Line:
    """One wrinkle.

    Attributes:
        points: (points, 2) mm, about 0.4 mm apart.
        depth: (points,) mm.
        width: mm.
    """

    points: Points
    depth: NDArray[np.float64]
    width: float


def add_wrinkles(skin: Skin, severity: Severity) -> None:
    """Lines and furrows, in each area along its own course."""
    canvas = skin.canvas
    skin.masks["wrinkles"] = canvas.full(0.0)
    skin.measures |= {"wrinkle_length": 0.0, "wrinkle_depth": 0.0}
    if most(severity) <= 0.3:
        return
    lines = list(lines_of(skin, severity))
    if not lines:
        return
    groove = canvas.full(0.0)
    for width, of_it in _by_width(lines):
        groove += engraved(skin, of_it, width)
    groove *= skin.open
    fold = blur(groove, 1.3 / canvas.pixel)
    skin.layers.relief -= groove - np.float32(0.45) * fold
    skin.hollow += np.float32(_SUNK[0]) * (1 - np.exp(groove * np.float32(-1 / _SUNK[1])))
    skin.masks["wrinkles"] = np.clip(groove / np.float32(_SEEN) - np.float32(0.5), 0, 1)
    length, depth = _measured(skin, lines)
    skin.measures |= {"wrinkle_length": length, "wrinkle_depth": depth}


def lines_of(skin: Skin, severity: Severity) -> Iterator[Line]:
    """The lines that are there at a severity."""
    left, top, right, bottom = skin.canvas.box
    for group in courses(skin.person, (left, top, right, bottom)):
        for number, course in enumerate(group.courses):
            low, high = course.points.min(axis=0), course.points.max(axis=0)
            if high[0] < left or high[1] < top or low[0] > right or low[1] > bottom:
                continue
            here = _severity_at(skin, severity, course)
            present = float(np.clip(float(anchored(here, group.counts)) - number, 0, 1))
            if present <= 0:
                continue
            yield _drawn(course, here, present, skin.own(f"line {group.name} {number}"))


def _severity_at(skin: Skin, severity: Severity, course: Course) -> float:
    if not isinstance(severity, np.ndarray):
        return float(severity)
    return float(np.max(skin.canvas.at(severity, course.points)))


def _drawn(course: Course, severity: float, present: float, rng: Rng) -> Line:
    """The part of a course along which it is to be seen, tapering at both ends."""
    # Lines begin alike; some deepen more than others.
    strength = 1 - (1 - course.strength) * float(np.clip((severity - 1) / 2, 0, 1))
    strength *= present * float(rng.uniform(0.65, 1.0))
    share = 0.45 + 0.55 * present * min(severity / 3.0, 1.0)
    middle = float(rng.uniform(0.35, 0.65))
    along = np.linspace(0, 1, len(course.points))
    inside = np.clip(
        (0.5 * share - np.abs(along - middle * (1 - share) - 0.5 * share)) / (0.25 * share), 0, 1
    )
    uneven = 1 + 0.22 * np.sin(along * rng.uniform(5, 10) + rng.uniform(0, 6.3))
    uneven += 0.15 * np.sin(along * rng.uniform(15, 30) + rng.uniform(0, 6.3))
    depth = float(anchored(severity, DEPTH)) * strength * inside * uneven
    width = float(anchored(severity, WIDTH)) * (0.6 + 0.4 * course.strength)
    kept = depth > 0.004
    return Line(course.points[kept], depth[kept], max(width, 0.25))


def _by_width(lines: list[Line]) -> Iterator[tuple[float, list[Line]]]:
    for number, width in enumerate(_CLASSES):
        upper = np.inf if number + 1 == len(_CLASSES) else (width + _CLASSES[number + 1]) / 2
        lower = 0.0 if number == 0 else (width + _CLASSES[number - 1]) / 2
        of_it = [line for line in lines if lower <= line.width < upper and len(line.points) > 1]
        if of_it:
            yield width, of_it


def engraved(skin: Skin, lines: list[Line], width: float) -> Field:
    """Depth of grooves of one width, mm, (height, width)."""
    import cv2

    canvas = skin.canvas
    deepest = max(float(line.depth.max()) for line in lines)
    shift = 4
    drawn = np.zeros(canvas.shape, dtype=np.uint8)
    for line in lines:
        places = (line.points - np.array(canvas.corner)) / canvas.pixel
        whole = np.rint(places * (1 << shift)).astype(np.int64)
        value = np.rint(255 * line.depth / deepest)
        for start in range(len(whole) - 1):
            ends = (tuple(map(int, whole[start])), tuple(map(int, whole[start + 1])))
            if max(map(abs, (*ends[0], *ends[1]))) < 1 << 19:
                cv2.line(drawn, *ends, int(max(value[start], value[start + 1])), 1, cv2.LINE_AA, shift)
    sigma = max(0.27 * width / canvas.pixel, 0.5)
    peak = np.sqrt(2 * np.pi) * np.hypot(sigma, 0.4)
    return blur(drawn.astype(np.float32), sigma) * np.float32(deepest / 255 * peak)


def _measured(skin: Skin, lines: list[Line]) -> tuple[float, float]:
    """Length of the lines that can be seen in the picture, mm, and their mean depth, mm."""
    left, top, right, bottom = skin.canvas.box
    length, depth = 0.0, 0.0
    for line in lines:
        if len(line.points) < 2:
            continue
        x, y = line.points.T
        inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom) & (line.depth > _SEEN)
        inside &= skin.canvas.at(skin.usable, line.points) > 0.5
        step = np.hypot(*np.diff(line.points, axis=0).T)
        both = inside[1:] & inside[:-1]
        length += float(step[both].sum())
        depth += float((step * line.depth[1:])[both].sum())
    return length, depth / length if length > 0 else 0.0
