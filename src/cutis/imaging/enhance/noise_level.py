"""How noisy a photo is, told apart from its texture.

Three questions, of which the largest answer counts:

1. What varies from pixel to pixel in the flattest blocks? (Immerkaer 1996, Comput Vis Image Underst 64:300;
   blocks, so that pores and hairs elsewhere don't count.) It sees noise that is independent per pixel.
2. What varies from block to block of 2 x 2 pixels in the *differences* between colours? Skin's texture is
   nearly the same in red, green and blue; noise isn't. It sees noise that demosaicing or a phone's software
   has smeared over neighbours.
3. The same with blocks of 4 x 4 pixels. JPEG throws away fine differences of colour, not these.

All are looked for in tiles spread over the photo, so that time doesn't grow with its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check

_TILE = 128  # pixels; a multiple of four blocks
_TILES = 40
_BLOCK = 16
_QUANTILE = 0.1  # of blocks: flat ones are looked for, not the luckiest
_SMALL = 16  # pixels: a photo with a shorter side has no block
_DARK, _BRIGHT = 6, 249  # means of blocks outside are clipped: noise there is cut off
_TEXTURE = 3.2  # what differences of colour vary by over 4 x 4 pixels in clean photos, 9 in 10 less
_SMEARED = 0.75  # noise that is smeared seems to be more at this scale
# Mean of a block's deviation at the quantile, as a share of the true one, for white noise.
_LOW = (0.91, 0.98, 0.94)
_SPREAD = 3.0  # luminance has at most so many times more noise than its pixels differ


@dataclass(frozen=True)
class NoiseLevel:
    """Standard deviations in display values (0 to 255).

    Attributes:
        light: of brightness; drives how much of it is smoothed.
        colour: of differences between channels.
    """

    light: float
    colour: float

    @property
    def both(self) -> float:
        """The larger."""
        return max(self.light, self.colour)


def estimate_noise(rgb: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise of a photo, in display values.

    Args:
        rgb: (height, width, 3) sRGB. Photos of less than 16 pixels a side have none that could be told.

    Returns:
        0 and more; below about 2 a photo is clean, as far as its texture lets one see.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    return noise_level(rgb).both


def noise_level(rgb: NDArray[np.uint8]) -> NoiseLevel:
    """As `estimate_noise`, of brightness and of colour.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    if min(rgb.shape[:2]) < _SMALL:
        return NoiseLevel(0.0, 0.0)
    fine, middle, coarse = _at_scales(rgb)
    colour = max(middle, _SMEARED * float(np.sqrt(max(coarse**2 - _TEXTURE**2, 0.0))))
    light = max(fine, min(colour, _SPREAD * fine))
    return NoiseLevel(light, colour)


def _at_scales(rgb: NDArray[np.uint8]) -> tuple[float, float, float]:
    found: list[list[NDArray[np.float32]]] = [[], [], []]
    for tile in _tiles(rgb):
        found[0].append(_blocks(tile[..., 1].astype(np.float32), tile))
        differences = [_difference(tile, 0), _difference(tile, 2)]
        for scale, times in ((1, 2), (2, 4)):
            of_both = [_blocks(_shrunk(plane, times), tile, times) * times for plane in differences]
            found[scale].append(np.maximum(*of_both))
    return tuple(  # type: ignore[return-value]
        _flattest(np.concatenate(parts)) / low for parts, low in zip(found, _LOW, strict=True)
    )


def _tiles(rgb: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Tiles on a grid over the photo, or the whole of a small one."""
    height, width = rgb.shape[:2]
    if height * width <= _TILES * _TILE**2:
        return [np.ascontiguousarray(rgb)]
    down = max(1, round(np.sqrt(_TILES * height / width)))
    across = max(1, _TILES // down)
    tops = np.linspace(0, max(0, height - _TILE), down).astype(int)
    lefts = np.linspace(0, max(0, width - _TILE), across).astype(int)
    return [
        np.ascontiguousarray(rgb[top : top + _TILE, left : left + _TILE]) for top in tops for left in lefts
    ]


def _difference(tile: NDArray[np.uint8], channel: int) -> NDArray[np.float32]:
    """Of a channel and green, scaled so that independent noise keeps its deviation."""
    other, green = tile[..., channel].astype(np.float32), tile[..., 1].astype(np.float32)
    return np.asarray((other - green) * np.float32(np.sqrt(0.5)))


def _shrunk(plane: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    return _means(plane, max(1, plane.shape[0] // times), max(1, plane.shape[1] // times), times)


def _blocks(plane: NDArray[np.float32], tile: NDArray[np.uint8], times: int = 1) -> NDArray[np.float32]:
    """Deviation within each block of what a plane has beyond smooth slopes; clipped blocks are left out."""
    import cv2

    side = min(_BLOCK if times < 4 else _BLOCK // 2, *plane.shape)
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    rest: Any = cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
    squares = _means(rest * rest, rows, columns, side)
    means = _means(tile, rows, columns, side * times)
    usable = (means > _DARK).all(axis=2) & (means < _BRIGHT).all(axis=2)
    return np.asarray(np.sqrt(squares[usable]), dtype=np.float32)


def _means(plane: NDArray[Any], rows: int, columns: int, side: int) -> NDArray[np.float32]:
    """Means of the blocks of ``side`` pixels that a plane holds from its corner on."""
    import cv2

    whole = np.ascontiguousarray(plane[: rows * side, : columns * side])
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _flattest(deviations: NDArray[np.float32]) -> float:
    return float(np.quantile(deviations, _QUANTILE)) if deviations.size else 0.0
