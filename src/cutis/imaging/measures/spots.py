"""Pigmented spots: patches of more melanin than the skin around, 1 to 12 mm across.

Melanin is told from shading and blood by colour, so that pores, wrinkles and shadows are no spots.

Source: Lindeberg 1998, Int J Comput Vis 30:79 (blobs over scales).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import around
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import Surface

_FINE = 0.35  # mm: deviation of the window that noise is averaged over
_AROUND = 6.0  # mm: of the window that says what is normal here
_LEAST = 0.08  # natural-log absorbance of melanin above the skin around, below which nothing is a spot
_NOISES = 4.0  # deviations of noise that a spot must exceed
_SMALLEST = 0.6  # mm2


@dataclass(frozen=True, eq=False)
class Spots:
    """Spots of an area.

    Attributes:
        count: how many.
        mask: (height, width) where.
        areas: (count,) mm2 of each.
        map: (height, width) melanin above the skin around, natural-log absorbance of green.
    """

    count: int
    mask: Mask
    areas: NDArray[np.float64]
    map: Map


def find_spots(skin: Surface) -> Spots:
    """Find them."""
    import cv2
    from scipy import ndimage

    fine = around(skin.melanin, skin.mask, _FINE / skin.pixel)
    normal = skin.mask
    above = fine
    for _ in range(3):
        above = fine - around(fine, normal, _AROUND / skin.pixel)
        spread = 1.4826 * float(np.median(np.abs(above[normal]))) if normal.any() else 0.0
        normal = skin.mask & (above < max(2.0 * spread, 0.5 * _LEAST))
        if normal.mean() < 0.1 * skin.mask.mean():
            break
    rough = 1.4826 * float(np.median(np.abs(above[skin.mask])))
    cut = max(_LEAST, min(_NOISES * rough, 3 * _LEAST))
    found = (skin.mask & (above > cut)).astype(np.uint8)
    _, labels = cv2.connectedComponents(found, connectivity=4)
    # A spot reaches as far as half of its own height, so that a faint and a dark one of one size are alike.
    peaks = ndimage.maximum(above, labels, np.arange(labels.max() + 1))
    peaks[0] = np.inf
    core = (above > 0.5 * peaks[labels]).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA] * skin.pixel**2
    kept = np.flatnonzero(sizes >= _SMALLEST)
    kept = kept[kept > 0]
    return Spots(len(kept), np.isin(labels, kept), sizes[kept].astype(np.float64), above)
