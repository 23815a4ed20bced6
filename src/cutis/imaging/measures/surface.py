"""An area of skin made ready: linear light, its slow part taken off, and how much of the rest is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import MELANIN, Map, absorbance, check, chromophores
from cutis.imaging.measures.filters import around, noise_level
from cutis.imaging.measures.measure import Mask

FINEST = 0.15  # mm per pixel: finer photos are reduced to it, so that every measure sees one scale
SLOW = 4.0  # mm: deviation of the window whose mean light is taken off, wider than any wrinkle or pore
_PIGMENT = 0.3  # mm: deviation of the window that the melanin which is taken off is averaged over
_UNSURE = 0.08  # natural-log absorbance of melanin that noise may feign
_LEAST = 0.5  # cm2 of usable skin below which nothing is measured


@dataclass(frozen=True, eq=False)
class Surface:
    """Skin at the scale of measuring.

    Attributes:
        rgb: (height, width, 3) sRGB.
        mask: (height, width) usable skin.
        pixel: mm of one pixel's side.
        area: cm2 of usable skin.
        light: (height, width, 3) minus the natural logarithm of linear light.
        melanin: (height, width) as `cutis.imaging.chromophores.Chromophores` has it.
        blood: (height, width) its haemoglobin.
        dark: (height, width) natural logarithm of light lost against the skin around, without what melanin
            takes: relief, shadow and glare; 0 outside the mask.
        noise: deviation of ``dark`` from pixel to pixel that is the camera's.
        shape: (height, width) of the photo as it was given.
    """

    rgb: NDArray[np.uint8]
    mask: Mask
    pixel: float
    area: float
    light: Map
    melanin: Map
    blood: Map
    dark: Map
    noise: float
    shape: tuple[int, int]

    def pixels(self, mm: float) -> float:
        """Millimetres in pixels."""
        return mm / self.pixel

    def shown(self, field: Map) -> Map:
        """A map of this surface at the size of the given photo; not a number outside usable skin."""
        import cv2

        hidden = np.where(self.mask, field, np.float32(np.nan)).astype(np.float32)
        if self.shape == hidden.shape:
            return hidden
        return np.asarray(cv2.resize(hidden, self.shape[::-1], interpolation=cv2.INTER_NEAREST))


def surface(rgb: NDArray[np.uint8], mask: Mask, mm_per_pixel: float) -> Surface | None:
    """Make an area ready.

    Args:
        rgb: (height, width, 3) sRGB.
        mask: (height, width) usable skin.
        mm_per_pixel: size of a pixel.

    Returns:
        None where there is less than half a square centimetre of usable skin.

    Raises:
        ImageError: the photo, the mask or the scale is not one.
    """
    check(rgb)
    if mask.shape != rgb.shape[:2] or mask.dtype != np.bool_:
        raise ImageError(
            "the mask of usable skin",
            f"is an array of {mask.dtype} of shape {mask.shape}, and the photo has {rgb.shape[:2]}. "
            "Give one bool per pixel.",
        )
    if not (np.isfinite(mm_per_pixel) and mm_per_pixel > 0):
        raise ImageError("the photo", f"has {mm_per_pixel} mm per pixel. Give a length above 0.")
    shape = (rgb.shape[0], rgb.shape[1])
    rgb, mask, pixel = _reduced(rgb, mask, mm_per_pixel)
    area = float(mask.sum()) * pixel**2 / 100.0
    if area < _LEAST:
        return None
    light = absorbance(rgb)
    parts = chromophores(rgb)
    # Red is the brightest channel of skin, so its noise is least, and pigment dims it least. What spots take
    # of it is taken off, so that they leave no edges; what may be noise of the melanin map is not.
    brown = around(parts.melanin, mask, _PIGMENT / pixel)
    brown -= around(brown, mask, SLOW / pixel)
    sure = brown**2 / (brown**2 + np.float32(_UNSURE**2))
    red = light[..., 0] - np.float32(MELANIN[0]) * brown * sure
    slow = around(red, mask, SLOW / pixel)
    dark = np.where(mask, red - slow, np.float32(0)).astype(np.float32)
    return Surface(
        rgb, mask, pixel, area, light, parts.melanin, parts.haemoglobin, dark, noise_level(dark, mask), shape
    )


def _reduced(
    rgb: NDArray[np.uint8], mask: Mask, mm_per_pixel: float
) -> tuple[NDArray[np.uint8], Mask, float]:
    import cv2

    if mm_per_pixel > 0.9 * FINEST:
        return rgb, mask, mm_per_pixel
    share = mm_per_pixel / FINEST
    height, width = (max(1, round(side * share)) for side in mask.shape)
    small = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    kept = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.99
    return small, np.asarray(kept), FINEST
