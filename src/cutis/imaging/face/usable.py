"""Which pixels of a face are skin that can be judged.

Two ways of leaving out add up. By place: eyes, brows, nostrils and lips, where the landmarks and proportions
put them, with a margin. By look: what differs much from this face's own skin in colour or is much darker, as
hair and deep shadow are. A face knows its own colour: the middle one of its forehead, the root of its nose
and its cheeks, so that one of them may be covered. Colour and darkness are looked at through windows of
millimetres, so that pores, wrinkles, redness and spots of pigment, which are what is to be judged, are not
left out for being dark or red. Roughness isn't asked: scaling skin is as rough as hair. Hair as pale as the
skin is therefore missed.
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
_LIKELY = 0.25  # likelihood of skin, where no face tells its own colour
# Natural log: how far red over green, and green over blue, may lie from the face's own. Blue of dark skin is
# little and noisy.
_COLOUR = (0.55, 0.85)
_DARK = 1.05  # natural log of light below the face's own, beyond which it is hair or shadow
_PALE = 1.3  # natural log of light above the face's own: a wall, or skin drowned in glare
_SMOOTH = 1.3  # mm: deviation of the window that colour and darkness look through
_RIM = 1.0  # mm left out around hair
# Where skin is bare on most faces: x, y and radius, mm.
_BARE = ((-38.0, 24.0, 12.0), (38.0, 24.0, 12.0), (0.0, 12.0, 7.0), (0.0, -38.0, 12.0))


def usable(rgb: NDArray[np.uint8], face: Face) -> tuple[Upright, Mask]:
    """A coarse upright copy of the face, and where it shows skin that can be judged."""
    copy = upright(rgb, face, COARSE)
    return copy, features_left_out(face, copy.matrix, copy.image.shape[:2]) & skin_like(copy, face)


def skin_like(copy: Upright, face: Face | None) -> Mask:
    """Where an upright copy looks like this face's skin, or, without a face, like most of what is seen."""
    import cv2

    each = copy.mm_per_pixel
    absorbed = absorbance(copy.image)
    smooth: Any = cv2.GaussianBlur(absorbed, (0, 0), _SMOOTH / each)
    look = _look(smooth)
    own = _own(copy, face, look)
    lighter = look[..., 0] - own[0]
    # What mirrors the lamp loses colour: between the face's own and none at all.
    paler = np.clip(lighter, 0, 1)[..., None] * np.minimum(-own[1:], 0)
    apart = np.abs(look[..., 1:] - own[1:] - paler / 2) + paler / 2
    coloured = (apart < np.array(_COLOUR)).all(axis=2)
    dark = cv2.dilate((lighter < -_DARK).astype(np.uint8), _disc(_RIM / each)) > 0
    seen = (copy.image.max(axis=2) > 0) & (copy.image.min(axis=2) < 254)
    skin = (coloured & seen & ~dark & (lighter < _PALE)).astype(np.uint8)
    # A few pixels of glare or of a single hair are part of the skin around them.
    small = _disc(1.0 / each)
    skin = cv2.morphologyEx(cv2.morphologyEx(skin, cv2.MORPH_CLOSE, small), cv2.MORPH_OPEN, small)
    return np.asarray((skin > 0) & ~dark)


def _look(absorbed: Map) -> Map:
    """Log of light, of red over green and of green over blue; (height, width, 3)."""
    red, green, blue = (absorbed[..., band] for band in range(3))
    return np.stack([-absorbed.mean(axis=2), green - red, blue - green], axis=2)


def _own(copy: Upright, face: Face | None, look: Map) -> Map:
    """The face's own look, (3,): the middle one of the places that are bare on most faces."""
    if face is None:
        chosen = likelihood(copy.image) > _LIKELY
        return np.asarray(np.median(look[chosen] if chosen.mean() > 0.2 else look.reshape(-1, 3), axis=0))
    places = [np.median(look[part], axis=0) for part in bare(copy, face) if part.any()]
    return np.asarray(np.median(places or look.reshape(-1, 3), axis=0))


def bare(copy: Upright, face: Face) -> list[Mask]:
    """Both cheeks below the eyes, the root of the nose and the forehead, as far as the photo shows them."""
    import cv2

    seen = copy.image.max(axis=2) > 0
    parts = []
    for x, y, reach in _BARE:
        mask = np.zeros(copy.image.shape[:2], dtype=np.uint8)
        place = into(copy.matrix, face.pose.place(np.array([[x, y, 0.0]])))[0]
        centre = (round(float(place[0])), round(float(place[1])))
        cv2.circle(mask, centre, round(reach / copy.mm_per_pixel), 1, -1)
        parts.append(np.asarray((mask > 0) & seen))
    return parts


def features_left_out(face: Face, matrix: Matrix, shape: tuple[int, int]) -> Mask:
    """False at eyes, brows, nostrils and lips of a cut and beyond the rim of the face; (height, width)."""
    import cv2

    canvas = np.ones(shape, dtype=np.uint8)
    cv2.fillPoly(canvas, [np.rint(into(matrix, oval(face)) * 8).astype(np.int32)], 0, cv2.LINE_8, 3)
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


def oval(face: Face) -> Points:
    """The rim of the face from hairline over cheeks to chin, (points, 2) pixels of the photo."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x, y = np.cos(turn), np.sin(turn)
    # An egg: wide at the cheekbones, narrower at the chin; farther back the farther from the middle.
    across = 66.0 * x * np.where(y > 0, 1 - 0.28 * y**2, 1.0)
    down = np.where(y > 0, 10 + 106 * y, 10 + 74 * y)
    return face.pose.place(np.stack([across, down, -30 * x**2], axis=1))


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
