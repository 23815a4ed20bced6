"""Where to look in a photo: the lesion, else the skin, else everything.

A lesion differs in colour from the skin around it. What differs is measured in the chromophore maps and in
darkness, against the slow change of colour across the photo and against the near surroundings; `blobs` cuts
patches out of these maps at many levels and the patch that stands out most, as a whole and from skin, is it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.chromophores import Map, check
from cutis.imaging.reduce import reduced

What = Literal["lesion", "skin", "whole", "given"]

LEAST_SHARE = 0.05  # of the photo that a box covers at least: a grade of a smaller one would be of pixels
MARGIN = 0.3  # of skin on each side of a lesion, as a share of the lesion's longer side
LEAST_SCORE = 0.40  # of a lesion: below it, most patches that were looked at were something else
_PIXELS = 24_000  # of the reduced copy that is looked at
_SKIN_LEAST = 0.1  # share of the photo below which skin is not a region


class Box(NamedTuple):
    """Pixels of rows ``top`` up to ``bottom`` and columns ``left`` up to ``right``, the ends left out."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        """Pixels within."""
        return (self.bottom - self.top) * (self.right - self.left)


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a photo to look at.

    Attributes:
        box: with a margin around what was found; always within the photo and never empty.
        mask: (height, width) what was found; within ``box``.
        score: 0..1, how clearly it stands out ('lesion'), mean skin likelihood within it ('skin'); 0 where
            nothing was found ('whole'), 1 where a user says so ('given').
        what: 'lesion', 'skin', 'whole' or 'given'.
    """

    box: Box
    mask: NDArray[np.bool_]
    score: float
    what: What

    def crop(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The box of the photo, as a view."""
        return rgb[self.box.top : self.box.bottom, self.box.left : self.box.right]


def region_of_interest(rgb: NDArray[np.uint8]) -> Region:
    """Find the lesion, else the skin.

    Args:
        rgb: (height, width, 3) sRGB of any size; it is looked at in a copy of 24,000 pixels.

    Returns:
        The lesion if one patch of colour stands out from skin; else the largest patch of skin; else the whole
        photo: `Region.what` says which.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    from cutis.imaging.blobs import most_salient
    from cutis.imaging.skin_likelihood import likelihood

    check(rgb)
    small = reduced(rgb, _PIXELS)
    skin = likelihood(small)
    lesion = most_salient(small, skin)
    if lesion is not None and lesion.score >= LEAST_SCORE:
        return _region(lesion.mask, rgb.shape[:2], MARGIN, lesion.score, "lesion")
    patch = _largest(_closed(skin) > np.float32(0.4))
    if patch is not None:
        return _region(patch, rgb.shape[:2], 0.0, float(skin[patch].mean()), "skin")
    return whole((rgb.shape[0], rgb.shape[1]))


def whole(shape: tuple[int, int]) -> Region:
    """The whole photo as a region; its shape is (height, width)."""
    return Region(Box(0, 0, *shape), np.ones(shape, np.bool_), 0.0, "whole")


def given(box: tuple[float, float, float, float], shape: tuple[int, int]) -> Region:
    """A region that a user drew.

    Args:
        box: top, left, bottom, right in pixels; whole pixels that it touches belong to it, and what lies
            outside the photo is cut off.
        shape: (height, width) of the photo.

    Raises:
        CutisError: it is no box, or no part of it lies within the photo.
    """
    named = ", ".join(f"{value:g}" for value in box)
    if len(box) != 4 or not all(np.isfinite(box)):
        raise CutisError(f"The box is ({named}), not four numbers: top, left, bottom, right in pixels.")
    top, left, bottom, right = box
    if bottom <= top or right <= left:
        raise CutisError(
            f"The box ({named}) is empty: its bottom must be below its top, and its right end right of its "
            "left. Give top, left, bottom, right in pixels."
        )
    inside = Box(
        max(0, int(np.floor(top))),
        max(0, int(np.floor(left))),
        min(shape[0], int(np.ceil(bottom))),
        min(shape[1], int(np.ceil(right))),
    )
    if inside.bottom <= inside.top or inside.right <= inside.left:
        raise CutisError(
            f"The box ({named}) lies outside the photo, which has {shape[0]} rows and {shape[1]} columns. "
            "Give top, left, bottom, right in pixels of the photo as it is shown upright."
        )
    mask = np.zeros(shape, np.bool_)
    mask[inside.top : inside.bottom, inside.left : inside.right] = True
    return Region(inside, mask, 1.0, "given")


def _region(
    small: NDArray[np.bool_], shape: tuple[int, ...], margin: float, score: float, what: What
) -> Region:
    """From a mask of the reduced copy to a region of the photo."""
    height, width = shape[:2]
    rows, columns = (np.flatnonzero(small.any(axis=axis)) for axis in (1, 0))
    scale = np.array([height / small.shape[0], width / small.shape[1]])
    start = np.array([rows[0], columns[0]]) * scale
    stop = np.array([rows[-1] + 1, columns[-1] + 1]) * scale
    around = margin * float((stop - start).max())
    box = _at_least(start - around, stop + around, np.array([height, width], dtype=np.float64))
    return Region(box, _enlarged(small, rows, columns, (height, width)), score, what)


def _enlarged(
    small: NDArray[np.bool_], rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """A mask at the photo's size with a smooth outline; only where the small one has anything."""
    import cv2

    if small.shape == shape:
        return small
    mask = np.zeros(shape, np.uint8)
    # One more pixel on each side, so that the outline is the same as if all were enlarged.
    first = [max(0, int(ends[0]) - 1) for ends in (rows, columns)]
    stop = [min(side, int(ends[-1]) + 2) for ends, side in zip((rows, columns), small.shape, strict=True)]
    to_photo = [photo / side for photo, side in zip(shape, small.shape, strict=True)]
    begin = [round(pixel * scale) for pixel, scale in zip(first, to_photo, strict=True)]
    end = [max(b + 1, round(pixel * scale)) for pixel, scale, b in zip(stop, to_photo, begin, strict=True)]
    part = small[first[0] : stop[0], first[1] : stop[1]].astype(np.uint8) * np.uint8(255)
    grown = cv2.resize(part, (end[1] - begin[1], end[0] - begin[0]), interpolation=cv2.INTER_LINEAR)
    cv2.threshold(grown, 127, 1, cv2.THRESH_BINARY, dst=mask[begin[0] : end[0], begin[1] : end[1]])
    return mask.view(np.bool_)


def _at_least(start: NDArray[np.float64], stop: NDArray[np.float64], photo: NDArray[np.float64]) -> Box:
    """Grow a box about its centre to its least share of the photo, in the photo's shape, then cut it off.

    A box at the photo's edge is pushed inside before anything is cut off, so that it keeps its size.
    """
    least = photo * np.sqrt(LEAST_SHARE)
    size = np.minimum(np.maximum(stop - start, least), photo)
    centre = np.clip((start + stop) / 2, size / 2, photo - size / 2)
    first = np.maximum(np.floor(centre - size / 2), 0)
    last = np.minimum(np.ceil(centre + size / 2), photo)
    return Box(int(first[0]), int(first[1]), int(last[0]), int(last[1]))


def _closed(skin: Map) -> Map:
    """Skin likelihood without the gaps that hair, glare and lesions leave."""
    import cv2

    return np.asarray(cv2.GaussianBlur(skin, (0, 0), 0.03 * float(np.sqrt(skin.size)) + 0.1))


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The largest patch of a mask; None where even that is too small to look at."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return None
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[best, cv2.CC_STAT_AREA] < _SKIN_LEAST * mask.size:
        return None
    found: NDArray[np.bool_] = labels == best
    return found


__all__ = ["LEAST_SCORE", "LEAST_SHARE", "MARGIN", "Box", "Region", "given", "region_of_interest", "whole"]
