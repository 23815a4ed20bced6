"""The outline of a patch: where redness has fallen to half, and where a neck parts two lesions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.lesions.redness import Mask, Redness

Placed = tuple[int, int, Mask]  # top, left and what is inside

NECK = 0.6  # width of a neck, over that of the narrower of two lesions, below which they are two
_PART = 0.5  # radius of a lesion over that of its larger neighbour, below which it is but a lobe
_SMOOTH = 0.03  # of the redness that is cut, as a share of the patch's diameter


def half_way(found: Redness, top: int, left: int, mask: Mask) -> Placed:
    """The patch again, cut where redness is half way between its own and that of the skin around it.

    Args:
        found: of the small photo.
        top: row of the patch.
        left: column of the patch.
        mask: the patch.
    """
    import cv2
    from scipy import ndimage

    size = float(np.sqrt(mask.sum()))
    (rows, columns), inside = window_of(found.skin.shape, top, left, mask, max(4, round(0.5 * size)))
    red = np.asarray(cv2.GaussianBlur(found.red[rows, columns], (0, 0), max(0.5, _SMOOTH * size)))
    away: Map = np.asarray(cv2.distanceTransform(np.uint8(1) - inside, cv2.DIST_L2, 3))
    around = (away > 2) & found.skin[rows, columns]
    if around.sum() < 12:
        return top, left, mask
    outer, inner = float(np.quantile(red[around], 0.35)), float(np.quantile(red[inside > 0], 0.7))
    cut = (red > (outer + inner) / 2) & found.skin[rows, columns] & (away <= 0.25 * size)
    labels, count = ndimage.label(ndimage.binary_fill_holes(cut))
    if count == 0:
        return top, left, mask
    shared = np.bincount(labels[inside > 0], minlength=count + 1)
    shared[0] = 0
    best = labels == int(np.argmax(shared))
    # A dark or pale middle, as of a target, can leave less than a lesion of the ring.
    if not 0.2 < best.sum() / mask.sum() < 2.5:
        return top, left, mask
    return trimmed(best, rows.start, columns.start)


def parted(top: int, left: int, mask: Mask) -> list[Placed]:
    """The parts of a patch that hang together only by narrow necks; the patch itself where there are none."""
    import cv2

    padded = np.pad(mask.astype(np.uint8), 1)
    depth: Map = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5))
    # Lower all by a share and let it flood up to the depth: what stays lowered at a top is a part by itself.
    flood = depth * np.float32(NECK)
    for _ in range(sum(mask.shape)):
        rising = np.minimum(cv2.dilate(flood, np.ones((3, 3), np.uint8)), depth)
        if np.array_equal(rising, flood):
            break
        flood = rising
    tops = (depth > 0) & (flood <= depth * np.float32(NECK * 1.001))
    count, numbered = cv2.connectedComponents(tops.astype(np.uint8), connectivity=8)
    labels = np.asarray(numbered, dtype=np.int32)
    radii = np.array([depth[labels == number].max() for number in range(1, count)])
    first = _apart(depth, labels, radii)
    kept = first[radii[first] >= max(2.0, _PART * float(radii.max(initial=0)))] + 1
    if len(kept) < 2:
        return [(top, left, mask)]
    reach = np.stack(
        [
            cv2.distanceTransform((labels != number).astype(np.uint8), cv2.DIST_L2, 5) - radii[number - 1]
            for number in kept
        ]
    )
    nearest = np.argmin(reach, axis=0)
    parts = [(nearest == n) & (padded > 0) for n in range(len(kept))]
    return [trimmed(part, top - 1, left - 1) for part in parts]


def _apart(depth: Map, labels: NDArray[np.int32], radii: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of tops that no path wider than the neck joins to a deeper one: of two as deep, one is left."""
    import cv2

    order = np.argsort(-radii, kind="stable")
    first: list[int] = []
    for index in order:
        wide = (depth > np.float32(NECK * radii[index])).astype(np.uint8)
        _, joined = cv2.connectedComponents(wide, connectivity=8)
        mine = joined[labels == index + 1][0]
        if not any(joined[labels == other + 1][0] == mine for other in first):
            first.append(int(index))
    return np.array(sorted(first), dtype=np.intp)


def trimmed(mask: NDArray[np.bool_], top: int, left: int) -> Placed:
    """Without empty rows and columns around."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    inner = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return top + int(rows[0]), left + int(columns[0]), inner


def window_of(
    shape: tuple[int, ...], top: int, left: int, mask: Mask, reach: int
) -> tuple[tuple[slice, slice], NDArray[np.uint8]]:
    """Rows and columns of the photo around a patch, and the patch within them."""
    rows = slice(max(0, top - reach), min(shape[0], top + mask.shape[0] + reach))
    columns = slice(max(0, left - reach), min(shape[1], left + mask.shape[1] + reach))
    inside = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    row, column = top - rows.start, left - columns.start
    inside[row : row + mask.shape[0], column : column + mask.shape[1]] = mask
    return (rows, columns), inside
