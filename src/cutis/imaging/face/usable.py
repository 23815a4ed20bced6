"""Which pixels of a face are skin that can be judged.

Two ways of leaving out add up. By place: eyes, brows, nostrils and lips, where the landmarks and proportions
put them, with a margin. By look: what no skin looks like, and what is much darker than this face, as hair,
the shadow of hair and the deep of a fold are. Both look at windows of a millimetre or two, so that pores,
wrinkles and spots of pigment, which are what is to be judged, are never left out for being dark.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map, absorbance
from cutis.imaging.face.proportions import BROWS, EYES, FIVE, LIPS, NOSTRILS, Points
from cutis.imaging.face.values import Face
from cutis.imaging.face.warp import Matrix, Upright, into, upright
from cutis.imaging.skin_likelihood import likelihood

Mask = NDArray[np.bool_]

COARSE = 0.5  # mm per pixel of the copy that is looked at
_LEAST_LIKELY = 0.25  # likelihood of skin
_DARK = 1.05  # natural log of light below the face's own, beyond which it is hair or shadow
_SMOOTH = 1.3  # mm: deviation of the window
_RIM = 1.0  # mm left out around hair


def usable(rgb: NDArray[np.uint8], face: Face) -> tuple[Upright, Mask]:
    """A coarse upright copy of the face, and where it shows skin that can be judged."""
    copy = upright(rgb, face, COARSE)
    return copy, features_left_out(face, copy.matrix, copy.image.shape[:2]) & skin_like(copy, face)


def skin_like(copy: Upright, face: Face | None) -> Mask:
    """Where an upright copy looks like this face's skin, or, without a face, like most of what is seen."""
    import cv2

    likely = likelihood(copy.image) > _LEAST_LIKELY
    dark = darkness(copy, face) > _DARK
    dark = cv2.dilate(dark.astype(np.uint8), _disc(_RIM / copy.mm_per_pixel)) > 0
    seen = (copy.image.max(axis=2) > 0) & (copy.image.min(axis=2) < 254)
    # A single pixel of glare or of a hair is part of the skin around it.
    small = _disc(1.0 / copy.mm_per_pixel)
    skin = (likely & seen & ~dark).astype(np.uint8)
    skin = cv2.morphologyEx(cv2.morphologyEx(skin, cv2.MORPH_CLOSE, small), cv2.MORPH_OPEN, small)
    return np.asarray((skin > 0) & ~dark)


def darkness(copy: Upright, face: Face | None) -> Map:
    """How much less light comes from a place than from the face's own skin, natural log."""
    import cv2

    light = -absorbance(copy.image).mean(axis=2)
    smooth: Any = cv2.GaussianBlur(light, (0, 0), _SMOOTH / copy.mm_per_pixel)
    own = np.median(smooth if face is None else smooth[bare(copy, face)])
    return np.asarray(own - smooth, dtype=np.float32)


def bare(copy: Upright, face: Face) -> Mask:
    """Both cheeks below the eyes and the bridge of the nose: bare on almost every face; never empty."""
    import cv2

    patches = [(-40, 20, 14), (40, 20, 14), (0, 20, 9)]
    mask = np.zeros(copy.image.shape[:2], dtype=np.uint8)
    for x, y, reach in patches:
        place = into(copy.matrix, face.pose.place(np.array([[x, y, 0.0]], dtype=np.float64)))[0]
        centre = (round(float(place[0])), round(float(place[1])))
        cv2.circle(mask, centre, round(reach / copy.mm_per_pixel), 1, -1)
    seen = copy.image.max(axis=2) > 0
    chosen = (mask > 0) & seen
    return np.asarray(chosen if chosen.any() else np.ones_like(chosen), dtype=np.bool_)


def features_left_out(face: Face, matrix: Matrix, shape: tuple[int, int]) -> Mask:
    """False at eyes, brows, nostrils and lips of a cut; (height, width)."""
    import cv2

    canvas = np.zeros(shape, dtype=np.uint8)
    for outline in outlines(face):
        places = into(matrix, outline)
        cv2.fillPoly(canvas, [np.rint(places * 8).astype(np.int32)], 1, cv2.LINE_8, 3)
    return np.asarray(canvas == 0)


def outlines(face: Face) -> list[Points]:
    """Polygons in the photo around eyes, brows, nostrils and lips.

    Each is moved by as much as the nearest landmark lies off its place in the mean face.
    """
    place = face.pose.place
    found = face.landmarks.points
    off = found - place(FIVE)
    eyes = [place(shape) + off[which] for shape, which in zip(EYES, (0, 1), strict=True)]
    brows = [place(shape) + off[which] for shape, which in zip(BROWS, (0, 1), strict=True)]
    nostrils = [place(shape) + off[2] for shape in NOSTRILS]
    lips = place(LIPS) + off[3:].mean(axis=0)
    # Lips reach both corners, however wide the mouth is.
    lips = np.asarray(hull(np.concatenate([lips, _rim(found[3], face), _rim(found[4], face)])))
    return [*eyes, *brows, *nostrils, lips]


def hull(places: Points) -> Points:
    """The convex polygon around places, (corners, 2)."""
    import cv2

    hull: Any = cv2.convexHull(places.astype(np.float32))
    return np.asarray(hull[:, 0], dtype=np.float64)


def _rim(corner: Points, face: Face) -> Points:
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    return np.asarray(corner + 3.5 * face.pose.scale * np.stack([np.cos(turn), np.sin(turn)], axis=1))


def _disc(radius: float) -> NDArray[np.uint8]:
    import cv2

    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
