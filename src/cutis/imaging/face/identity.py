"""Making a person unrecognisable in a photo, for good: pixels are replaced, never blurred.

What is blurred or made coarse can be matched to the person again (Newton et al. 2005, IEEE Trans Knowl Data
Eng 17:232); what is painted over is gone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.face.proportions import Points
from cutis.imaging.face.usable import hull, outlines, oval
from cutis.imaging.face.values import Face

_GREY = (118, 118, 118)  # of no skin tone: nobody takes it for part of the photo
_BAR = 12.0  # mm above and below the line of the pupils
_BEYOND = 20.0  # mm beyond each pupil


def mask_eyes(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """A copy of the photo with a bar over both eyes.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    half = 31.5 + _BEYOND
    bar = [(-half, -_BAR, 0), (half, -_BAR, 0), (half, _BAR, 0), (-half, _BAR, 0)]
    return _painted(rgb, [face.pose.place(np.array(bar, dtype=np.float64))])


def mask_identity(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """A copy of the photo that keeps the skin of the face and nothing that tells whose it is.

    Eyes with brows, nostrils with the tip of the nose between them, lips, and everything outside the oval of
    the face (hair, ears, clothes, the room) are painted over. Moles and scars stay, as they are skin: who
    knows them may still recognise the person.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    import cv2

    check(rgb)
    inside = np.zeros(rgb.shape[:2], dtype=np.uint8)
    _fill(inside, oval(face))
    painted = rgb.copy()
    painted[inside == 0] = _GREY
    eyes, others = outlines(face)[:4], outlines(face)[4:]
    regions = [hull(np.concatenate(eyes)), hull(np.concatenate(others[:2])), others[2]]
    grown = np.zeros_like(inside)
    for region in regions:
        _fill(grown, region)
    rim = 2 * max(1, round(2.0 * face.pose.scale)) + 1
    grown = np.asarray(cv2.dilate(grown, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim))))
    painted[grown > 0] = _GREY
    return painted


def _painted(rgb: NDArray[np.uint8], polygons: list[Points]) -> NDArray[np.uint8]:
    mask = np.zeros(rgb.shape[:2], dtype=np.uint8)
    for polygon in polygons:
        _fill(mask, polygon)
    painted = rgb.copy()
    painted[mask > 0] = _GREY
    return painted


def _fill(mask: NDArray[np.uint8], polygon: Points) -> None:
    import cv2

    cv2.fillPoly(mask, [np.rint(polygon).astype(np.int32)], 1)
