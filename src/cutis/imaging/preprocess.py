"""The resize rule of every bundle, in Pillow: the exported graph must agree with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from cutis.core.bundle_info import Fit

Image = NDArray[np.uint8]

WHOLE_LEAST = 64  # pixels; a smaller photo is enlarged to this, as a network needs something to look at
WHOLE_RATIO = 5, 2  # a panorama's longer side is squeezed to this many times the shorter


def bring(image: Image, size: int, fit: Fit) -> Image:
    """A photo as a network sees it, before its values are scaled.

    Args:
        image: (height, width, 3).
        size: of the network's input, in pixels.
        fit: see `Fit`.
    """
    if fit == "native":
        return image
    if fit == "whole":
        high, wide = whole_shape(image.shape[0], image.shape[1], size)
        if (high, wide) == image.shape[:2]:
            return image
        return np.asarray(PillowImage.fromarray(image).resize((wide, high), PillowImage.Resampling.BILINEAR))
    cropped = centre_crop(image)
    if fit == "shorter":
        return resize_shorter(cropped, size)
    return np.asarray(PillowImage.fromarray(cropped).resize((size, size), PillowImage.Resampling.BILINEAR))


def whole_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of a whole photo at most ``size`` pixels on its shorter side.

    Args:
        height, width: of the photo.
        size: pixels; a smaller photo keeps its own size, down to `WHOLE_LEAST`.
    """
    shorter = min(height, width)
    kept = min(max(shorter, WHOLE_LEAST), size)
    longest = kept * WHOLE_RATIO[0] // WHOLE_RATIO[1]
    high, wide = (min((2 * side * kept + shorter) // (2 * shorter), longest) for side in (height, width))
    return high, wide


def centre_crop(image: Image, ratio: float = 4 / 3) -> Image:
    """Cut a panorama's ends, so that the longer side is at most ``ratio`` times the shorter.

    Args:
        image: (height, width, 3).
        ratio: 1 or more.
    """
    height, width = image.shape[:2]
    longest = int(min(height, width) * ratio + 0.5)
    top = max(0, height - longest) // 2
    left = max(0, width - longest) // 2
    return image[top : top + min(height, longest), left : left + min(width, longest)]


def resize_shorter(image: Image, size: int) -> Image:
    """Resize with antialiasing, aspect kept, so that the shorter side is ``size`` pixels.

    Args:
        image: (height, width, 3).
        size: pixels.
    """
    height, width = image.shape[:2]
    short = min(height, width)
    if short == size:
        return image
    target = (round(width * size / short), round(height * size / short))
    resized = PillowImage.fromarray(image).resize(target, PillowImage.Resampling.BILINEAR)
    return np.asarray(resized)
