"""Finding faces: any detector that gives five landmarks will do, and one is at hand where it is installed.

The one at hand is MTCNN as packaged in `mtcnn-runtime` (Apache 2.0; its three small networks lie in the
package and run in onnxruntime; nothing is downloaded). Source: Zhang et al. 2016, IEEE Signal Process Lett
23:1499.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.face.refusals import MissingDetectorError
from cutis.imaging.face.values import Box, Detector, Face, Found, Landmarks, face_of

_SIDE = 640  # pixels on the longer side of the copy that is searched first
_LEAST_FACE = 0.08  # smallest box over the shorter side: a face that fills less shows no skin to judge
_AGAIN = 160  # pixels across the box of a found face in the copy that is looked at again
_TURNS = (0.0, 6.0, -6.0)  # degrees; landmarks are the median over these looks
_QUARTERS = (0, 1, 3, 2)  # quarter turns tried until a face is found: phones forget how they were held
_SURE = 0.9


def find_faces(rgb: NDArray[np.uint8], detector: Detector | None = None) -> tuple[Face, ...]:
    """Every face in a photo, the largest first.

    Args:
        rgb: (height, width, 3) sRGB.
        detector: from such a photo to faces; by default the packaged one.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        MissingDetectorError: no detector was given and none is installed.
    """
    check(rgb)
    found = (detector or packaged())(rgb)
    faces = [_face(one) for one in found]
    kept = [face for face in faces if face is not None]
    return tuple(sorted(kept, key=lambda face: -face.box.width * face.box.height))


def _face(found: Found) -> Face | None:
    try:
        return face_of(found.landmarks, box=found.box, score=found.score)
    except ValueError:  # landmarks that no face has: the detector saw something else
        return None


@lru_cache(maxsize=1)
def packaged() -> Detector:
    """The detector that comes with the package `mtcnn-runtime`.

    Raises:
        MissingDetectorError: it is not installed.
    """
    try:
        network = import_module("mtcnnruntime").MTCNN()
    except ImportError as error:
        raise MissingDetectorError from error

    def detect(rgb: NDArray[np.uint8]) -> Sequence[Found]:
        for quarters in _QUARTERS:
            turned = np.ascontiguousarray(np.rot90(rgb, quarters))
            found = [_precisely(network, turned, one) for one in _search(network, turned)]
            if found:
                return [_turned_back(one, quarters, rgb.shape[:2]) for one in found]
        return []

    return detect


def _search(network: Any, rgb: NDArray[np.uint8]) -> list[Found]:
    import cv2

    height, width = rgb.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    least = max(20.0, _LEAST_FACE * min(small.shape[:2]))
    return [_scaled(one, 1 / scale) for one in _run(network, np.asarray(small, dtype=np.uint8), least)]


def _run(network: Any, rgb: NDArray[np.uint8], least: float) -> list[Found]:
    if min(rgb.shape[:2]) < 24:
        return []
    try:
        answer = network.detect(np.ascontiguousarray(rgb[..., ::-1]), min_face_size=least)
    except ValueError:  # so it says that its first network saw nothing at all
        return []
    boxes, places = (np.asarray(part, dtype=np.float64) for part in answer)
    return [
        Found(Box(*box[:4]), _landmarks(np.stack([place[:5], place[5:]], axis=1)), float(box[4]))
        for box, place in zip(boxes.reshape(-1, 5), places.reshape(-1, 10), strict=True)
        if box[4] >= _SURE
    ]


def _landmarks(places: NDArray[np.float64]) -> Landmarks:
    """From the network's order, which is the photo's: eyes from the left, nose, mouth from the left."""
    point = [(float(x), float(y)) for x, y in places]
    return Landmarks(
        eye_left=point[1], eye_right=point[0], nose=point[2], mouth_left=point[4], mouth_right=point[3]
    )


def _photo_order(found: Found) -> NDArray[np.float64]:
    return found.landmarks.points[[1, 0, 2, 4, 3]]


def _precisely(network: Any, rgb: NDArray[np.uint8], first: Found) -> Found:
    """Look again, upright and from near, a few times: each look is good to a forty-eighth of the box."""
    import cv2

    right, left = _photo_order(first)[:2]
    roll = float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
    centre = ((first.box.left + first.box.right) / 2, (first.box.top + first.box.bottom) / 2)
    scale = _AGAIN / max(first.box.width, first.box.height, 1.0)
    side = 2 * _AGAIN
    looks = []
    for turn in _TURNS:
        matrix: Any = cv2.getRotationMatrix2D(centre, roll + turn, scale)
        matrix[:, 2] += side / 2 - np.array(centre)
        view = cv2.warpAffine(
            rgb, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
        back = cv2.invertAffineTransform(matrix)
        middle = np.array([side / 2, side / 2])
        near = [
            one
            for one in _run(network, np.asarray(view), _AGAIN / 2)
            if np.hypot(*(_photo_order(one).mean(axis=0) - middle)) < 0.4 * _AGAIN
        ]
        if near:
            best = max(near, key=lambda one: one.score)
            looks.append(_photo_order(best) @ back[:, :2].T + back[:, 2])
    if not looks:
        return first
    return Found(first.box, _landmarks(np.median(looks, axis=0)), first.score)


def _scaled(found: Found, scale: float) -> Found:
    box = found.box
    places = (_photo_order(found) + 0.5) * scale - 0.5
    sides = (box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
    return Found(Box(*sides), _landmarks(places), found.score)


def _turned_back(found: Found, quarters: int, shape: tuple[int, int]) -> Found:
    """From a photo that was turned by quarters against the clock to the photo before."""
    height, width = shape

    def back(places: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = places[:, 0], places[:, 1]
        if quarters == 1:
            return np.stack([width - 1 - y, x], axis=1)
        if quarters == 2:
            return np.stack([width - 1 - x, height - 1 - y], axis=1)
        if quarters == 3:
            return np.stack([y, height - 1 - x], axis=1)
        return places

    box = found.box
    corners = back(np.array([(box.left, box.top), (box.right, box.bottom)]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Found(
        Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        _landmarks(back(_photo_order(found))),
        found.score,
    )
