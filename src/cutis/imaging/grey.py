"""Pixels of any depth and colour as grey levels from 0 to 255."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError

_OVERLAP = 512  # rows that are kept, since the next ones asked for may begin so far above
COLOUR_NOTE = "is in colour: made grey as 0.299 red + 0.587 green + 0.114 blue"


@dataclass(frozen=True)
class Levels:
    """How stored values become grey levels: ``low`` to 0 and ``high`` to 255, straight between, cut outside.

    Attributes:
        low: stored value of black.
        high: stored value of white; below ``low`` where small values are white.
        missing: stored value of pixels that were not taken; None when there is none. NaN is always missing.
    """

    low: float = 0.0
    high: float = 255.0
    missing: float | None = None

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Grey levels of stored values.

        Args:
            values: any shape and number type.

        Returns:
            The same shape, float32 from 0 to 255, NaN where a pixel is missing.
        """
        if values.dtype == np.uint8 and (self.low, self.high, self.missing) == (0, 255, None):
            return values.astype(np.float32)
        grey: Any = values.astype(np.float64 if values.dtype.itemsize > 2 else np.float32)
        grey = np.clip((grey - self.low) * (255 / (self.high - self.low)), 0, 255)
        if self.missing is not None:
            grey[values == self.missing] = np.nan
        levels: NDArray[np.float32] = grey.astype(np.float32)
        return levels


def luma(colour: NDArray[Any]) -> NDArray[Any]:
    """Grey of colour, in the same number type: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).

    Args:
        colour: (..., 3 or more); what follows blue is left out.
    """
    if np.issubdtype(colour.dtype, np.floating):
        weights = np.array([0.299, 0.587, 0.114], colour.dtype)
        grey: NDArray[Any] = colour[..., :3] @ weights
        return grey
    wide: Any = colour[..., :3].astype(np.int64 if colour.dtype.itemsize > 2 else np.int32)
    mixed: NDArray[Any] = (wide[..., 0] * 299 + wide[..., 1] * 587 + wide[..., 2] * 114 + 500) // 1000
    return mixed.astype(colour.dtype)


def levels_of_type(kind: np.dtype[Any]) -> tuple[Levels, str]:
    """Levels of whole numbers that come without a window: the full range of their type.

    Returns:
        The levels, and what to tell the user; empty for 8 bits.
    """
    if kind == np.bool_:
        return Levels(0, 1), ""
    limits = np.iinfo(kind)
    if kind == np.uint8:
        return Levels(), ""
    note = f"has {limits.bits}-bit pixels: {limits.min} to {limits.max}, the full range, became 0 to 255"
    return Levels(float(limits.min), float(limits.max)), note


def levels_of_range(low: float, high: float) -> tuple[Levels, str]:
    """Levels of floating-point pixels, by the range that they are in.

    Args:
        low: smallest value that is a number.
        high: largest value that is a number.

    Raises:
        ImageError: neither within 0 to 1 nor within 0 to 255.
    """
    if low >= 0 and high <= 1:
        return Levels(0, 1), "has floating-point pixels within 0 to 1: 1 became 255"
    if low >= 0 and high <= 255:
        return Levels(), "has floating-point pixels within 0 to 255: kept as they are"
    raise ImageError(
        "the image",
        f"has floating-point pixels from {low:g} to {high:g}, and only 0 to 1 and 0 to 255 speak for "
        "themselves. Say which values are black and white with --window LOW HIGH.",
    )


def finite_range(blocks: Iterator[NDArray[Any]]) -> tuple[float, float]:
    """Smallest and largest value over blocks of pixels, without NaN and infinities.

    Raises:
        ImageError: no pixel is a number.
    """
    low, high = np.inf, -np.inf
    for block in blocks:
        numbers = block[np.isfinite(block)]
        if numbers.size:
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    if low > high:
        raise ImageError("the image", "has no pixel that is a number (all are NaN). Export it again.")
    return low, high


class Chunks:
    """Rows of an image that is decoded in chunks of rows, keeping only the chunks that are still needed.

    Args:
        height: rows of the image.
        rows: rows of a chunk; the last may have fewer.
        decode: chunk number to (rows, width) stored values.
    """

    def __init__(self, height: int, rows: int, decode: Callable[[int], NDArray[Any]]) -> None:
        self.height = height
        self._rows = max(1, min(rows, height))
        self._decode = decode
        self._kept: dict[int, NDArray[Any]] = {}

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        """Rows from ``start`` up to ``stop``. Reading downwards decodes each chunk once."""
        first, last = start // self._rows, (stop - 1) // self._rows
        self._kept = {number: chunk for number, chunk in self._kept.items() if first <= number <= last}
        out: NDArray[Any] | None = None
        for number in range(first, last + 1):
            if number not in self._kept:
                self._kept[number] = self._decode(number)
            chunk, top = self._kept[number], number * self._rows
            if out is None:
                out = np.empty((stop - start, chunk.shape[1]), chunk.dtype)
            begin, end = max(start, top), min(stop, top + len(chunk))
            out[begin - start : end - start] = chunk[begin - top : end - top]
        # The next rows begin a patch's overlap above the end of these.
        self._kept = {n: c for n, c in self._kept.items() if n * self._rows + len(c) > stop - _OVERLAP}
        assert out is not None
        return out

    def blocks(self, rows: int = 512) -> Iterator[NDArray[Any]]:
        """The whole image from top to bottom."""
        for top in range(0, self.height, rows):
            yield self(top, min(top + rows, self.height))
