"""Whether what is around a patch can be skin: cloth, tiles and wood in the colours of skin have patterns.

Normal skin around a lesion is even: its light changes slowly, and all of it has a colour of skin. Between the
tiles of a floor or the checks of a cloth there are edges and other colours. Edges are looked for in the less
red part of the surroundings, so that neighbouring lesions don't count, and by a quantile, so that a hair or
the edge of an arm does not decide. That the hue should be even, too, was tried: it is not on real skin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.lesions.outline import window_of
from cutis.imaging.lesions.redness import Mask, Redness

_REACH = 0.45  # of the surroundings, as a share of the patch's side
_PLAIN = 0.7  # share of the surroundings that is the less red
# Soft steps: nothing is doubted at the first number, all at the second.
_EDGES = (4.0, 8.0)  # steepness of light around, over that of calm skin in the photo
_UNLIKE = (0.08, 0.45)  # share of the surroundings whose colour is not skin's
_CUT_OFF = (0.50, 0.80)  # length at the photo's border, over the outline of a disc of the same area
_UNLIKELY = 0.3  # skin likelihood below which a colour is not skin's
_LEAST_STEEP = 0.008  # of calm skin: a camera's noise


def calm(found: Redness) -> float:
    """Steepness of light on the calmer parts of a photo's skin: pores and noise."""
    return max(_LEAST_STEEP, float(np.quantile(found.steep[found.skin], 0.25)))


def believed(found: Redness, steepness: float, top: int, left: int, mask: Mask) -> float:
    """How far the surroundings of a patch, and the way the photo cuts it off, allow a lesion of skin; 0..1.

    Args:
        found: of the small photo.
        steepness: of its calm skin, see `calm`.
        top: row of the patch.
        left: column of the patch.
        mask: the patch.
    """
    import cv2

    area = float(mask.sum())
    far = max(5, round(_REACH * np.sqrt(area)))
    window, inside = window_of(found.skin.shape, top, left, mask, far)
    away: Map = np.asarray(cv2.distanceTransform(np.uint8(1) - inside, cv2.DIST_L2, 3))
    ring = (away > 2) & (away <= far)
    whole = 1 - _step(_at_border(found.skin.shape, top, left, mask) / (2 * np.sqrt(np.pi * area)), _CUT_OFF)
    if ring.sum() < 12:
        return whole
    red = found.red[window]
    plain = ring & (red <= np.quantile(red[ring], _PLAIN))
    edges = float(np.quantile(found.steep[window][plain], 0.75)) / steepness
    unlike = float(np.mean(found.likely[window][ring] < _UNLIKELY))
    return whole * (1 - _step(edges, _EDGES)) * (1 - _step(unlike, _UNLIKE))


def _at_border(shape: tuple[int, ...], top: int, left: int, mask: NDArray[np.bool_]) -> int:
    """Pixels of a patch at the photo's border."""
    rows, columns = mask.shape
    sides = (
        (top == 0, mask[0]),
        (top + rows == shape[0], mask[-1]),
        (left == 0, mask[:, 0]),
        (left + columns == shape[1], mask[:, -1]),
    )
    return sum(int(side.sum()) for at_border, side in sides if at_border)


def _step(value: float, ends: tuple[float, float]) -> float:
    """From 0 at the first end to 1 at the second."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))
