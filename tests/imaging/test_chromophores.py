"""Melanin, blood and shading: what each map answers to, and what it must not answer to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import Chromophores, chromophores, haemoglobin, melanin
from cutis.phantoms import optics
from cutis.phantoms.camera import Camera, photograph
from cutis.phantoms.canvas import Canvas, View
from cutis.phantoms.skin import Person, normal_skin

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

CAMERA = Camera(
    polarised=True,
    exposure=0.45,
    metering=0.6,
    balance=0.5,
    gains=(1.0, 0.85, 1.1),
    saturation=1.0,
    contrast=0.15,
    blur=3.0,
    noise=0.003,
    sharpening=0.1,
    falloff=0.1,
    tilt=(0.05, 0.0),
)


def developed(linear: Floats) -> Pixels:
    """sRGB of linear light, by the standard's formula."""
    shown = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    return np.asarray(np.clip(shown * 255 + 0.5, 0, 255), dtype=np.uint8)


def skin_colours(seed: int) -> Floats:
    """(16, 16, 3) linear light of skin of all tones and states, by spectra."""
    rng = np.random.default_rng(seed)
    spectra = [
        optics.reflectance_spectrum(m, b) for m, b in rng.uniform((0.01, 0.002), (0.2, 0.06), (256, 2))
    ]
    colours = np.array([optics.spectrum_to_srgb(spectrum) for spectrum in spectra])
    return np.asarray(np.clip(colours, 0, 1)).reshape(16, 16, 3)


def spot(skin_type: int, *, blood: float = 0.0, pigment: float = 1.0, seed: int = 0) -> tuple[Pixels, Floats]:
    """Skin of a type with a disc of more blood or pigment, and the distance from its centre in radii."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(View(160, 20.0))
    melanosomes = optics.melanin_of_type(skin_type, 0.5)
    person = Person(skin_type, melanosomes, optics.NORMAL_BLOOD, 30, "female", "trunk", 0.0, 0.0, 0.5)
    layers = normal_skin(canvas, person, rng)
    disc = canvas.disc((0.0, 0.0), 4.0, 0.5)
    layers.arterial = layers.arterial + disc * np.float32(blood)
    layers.melanin = layers.melanin * (1 + disc * np.float32(pigment - 1))
    image = photograph(layers.reflectance(True), CAMERA, rng)
    return image, np.hypot(canvas.x, canvas.y) / 4.0


def standing_out(field: NDArray[np.float32], distance: Floats) -> float:
    """Difference between disc and surroundings, in the spread of the surroundings."""
    inside, around = field[distance < 0.8], field[(distance > 1.3) & (distance < 2.2)]
    spread = 1.48 * float(np.median(np.abs(around - np.median(around))))
    return float((np.median(inside) - np.median(around)) / spread)


@given(level=st.integers(0, 255))
def test_grey_has_neither_pigment(level: int) -> None:
    parts = chromophores(np.full((2, 2, 3), level, np.uint8))
    assert np.abs(parts.melanin).max() < 1e-4
    assert np.abs(parts.haemoglobin).max() < 1e-4


@given(exposure=st.floats(0.4, 1.0), seed=st.integers(0, 5))
def test_less_light_is_shading_and_no_pigment(exposure: float, seed: int) -> None:
    light = skin_colours(seed)
    before, after = (chromophores(developed(light * share)) for share in (1.0, exposure))
    # Dark channels lose a little to the camera's 256 levels.
    assert np.median(np.abs(after.haemoglobin - before.haemoglobin)) < 0.04
    assert np.median(np.abs(after.melanin - before.melanin)) < 0.10
    shift = np.median(after.shading - before.shading)
    assert shift == pytest.approx(-np.log(exposure), abs=0.08)


@given(gains=st.tuples(*[st.floats(0.7, 1.0)] * 3), seed=st.integers(0, 5))
def test_a_colour_cast_adds_the_same_everywhere(gains: tuple[float, float, float], seed: int) -> None:
    light = skin_colours(seed)
    before, after = (chromophores(developed(light * tint)) for tint in (np.ones(3), np.array(gains)))
    for name in ("melanin", "haemoglobin"):
        moved = getattr(after, name) - getattr(before, name)
        assert np.percentile(np.abs(moved - np.median(moved)), 75) < 0.12


def test_a_red_lesion_stands_out_on_the_darkest_skin_as_on_pale() -> None:
    def erythema(skin_type: int) -> float:
        found = [spot(skin_type, blood=0.02, seed=seed) for seed in range(4)]
        return float(np.median([standing_out(haemoglobin(image), away) for image, away in found]))

    pale, dark = erythema(2), erythema(6)
    assert pale > 3
    assert 0.5 < dark / pale < 2


def test_redness_itself_does_not_stand_out_on_dark_skin_as_on_pale() -> None:
    """Why the test above is not trivial: the plain difference of red and green shrinks."""

    def red_less_green(skin_type: int) -> float:
        image, away = spot(skin_type, blood=0.02)
        red = image[..., 0].astype(np.float32) - image[..., 1]
        return float(red[away < 0.8].mean() - red[(away > 1.3) & (away < 2.2)].mean())

    assert red_less_green(6) < 0.6 * red_less_green(2)


@pytest.mark.parametrize("skin_type", [1, 2, 3, 4])
def test_each_pigment_stands_out_in_its_own_map(skin_type: int) -> None:
    red, away = spot(skin_type, blood=0.02)
    brown, _ = spot(skin_type, pigment=2.5)
    assert standing_out(haemoglobin(red), away) > standing_out(melanin(red), away) + 3
    assert standing_out(melanin(brown), away) > standing_out(haemoglobin(brown), away) + 3


def test_melanin_follows_the_skin_type() -> None:
    typical = [float(np.median(melanin(spot(skin_type)[0]))) for skin_type in (1, 3, 5)]
    assert typical == sorted(typical)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (7, 2, 3)])
def test_maps_have_the_photos_shape(shape: tuple[int, int, int]) -> None:
    parts = chromophores(np.zeros(shape, np.uint8))
    assert isinstance(parts, Chromophores)
    for field in (parts.melanin, parts.haemoglobin, parts.shading):
        assert field.shape == shape[:2]
        assert field.dtype == np.float32
        assert np.isfinite(field).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
    ],
)
def test_what_is_no_colour_photo_is_refused_with_its_shape(wrong: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match="read_rgb") as caught:
        chromophores(wrong)
    assert str(wrong.shape) in str(caught.value)
