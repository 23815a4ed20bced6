"""Pores: round dark points of 0.15 to 0.8 mm.

Source: Lindeberg 1998, Int J Comput Vis 30:79 (points as extremes of the Laplacian over scales).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import blurred
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import Surface

COARSEST = 0.22  # mm per pixel above which a pore is too few pixels to be told from noise
_SIGMA = 0.25  # mm: deviation of a point as it is looked for
_LEAST = 0.12  # natural log of light lost: narrower openings, which all skin has, lose less
_SPREADS = 3.4  # spreads of the answer over the area that a pore exceeds: skin's own grain and noise
_ROUND = 0.4  # least curvature along over curvature across


@dataclass(frozen=True, eq=False)
class Pores:
    """Pores of an area.

    Attributes:
        count: how many.
        area: mm2 of all together.
        mask: (height, width) where.
        map: (height, width) share of light lost by what is point-like, 0..1.
    """

    count: int
    area: float
    mask: Mask
    map: Map


def find_pores(skin: Surface, lines: Mask) -> Pores:
    """Find them; ``lines`` are the ridges of wrinkles, on which nothing is a pore."""
    import cv2

    answer, roundness = points(skin)
    spread = 1.4826 * float(np.median(np.abs(answer[skin.inner])))
    cut = max(_LEAST, _SPREADS * spread)
    near = cv2.dilate(lines.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    allowed = skin.inner & ~near & (roundness > _ROUND)
    peaks = (answer >= cv2.dilate(answer, np.ones((3, 3), np.uint8))) & (answer > cut) & allowed
    count, labels = cv2.connectedComponents((answer > 0.5 * cut).astype(np.uint8) * skin.mask, connectivity=4)
    kept = np.zeros(count, np.bool_)
    kept[labels[peaks]] = True
    kept[0] = False
    # A pore reaches as far as half of its own depth.
    height = np.asarray(cv2.dilate(np.where(peaks, answer, 0).astype(np.float32), np.ones((5, 5), np.uint8)))
    mask = kept[labels] & (answer > 0.5 * height) & (height > 0)
    lost = 1.0 - np.exp(-np.maximum(answer, 0))
    return Pores(int(peaks.sum()), float(mask.sum()) * skin.pixel**2, mask, np.asarray(lost))


def points(skin: Surface) -> tuple[Map, Map]:
    """Answer to dark points, and how round each is.

    Returns:
        (height, width) natural log of light lost; (height, width) 0 for a line to 1 for a disc.
    """
    import cv2

    sigma = _SIGMA / skin.pixel
    smooth = blurred(skin.dark, sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3, scale=0.25)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3, scale=0.25)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=0.25)
    mean, half = -(xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # A Gaussian point of this width answers with its depth.
    answer = np.asarray(4.0 * sigma**2 * mean, dtype=np.float32)
    return answer, np.asarray((mean - half) / np.maximum(mean + half, 1e-6), dtype=np.float32)
