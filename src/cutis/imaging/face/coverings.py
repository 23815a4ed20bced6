"""Glasses and masks: what covers a face so that it cannot be judged as a whole.

A mask is cloth where nose, lips and chin should be: not of the face's colour. A detector may put nose and
mouth on its upper rim; then what lies around the mouth is not of the face's colour and smoother than a beard.
Rims of glasses are lines where bare faces have none: across the root of the nose, and around the eyes, where
the path of most contrast over the lower half of each eye's surroundings is followed from angle to angle. Thin
metal rims have no more contrast than deep wrinkles: they are missed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import absorbance
from cutis.imaging.face.proportions import Points
from cutis.imaging.face.refusals import Refusal
from cutis.imaging.face.usable import COARSE, Mask, skin_like
from cutis.imaging.face.values import Face
from cutis.imaging.face.warp import Upright, into, upright

Corners = tuple[tuple[float, float], ...]

RIM = 0.20  # natural log of light: contrast around the eye beyond the cheek's, of which rims have more
BRIDGE = 0.25  # the same across the root of the nose, beyond the forehead's
DARK = 1.1  # natural log of light below the cheek's, of the skin below the eye: dark lenses
_BARE_NOSE, _BARE_MOUTH = 0.55, 0.25  # shares of skin below which the lower face is covered
_NO_MOUTH = 0.1  # share of skin around the mouth below which cloth or a beard lies over it
CLOTH = 0.08  # natural log of light: fine structure that cloth stays below and beards do not
_FINE = 2.0  # mm: what is finer
_NOSE: Corners = ((-9, 28), (9, 28), (13, 42), (-13, 42))  # mm
_MOUTH: Corners = ((-30, 56), (30, 56), (24, 108), (-24, 108))
_ANGLES = np.radians(np.arange(25.0, 156.0, 3.0))  # from the outer over the lower to the inner side
_RADII = np.arange(13.0, 31.0, 0.5)  # mm from the middle of the eye
_TURN = 2  # steps of radius that a path may change from angle to angle


def covered(rgb: NDArray[np.uint8], face: Face) -> list[Refusal]:
    """What covers the eyes or the lower face."""
    copy = upright(rgb, face, COARSE)
    rims, bridge, dark = glasses_evidence(copy, face)
    glasses, lower = _glasses(rims, bridge, dark), _lower(copy, face)
    # The rim of a mask passes for that of glasses, but has no bridge; behind lenses skin has another colour.
    chosen = lower if lower is not None and bridge < BRIDGE else glasses or lower
    return [] if chosen is None else [chosen]


def _lower(copy: Upright, face: Face) -> Refusal | None:
    skin = skin_like(copy, face)
    nose = _share(skin, copy, face, _NOSE)
    mouth = _share(skin, copy, face, _MOUTH)
    cloth = mouth < _NO_MOUTH and _fine(copy, face) < CLOTH
    if not cloth and (mouth >= _BARE_MOUTH or nose >= _BARE_NOSE):
        return None
    return Refusal(
        "lower_face_covered",
        f"The lower face is covered: {mouth:.0%} of it around the mouth and {nose:.0%} of the nose look like "
        "skin. Take off the mask or scarf, or take the hand away, and repeat.",
    )


def _share(skin: Mask, copy: Upright, face: Face, corners: Corners) -> float:
    inside = _inside(copy, face, corners)
    return float(skin[inside].mean()) if inside.any() else 1.0


def _fine(copy: Upright, face: Face) -> float:
    """How much light varies around the mouth over less than `_FINE`, natural log; folds hardly count."""
    import cv2

    light: Any = -absorbance(copy.image).mean(axis=2)
    varied = np.abs(light - cv2.GaussianBlur(light, (0, 0), _FINE / copy.mm_per_pixel))
    inside = _inside(copy, face, _MOUTH)
    return float(np.median(varied[inside])) if inside.any() else 0.0


def _inside(copy: Upright, face: Face, corners: Corners) -> Mask:
    import cv2

    canvas = np.zeros(copy.image.shape[:2], dtype=np.uint8)
    places = np.array([(x, y, 8.0) for x, y in corners], dtype=np.float64)
    cv2.fillPoly(canvas, [np.rint(into(copy.matrix, face.pose.place(places))).astype(np.int32)], 1)
    return np.asarray(canvas > 0)


def _glasses(rims: tuple[float, float], bridge: float, dark: float) -> Refusal | None:
    words = (
        "Take the glasses off and repeat: rims, reflections and shadows lie over the skin around the eyes."
    )
    if dark > DARK:
        return Refusal("glasses", f"Dark glasses cover the eyes. {words}")
    if min(rims) > RIM or (max(rims) > RIM and bridge > BRIDGE):
        return Refusal("glasses", f"The person seems to wear glasses. {words}")
    return None


def glasses_evidence(copy: Upright, face: Face) -> tuple[tuple[float, float], float, float]:
    """What speaks for glasses, as differences of the natural log of light.

    Returns:
        Contrast around the left and the right eye; across the nose; and how much darker the skin below the
        eyes is than the cheeks.
    """
    import cv2

    light: Any = -absorbance(copy.image).mean(axis=2)
    light = cv2.GaussianBlur(light, (0, 0), 0.4 / copy.mm_per_pixel)
    line = np.abs(light - cv2.GaussianBlur(light, (0, 0), 3.0 / copy.mm_per_pixel))
    rims = (_beyond(line, copy, face, 1.0), _beyond(line, copy, face, -1.0))
    below = [_value(light, copy, face, np.array([(side * 33.0, 11.0, -4.0)])) for side in (-1, 1)]
    cheek = [_value(light, copy, face, np.array([(side * 38.0, 36.0, -4.0)])) for side in (-1, 1)]
    dark = float(np.mean(cheek) - np.mean(below))
    return rims, _across(light, copy, face), dark


def _value(field: NDArray[np.float32], copy: Upright, face: Face, places: Points) -> NDArray[np.float32]:
    """Values of the copy at places of the face, (points, 3) mm."""
    import cv2

    spots = into(copy.matrix, face.pose.place(places)).astype(np.float32)
    across, down = np.ascontiguousarray(spots[:, :1]), np.ascontiguousarray(spots[:, 1:])
    found: Any = cv2.remap(field, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[:, 0], dtype=np.float32)


def _beyond(line: NDArray[np.float32], copy: Upright, face: Face, side: float) -> float:
    """By how much a path around an eye has more contrast than one across the cheek below."""
    eye = _around(line, copy, face, (side * 32.0, 2.0))
    return eye - _around(line, copy, face, (side * 36.0, 30.0))


def _around(line: NDArray[np.float32], copy: Upright, face: Face, middle: tuple[float, float]) -> float:
    """Contrast of the best path around the lower half of a place: what all but a fifth of it exceed.

    A rim goes through; wrinkles and scales have gaps.
    """
    angle, radius = np.meshgrid(_ANGLES, _RADII, indexing="ij")
    side = np.sign(middle[0])
    x, y = middle[0] + side * radius * np.cos(angle), middle[1] + radius * np.sin(angle)
    found = _value(line, copy, face, np.stack([x, y, np.full_like(x, 4.0)], axis=-1).reshape(-1, 3))
    found = np.minimum(found, 0.6).reshape(angle.shape)  # a few black pixels don't make a line
    total, came = found[0].astype(np.float64), []
    for row in found[1:]:
        padded = np.pad(total, _TURN, constant_values=-np.inf)
        choice = np.stack([padded[step : step + len(row)] for step in range(2 * _TURN + 1)])
        came.append(np.arange(len(row)) + choice.argmax(axis=0) - _TURN)
        total = row + choice.max(axis=0)
    at, path = int(total.argmax()), []
    for row, before in zip(found[:0:-1], came[::-1], strict=True):
        path.append(row[at])
        at = int(before[at])
    return float(np.quantile(path, 0.2))


def _across(light: NDArray[np.float32], copy: Upright, face: Face) -> float:
    """Contrast of the strongest level line across the root of the nose, beyond that of the forehead."""
    return _strongest(light, copy, face, 0.0, 14.0) - _strongest(light, copy, face, -42.0, 4.0)


def _strongest(light: NDArray[np.float32], copy: Upright, face: Face, height: float, depth: float) -> float:
    x, y = np.meshgrid(np.arange(-6.0, 6.5, 0.5), height + np.arange(-14.0, 16.0, 0.5))
    places = np.stack([x, y, np.full_like(x, depth)], axis=-1).reshape(-1, 3)
    profile = _value(light, copy, face, places).reshape(x.shape).mean(axis=1)
    smooth = np.convolve(np.pad(profile, 12, mode="edge"), np.ones(25) / 25, mode="valid")
    return float(np.abs(profile - smooth)[4:-4].max())
