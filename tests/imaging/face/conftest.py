"""Faces given by landmarks, and rendered ones that several tests look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cutis.imaging.face import Face, Landmarks, Pose, face_of
from cutis.imaging.face.proportions import FIVE
from cutis.phantoms.faces import Look, RenderedFaces, Sight, Sitter, render_faces
from cutis.phantoms.facial import draw_person

NAMES = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")


@pytest.fixture(scope="session")
def place_face() -> Callable[..., Face]:
    """A face of mean proportions, seen in a given way."""

    def make(
        *,
        roll: float = 0,
        yaw: float = 0,
        pitch: float = 0,
        scale: float = 5,
        shift: tuple[float, float] = (500, 500),
    ) -> Face:
        places = Pose(roll, yaw, pitch, scale, 1.0, shift, 0.0).place(FIVE)
        return face_of(Landmarks(*[(float(x), float(y)) for x, y in places]))

    return make


@pytest.fixture(scope="session")
def rendered() -> Callable[..., tuple[RenderedFaces, Face]]:
    """A rendered face with something over it, and the face of its true landmarks; each is rendered once."""
    made: dict[tuple[object, ...], tuple[RenderedFaces, Face]] = {}

    def make(
        skin_type: int = 3, severity: float = 0.0, yaw: float = 0.0, **look: object
    ) -> tuple[RenderedFaces, Face]:
        key = (skin_type, severity, yaw, *sorted(look.items()))
        if key not in made:
            rng = np.random.default_rng(8)
            person = draw_person(rng)
            while person.skin_type != skin_type or person.sex != "male" or person.age > 45:
                person = draw_person(rng)
            person = replace(person, hair=max(person.hair, 0.6), beard=0.1)
            grades = dict.fromkeys(("wrinkles", "melasma", "dryness", "lentigo"), severity)
            sitter = Sitter(person, Sight(4.0, yaw, 0.0, 1.6, (190, 190), 450.0), Look(**look), grades)  # type: ignore[arg-type]
            photo = render_faces([sitter], (420, 380), rng)
            places = photo.faces[0].landmarks
            made[key] = photo, face_of(Landmarks(**{name: places[name] for name in NAMES}))
        return made[key]

    return make
