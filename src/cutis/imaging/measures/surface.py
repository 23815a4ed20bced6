"""An area of skin made ready: linear light, its slow part taken off, and how much of the rest is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import Map, absorbance, check, melanin
from cutis.imaging.measures.filters import around, noise_level
from cutis.imaging.measures.measure import Mask

FINEST = 0.15  # mm per pixel: finer photos are reduced to it, so that every measure sees one scale
SURFACE = 0.012  # linear light that comes back from skin's surface, where no pigment takes any
# How red, green and blue light err between photos: the covariance of their natural logarithms, up to scale.
# Exposure, alike in all channels, is taken to err as much as the cast of the light in each, about an eighth.
LIGHT_ERRORS = np.ones((3, 3)) + np.eye(3)
SLOW = 4.0  # mm: deviation of the window whose mean light is taken off, wider than any wrinkle or pore
_BORDER = 0.75  # mm along the border of usable skin that are left out
_LEAST = 0.5  # cm2 of usable skin below which nothing is measured


@dataclass(frozen=True, eq=False)
class Surface:
    """Skin at the scale of measuring.

    Attributes:
        rgb: (height, width, 3) sRGB.
        mask: (height, width) usable skin.
        inner: (height, width) usable skin that does not border on anything else: lips, lashes and hair cast
            shadows and bleed into what lies beside them.
        pixel: mm of one pixel's side.
        area: cm2 of ``inner``.
        light: (height, width, 3) minus the natural logarithm of linear light.
        melanin: (height, width) as `cutis.imaging.chromophores.Chromophores` has it.
        dark: (height, width) natural logarithm of light lost against the skin around; 0 outside the mask.
        noise: deviation of ``dark`` from pixel to pixel that is the camera's.
        shape: (height, width) of the photo as it was given.
    """

    rgb: NDArray[np.uint8]
    mask: Mask
    inner: Mask
    pixel: float
    area: float
    light: Map
    melanin: Map
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
    inner = _shrunk(mask, _BORDER / pixel)
    area = float(inner.sum()) * pixel**2 / 100.0
    if area < _LEAST:
        return None
    light = absorbance(rgb)
    # Noise is alike in each channel as it is shown, so that the brighter channel has less of it in its light.
    shown = rgb[mask].astype(np.float64).mean(axis=0) ** 2 + 1.0
    tone: Map = light @ (shown / shown.sum()).astype(np.float32)
    slow = around(tone, mask, SLOW / pixel)
    dark = np.where(mask, tone - slow, np.float32(0)).astype(np.float32)
    return Surface(
        rgb,
        mask,
        inner,
        pixel,
        area,
        light,
        melanin(rgb),
        dark,
        noise_level(dark, mask),
        shape,
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


def _shrunk(mask: Mask, pixels: float) -> Mask:
    """Without what lies nearer to the outside than so many pixels; the photo's own border is none."""
    import cv2

    side = 2 * round(pixels) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel) > 0)
