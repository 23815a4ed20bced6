"""How likely each pixel shows skin: by its colour, freed of brightness, and by how smooth it is around it.

Skin of every tone is one family of colours, since the same two pigments colour it: red is absorbed least,
blue most, and neither difference is small or extreme. The limits are soft, so the answer is a likelihood
between 0 and 1: the product of what each question says. Limits of colour begin near the first and
ninety-ninth percentile of clinical photos, taken per skin tone so that the many photos of pale people don't
decide, and were widened for the violet light of dermoscopes; see docs/regions.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map, absorbance
from cutis.imaging.reduce import enlarged, reduced

_PIXELS = 24_000  # of the reduced copy that is looked at

# Soft steps: the likelihood goes from 0 at the first number to 1 at the second.
_RED = ((0.02, 0.14), (2.1, 1.5))  # log of red over green, linear light
_YELLOW = ((-0.60, -0.25), (1.55, 1.15))  # log of green over blue
_YELLOWISH = (1.0, 0.6)  # log of green over blue, less log of red over green: straw, brass, lemon
_HUE = ((-60.0, -32.0), (92.0, 78.0))  # degrees in CIELAB: from magenta over red to yellow
_CHROMA = ((2.0, 7.0), (75.0, 55.0))  # of CIELAB
_LIGHT = (3.0, 12.0)  # of CIELAB: in blacker pixels colour is noise
_ROUGH = (1.1, 0.55)  # deviation of log light within a window: print, foliage, woven cloth
_FLAT = (0.0, 0.35)  # deviation in grey levels: drawings and screens are flatter than any photo
_FLAT_LEAST = 0.3  # likelihood that perfect flatness leaves: glare and blur are flat too


def skin(rgb: NDArray[np.uint8]) -> Map:
    """Likelihood of skin per pixel.

    It is worked out on a reduced copy, so that time and memory are bounded, and smoothly enlarged.

    Args:
        rgb: (height, width, 3) sRGB.

    Returns:
        (height, width) float32, 0..1; above 0.5 means skin.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    small = reduced(rgb, _PIXELS)
    return enlarged(likelihood(small), rgb.shape[0], rgb.shape[1])


def likelihood(small: NDArray[np.uint8]) -> Map:
    """As `skin`, of every pixel of a photo that is already small.

    Args:
        small: (height, width, 3) sRGB; windows are a share of its size.
    """
    import cv2

    absorbed = absorbance(small)
    window = _window(small)
    rough = _deviation(absorbed.mean(axis=2), window)
    flat = _deviation(small.mean(axis=2, dtype=np.float32), window)
    # A pixel alone may be a hair, a pore or noise: its neighbours have a say in its colour.
    smooth: Any = cv2.GaussianBlur(absorbed, (0, 0), max(window / 6, 0.3))
    around = cv2.GaussianBlur(small, (0, 0), max(window / 6, 0.3)).astype(np.float32) / np.float32(255)
    red = smooth[..., 1] - smooth[..., 0]
    yellow = smooth[..., 2] - smooth[..., 1]
    lab: Any = cv2.cvtColor(around, cv2.COLOR_RGB2LAB)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    colour = _between(red, _RED) * _between(yellow, _YELLOW) * _step(yellow - red, _YELLOWISH)
    colour *= _between(hue, _HUE) * _between(chroma, _CHROMA) * _step(lab[..., 0], _LIGHT)
    texture = _step(rough, _ROUGH) * (_FLAT_LEAST + (1 - _FLAT_LEAST) * _step(flat, _FLAT))
    return np.asarray(colour * texture, dtype=np.float32)


def _window(small: NDArray[np.uint8]) -> int:
    """Side of a window, odd: about a thirtieth of the photo's."""
    return max(1, int(np.sqrt(small.shape[0] * small.shape[1]) / 60)) * 2 + 1


def _deviation(grey: Map, window: int) -> Map:
    import cv2

    centred = grey - grey.mean()
    mean: Any = cv2.blur(centred, (window, window))
    square: Any = cv2.blur(centred * centred, (window, window))
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0.0)))


def _step(value: Map, ends: tuple[float, float]) -> Map:
    """From 0 at the first end to 1 at the second, whichever is larger."""
    start, stop = ends
    part = np.clip((value - np.float32(start)) / np.float32(stop - start), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part), dtype=np.float32)


def _between(value: Map, limits: tuple[tuple[float, float], tuple[float, float]]) -> Map:
    return _step(value, limits[0]) * _step(value, limits[1])
