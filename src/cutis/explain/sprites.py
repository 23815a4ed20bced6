"""Small pictures of many photos, packed into sheets that a page can hold."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST = 10_000  # photos with a picture; more would make the page too heavy to open
ACROSS = 16  # pictures a side of a sheet: browsers decode a sheet when one of its pictures is looked at
_SIDES = ((1000, 192), (2000, 160), (5000, 128), (LARGEST, 96))


@dataclass(frozen=True)
class Sheets:
    """Packed pictures.

    Attributes:
        side: of one picture, in pixels.
        across: pictures a side.
        sheets: WebP data URIs.
        place: (photos,) number of each photo's picture, counted through all sheets; -1 without one.
    """

    side: int
    across: int
    sheets: tuple[str, ...]
    place: tuple[int, ...]


def side_for(count: int) -> int:
    """Side of each picture in pixels, so that the page stays within about 15 MB.

    Args:
        count: number of photos.
    """
    return next((side for most, side in _SIDES if count <= most), _SIDES[-1][1])


def square(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The middle of a photo as a small square.

    Args:
        image: (height, width, 3).
        side: in pixels.
    """
    from PIL import Image

    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    cut = Image.fromarray(np.ascontiguousarray(image[top : top + short, left : left + short]))
    return np.asarray(cut.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))


def pack(pictures: Sequence[NDArray[np.uint8] | None], side: int, quality: int = 60) -> Sheets:
    """Pack pictures into sheets.

    Args:
        pictures: (side, side, 3) each, or None for a photo without one.
        side: of each, in pixels.
        quality: of WebP.
    """
    from cutis.explain.overlay import encoded

    place: list[int] = []
    shown: list[NDArray[np.uint8]] = []
    for picture in pictures:
        place.append(-1 if picture is None else len(shown))
        if picture is not None:
            shown.append(picture)
    sheets = []
    for sheet in _sheets(shown, side):
        text = base64.b64encode(encoded(sheet, "WEBP", quality)).decode()
        sheets.append(f"data:image/webp;base64,{text}")
    return Sheets(side, ACROSS, tuple(sheets), tuple(place))


def _sheets(pictures: Sequence[NDArray[np.uint8]], side: int) -> Iterator[NDArray[np.uint8]]:
    size = ACROSS * ACROSS
    for start in range(0, len(pictures), size):
        part = pictures[start : start + size]
        rows = -(-len(part) // ACROSS)
        sheet = np.zeros((rows * side, ACROSS * side, 3), np.uint8)
        for number, picture in enumerate(part):
            top, left = divmod(number, ACROSS)
            sheet[top * side : (top + 1) * side, left * side : (left + 1) * side] = picture
        yield sheet
