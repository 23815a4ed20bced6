"""Finding a 24-patch card: grids of squares first, then which patch is which by their colours."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.colour_card.card import Card, Search, area, count_usable, pitch_of, project
from cutis.imaging.colour_card.correct import correction
from cutis.imaging.colour_card.lattice import Grid, find_grids
from cutis.imaging.colour_card.measure import Measured, measure
from cutis.imaging.colour_card.reference import COLUMNS, PATCH, PITCH_MM, ROWS, Edition, patch_light, places
from cutis.imaging.colour_card.spaces import Floats, to_light

_SIZES = (900, 1800)  # longer side of the copies that are searched, one after the other
_SMALLEST = 9.0  # pixels of a patch's side, of which some 5 x 5 are measured
_ALIKE = 0.9  # most that patches differ from their own colours, in logarithms, whatever the light
_CLEARER = 0.6  # the right way round differs at most so much as the next best
_LEAST_USABLE = 14
_DOUBTFUL = 2.5  # CIEDE2000 of held-out patches from which the user is told
_DISAGREE = 4.0  # CIEDE2000 of held-out patches; a sound card has 1, half a card in shade 2
_LEAST_NEUTRAL = 3


def find_card(
    rgb: NDArray[np.uint8], *, pitch_mm: float = PITCH_MM, edition: Edition = "2014"
) -> Card | None:
    """The colour card in a photo, or None; `search_card` says why.

    Args:
        rgb: (height, width, 3) sRGB.
        pitch_mm: from the centre of a patch to that of its neighbour; 44 on the card of 279 x 216 mm.
        edition: ``2014`` for cards made since November 2014, ``2005`` for earlier ones.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    return search_card(rgb, pitch_mm=pitch_mm, edition=edition).card


def search_card(rgb: NDArray[np.uint8], *, pitch_mm: float = PITCH_MM, edition: Edition = "2014") -> Search:
    """As `find_card`, and a sentence that says what was found or why a card cannot be used.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    matrix = _located(rgb)
    if matrix is None:
        return Search(None, "No colour card was found.")
    refused = _placed_badly(matrix, rgb.shape[0], rgb.shape[1])
    if refused:
        return Search(None, refused)
    measured = measure(rgb, matrix, edition)
    refused = _seen_badly(measured)
    if refused:
        return Search(None, refused)
    card = Card(
        matrix, measured.light, measured.usable, measured.shade, pitch_mm, edition, tuple(measured.notes())
    )
    left = correction(card).after
    if left > _DISAGREE:
        return Search(
            None,
            f"A colour card is in view but its patches are off by {left:.0f} (CIEDE2000) under any light, so "
            "that it was not used. Show the whole card, clean and evenly lit, and check which edition it is.",
        )
    if left > _DOUBTFUL:
        doubt = (
            f"Patches of the card are off by {left:.1f} (CIEDE2000), each corrected by the others, so that "
            "skin tone may be off by several degrees. Take the photo in even light, and with less exposure."
        )
        card = replace(card, notes=(*card.notes, doubt))
    words = f"A colour card was found, {card.pitch:.0f} pixels from patch to patch; "
    return Search(card, words + f"{count_usable(card.usable)} can be used.")


def _located(rgb: NDArray[np.uint8]) -> Floats | None:
    """(3, 3) from places on the card to pixels."""
    import cv2

    done = (0, 0)
    for size in _SIZES:
        shrink = max(1.0, max(rgb.shape[:2]) / size)
        wide, high = (max(1, round(side / shrink)) for side in (rgb.shape[1], rgb.shape[0]))
        if (wide, high) == done:
            continue
        done = (wide, high)
        small: Any = rgb if shrink == 1 else cv2.resize(rgb, (wide, high), interpolation=cv2.INTER_AREA)
        found = _best(np.ascontiguousarray(small))
        if found is not None:
            scale = np.array([rgb.shape[1] / wide, rgb.shape[0] / high])
            up = np.array([[scale[0], 0, (scale[0] - 1) / 2], [0, scale[1], (scale[1] - 1) / 2], [0, 0, 1]])
            return np.asarray(up @ found)
    return None


def _best(small: NDArray[np.uint8]) -> Floats | None:
    """The placing of the card whose colours fit best, if one does."""
    import cv2

    blurred: NDArray[np.uint8] = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.8))
    best: tuple[float, Floats] | None = None
    for grid in find_grids(small)[:6]:
        scored = sorted(
            ((_unlike(blurred, matrix), matrix) for matrix in _placings(grid)), key=lambda s: s[0]
        )
        if not scored or scored[0][0] > _ALIKE:
            continue
        if len(scored) > 1 and scored[0][0] > _CLEARER * scored[1][0]:
            continue
        if best is None or scored[0][0] < best[0]:
            best = scored[0]
            if len(grid.cells) >= 18:
                break
    return None if best is None else best[1]


def _placings(grid: Grid) -> list[Floats]:
    """Every way to lay a card of 6 x 4 over the cells that were seen."""
    found = []
    for turns in range(4):
        quarter = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), turns)
        cells = grid.cells @ quarter.T
        low, high = cells.min(axis=0), cells.max(axis=0)
        spare = np.array([COLUMNS, ROWS]) - (high - low + 1)
        if (spare < 0).any():
            # Pieces beside the card joined in: only windows over most of the cells are tried.
            extra = np.maximum(-spare, 0)
            if (extra > 3).any():
                continue
        else:
            extra = np.zeros(2, int)
        for left in range(low[0] - max(spare[0], 0), low[0] + extra[0] + 1):
            for top in range(low[1] - max(spare[1], 0), low[1] + extra[1] + 1):
                back = np.eye(3)
                back[:2, :2] = quarter.T
                shift = np.eye(3)
                shift[:2, 2] = (left, top)
                found.append(np.asarray(grid.matrix @ back @ shift))
    return found


def _unlike(small: NDArray[np.uint8], matrix: Floats) -> float:
    """How far the colours at the patches' places are from the card's, whatever the light.

    Compared are logarithms of ratios of channels and brightness, less their medians; the median over patches,
    so that shade, glare and a finger don't decide.
    """
    seen = project(matrix, places())
    columns, rows = (np.rint(seen[:, axis]).astype(int) for axis in (0, 1))
    inside = (columns >= 0) & (rows >= 0) & (columns < small.shape[1]) & (rows < small.shape[0])
    if inside.sum() < 16 or _turned_over(matrix):
        return math.inf
    measured = np.log(to_light(small[rows[inside], columns[inside]]).astype(np.float64) + 0.004)
    own = np.log(np.maximum(patch_light()[inside], 0.0) + 0.004)
    apart = measured - own
    colour = apart[:, [0, 2]] - apart[:, [1]]
    bright = apart.mean(axis=1)
    off_colour = np.abs(colour - np.median(colour, axis=0)).sum(axis=1)
    off_bright = np.abs(bright - np.median(bright))
    return float(
        np.median(off_colour) + 0.5 * np.median(off_bright) + 0.5 * np.mean(np.minimum(off_colour, 2.0)) / 2
    )


def _turned_over(matrix: Floats) -> bool:
    """Whether the card would be seen from behind, or through the horizon."""
    corners = np.array([[-0.5, -0.5], [COLUMNS - 0.5, -0.5], [COLUMNS - 0.5, ROWS - 0.5], [-0.5, ROWS - 0.5]])
    depth = np.column_stack([corners, np.ones(4)]) @ matrix[2]
    if (depth <= 0).any() and (depth >= 0).any():
        return True
    x, y = project(matrix, corners).T
    return bool(x @ np.roll(y, -1) - y @ np.roll(x, -1) <= 0)


def _placed_badly(matrix: Floats, height: int, width: int) -> str:
    """Why a card cannot be measured where it lies; empty when it can."""
    half = PATCH / 2 * 0.6
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    seen = project(matrix, places()[:, None] + square[None])
    if (seen < 0).any() or (seen[..., 0] > width - 1).any() or (seen[..., 1] > height - 1).any():
        return (
            "A colour card is in view but cut off by the edge of the photo, so that it was not used. "
            "Show the whole card."
        )
    sides = [math.sqrt(area(corners)) / 0.6 for corners in seen]
    if min(sides) < _SMALLEST:
        return (
            f"A colour card is in view but too small (patches of {min(sides):.0f} pixels; {_SMALLEST:.0f} "
            "are needed), so that it was not used. Hold it nearer."
        )
    if pitch_of(matrix) * 3 < max(sides):
        return "A colour card is in view but seen too much from the side, so that it was not used."
    return ""


def _seen_badly(measured: Measured) -> str:
    """Why what was measured cannot be used; empty when it can."""
    if int(measured.usable.sum()) >= _LEAST_USABLE and int(measured.usable[18:].sum()) >= _LEAST_NEUTRAL:
        return ""
    causes = {
        "clipped by too much light": measured.clipped,
        "too dark": measured.black,
        "covered, dirty or in glare": measured.covered,
    }
    worst = max(causes, key=lambda cause: int(causes[cause].sum()))
    mend = {
        "clipped by too much light": "Take the photo with less exposure.",
        "too dark": "Take the photo with more light.",
        "covered, dirty or in glare": "Show the whole card, clean and without reflections.",
    }[worst]
    return (
        f"A colour card is in view but only {count_usable(measured.usable)} can be used "
        f"({int(causes[worst].sum())} are {worst}), so that it was not used. {mend}"
    )
