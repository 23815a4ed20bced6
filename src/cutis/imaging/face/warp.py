"""Cutting an upright rectangle of given scale out of a photo, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.face.proportions import Points
from cutis.imaging.face.values import Face

Matrix = NDArray[np.float64]  # (2, 3): pixels of the cut to pixels of the photo

# From the middle between the pupils, mm: left, top, right, bottom of the whole head upright.
HEAD = (-90.0, -110.0, 90.0, 140.0)


@dataclass(frozen=True, eq=False)
class Upright:
    """A face turned upright.

    Attributes:
        image: (height, width, 3) sRGB; black where the photo has nothing.
        matrix: from its pixels to the photo's.
        mm_per_pixel: of the image.
    """

    image: NDArray[np.uint8]
    matrix: Matrix
    mm_per_pixel: float


def upright(rgb: NDArray[np.uint8], face: Face, mm_per_pixel: float | None = None) -> Upright:
    """The whole face turned upright.

    Args:
        rgb: (height, width, 3) sRGB.
        face: in it.
        mm_per_pixel: of the result; by default the photo's own.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    each = mm_per_pixel or face.mm_per_pixel
    left, top, right, bottom = HEAD
    size = max(1, round((right - left) / each)), max(1, round((bottom - top) / each))
    # Halfway between hairline and chin the middle of the head follows the turn of the face.
    middle = face.pose.place(np.array([[0.0, (top + bottom) / 2, -20.0]]))[0]
    matrix = placed(face, (float(middle[0]), float(middle[1])), size, each)
    return Upright(cut(rgb, matrix, size), matrix, each)


def placed(face: Face, centre: tuple[float, float], size: tuple[int, int], mm_per_pixel: float) -> Matrix:
    """The matrix of a rectangle around a place of the photo, upright as the face is.

    Args:
        centre: of the rectangle, pixels of the photo.
        size: width and height in its own pixels.
        mm_per_pixel: of the rectangle.
    """
    scale = mm_per_pixel / face.mm_per_pixel
    roll = np.radians(face.roll)
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    shift = np.array(centre) - turn @ ((np.array(size) - 1) / 2)
    return np.column_stack([turn, shift])


def cut(rgb: NDArray[np.uint8], matrix: Matrix, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What the photo shows in a rectangle.

    Where the photo is finer than the result it is smoothed first, so that nothing is made up of what falls
    between the pixels.

    Args:
        rgb: (height, width, 3) sRGB.
        matrix: from pixels of the result to those of the photo.
        size: width and height of the result.
    """
    import cv2

    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    rim = int(np.ceil(3 * max(scale, 1.0)))
    places = corners(size) @ matrix[:, :2].T + matrix[:, 2]
    low = np.maximum(np.floor(places.min(axis=0)).astype(int) - rim, 0)
    high = np.minimum(np.ceil(places.max(axis=0)).astype(int) + rim + 1, np.array(rgb.shape[1::-1]))
    if (high <= low).any():
        return np.zeros((size[1], size[0], 3), dtype=np.uint8)
    part = np.ascontiguousarray(rgb[low[1] : high[1], low[0] : high[0]])
    if scale > 1.2:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.42 * np.sqrt(scale**2 - 1)))
    moved = matrix.copy()
    moved[:, 2] -= low
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(part, moved, size, flags=flags))


def corners(size: tuple[int, int]) -> Points:
    """The outermost pixels of a rectangle, (4, 2), clockwise from the upper left."""
    right, bottom = size[0] - 1, size[1] - 1
    return np.array([(0, 0), (right, 0), (right, bottom), (0, bottom)], dtype=np.float64)


def into(matrix: Matrix, places: Points) -> Points:
    """Pixels of the cut (points, 2) of pixels of the photo."""
    return np.asarray((places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T)
