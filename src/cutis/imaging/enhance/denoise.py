"""Noise taken out of a photo while edges stay: brightness by a bilateral filter, colour by brightness.

Brightness, which carries pores, wrinkles and hairs, is averaged over neighbours of about the same
brightness (Tomasi and Manduchi 1998, ICCV 839), colour at half size and along the edges of brightness (the
guided filter, He et al. 2013, IEEE Trans Pattern Anal Mach Intell 35:1397). How much is averaged follows
the noise that was measured, so that a clean photo comes back as it was. docs/enhancement.md compares this
with others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.chromophores import check
from cutis.imaging.enhance.noise_level import NoiseLevel, noise_level

QUIET = 2.0  # display values: less is left alone, since it may be texture
_CLEAR = 3.0  # from here on all of the noise is acted on
_RANGE = 1.2  # how far brightness of neighbours may lie apart to be averaged, in deviations of the noise
_REACH = 1.5  # pixels
_WINDOW = 5
_COLOUR_REACH = 3  # pixels of the half-sized colour
_COLOUR_RANGE = 1.5
_ROWS = 512  # worked on at a time, so that memory doesn't grow with the photo
_AROUND = 16  # rows that are needed above and below; even, since colour is halved


def reduce_noise(
    rgb: NDArray[np.uint8], strength: float = 1.0, *, level: NoiseLevel | None = None
) -> NDArray[np.uint8]:
    """Take noise out, as much as there is.

    Args:
        rgb: (height, width, 3) sRGB.
        strength: 0 leaves the photo as it is, 1 is meant for the noise that was measured; up to 3.
        level: of the noise, where it has been measured already.

    Returns:
        (height, width, 3) sRGB; the same values where the noise is below `QUIET`.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        CutisError: a strength outside 0 to 3.
    """
    check(rgb)
    need_strength("noise", strength, 3.0)
    if strength == 0:
        return rgb
    level = noise_level(rgb) if level is None else level
    light, colour = (strength * _acted_on(one) for one in (level.light, level.colour))
    if light <= 0 and colour <= 0:
        return rgb
    out = np.empty(rgb.shape, np.uint8)
    for top in range(0, rgb.shape[0], _ROWS):
        above = min(top, _AROUND)
        rows = np.ascontiguousarray(rgb[top - above : top + _ROWS + _AROUND])
        calm = _calmed(rows, light, colour)
        out[top : top + _ROWS] = calm[above : above + min(_ROWS, rgb.shape[0] - top)]
    return out


def need_strength(what: str, strength: float, most: float) -> None:
    """Refuse a strength that means nothing.

    Raises:
        CutisError: not within 0 to ``most``.
    """
    if not 0 <= strength <= most:  # NaN is not, either
        raise CutisError(
            f"strength of {what} is {strength:g}, not within 0 to {most:g}. 0 leaves the photo as it is."
        )


def _acted_on(noise: float) -> float:
    """Noise less what may be texture, fading in so that no photo flips between two looks."""
    return noise * float(np.clip((noise - QUIET) / (_CLEAR - QUIET), 0.0, 1.0))


def _calmed(rgb: NDArray[np.uint8], light: float, colour: float) -> NDArray[np.uint8]:
    import cv2

    bright, red, blue = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    if light > 0:
        bright = cv2.bilateralFilter(bright, _WINDOW, _RANGE * light, _REACH)
    if colour > 0 and min(rgb.shape[:2]) >= 4:
        red, blue = _along(bright, (red, blue), colour)
    return np.asarray(cv2.cvtColor(cv2.merge([bright, red, blue]), cv2.COLOR_YCrCb2RGB), dtype=np.uint8)


def _along(bright: Any, planes: tuple[Any, Any], noise: float) -> list[Any]:
    """Planes of colour smoothed at half size, except across edges of brightness."""
    import cv2

    height, width = bright.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    window = (2 * _COLOUR_REACH + 1, 2 * _COLOUR_REACH + 1)

    def halved(plane: Any) -> Any:
        even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        return cv2.resize(even, size, interpolation=cv2.INTER_AREA).astype(np.float32) - np.float32(128)

    guide = halved(bright)
    mean = cv2.blur(guide, window)
    spread = cv2.blur(guide * guide, window) - mean * mean + np.float32((_COLOUR_RANGE * noise) ** 2)
    smoothed = []
    for plane in planes:
        half = halved(plane)
        level = cv2.blur(half, window)
        slope = (cv2.blur(guide * half, window) - mean * level) / spread
        half = cv2.blur(slope, window) * guide + cv2.blur(level - slope * mean, window)
        whole = cv2.resize(half, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)[:height, :width]
        smoothed.append(np.clip(whole + np.float32(128.5), 0, 255).astype(np.uint8))
    return smoothed
