"""Promises of the first step: nothing is done where nothing is asked or needed; what is done is measured."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.colour_card import lab_of_light, to_display, to_light
from cutis.imaging.enhance import (
    Enhancement,
    balance_colour,
    enhance,
    estimate_noise,
    illuminant,
    limit_contrast,
    noise_level,
    reduce_noise,
    shades_of_grey,
)
from cutis.phantoms.colour_card import Placing, Scene, Shot, render
from cutis.phantoms.degradations.colour import temperature_gains

Photo = Callable[..., NDArray[np.uint8]]
pixels = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


def skin(
    skin_type: int = 3, part: float = 0.5, shot: Shot | None = None, size: int = 320
) -> NDArray[np.uint8]:
    clean = shot or Shot(exposure=0.8, noise=0.0, jpeg=None, blur=0.8)
    scene = Scene(skin_type=skin_type, skin=part, height=size, width=size)
    return render(np.random.default_rng(skin_type), scene, None, clean).image


def noisy(image: NDArray[np.uint8], deviation: float, reach: float = 0.0, seed: int = 1) -> NDArray[np.uint8]:
    grain = np.random.default_rng(seed).normal(0, 1, image.shape).astype(np.float32)
    if reach:
        grain = cv2.GaussianBlur(grain, (0, 0), reach)
        grain /= grain.std()
    return np.clip(image + deviation * grain + 0.5, 0, 255).astype(np.uint8)


def jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


# Noise


@pytest.mark.parametrize("deviation", [3.0, 6.0, 12.0, 25.0])
@pytest.mark.parametrize("reach", [0.0, 0.6], ids=["pixels alone", "smeared"])
def test_noise_is_estimated_within_a_fifth(deviation: float, reach: float) -> None:
    for skin_type in (1, 4, 6):
        found = estimate_noise(noisy(skin(skin_type), deviation, reach))
        assert found == pytest.approx(deviation, rel=0.2 if skin_type < 6 else 0.35, abs=0.6)


def test_more_noise_is_found_as_more() -> None:
    levels = [estimate_noise(noisy(skin(), deviation)) for deviation in (0, 2, 4, 8, 16, 32)]
    assert levels == sorted(levels)


@pytest.mark.parametrize("quality", [95, 90, 80])
def test_strong_noise_is_seen_through_jpeg(quality: int) -> None:
    assert estimate_noise(jpeg(noisy(skin(), 15.0, 0.6), quality)) > 5.0
    assert estimate_noise(jpeg(skin(), quality)) < 2.0


def test_texture_is_not_taken_for_noise(photo: Photo) -> None:
    waves = photo(3)
    calm = cv2.GaussianBlur(waves, (0, 0), 1.2)
    assert estimate_noise(calm) < 2.0


def test_clipped_areas_do_not_hide_noise() -> None:
    image = noisy(skin(), 8.0)
    image[:, :160] = 255
    assert estimate_noise(image) == pytest.approx(8.0, rel=0.25)


def test_colour_noise_alone_is_told_from_noise_of_brightness() -> None:
    clean = skin().astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 8, clean.shape[:2]).astype(np.float32)
    only_light = np.clip(clean + grain[..., None] + 0.5, 0, 255).astype(np.uint8)
    level = noise_level(only_light)
    assert level.light > 6
    assert level.colour < 2


def test_a_clean_photo_comes_back_as_it_was() -> None:
    for skin_type in range(1, 7):
        clean = skin(skin_type)
        np.testing.assert_array_equal(reduce_noise(clean), clean)
        np.testing.assert_array_equal(reduce_noise(clean, 3.0), clean)


@pytest.mark.parametrize("deviation", [6.0, 12.0, 20.0])
def test_noise_goes_and_edges_stay(deviation: float) -> None:
    clean = skin()
    clean[100:220, 100:220] = np.clip(clean[100:220, 100:220] * 0.55, 0, 255).astype(np.uint8)
    dirty = noisy(clean, deviation)
    calm = reduce_noise(dirty)
    before, after = (np.square(image.astype(float) - clean).mean() for image in (dirty, calm))
    assert after < 0.4 * before
    step = [image[130:190, 215:225].astype(float).mean(axis=(0, 2)) for image in (clean, calm)]
    assert np.ptp(np.diff(step[1])) > 0.75 * np.ptp(np.diff(step[0]))


@given(pixels)
@settings(max_examples=30)
def test_strength_zero_is_the_identity(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(reduce_noise(image, 0.0), image)
    np.testing.assert_array_equal(balance_colour(image, 0.0), image)
    np.testing.assert_array_equal(limit_contrast(image, 0.0), image)
    np.testing.assert_array_equal(enhance(image, Enhancement(0.0, 0.0, 0.0)).image, image)


@given(pixels, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=30)
def test_any_pixels_give_a_photo_of_the_same_shape(
    image: NDArray[np.uint8], noise: float, colour: float, contrast: float
) -> None:
    kept = image.copy()
    done = enhance(image, Enhancement(noise, colour, contrast))
    assert done.image.shape == image.shape
    assert done.image.dtype == np.uint8
    np.testing.assert_array_equal(image, kept)  # never worked on in place
    assert np.isfinite([done.noise_before, done.noise_after, *done.illuminant]).all()


def test_a_photo_is_the_same_in_strips_as_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    dirty = noisy(skin(size=400), 10.0)
    whole = reduce_noise(dirty)
    monkeypatch.setattr("cutis.imaging.enhance.denoise._ROWS", 64)
    np.testing.assert_array_equal(reduce_noise(dirty), whole)


# Colour


def cast(image: NDArray[np.uint8], gains: NDArray[np.float64]) -> NDArray[np.uint8]:
    return to_display(to_light(image) * gains.astype(np.float32))


def angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


@pytest.mark.parametrize("skin_type", range(1, 7))
def test_skin_that_fills_the_frame_is_not_turned_grey(skin_type: int) -> None:
    face = skin(skin_type, part=1.0)
    white = np.ones(3)
    assert angle(illuminant(face), white) < 2.0
    assert angle(shades_of_grey(face), white) > 8.0  # what it would be by the mean


@pytest.mark.parametrize("mired", [-100.0, 100.0, 150.0])
def test_a_lamps_colour_is_taken_out_where_a_room_shows_it(mired: float) -> None:
    rng = np.random.default_rng(5)
    clean = skin(3, part=0.4)
    for left in range(0, 320, 32):  # things of many colours along the wall
        grey, tint = rng.uniform(0.08, 0.7), np.exp(rng.normal(0, 0.3, 3))
        clean[10:100, left : left + 28] = to_display(np.clip(grey * tint, 0, 1).astype(np.float32))
    gains = temperature_gains(mired)
    gains /= gains[1]
    dirty = cast(clean, gains * 0.6)
    left_over = illuminant(balance_colour(dirty)) * 1.0
    assert angle(illuminant(dirty), gains) < 0.6 * angle(np.ones(3), gains)
    assert angle(left_over, np.ones(3)) < angle(illuminant(dirty), np.ones(3))


def test_balancing_keeps_luminance() -> None:
    dirty = cast(skin(3, part=0.35), np.array([1.0, 0.9, 0.5]))
    weights = np.array([0.2126, 0.7152, 0.0722])
    before, after = (to_light(image).mean(axis=(0, 1)) @ weights for image in (dirty, balance_colour(dirty)))
    assert after == pytest.approx(before, rel=0.03)


def test_balancing_by_a_known_light_undoes_it() -> None:
    clean = skin(2, part=0.4)
    light = np.array([1.0, 0.8, 0.6])
    fixed = balance_colour(cast(clean, light), light=light)
    scale = to_light(fixed).mean() / to_light(clean).mean()
    assert np.abs(to_light(fixed) / scale - to_light(clean)).max() < 0.03


# Contrast


def test_contrast_changes_lightness_and_not_colour(photo: Photo) -> None:
    image = photo(1)
    raised = limit_contrast(image, 1.0)
    before, after = (lab_of_light(to_light(one)) for one in (image, raised))
    inside = (raised > 5).all(axis=2) & (raised < 250).all(axis=2)
    assert np.abs(after - before)[inside][:, 1:].mean() < 0.6
    assert np.abs(after - before)[inside][:, 0].mean() > 2.0


def test_more_contrast_is_more(photo: Photo) -> None:
    image = photo(2)

    def local(one: NDArray[np.uint8]) -> float:
        grey = cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return float((grey - cv2.GaussianBlur(grey, (0, 0), 8)).std())

    assert local(image) < local(limit_contrast(image, 0.3)) < local(limit_contrast(image, 1.0))


# The whole


def test_words_and_figures_say_what_was_done() -> None:
    shot = Shot(exposure=0.8, noise=12.0, light=(1.2, 1.0, 0.75), jpeg=None)
    rendered = render(np.random.default_rng(0), Scene(), Placing(), shot)
    done = enhance(rendered.image)
    assert done.noise_after < 0.5 * done.noise_before
    assert done.card is not None
    assert done.colour_error_before is not None
    assert done.colour_error_after is not None
    assert done.colour_error_after < 0.4 * done.colour_error_before
    text = " ".join(done.words)
    assert f"{done.noise_before:.1f}" in text
    assert f"{done.colour_error_after:.1f}" in text
    assert "colour card was found" in text


def test_without_a_card_nothing_is_claimed_about_colour_error() -> None:
    done = enhance(skin())
    assert done.card is None
    assert done.colour_error_before is None
    assert "Noise" in done.words[0]
    assert "nothing was smoothed" in done.words[0]


def test_card_off_does_not_look_for_one() -> None:
    rendered = render(np.random.default_rng(0), Scene(), Placing(), Shot(exposure=0.8))
    assert enhance(rendered.image, Enhancement(card="off")).card is None


def test_a_card_that_cannot_be_used_is_mentioned() -> None:
    cut = replace(Placing(), centre=(0.93, 0.3))
    rendered = render(np.random.default_rng(0), Scene(), cut, Shot(exposure=0.8))
    assert any("cut off" in sentence for sentence in enhance(rendered.image).words)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.full((2, 700, 3), 90, np.uint8),
        np.zeros((200, 200, 3), np.uint8),
        np.full((200, 200, 3), 255, np.uint8),
        np.repeat(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2),
    ],
    ids=["one pixel", "strip", "black", "white", "grey ramp"],
)
def test_strange_photos_pass_without_colour(image: NDArray[np.uint8]) -> None:
    done = enhance(image)
    assert done.image.shape == image.shape
    assert np.ptp(done.image.astype(int), axis=2).max() <= 2  # grey stays grey
    assert done.card is None


def test_what_is_not_a_colour_photo_is_refused() -> None:
    for wrong in (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3), np.float32)):
        with pytest.raises(ImageError, match="uint8"):
            enhance(wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"noise": -1.0}, {"colour": 2.0}, {"contrast": float("nan")}, {"card": "maybe"}, {"pitch_mm": 0.0}],
)
def test_strengths_that_mean_nothing_are_refused(wrong: dict[str, float | str]) -> None:
    with pytest.raises(CutisError):
        Enhancement(**wrong)  # type: ignore[arg-type]


def test_real_photos_are_hardly_touched(shared_data: Path) -> None:
    """Photos of a good camera, made small, are sharp: their texture must not be smoothed away."""
    photos = sorted((shared_data / "ham10000").rglob("*.webp"))[::500]
    touched = []
    for path in photos:
        image = np.asarray(Image.open(path).convert("RGB"))
        calm = reduce_noise(image)
        touched.append(np.abs(calm.astype(int) - image).mean())
    assert len(photos) > 10
    assert np.median(touched) < 0.1
    assert max(touched) < 2.0
