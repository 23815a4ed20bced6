"""Wrinkles: dark lines, followed along their ridge.

A bank of long, oriented filters answers to lines and hardly to pores or noise. Along the ridge of the answer,
one pixel wide, strong parts keep the weaker ones that they are joined to, and what is shorter than a wrinkle
is dropped.

Sources: Steger 1998, IEEE Trans Pattern Anal 20:113 (lines as ridges of the second derivative across);
Freeman, Adelson 1991, IEEE Trans Pattern Anal 13:891 (oriented filters); Canny 1986, IEEE Trans Pattern Anal
8:679 (two thresholds along a ridge one pixel wide); Ng, Yap, Costen, Li 2014, ACCV (ridges for wrinkles).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import blurred, line_bank
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import FINEST, Surface

_ACROSS = 0.3  # mm: deviation across a line
_ALONG = 0.3  # mm: deviation along the piece that a filter sees
_STEP = 0.5  # mm from one piece of a line to the next
_PIECES = 9  # in a row that a line has at least
_TURNS = 12
_LEAST = 0.015  # natural log of light lost that starts a line
_SPREADS = 1.7  # spreads of the pieces over the area that start a line: skin's own grain and noise
_GOES_ON = 0.55  # share of that which continues it
_SHORTEST = 4.0  # mm
_EDGE = 0.7  # mm to either side of the edge of a spot
_WIDE = 2.2  # mm: a furrow that is dark enough to pass for a spot is narrower
_STRIP = 0.5  # mm to either side of the ridge over which the light of a line is lost
_BESIDE = (0.9, 1.5)  # mm from the ridge, where the skin is that it is compared with
_DOUBT = 8.0  # mm: so much line counts half, since what is found where there is none is seldom longer
_HALO, _FAINT = 0.75, 0.45  # mm around a line, and share of its depth below which nothing is a line there


@dataclass(frozen=True, eq=False)
class Wrinkles:
    """Lines of an area.

    Attributes:
        length: mm.
        depth: mean share of light lost in the millimetre across the lines, 0..1; 0 where there is none. A
            deep line is wide as well as dark, and one lit from its side is bright on one flank: both show in
            the mean over its width, and not in its darkest place. Of few millimetres it is less.
        ridge: (height, width) the lines, one pixel wide.
        map: (height, width) share of light lost by what is line-like, 0..1.
    """

    length: float
    depth: float
    ridge: Mask
    map: Map


def find_wrinkles(skin: Surface, spots: Mask) -> Wrinkles:
    """Find them; a line that runs along the edge of a spot is that edge."""
    import cv2

    answer, depth, direction, spread = oriented(skin)
    ridge, step = thin(blurred(answer, 1.0), direction, skin.inner)
    high = max(_LEAST, _SPREADS * spread)
    # Beside a deep line and beyond its ends other directions answer faintly: its halo.
    reach = 2 * round(_HALO / skin.pixel) + 1
    deepest = cv2.dilate(answer, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    weak = (ridge & (answer > np.maximum(_GOES_ON * high, _FAINT * deepest))).astype(np.uint8)
    joined = cv2.dilate(weak, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    inside = labels[weak > 0]
    lengths = np.bincount(inside, weights=step[weak > 0], minlength=count) * skin.pixel
    strong = np.bincount(inside, weights=answer[weak > 0] > high, minlength=count)
    kept = (lengths >= _SHORTEST) & (strong * skin.pixel >= 0.3 * _SHORTEST)
    on_edge = np.bincount(labels[(weak > 0) & _edges(spots, skin.pixel)], minlength=count)
    kept &= on_edge < 0.6 * np.bincount(inside, minlength=count)
    kept[0] = False
    lines = (weak > 0) & kept[labels]
    length = float(step[lines].sum()) * skin.pixel
    lost = 1.0 - np.exp(-np.maximum(depth, 0))
    mean = _lost_across(skin, lines, direction) * length / (length + _DOUBT)
    return Wrinkles(length, mean, lines, np.asarray(lost))


def _lost_across(skin: Surface, lines: Mask, direction: Map) -> float:
    """Mean share of light lost in a strip along the lines, against the skin to both sides of it."""
    from scipy.ndimage import map_coordinates

    if not lines.any():
        return 0.0
    rows, columns = np.nonzero(lines)
    angle = direction[lines][:, None]
    step = np.arange(-_BESIDE[1], _BESIDE[1] + 0.01, 0.5 * FINEST)
    places = (
        rows[:, None] + np.cos(angle) * step / skin.pixel,
        columns[:, None] - np.sin(angle) * step / skin.pixel,
    )
    dark = map_coordinates(skin.dark, places, order=1, mode="nearest")
    dark[map_coordinates(skin.mask.astype(np.uint8), places, order=0, cval=0) == 0] = np.nan
    beside, strip = np.abs(step) >= _BESIDE[0], np.abs(step) <= _STRIP
    judged = np.isfinite(dark[:, beside]).any(1) & np.isfinite(dark[:, strip]).any(1)
    if not judged.any():
        return 0.0
    lost = np.nanmean(dark[judged][:, strip], axis=1) - np.nanmedian(dark[judged][:, beside], axis=1)
    return max(0.0, float(np.mean(1.0 - np.exp(-lost))))


def _edges(spots: Mask, pixel: float) -> Mask:
    """What lies near the edge of a spot that is wider than any wrinkle."""
    import cv2

    wide, near = (_disc(mm / pixel) for mm in (_WIDE / 2, _EDGE))
    opened = cv2.morphologyEx(spots.astype(np.uint8), cv2.MORPH_OPEN, wide)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_GRADIENT, near) > 0)


def _disc(radius: float) -> NDArray[np.uint8]:
    import cv2

    side = 2 * round(radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def oriented(skin: Surface) -> tuple[Map, Map, Map, float]:
    """How line-like each pixel is, and the direction of its line.

    A filter of the bank sees a short piece. A pixel counts as much as the weakest of several pieces in a row
    that it is one of, at best: a line goes on to its end, a row of pores has gaps.

    Returns:
        (height, width) natural log of light lost by the weakest piece; (height, width) the same by a pixel's
        own piece; (height, width) radians, 0 along a row; spread of the pieces over the area, which lines
        hardly move.
    """
    from scipy import fft

    step = _STEP / skin.pixel
    margin = int(np.ceil(_PIECES * step))
    padded = np.pad(skin.dark, margin, mode="reflect" if min(skin.dark.shape) > margin else "edge")
    shape = (fft.next_fast_len(padded.shape[0], real=True), fft.next_fast_len(padded.shape[1], real=True))
    bank, angles = line_bank(shape, _ACROSS / skin.pixel, _ALONG / skin.pixel, _TURNS)
    spectrum = fft.rfft2(padded.astype(np.float32), s=shape)
    best = np.full(skin.dark.shape, -np.inf, dtype=np.float32)
    own = np.zeros(skin.dark.shape, dtype=np.float32)
    which = np.zeros(skin.dark.shape, dtype=np.int16)
    height, width = skin.dark.shape
    rows = slice(margin, margin + height)
    columns = slice(margin, margin + width)
    spreads = []
    for number, transfer in enumerate(bank):
        piece = fft.irfft2(spectrum * transfer, s=shape)
        if number % 3 == 0:
            spreads.append(np.median(np.abs(piece[rows, columns][skin.inner])))
        found = _continued(piece, float(angles[number]), step)[rows, columns]
        better = found > best
        np.copyto(best, found, where=better)
        np.copyto(own, piece[rows, columns], where=better)
        which[better] = number
    return best, own, angles.astype(np.float32)[which], 1.4826 * float(np.mean(spreads))


def _continued(piece: Map, angle: float, step: float) -> Map:
    """Grey opening of the pieces with a row of `_PIECES` places in the line's direction."""

    def moved(field: Map, steps: int) -> Map:
        shift = (-round(steps * step * np.sin(angle)), -round(steps * step * np.cos(angle)))
        return np.roll(field, shift, (0, 1))

    weakest = _over_row(piece, moved, np.minimum, 1)
    return _over_row(weakest, moved, np.maximum, -1)


def _over_row(
    field: Map, moved: Callable[[Map, int], Map], chosen: Callable[[Map, Map], Map], sign: int
) -> Map:
    """Least or greatest of `_PIECES` places in a row; each round doubles the places that are known."""
    known = 1
    while known < _PIECES:
        more = min(known, _PIECES - known)
        field = chosen(field, moved(field, sign * more))
        known += more
    return field


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
