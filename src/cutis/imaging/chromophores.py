"""Melanin, blood and shading of skin, told apart by colour alone.

In linear light the minus logarithm of a pixel is a sum: so much for each pigment on the light's way, and the
same in red, green and blue for less light. Of the three unknowns, shading lies along grey; what is left, two
differences between channels, is solved for two pigments. More light, less light and a shadow therefore change
neither map, and melanin, which makes skin dark, does not hide blood: on dark skin as on pale, the haemoglobin
map asks how much *more* green is missing than melanin accounts for.

Sources: Tsumura et al. 1999, J Opt Soc Am A 16:2169 and 2003, ACM Trans Graph 22:770 (the two-pigment model
and its separation); IEC 61966-2-1 (sRGB). The directions of the pigments are measured, see `MELANIN` and
`HAEMOGLOBIN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError

Map = NDArray[np.float32]

# Absorbance of the pigment in red, green and blue for 1 in green. The order follows from the spectra (melanin
# absorbs more and more towards blue; blood absorbs green and blue, red hardly). The amounts lie between what
# clinical photos show: melanin between naevi against the skin around them (0.53, 1, 1.10) and dark against
# pale people (0.76, 1, 1.24); blood between angiomas (0.63, 1, 0.86) and inflamed lesions (0.21, 1, 0.81)
# against the skin around them. `experiments/regions.py` measures them again.
MELANIN = (0.60, 1.0, 1.32)
HAEMOGLOBIN = (0.25, 1.0, 0.85)

_SURFACE = 0.002  # linear light that the surface sends back at least; keeps the logarithm of black finite


@dataclass(frozen=True, eq=False)
class Chromophores:
    """What colours each pixel. Maps are (height, width) float32, in natural-log absorbance of green light.

    Differences within a photo are meaningful; absolute values move with the colour of the light, by the same
    amount everywhere.

    Attributes:
        melanin: 0 is white paper; clinical photos have about 0.7 on the palest people, 1.9 on the darkest.
        haemoglobin: 0 is white paper or melanin alone; erythema is 0.2 to 0.6 above the skin around it.
        shading: what is left and has no colour: depth of shadow, and less exposure; negative in glare.
    """

    melanin: Map
    haemoglobin: Map
    shading: Map


def chromophores(rgb: NDArray[np.uint8]) -> Chromophores:
    """Separate a photo into melanin, haemoglobin and shading.

    The light's colour is not corrected for: it multiplies each channel by a number and so adds a constant to
    each map, which no difference between two places of the photo notices.

    Args:
        rgb: (height, width, 3) sRGB. Maps take 12 bytes per pixel, and as much again while they are made.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    import cv2

    absorbed = absorbance(rgb)
    mixed = cv2.split(cv2.transform(absorbed, unmixing()))
    pigment, blood, shading = (np.asarray(part, dtype=np.float32) for part in mixed)
    return Chromophores(pigment, blood, shading)


def melanin(rgb: NDArray[np.uint8]) -> Map:
    """The melanin map alone; see `Chromophores`."""
    return chromophores(rgb).melanin


def haemoglobin(rgb: NDArray[np.uint8]) -> Map:
    """The haemoglobin map alone; see `Chromophores`."""
    return chromophores(rgb).haemoglobin


def absorbance(rgb: NDArray[np.uint8]) -> Map:
    """Minus the natural logarithm of linear light, per channel.

    Args:
        rgb: (height, width, 3) sRGB.

    Returns:
        (height, width, 3) float32 from 0 (255) to 6.2 (0).

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    return np.asarray(_levels().take(rgb))


def check(rgb: NDArray[Any]) -> None:
    """Refuse what is not a colour photo of bytes with at least one pixel.

    Raises:
        ImageError: says what it is.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ImageError(
            "the photo",
            f"is an array of {rgb.dtype} of shape {tuple(rgb.shape)}, not of uint8 and (height, width, 3). "
            "Read it with cutis.imaging.read.read_rgb.",
        )


@lru_cache(maxsize=1)
def _levels() -> Map:
    """Absorbance of each of the 256 levels of a channel."""
    level = np.arange(256) / 255.0
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return np.asarray(-np.log((linear + _SURFACE) / (1.0 + _SURFACE)), dtype=np.float32)


@lru_cache(maxsize=8)
def unmixing(colour: tuple[float, float, float] = MELANIN) -> Map:
    """From absorbance in red, green and blue to melanin, haemoglobin and shading.

    Args:
        colour: absorbance of the melanin in red, green and blue for 1 in green.

    Returns:
        (3, 3) float32: a row of weights for each.
    """
    return np.linalg.inv(np.array([colour, HAEMOGLOBIN, (1.0, 1.0, 1.0)]).T).astype(np.float32)
