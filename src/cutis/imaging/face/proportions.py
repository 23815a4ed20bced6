"""The proportions of an adult face, from published measurements, and where its areas lie.

Places are millimetres in a face whose pupils are 63 mm apart, seen from the front: x towards the right of the
photo (the person's left), y down from the line of the pupils, z towards the camera.

Sources: Farkas 1994, Anthropometry of the Head and Face, 2nd ed. (means of young North American adults, here
averaged over women and men and rounded; sellion to subnasale 53, to stomion 71, to gnathion 118, hairline to
nasion 65, between inner corners of the eyes 33, outer 90, width of the nose 33, of the mouth 52, of the face
134, of the jaw 98); Farkas et al. 2005, J Craniofac Surg 16:615 (how far peoples differ: the width of the
nose most); Dodgson 2004, Proc SPIE 5291:36 (distance of pupils: about 63 mm, deviation 3.7 mm in adults).
Depths aren't among them: they are those of an ordinary profile, and enter only as the face turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (points, 2) pixels or (points, 3) millimetres
AreaName = Literal[
    "forehead",
    "glabella",
    "periorbital_left",
    "periorbital_right",
    "cheek_left",
    "cheek_right",
    "nose",
    "perioral",
    "chin",
]
View = Literal["front", "left", "right"]

PUPILS = 63.0  # mm between the pupils
PUPILS_SPREAD = 3.7 / 63.0  # share: how far that is from true in one adult of three
MM_PER_PIXEL = 0.15  # of every cut area

# What a detector finds: left and right are the person's.
EYE_LEFT = (PUPILS / 2, 0.0, 0.0)
EYE_RIGHT = (-PUPILS / 2, 0.0, 0.0)
NOSE = (0.0, 39.0, 27.0)  # its tip
MOUTH_LEFT = (26.0, 69.0, 4.0)  # corners
MOUTH_RIGHT = (-26.0, 69.0, 4.0)
FIVE: Points = np.array([EYE_LEFT, EYE_RIGHT, NOSE, MOUTH_LEFT, MOUTH_RIGHT])

CHIN = (0.0, 114.0, 3.0)


@dataclass(frozen=True)
class Site:
    """Where an area lies.

    Attributes:
        centre: mm in the face.
        size: width and height, mm.
        normal: where its skin looks, right, down, towards the camera; not of unit length.
    """

    centre: tuple[float, float, float]
    size: tuple[float, float]
    normal: tuple[float, float, float]


_LEFT = {
    "periorbital": Site((40.0, 3.0, -8.0), (48.0, 36.0), (0.55, 0.0, 1.0)),
    "cheek": Site((41.0, 42.0, -5.0), (36.0, 36.0), (0.60, 0.05, 1.0)),
}


def _mirrored(site: Site) -> Site:
    (x, y, z), (across, down, out) = site.centre, site.normal
    return Site((-x, y, z), site.size, (-across, down, out))


SITES: Mapping[AreaName, Site] = MappingProxyType(
    {
        "forehead": Site((0.0, -45.0, 4.0), (48.0, 36.0), (0.0, -0.25, 1.0)),
        "glabella": Site((0.0, -19.0, 9.0), (36.0, 36.0), (0.0, 0.0, 1.0)),
        "periorbital_left": _LEFT["periorbital"],
        "periorbital_right": _mirrored(_LEFT["periorbital"]),
        "cheek_left": _LEFT["cheek"],
        "cheek_right": _mirrored(_LEFT["cheek"]),
        "nose": Site((0.0, 27.0, 18.0), (36.0, 48.0), (0.0, -0.2, 1.0)),
        "perioral": Site((0.0, 69.0, 12.0), (48.0, 36.0), (0.0, 0.05, 1.0)),
        "chin": Site((0.0, 96.0, 10.0), (36.0, 36.0), (0.0, 0.1, 1.0)),
    }
)

# A side view is for the side that faces the camera; the middle of the face is seen better from the front.
AREAS_OF_VIEW: Mapping[View, tuple[AreaName, ...]] = MappingProxyType(
    {
        "front": tuple(SITES),
        "left": ("forehead", "periorbital_left", "cheek_left"),
        "right": ("forehead", "periorbital_right", "cheek_right"),
    }
)


def ellipse(centre: tuple[float, float, float], half: tuple[float, float], points: int = 24) -> Points:
    """An upright ellipse as a polygon in the face, (points, 3) mm."""
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x, y, z = centre
    return np.stack([x + half[0] * np.cos(turn), y + half[1] * np.sin(turn), np.full(points, z)], axis=1)


def _both(left: Points) -> tuple[Points, Points]:
    return left, left * np.array([-1.0, 1.0, 1.0])


EYES = _both(ellipse((32.0, 0.5, -3.0), (18.5, 9.5)))
BROWS = _both(
    np.array(
        [
            (9.0, -12.0, 8.0),
            (10.0, -22.0, 8.0),
            (26.0, -27.0, 4.0),
            (43.0, -27.0, -4.0),
            (56.0, -18.0, -14.0),
            (55.0, -12.0, -14.0),
            (42.0, -16.0, -5.0),
            (26.0, -15.0, 3.0),
        ]
    )
)
NOSTRILS = _both(ellipse((7.5, 47.0, 16.0), (6.5, 4.5)))
LIPS = ellipse((0.0, 69.5, 10.0), (29.0, 11.5))
