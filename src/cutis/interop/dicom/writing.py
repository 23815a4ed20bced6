"""Is there writing in the pixels? A simple look for rows of small strokes that stand out from the skin.

It finds what machines write (names, dates, rulers' numbers) in one line of four or more letters; handwriting,
single letters and faint print it may miss. So a photo where it finds none may still have some.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LONGEST = 1600  # pixels: larger photos are looked at smaller
_CONTRAST = 70  # grey levels above or below what surrounds a stroke
_LEAST, _MOST = 7, 60  # height of a letter in pixels
_LETTERS = 5  # side by side


def find_writing(pixels: NDArray[np.uint8]) -> bool:
    """Whether a row of letters is seen.

    Args:
        pixels: (height, width, 3) RGB.
    """
    longest = max(pixels.shape[:2])
    if longest > _LONGEST:
        size = (round(pixels.shape[1] * _LONGEST / longest), round(pixels.shape[0] * _LONGEST / longest))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    around = cv2.getStructuringElement(cv2.MORPH_RECT, (19, 19))
    return any(
        _row_of_letters(cv2.morphologyEx(grey, way, around) > _CONTRAST)
        for way in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    )


def _row_of_letters(mask: NDArray[np.bool_]) -> bool:
    count, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < _LETTERS or count > 20_000:
        return False
    x, y, width, height, area = boxes[1:].T.astype(float)
    fill = area / (width * height)
    fits = (height >= _LEAST) & (height <= _MOST) & (width <= 1.6 * height) & (fill > 0.15) & (fill < 0.95)
    letters = np.stack([x, y, width, height], axis=1)[fits]
    letters = letters[np.argsort(letters[:, 0])]
    return any(_run(letters, first) >= _LETTERS for first in range(len(letters)))


def _run(letters: NDArray[np.float64], first: int) -> int:
    """Letters of one line, from this one on to the right: as high, on the same ground, close by."""
    last, length = letters[first], 1
    for one in letters[first + 1 :]:
        gap = one[0] - (last[0] + last[2])
        if gap > 1.2 * last[3]:
            break
        same_height = 0.7 < one[3] / last[3] < 1.45
        same_line = abs(one[1] + one[3] - last[1] - last[3]) < 0.2 * last[3]
        if gap >= -1 and same_height and same_line:
            last, length = one, length + 1
    return length
