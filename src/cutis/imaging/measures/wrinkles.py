"""Wrinkles: dark lines, followed along their ridge.

A bank of long, oriented filters answers to lines and hardly to pores or noise. Along the ridge of the answer,
one pixel wide, strong parts keep the weaker ones that they are joined to, and what is shorter than a wrinkle
is dropped.

Sources: Steger 1998, IEEE Trans Pattern Anal 20:113 (lines as ridges of the second derivative across);
Freeman, Adelson 1991, IEEE Trans Pattern Anal 13:891 (oriented filters); Canny 1986, IEEE Trans Pattern Anal
8:679 (two thresholds along a ridge one pixel wide); Ng, Yap, Costen, Li 2014, ACCV (ridges for wrinkles).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import blurred, line_bank
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import Surface

_ACROSS = (0.18, 0.30, 0.50)  # mm: deviations across a line
_ALONG = 0.25  # mm: deviation along the piece that a filter sees
_STEP = 0.45  # mm from one piece of a line to the next
_PIECES = 5  # in a row that a line has at least
_TURNS = 12
_HIGH, _LOW = 0.030, 0.015  # natural log of light lost that starts a line, and that continues it
_NOISES = 5.0  # deviations of filtered noise that start a line; half as many continue it
_HALO, _FAINT = 0.75, 0.45  # mm around a line, and share of its depth below which nothing is a line there
_SHORTEST = 3.0  # mm


@dataclass(frozen=True, eq=False)
class Wrinkles:
    """Lines of an area.

    Attributes:
        length: mm.
        depth: mean share of light lost along the lines, 0..1; 0 where there is none.
        ridge: (height, width) the lines, one pixel wide.
        map: (height, width) share of light lost by what is line-like, 0..1.
    """

    length: float
    depth: float
    ridge: Mask
    map: Map


def find_wrinkles(skin: Surface) -> Wrinkles:
    """Find them."""
    import cv2

    answer, direction, gain = oriented(skin)
    ridge, step = thin(blurred(answer, 1.0), direction, skin.mask)
    high = max(_HIGH, _NOISES * gain * skin.noise)
    low = max(_LOW, 0.5 * _NOISES * gain * skin.noise)
    # Beside a deep line and beyond its ends other directions answer faintly: its halo.
    reach = 2 * round(_HALO / skin.pixel) + 1
    deepest = cv2.dilate(answer, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    weak = (ridge & (answer > np.maximum(low, _FAINT * deepest))).astype(np.uint8)
    joined = cv2.dilate(weak, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    inside = labels[weak > 0]
    lengths = np.bincount(inside, weights=step[weak > 0], minlength=count) * skin.pixel
    strong = np.bincount(inside, weights=answer[weak > 0] > high, minlength=count)
    kept = (lengths >= _SHORTEST) & (strong * skin.pixel >= 0.3 * _SHORTEST)
    kept[0] = False
    lines = (weak > 0) & kept[labels]
    length = float(step[lines].sum()) * skin.pixel
    lost = 1.0 - np.exp(-np.maximum(answer, 0))
    return Wrinkles(length, float(lost[lines].mean()) if lines.any() else 0.0, lines, np.asarray(lost))


def oriented(skin: Surface) -> tuple[Map, Map, float]:
    """How line-like each pixel is, the direction of its line, and the noise that passes.

    A filter of the bank sees a short piece. A pixel counts as much as the weakest of several pieces in a row
    that it is one of, at best: a line goes on to its end, a row of pores has gaps.

    Returns:
        (height, width) natural log of light lost; (height, width) radians, 0 along a row; share of noise.
    """
    from scipy import fft

    step = _STEP / skin.pixel
    margin = int(np.ceil(_PIECES * step))
    padded = np.pad(skin.dark, margin, mode="reflect" if min(skin.dark.shape) > margin else "edge")
    shape = tuple(fft.next_fast_len(side, real=True) for side in padded.shape)
    across = tuple(width / skin.pixel for width in _ACROSS)
    bank, angles, gains = line_bank((shape[0], shape[1]), across, _ALONG / skin.pixel, _TURNS)
    spectrum = fft.rfft2(padded.astype(np.float32), s=shape)
    best = np.full(skin.dark.shape, -np.inf, dtype=np.float32)
    which = np.zeros(skin.dark.shape, dtype=np.int16)
    for number, transfer in enumerate(bank):
        found = _continued(
            fft.irfft2(spectrum * transfer, s=shape), angles[number % _TURNS], step, margin, best.shape
        )
        better = found > best
        np.copyto(best, found, where=better)
        which[better] = number % _TURNS
    return best, angles.astype(np.float32)[which], float(gains.max())


def _continued(piece: Map, angle: float, step: float, margin: int, shape: tuple[int, ...]) -> Map:
    """Grey opening of the pieces with a row of `_PIECES` places in the line's direction."""

    def moved(field: Map, steps: int) -> Map:
        return np.roll(
            field, (-round(steps * step * np.sin(angle)), -round(steps * step * np.cos(angle))), (0, 1)
        )

    weakest = piece
    for steps in range(1, _PIECES):
        weakest = np.minimum(weakest, moved(piece, steps))
    best = weakest
    for steps in range(1, _PIECES):
        best = np.maximum(best, moved(weakest, -steps))
    return best[margin : margin + shape[0], margin : margin + shape[1]]


def thin(answer: Map, direction: Map, mask: Mask) -> tuple[Mask, Map]:
    """The ridge of an answer, one pixel per row or column that it crosses, and its length there in pixels."""
    steep = np.abs(np.sin(direction)) > np.abs(np.cos(direction))  # such lines are crossed along a row
    ridge = np.zeros(answer.shape, np.bool_)
    inner = answer[1:-1, 1:-1]
    along_column = (inner >= answer[:-2, 1:-1]) & (inner > answer[2:, 1:-1])
    along_row = (inner >= answer[1:-1, :-2]) & (inner > answer[1:-1, 2:])
    ridge[1:-1, 1:-1] = np.where(steep[1:-1, 1:-1], along_row, along_column)
    length = 1.0 / np.maximum(np.abs(np.sin(direction)), np.abs(np.cos(direction)))
    return ridge & mask, np.asarray(length, dtype=np.float32)
