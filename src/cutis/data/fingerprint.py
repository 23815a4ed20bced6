"""What is kept of a photo to find its copies: 2.6 kB, whatever its size.

A digest of its pixels (exact copies), the low frequencies of its light and colour (layout, in any of the
eight ways to turn and mirror a photo), and a small grey thumbnail (alignment).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError
from cutis.imaging.read import Decoded, decode

SIDE = 48  # pixels of the thumbnail
LEAST_SIDE = 256  # JPEGs may be decoded smaller, but not below this
TINY = 32  # pixels on the shorter side; less shows next to nothing of a lesion
_BATCH = 256
_IN_MEMORY = 1 << 29  # bytes of thumbnails; more go to a temporary file

# Light (grey), red against green, yellow against blue.
_COLOURS = np.array([[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]], np.float32)
_HIGHEST = (12, 4, 4)  # of row plus column frequency, per colour


def _frequencies() -> NDArray[np.int64]:
    """(vector, 3): colour, row and column frequency of each element of a layout vector."""
    return np.array(
        [
            (colour, row, column)
            for colour, highest in enumerate(_HIGHEST)
            for row in range(highest + 1)
            for column in range(highest + 1 - row)
            if row + column > 0
        ]
    )


FREQUENCIES = _frequencies()


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """Of every photo of a collection, in its order.

    Attributes:
        digest: (photos, 16) uint8, of the decoded pixels.
        layout: (photos, 118) float16, cosine coefficients in the order of `FREQUENCIES`.
        thumbnail: (photos, 48, 48) uint8, grey.
        faults: by position, why a photo cannot be read. Its rows of the arrays are zero.
        notes: by position, what is special about a photo that can be read, such as ``CMYK`` or a panorama.
    """

    digest: NDArray[np.uint8]
    layout: NDArray[np.float16]
    thumbnail: NDArray[np.uint8]
    faults: dict[int, ImageError]
    notes: dict[int, tuple[str, ...]]


def fingerprint(
    paths: Sequence[Path],
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Fingerprints:
    """Decode every photo once and keep what is needed to find copies. Unreadable ones are noted, not raised.

    Args:
        paths: the photos.
        threads: default: as many as there are processors for this process.
        progress: called with the number of photos just read.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    count = len(paths)
    prints = Fingerprints(
        np.zeros((count, 16), np.uint8),
        np.zeros((count, len(FREQUENCIES)), np.float16),
        _room((count, SIDE, SIDE)),
        {},
        {},
    )
    with threadpool_limits(1), ThreadPoolExecutor(threads or processors()) as pool:
        for start in range(0, count, _BATCH):
            part = slice(start, min(start + _BATCH, count))
            small = np.zeros((part.stop - start, SIDE, SIDE, 3), np.uint8)
            for position, seen in enumerate(pool.map(_look, paths[part]), start):
                if isinstance(seen, ImageError):
                    prints.faults[position] = seen
                    continue
                prints.digest[position], small[position - start], notes = seen
                if notes:
                    prints.notes[position] = notes
            colours = small.astype(np.float32) @ _COLOURS.T  # (batch, side, side, 3)
            prints.layout[part] = _layout(colours)
            prints.thumbnail[part] = np.rint(colours[..., 0])
            if progress is not None:
                progress(len(small))
    return prints


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def grey_thumbnail(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The whole photo, squeezed to a square.

    Args:
        pixels: (height, width, 3).
        side: of the square, in pixels.

    Returns:
        (side, side).
    """
    return np.asarray(_squeezed(pixels, side).convert("L"))


def turned(images: NDArray[Any], turn: int) -> NDArray[Any]:
    """Images in one of the eight ways to turn and mirror a square.

    Args:
        images: (..., side, side).
        turn: 0 to 7: 4 transposes, then 2 mirrors top and bottom, then 1 mirrors left and right.
    """
    if turn & 4:
        images = images.swapaxes(-1, -2)
    if turn & 2:
        images = images[..., ::-1, :]
    return images[..., ::-1] if turn & 1 else images


def turned_layout(layout: NDArray[Any], turn: int) -> NDArray[Any]:
    """The layout vectors of photos turned as `turned` does, without their pixels.

    Args:
        layout: (photos, 118).
        turn: 0 to 7.
    """
    _, row, column = FREQUENCIES.T
    if turn & 4:
        place = {tuple(frequency): at for at, frequency in enumerate(FREQUENCIES.tolist())}
        layout = layout[:, [place[c, x, y] for c, y, x in FREQUENCIES.tolist()]]
    odd = row * (turn >> 1 & 1) + column * (turn & 1)
    out: NDArray[Any] = layout * np.where(odd % 2, -1, 1).astype(layout.dtype)
    return out


def _look(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], tuple[str, ...]] | ImageError:
    try:
        seen: Decoded = decode(path, least_side=LEAST_SIDE)
    except ImageError as error:
        return error
    digest = hashlib.blake2b(repr(seen.pixels.shape).encode(), digest_size=16)
    digest.update(seen.pixels.data)
    small = np.asarray(_squeezed(seen.pixels, SIDE))
    return np.frombuffer(digest.digest(), np.uint8), small, (*seen.notes, *_of_odd_shape(seen.pixels))


def _of_odd_shape(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    shorter, longer = sorted(pixels.shape[:2])
    return (
        *([f"smaller than {TINY} pixels on a side"] if shorter < TINY else []),
        *(["longer than 2:1, of which networks see the middle only"] if longer > 2 * shorter else []),
    )


def _squeezed(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    image = Image.fromarray(pixels)
    return image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0)


def _layout(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """(photos, side, side, 3) to (photos, 118): the lowest coefficients of the cosine transform (DCT-II)."""
    highest = max(_HIGHEST) + 1
    place = (2 * np.arange(SIDE) + 1) / (2 * SIDE)
    waves = np.sqrt(2 / SIDE) * np.cos(np.pi * np.arange(highest)[:, None] * place)
    waves[0] /= np.sqrt(2)
    waves = waves.astype(np.float32)
    coefficients = np.einsum("uy,nyxc,vx->ncuv", waves, colours, waves, optimize=True)
    colour, row, column = FREQUENCIES.T
    out: NDArray[np.float32] = coefficients[:, colour, row, column]
    return out


def _room(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    if np.prod(shape) <= _IN_MEMORY:
        return np.zeros(shape, np.uint8)
    with tempfile.TemporaryFile() as file:  # gone from the disk when the array is
        return np.memmap(file, np.uint8, "w+", shape=shape)
