"""Augmentation: seeded, of the asked size, and not beyond recognition."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.data.augment import Augmentation, augment
from cutis.data.datasets import normalise

PLAIN = Augmentation(
    area=(1.0, 1.0), aspect=(1.0, 1.0), rotate=False, brightness=0, contrast=0, saturation=0, illuminant=0,
    constancy=0, hair=0, ruler=0, vignette=0, blur=0, erase=0,
)  # fmt: skip


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    rng = np.random.default_rng(1)
    coarse = rng.uniform(60, 220, (height // 10, width // 10, 3))
    return np.kron(coarse, np.ones((10, 10, 1))).astype(np.uint8)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(20, 200),
    width=st.integers(20, 200),
    size=st.integers(16, 96),
)
def test_any_photo_becomes_a_square_of_the_asked_size(seed: int, height: int, width: int, size: int) -> None:
    image = np.full((height, width, 3), 128, np.uint8)
    out = augment(image, (size, size), Augmentation(), np.random.default_rng(seed))
    assert out.shape == (size, size, 3)
    assert out.dtype == np.uint8


def test_the_same_seed_draws_the_same_variation_and_another_seed_another() -> None:
    draws = [augment(photo(), (48, 48), Augmentation(), np.random.default_rng(s)) for s in (3, 3, 4)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_the_photo_itself_is_left_alone() -> None:
    image = photo()
    before = image.copy()
    for seed in range(20):
        augment(image, (48, 48), Augmentation(hair=1, ruler=1, erase=1), np.random.default_rng(seed))
    assert np.array_equal(image, before)


def test_without_any_variation_a_square_photo_is_only_resized_and_mirrored() -> None:
    image = photo(60, 60)
    out = augment(image, (60, 60), PLAIN, np.random.default_rng(0)).astype(int)
    ways = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
    assert min(np.abs(out - way.astype(int)).mean() for way in ways) < 1.0


def test_turned_by_quarters_a_photo_keeps_every_pixel() -> None:
    image = photo(60, 60)
    ways = [np.rot90(side, k) for side in (image, image[:, ::-1]) for k in range(4)]
    turned = replace(PLAIN, rotate=True, tilt=0)
    seen = set()
    for seed in range(60):
        out = augment(image, (60, 60), turned, np.random.default_rng(seed))
        matches = [n for n, way in enumerate(ways) if np.array_equal(way, out)]
        assert len(matches) == 1
        seen.update(matches)
    assert seen == set(range(8))


def test_a_tilted_photo_stays_about_as_sharp() -> None:
    rng = np.random.default_rng(2)
    grain = cv2.GaussianBlur(rng.normal(128, 60, (96, 96, 3)), (0, 0), 0.8).clip(0, 255).astype(np.uint8)

    def sharpness(image: np.ndarray) -> float:
        return float(cv2.Laplacian(image[24:-24, 24:-24].astype(np.float32), cv2.CV_32F).var())

    tilted = replace(PLAIN, rotate=True, tilt=1)
    found = [sharpness(augment(grain, (96, 96), tilted, np.random.default_rng(s))) for s in range(30)]
    assert np.mean(found) > 0.7 * sharpness(grain)


def test_a_crop_covers_the_asked_share_of_the_whole_photo() -> None:
    """A ramp's range tells how much of it a crop saw."""
    ramp = np.repeat(np.linspace(0, 255, 80).astype(np.uint8)[None, :, None], 60, 0).repeat(3, 2)
    quarter = replace(PLAIN, area=(0.25, 0.25))
    ranges = [int(np.ptp(augment(ramp, (40, 40), quarter, np.random.default_rng(s)))) for s in range(20)]
    wanted = 255 * np.sqrt(0.25 * 80 * 60) / 80
    assert np.mean(ranges) == pytest.approx(wanted, rel=0.05)


def test_a_photo_that_keeps_its_shape_is_seen_from_edge_to_edge() -> None:
    image = photo(60, 80)
    out = augment(image, (30, 40), replace(PLAIN, own_shape=True), np.random.default_rng(3))
    small = cv2.resize(image, (40, 30), interpolation=cv2.INTER_AREA)
    assert min(np.abs(out.astype(int) - one.astype(int)).max() for one in (small, small[:, ::-1])) <= 1


def test_photos_that_keep_their_shape_are_not_turned() -> None:
    with pytest.raises(CutisError, match="rotate=False"):
        replace(PLAIN, own_shape=True, rotate=True)


def test_colours_vary_but_mean_brightness_stays_near() -> None:
    means = [
        augment(photo(), (48, 48), Augmentation(vignette=0), np.random.default_rng(s)).mean()
        for s in range(100)
    ]
    assert abs(np.mean(means) / photo().mean() - 1) < 0.1
    assert np.std(means) > 2


def test_normalising_is_the_definition() -> None:
    image = photo()
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    wanted = ((image / 255 - mean) / std).transpose(2, 0, 1)
    np.testing.assert_allclose(normalise(image, mean, std), wanted, atol=1e-5)


def test_strength_one_is_the_full_variation_and_zero_leaves_colours_and_frame() -> None:
    full = Augmentation()
    assert full.scaled(1) == full
    still = full.scaled(0)
    assert (still.area, still.aspect) == ((1.0, 1.0), (1.0, 1.0))
    colour = np.full((60, 80, 3), (180, 120, 100), np.uint8)
    assert np.array_equal(augment(colour, (48, 48), still, np.random.default_rng(1)), colour[:48, :48])


def test_a_strength_out_of_range_is_named() -> None:
    with pytest.raises(CutisError, match="is 2, expected"):
        Augmentation().scaled(2)


def test_speckle_is_grain_in_proportion_to_the_light_and_the_same_in_all_colours() -> None:
    image = np.full((96, 96, 3), 40, np.uint8)
    image[:, 48:] = 160
    rough = replace(PLAIN, speckle=0.2)
    draws = [augment(image, (96, 96), rough, np.random.default_rng(s)) for s in range(20)]
    spread = np.array([sorted((out[:, :40].std(), out[:, -40:].std())) for out in draws])
    assert spread.max() < 0.25 * 160
    strong = spread[spread[:, 1] > 10]
    assert len(strong) > 5
    assert strong[:, 1] / strong[:, 0] == pytest.approx(4.0, rel=0.15)
    assert all((out[..., :1] == out).all() for out in draws)


def test_noise_is_that_of_a_small_sensor_and_leaves_the_brightness() -> None:
    image = np.full((96, 96, 3), 128, np.uint8)
    noisy = replace(PLAIN, noise=0.05)
    draws = [augment(image, (96, 96), noisy, np.random.default_rng(s)) for s in range(60)]
    spread = np.array([out.astype(float).std() for out in draws])
    assert 10 < np.count_nonzero(spread) < 50  # half of the photos stay clean
    assert spread.max() < 255 * 0.05 * 1.8
    assert max(abs(out.mean() - 128) for out in draws) < 1.5
    assert any((out[..., 0] != out[..., 2]).any() for out in draws), "some grain is coloured"


def test_light_from_one_side_darkens_the_other_by_no_more_than_asked() -> None:
    image = np.full((60, 80, 3), 120, np.uint8)
    spans = []
    for seed in range(40):
        out = augment(image, (60, 80), replace(PLAIN, falloff=0.3), np.random.default_rng(seed)).astype(float)
        spans.append(out.max() / out.min())
        assert abs(out.mean() - 120) < 1
    assert 1.2 < max(spans) <= 1.15 / 0.85 + 0.02
    assert min(spans) < 1.1


def test_a_photo_stored_once_more_keeps_its_colours_and_loses_fine_detail() -> None:
    image = photo()
    fine = np.clip(image + np.random.default_rng(2).normal(0, 20, image.shape), 0, 255).astype(np.uint8)
    ways = [fine, fine[:, ::-1]]
    lost = []
    for seed in range(20):
        out = augment(fine, (60, 80), replace(PLAIN, jpeg=1.0), np.random.default_rng(seed)).astype(float)
        lost.append(min(np.abs(out - way).mean() for way in ways))
        assert np.abs(out.mean((0, 1)) - fine.mean((0, 1))).max() < 2
    assert 0.5 < min(lost) < max(lost) < 20
