"""Skin likelihood: high on every skin, low on what people photograph by mistake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cutis.imaging.read import read_rgb
from cutis.imaging.skin_likelihood import skin
from cutis.phantoms import optics
from cutis.phantoms.camera import draw_camera, photograph
from cutis.phantoms.canvas import Canvas, View
from cutis.phantoms.skin import Person, normal_skin

Pixels = NDArray[np.uint8]


def bare(skin_type: int, seed: int, size: int = 128) -> Pixels:
    """Skin of a type without a lesion, under any light and camera."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(View(size, 20.0))
    melanosomes = optics.melanin_of_type(skin_type, rng.uniform(0.1, 0.9))
    person = Person(skin_type, melanosomes, optics.NORMAL_BLOOD, 40, "male", "trunk", 0.1, 0.0, 0.5)
    return photograph(normal_skin(canvas, person, rng).reflectance(True), draw_camera(rng), rng)


def noisy(picture: NDArray[np.float64], rng: np.random.Generator, noise: float = 3.0) -> Pixels:
    return np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


def document(rng: np.random.Generator) -> Pixels:
    page = np.full((160, 120, 3), 238.0)
    for line in range(10, 150, 7):
        ink = rng.random((3, 100)) < 0.5
        page[line : line + 3, 10:110][ink] = 30
    return noisy(page, rng)


def screen(rng: np.random.Generator) -> Pixels:
    shot = np.full((120, 200, 3), (246, 248, 250), np.uint8)
    shot[:14] = (36, 41, 47)
    shot[20:60, 10:90] = (9, 105, 218)
    shot[70:110, 110:190] = (31, 136, 61)
    shot[rng.random((120, 200)) < 0.05] = 40
    return shot


def grass(rng: np.random.Generator) -> Pixels:
    blades = rng.uniform(0.3, 1.0, (140, 140, 1)) * np.array([110.0, 160.0, 60.0])
    return noisy(blades, rng, 12)


def blue_cloth(rng: np.random.Generator) -> Pixels:
    rows, columns = np.indices((130, 130))
    weave = 1 + 0.15 * np.sin(rows * 1.1) * np.sin(columns * 1.1)
    return noisy(weave[..., None] * np.array([60.0, 90.0, 160.0]), rng)


@pytest.mark.parametrize("skin_type", [1, 2, 3, 4, 5, 6])
def test_skin_of_every_tone_is_skin(skin_type: int) -> None:
    shares = [float((skin(bare(skin_type, seed)) > 0.5).mean()) for seed in range(8)]
    assert np.median(shares) > 0.9


@pytest.mark.parametrize("scene", [document, screen, grass, blue_cloth])
def test_what_is_photographed_by_mistake_is_not_skin(scene: object) -> None:
    assert callable(scene)
    assert float((skin(scene(np.random.default_rng(0))) > 0.5).mean()) < 0.03


@pytest.mark.parametrize("level", [0, 90, 160, 255])
def test_grey_is_not_skin(level: int) -> None:
    assert skin(np.full((40, 60, 3), level, np.uint8)).max() < 0.1


def test_a_drawing_in_the_colour_of_skin_is_less_likely_than_skin() -> None:
    photo = bare(3, 1)
    flat = np.full_like(photo, np.median(photo, axis=(0, 1)))
    assert skin(flat).mean() < 0.5 < skin(photo).mean()


def test_the_map_tells_a_hand_from_the_table() -> None:
    rng = np.random.default_rng(0)
    table = noisy(np.full((128, 128, 3), (90.0, 120.0, 150.0)), rng)
    likely = skin(np.hstack([bare(4, 3), table]))
    assert likely[:, :110].mean() > 0.8
    assert likely[:, 146:].mean() < 0.05


@settings(max_examples=40)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_bytes_give_a_likelihood_per_pixel(rgb: Pixels) -> None:
    likely = skin(rgb)
    assert likely.shape == rgb.shape[:2]
    assert likely.dtype == np.float32
    assert 0 <= likely.min() <= likely.max() <= 1


@pytest.mark.data
@pytest.mark.parametrize("tones", [(0, 1), (2,), (3,), (4,), (5,)])
def test_clinical_photos_of_every_tone_are_mostly_skin(shared_data: Path, tones: tuple[int, ...]) -> None:
    import polars as pl

    folder = shared_data / "milk10k"
    table = pl.read_csv(folder / "manifest.csv", infer_schema_length=None).filter(
        (pl.col("modality") == "clinical") & pl.col("skin_tone_class").is_in(tones)
    )
    photos = [read_rgb(folder / image) for image in table["image"].sort().to_list()[:12]]
    assert np.mean([(skin(photo) > 0.5).mean() for photo in photos]) > 0.85
