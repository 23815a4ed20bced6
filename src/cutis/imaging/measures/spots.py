"""Pigmented spots: patches of more melanin than the skin around, 0.7 to 15 mm across, with an edge.

Light is mixed from the three channels so that melanin shows as much as it can above what else varies in this
area: noise, texture, blood (constrained energy minimisation). A patch is a spot if it is dark enough, if its
edge is steep, as no shadow's is, and if its colour is that of melanin on this skin: shadows take as much of
red as of green, blood takes hardly any red. What is left of the slow course of light is taken off without the
spots.

Source: Harsanyi, Chang 1994, IEEE Trans Geosci Remote Sens 32:779, and Harsanyi 1993, doctoral thesis (the
mix of channels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import MELANIN, Map
from cutis.imaging.measures.filters import around
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import SURFACE, Surface

_FINE, _BAND = 0.3, 1.2  # mm: windows that noise is averaged over, and that texture is told by
_UNKNOWN = 0.03  # natural-log absorbance: how well the colours of a photo are known, in each channel
_AROUND = 2.0  # mm: deviation of the window that says what is normal here
_LEAST = 0.08  # natural-log absorbance of melanin above the skin around
_SPREADS = 1.2  # spreads of the fine variation that a spot exceeds
_NEAR = 0.9  # mm: spots within it are told apart where skin between them is lighter
_APART, _WHOLE = 0.7, 0.5  # share of the darkest place nearby: cores that are counted, area that is measured
_STEEP = 0.6  # change across the edge per mm, as a share of the patch's own contrast
_SMALLEST = 0.35  # mm2 of a core
_RED = (0.68, 1.54)  # loss of red over the mean loss, against melanin's: blood lies below, shadow above
_SEEN = 0.2  # share of a channel's light that comes out of skin, at least
_FAINTER = 0.8  # of contrast and steepness that the rest of a spot needs, whose core has been found
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Spots:
    """Spots of an area.

    Attributes:
        count: how many.
        area: mm2 of all together.
        mask: (height, width) where.
        map: (height, width) melanin above the skin around, natural-log absorbance of green.
    """

    count: int
    area: float
    mask: Mask
    map: Map


def borders(mask: Mask) -> Mask:
    """Where spots end, three pixels wide."""
    import cv2

    return np.asarray(
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    )


@dataclass(frozen=True, eq=False)
class _Patches:
    """Patches above a cut: labels, and which of them, by label, are spots."""

    labels: NDArray[np.int32]
    spots: NDArray[np.bool_]

    @property
    def mask(self) -> Mask:
        return np.asarray(self.spots[self.labels])


def find_spots(skin: Surface) -> Spots:
    """Find them."""
    import cv2
    from scipy import ndimage

    colour = _melanin(skin)
    mixed = _pigment(skin, colour)
    grain = mixed - around(mixed, skin.mask, 0.8 / skin.pixel)
    spread = 1.4826 * float(np.median(np.abs(grain[skin.inner])))
    cut = max(_LEAST, _SPREADS * spread)
    normal, above = skin.mask, mixed
    for number in range(_ROUNDS):
        above = mixed - around(mixed, normal, _AROUND / skin.pixel)
        if number + 1 < _ROUNDS:
            found = _patches(skin, above, cut, 0.4, _STEEP).mask.astype(np.uint8)
            normal = skin.mask & (cv2.dilate(found, np.ones((5, 5), np.uint8)) == 0)
            if normal.sum() < 0.05 * skin.mask.sum():
                break
    cores = _coloured(skin, colour, _patches(skin, above, cut, _APART, _STEEP))
    whole = _patches(skin, above, _FAINTER * cut, _WHOLE, _FAINTER * _STEEP)
    holds = np.zeros_like(whole.spots)
    holds[whole.labels[cores.mask]] = True
    # The window that says what is normal reaches into large spots, whose middle would be left out.
    mask = ndimage.binary_fill_holes(_Patches(whole.labels, whole.spots & holds).mask) & skin.inner
    shown = np.where(skin.mask, above, np.float32(0)).astype(np.float32)
    return Spots(int(cores.spots.sum()), float(mask.sum()) * skin.pixel**2, np.asarray(mask), shown)


def _pigment(skin: Surface, colour: NDArray[np.float64]) -> Map:
    """The mix of channels in which melanin stands out most: (height, width) absorbance of green."""
    smooth = [
        around(np.ascontiguousarray(skin.light[..., n]), skin.mask, _FINE / skin.pixel) for n in range(3)
    ]
    fine = np.stack([one - around(one, skin.mask, _BAND / skin.pixel) for one in smooth])[:, skin.inner]
    size = np.abs(fine).max(axis=0)
    fine = fine[:, size <= np.quantile(size, 0.98)].astype(np.float64)
    varies = fine @ fine.T / max(fine.shape[1], 1) + _UNKNOWN**2 * np.eye(3)
    weights = np.linalg.solve(varies, colour)
    weights /= weights @ colour
    return np.asarray(sum(np.float32(w) * one for w, one in zip(weights, smooth, strict=True)))


def _melanin(skin: Surface) -> NDArray[np.float64]:
    """What more melanin takes of red, green and blue on this skin: (3,), with the mean of `MELANIN`.

    The darker skin is in a channel, the more of what it sends comes from its surface: on brown skin blue
    hardly changes any more, and a spot is nearly grey.
    """
    light = np.median(np.exp(-skin.light[skin.inner].astype(np.float64)), axis=0)
    taken = np.array(MELANIN) * np.maximum(1.0 - SURFACE / light, _SEEN)
    return np.asarray(taken * (np.mean(MELANIN) / taken.mean()))


def _patches(skin: Surface, above: Map, cut: float, share: float, steep: float) -> _Patches:
    """Patches above a cut and above a share of the darkest place nearby, with a steep edge."""
    import cv2

    reach = 2 * round(_NEAR / skin.pixel) + 1
    darkest = cv2.dilate(above, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    core = (skin.inner & (above > np.maximum(np.float32(cut), np.float32(share) * darkest))).astype(np.uint8)
    count, labels = cv2.connectedComponents(core, connectivity=4)
    size = np.bincount(labels.ravel(), minlength=count)
    slope = np.hypot(
        cv2.Sobel(above, cv2.CV_32F, 1, 0, ksize=3, scale=0.125 / skin.pixel),
        cv2.Sobel(above, cv2.CV_32F, 0, 1, ksize=3, scale=0.125 / skin.pixel),
    )
    rim = labels * (cv2.erode(core, np.ones((3, 3), np.uint8)) == 0)
    edge = _mean(rim, slope, count)
    spots = (size * skin.pixel**2 >= _SMALLEST) & (edge > steep * _mean(labels, above, count))
    spots[0] = False
    return _Patches(labels, spots)


def _coloured(skin: Surface, colour: NDArray[np.float64], patches: _Patches) -> _Patches:
    """Only those that take light from red, green and blue as melanin does, against the skin beside them."""
    import cv2

    kernel = np.ones((9, 9), np.uint8)
    kept = np.where(patches.mask, patches.labels, 0)
    beside = cv2.dilate(kept.astype(np.float32), kernel).astype(np.int32)
    beside[(patches.labels > 0) | ~skin.mask] = 0
    count = len(patches.spots)
    lost = np.stack(
        [_mean(kept, skin.light[..., n], count) - _mean(beside, skin.light[..., n], count) for n in range(3)]
    )
    red = lost[0] / np.maximum(lost.mean(axis=0), 1e-3) / (colour[0] / colour.mean())
    return _Patches(patches.labels, patches.spots & (red > _RED[0]) & (red < _RED[1]))


def _mean(labels: NDArray[np.int32], field: Map, count: int) -> NDArray[np.float64]:
    """Mean of a field over each label."""
    pixels = np.bincount(labels.ravel(), minlength=count)
    total = np.bincount(labels.ravel(), weights=field.ravel(), minlength=count)
    return np.asarray(total / np.maximum(pixels, 1))
