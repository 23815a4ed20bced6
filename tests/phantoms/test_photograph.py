"""Camera, hair and artefacts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.phantoms.artefacts import add_artefacts
from cutis.phantoms.camera import draw_camera, photograph
from cutis.phantoms.canvas import Canvas, Field, View
from cutis.phantoms.hair import add_hair
from cutis.phantoms.skin import Habits, Person, draw_person

SIZE = 96


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def grey(level: float) -> Field:
    return np.full((3, SIZE, SIZE), level, dtype=np.float32)


def person(**known: object) -> Person:
    return replace(draw_person(Habits({"trunk": 1.0}, (40, 10)), rng()), **known)  # type: ignore[arg-type]


def brightness(level: float, metering: float) -> float:
    camera = replace(draw_camera(rng(1)), metering=metering, noise=0.0, falloff=0.0, tilt=(0.0, 0.0))
    return float(photograph(grey(level), camera, rng()).mean())


def test_full_metering_makes_dark_and_pale_skin_alike_and_none_keeps_them_apart() -> None:
    assert brightness(0.1, 1.0) == pytest.approx(brightness(0.5, 1.0), abs=2)
    assert brightness(0.5, 0.0) > 1.5 * brightness(0.1, 0.0)


def test_noise_grows_with_the_cameras_noise() -> None:
    camera = replace(draw_camera(rng(1)), falloff=0.0, tilt=(0.0, 0.0), sharpening=0.0)
    quiet, loud = (
        photograph(grey(0.4), replace(camera, noise=n), rng()).std(axis=(0, 1)).mean() for n in (0.0, 0.03)
    )
    assert quiet < 0.5
    assert loud > 3


def test_falloff_darkens_the_corners() -> None:
    camera = replace(draw_camera(rng(1)), falloff=0.6, tilt=(0.0, 0.0), noise=0.0)
    photo = photograph(grey(0.4), camera, rng()).astype(float)
    assert photo[:8, :8].mean() < 0.8 * photo[44:52, 44:52].mean()


def test_black_hair_darkens_and_white_hair_does_not() -> None:
    canvas = Canvas(View(SIZE, 10.0))
    for melanin, darker in ((1.0, True), (0.0, False)):
        changes = []
        for seed in range(8):
            light = grey(0.4)
            add_hair(light, canvas, person(hair=0.9, hair_melanin=melanin), rng(seed))
            changes.append(float(light.mean()) - 0.4)
        assert (np.mean(changes) < -0.003) == darker


def test_artefacts_are_seen_in_some_photos_and_not_in_most() -> None:
    canvas = Canvas(View(SIZE, 10.0))
    touched = []
    for seed in range(150):
        light = grey(0.4)
        add_artefacts(light, canvas, draw_camera(rng(seed)), rng(seed))
        touched.append(bool((light != np.float32(0.4)).any()))
    assert 0.15 < np.mean(touched) < 0.6
