"""A photo's finest detail, read cheaply: brightness at full resolution, colour from the small copy.

A JPEG's brightness is decoded in a third of the time that its colours take, and without the colours' detail
(most cameras keep only half of it) blur, noise and compression show nearly as well.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError
from cutis.imaging.regions import Box
from cutis.imaging.upright import turn_of

Pixels = NDArray[np.uint8]
MOST = 64_000_000  # pixels of brightness that are kept; a JPEG with more is decoded at half, a quarter, ...
_ACROSS = (  # turns that exchange height and width
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
)


@dataclass(frozen=True, eq=False)
class Native:
    """A photo at its own resolution.

    Attributes:
        height: in pixels of the photo, upright.
        width: the same.
        small: (rows, columns, 3) a small copy of the whole photo, RGB.
        brightness: gives the luma (ITU-R BT.601) of a box, (rows, columns) uint8.
        step: pixels of the photo per pixel of ``brightness``; above 1 only past `MOST`.
    """

    height: int
    width: int
    small: Pixels
    brightness: Callable[[Box], Pixels]
    step: float = 1.0

    def tile(self, box: Box, reduction: int = 1) -> Pixels:
        """A part of the photo, its brightness as fine as it is and its colours coarse.

        Args:
            box: in pixels of ``brightness``, within the photo; sides are multiples of ``reduction``.
            reduction: so many pixels are averaged in each direction.

        Returns:
            (rows, columns, 3) RGB.
        """
        import cv2

        luma = self.brightness(box)
        shape = (luma.shape[1] // reduction, luma.shape[0] // reduction)  # as cv2 wants it: columns first
        if reduction > 1:
            luma = np.asarray(cv2.resize(luma, shape, interpolation=cv2.INTER_AREA), np.uint8)
        down, across = (
            self.small.shape[0] * self.step / self.height,
            self.small.shape[1] * self.step / self.width,
        )
        tall, wide = (box.bottom - box.top) * down / shape[1], (box.right - box.left) * across / shape[0]
        # The centre of each pixel of the tile, in pixels of the small copy: no enlarged copy is needed.
        turn = np.array(
            [[wide, 0, box.left * across + (wide - 1) / 2], [0, tall, box.top * down + (tall - 1) / 2]]
        )
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        coarse = cv2.warpAffine(self.small, turn, shape, flags=how, borderMode=cv2.BORDER_REPLICATE)
        colour = cv2.cvtColor(coarse, cv2.COLOR_RGB2YCrCb)
        colour[..., 0] = luma
        return np.asarray(cv2.cvtColor(colour, cv2.COLOR_YCrCb2RGB), np.uint8)


def of_pixels(rgb: Pixels, small: Pixels) -> Native:
    """A decoded photo.

    Args:
        rgb: (height, width, 3) RGB, or (height, width) or (height, width, 1) grey.
        small: a copy of it with fewer pixels.
    """
    import cv2

    def brightness(box: Box) -> Pixels:
        part = np.ascontiguousarray(rgb[box.top : box.bottom, box.left : box.right])
        if part.ndim == 2 or part.shape[2] == 1:
            return part.reshape(part.shape[:2])
        return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)

    return Native(rgb.shape[0], rgb.shape[1], small, brightness)


def of_jpeg(source: Path | str | bytes, small: Pixels) -> Native:
    """A JPEG file, of which only the brightness is decoded, and that not before it is asked for.

    Args:
        source: the file, or its contents.
        small: the photo upright, with fewer pixels.

    Raises:
        ImageError: it is damaged; also when its brightness is asked for.
    """
    with _opened(source) as image:
        turn = turn_of(image)
        sides = image.size[::-1] if turn in _ACROSS else image.size
        step = image.size[0] / _drafted(image).size[0]

    @cache
    def luma() -> Pixels:
        with _opened(source) as image:
            grey = _drafted(image).convert("L")
            return np.asarray(grey if turn is None else grey.transpose(turn))

    def brightness(box: Box) -> Pixels:
        return np.ascontiguousarray(luma()[box.top : box.bottom, box.left : box.right])

    # A draft's last row and column may be of fewer pixels: what does not fill one is left out.
    wide, high = (int(int(side / step) * step) for side in sides)
    return Native(high, wide, small, brightness, step)


@contextmanager
def _opened(source: Path | str | bytes) -> Iterator[Image.Image]:
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        with JpegImageFile(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            yield image
    except (OSError, SyntaxError, ValueError) as error:
        name = "the photo" if isinstance(source, bytes) else source
        raise ImageError(
            name, f"is damaged and cannot be decoded ({error}). Copy or download it again."
        ) from error


def _drafted(image: Image.Image) -> Image.Image:
    """Brightness alone, of no more than `MOST` pixels where halving three times is enough for that."""
    wide, high = image.size
    halved = next(n for n in range(4) if wide * high >> 2 * n <= MOST or n == 3)
    image.draft("L", (wide >> halved, high >> halved))
    return image


def is_jpeg(source: Path | str | bytes) -> bool:
    """Whether a file, or its contents, begins as a JPEG does."""
    try:
        if isinstance(source, bytes):
            return source[:3] == b"\xff\xd8\xff"
        with Path(source).open("rb") as file:
            return file.read(3) == b"\xff\xd8\xff"
    except OSError:
        return False
