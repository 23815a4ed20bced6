"""Candidate erythema lesions of a wide photo, by colour alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.chromophores import check
from cutis.imaging.lesions.patches import Patch, patches
from cutis.imaging.lesions.redness import redness
from cutis.imaging.lesions.runs import to_runs
from cutis.imaging.lesions.values import Lesion, Lesions
from cutis.imaging.reduce import reduced
from cutis.imaging.regions import Box

PIXELS = 120_000  # of the reduced copy that is looked at
SMALLEST = 0.0003  # share of the photo, where its scale is not known
LARGEST = 0.45
SMALLEST_MM = 2.0  # diameter, where the scale is known
LARGEST_MM = 300.0
_LEAST_PIXELS = 10  # of the reduced copy: less has no shape
MOST = 200  # lesions of one photo; a reader would not count more
_CUTS = (0.40, 0.25, 0.14)  # of the score at sensitivity 0, 0.5 and 1

NO_SKIN = (
    "No skin was found in this photo, so that nothing was looked at. Take it nearer, in even white light."
)
NO_LESION = (
    "Skin was found, but no lesion that is redder than the skin around it. This does not say that there is "
    "none: draw a box around what should be looked at."
)


def find_lesions(
    rgb: NDArray[np.uint8], *, pixel_size: float | None = None, sensitivity: float = 0.5
) -> Lesions:
    """Find what may be erythema lesions: patches that are redder, by blood, than the skin around them.

    Lesions that have run together are kept as one where they stand out as a whole, and split where the parts
    stand out from what lies between them, as a reader would count.

    Args:
        rgb: (height, width, 3) sRGB of any size; it is looked at in a copy of 120,000 pixels.
        pixel_size: millimetres per pixel, where it is known: size limits are then 2 to 300 mm, else shares
            of the photo.
        sensitivity: 0..1; more finds fainter lesions, and more that are none.

    Returns:
        The lesions, the clearest first, numbered from 1; `Lesions.state` says where there are none, and why.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        CutisError: the sensitivity or the scale cannot be.
    """
    check(rgb)
    if not 0 <= sensitivity <= 1:
        raise CutisError(
            f"sensitivity is {sensitivity:g}; it goes from 0 (only the clearest) to 1 (the faintest)."
        )
    if pixel_size is not None and not (np.isfinite(pixel_size) and pixel_size > 0):
        raise CutisError(f"pixel_size is {pixel_size:g}; it is millimetres per pixel and above 0.")
    height, width = rgb.shape[:2]
    small = reduced(rgb, PIXELS)
    found = redness(small) if min(small.shape[:2]) >= 8 else None
    if found is None:
        return Lesions(height, width, (), 0.0, NO_SKIN, pixel_size)
    least, most = _limits(small.shape[:2], height * width, pixel_size)
    cut = float(np.interp(sensitivity, (0.0, 0.5, 1.0), _CUTS))
    chosen = patches(found, least, most, cut)[:MOST]
    lesions = tuple(
        _lesion(number, patch, small.shape[:2], (height, width)) for number, patch in enumerate(chosen, 1)
    )
    note = "" if lesions else NO_LESION
    return Lesions(height, width, lesions, float(found.skin.mean()), note, pixel_size)


def _limits(small: tuple[int, ...], pixels: int, pixel_size: float | None) -> tuple[float, float]:
    """Least and most pixels of a lesion in the reduced copy."""
    area = small[0] * small[1]
    least, most = SMALLEST * area, LARGEST * area
    if pixel_size is not None:
        each = pixel_size**2 * pixels / area  # mm2 per pixel of the copy
        least = np.pi / 4 * SMALLEST_MM**2 / each
        most = min(most, np.pi / 4 * LARGEST_MM**2 / each)
    return max(_LEAST_PIXELS, float(least)), float(most)


def _lesion(number: int, patch: Patch, small: tuple[int, ...], photo: tuple[int, int]) -> Lesion:
    """From a patch of the reduced copy to a lesion of the photo."""
    down, across = photo[0] / small[0], photo[1] / small[1]
    rows, columns = patch.mask.shape
    top, left = round(patch.top * down), round(patch.left * across)
    bottom = min(photo[0], max(top + 1, round((patch.top + rows) * down)))
    right = min(photo[1], max(left + 1, round((patch.left + columns) * across)))
    box = Box(min(top, bottom - 1), min(left, right - 1), bottom, right)
    row, column = (float(np.mean(where)) + 0.5 for where in np.nonzero(patch.mask))
    area = float(patch.mask.sum()) * down * across
    return Lesion(
        number=number,
        box=box,
        centre=((patch.left + column) * across, (patch.top + row) * down),
        area=area,
        diameter=float(np.sqrt(4 * area / np.pi)),
        source="found",
        contrast=patch.evidence.contrast,
        score=patch.score,
        roundness=patch.evidence.roundness,
        solidity=patch.evidence.solidity,
        grid=(rows, columns),
        runs=to_runs(patch.mask),
    )
