"""What a severity does to a photo, measured as a physicist would."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from cutis.core.errors import CutisError
from cutis.phantoms.degradations import LOCAL, REASONS, SHIFTED, USUAL, VARIED, Settings, degrade
from cutis.phantoms.degradations.photo import degrade_with_mask

Photo = NDArray[np.uint8]
Phantom = Callable[[int], Photo]
BOTH = pytest.mark.parametrize("means", [USUAL, VARIED, SHIFTED], ids=lambda s: s.name)
SEEDS = range(6)
GRADES = (0.0, 0.3, 0.6, 1.0)


def spoilt(photo: Photo, reason: str, severity: float, seed: int, means: Settings = USUAL) -> Photo:
    return degrade(photo, {reason: severity}, np.random.default_rng(seed), means)


def grey(photo: Photo) -> NDArray[np.float64]:
    return photo.astype(np.float64).mean(axis=2)


def linear(photo: Photo) -> NDArray[np.float64]:
    return (photo / 255.0) ** 2.2


def sharpness(photo: Photo) -> float:
    return float(ndimage.laplace(grey(photo)).var())


def brightness(photo: Photo) -> float:
    return float(linear(photo).mean())


def grain(photo: Photo) -> float:
    """Robust deviation between neighbours, of each colour, which texture hardly touches."""
    values = photo.astype(np.float64)
    apart = values - ndimage.median_filter(values, (3, 3, 1))
    return float(np.abs(apart).mean())


def tint(photo: Photo, base: Photo) -> float:
    """How far the logarithm of the colour ratios has moved."""
    ratio = [np.log(linear(image).mean(axis=(0, 1)) + 1e-3) for image in (photo, base)]
    moved = ratio[0] - ratio[1]
    return float(np.ptp(moved))


def difference(photo: Photo, base: Photo) -> float:
    return float(np.abs(photo.astype(np.float64) - base).mean())


def means_of(reason: str, means: Settings) -> list[Settings]:
    """One settings for each of a reason's means, so that none can hide behind the others."""
    return [Settings(name, {**means.means, reason: (name,)}) for name in means.means[reason]]


def all_means(reason: str) -> list[Settings]:
    return means_of(reason, VARIED) + means_of(reason, SHIFTED)


def rises(values: list[float]) -> bool:
    return all(later > earlier for earlier, later in pairwise(values))


@BOTH
def test_without_severity_the_photo_stays_as_it_is(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS:
        same = degrade(phantom(seed), dict.fromkeys(REASONS, 0.0), np.random.default_rng(seed), means)
        np.testing.assert_array_equal(same, phantom(seed))


@BOTH
@pytest.mark.parametrize("reason", [r for r in REASONS if r not in ("not_skin", "distance", "framing")])
def test_a_trace_of_a_reason_is_hardly_seen(phantom: Phantom, reason: str, means: Settings) -> None:
    for seed in SEEDS[:3]:
        assert difference(spoilt(phantom(seed), reason, 0.02, seed, means), phantom(seed)) < 4.0


@pytest.mark.parametrize("means", all_means("blur"), ids=lambda s: s.name)
def test_sharpness_falls_with_blur(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        falling = [-sharpness(spoilt(phantom(seed), "blur", s, seed, means)) for s in GRADES]
        assert rises(falling)
        assert falling[-1] > 0.3 * falling[0]  # under a third is left


@pytest.mark.parametrize("means", all_means("blur"), ids=lambda s: s.name)
def test_blur_moves_light_and_makes_none(phantom: Phantom, means: Settings) -> None:
    for severity in GRADES:
        assert brightness(spoilt(phantom(1), "blur", severity, 1, means)) == pytest.approx(
            brightness(phantom(1)), rel=0.03
        )


@pytest.mark.parametrize("means", all_means("dark"), ids=lambda s: s.name)
def test_dark_photos_are_darker_and_darker(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        levels = [brightness(spoilt(phantom(seed), "dark", s, seed, means)) for s in GRADES]
        assert rises([-level for level in levels])
        assert levels[-1] < 0.35 * levels[0]


@pytest.mark.parametrize("means", all_means("bright"), ids=lambda s: s.name)
def test_bright_photos_are_brighter_and_brighter(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        levels = [brightness(spoilt(phantom(seed), "bright", s, seed, means)) for s in GRADES]
        assert rises(levels)
        assert levels[-1] > 0.6


def test_exposure_is_counted_in_stops_of_linear_light() -> None:
    patch = np.full((32, 32, 3), 188, dtype=np.uint8)  # half of white in linear light
    gain = Settings("gain", {**USUAL.means, "dark": ("gain",)})
    seen = linear(degrade(patch, {"dark": 1.0}, np.random.default_rng(0), gain)).mean()
    assert 0.004 < seen < 0.02  # five stops and a half
    assert float(linear(patch).mean() / seen) > 2**4.5


@pytest.mark.parametrize("means", all_means("glare"), ids=lambda s: s.name)
def test_glare_burns_out_or_divides_more_and_more(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        base = phantom(seed)
        moved = [
            np.log((grey(spoilt(base, "glare", s, seed, means)) + 4) / (grey(base) + 4)).std() for s in GRADES
        ]
        assert rises([float(m) for m in moved])


@pytest.mark.parametrize("means", all_means("colour"), ids=lambda s: s.name)
def test_a_cast_moves_colours_and_keeps_luminance(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS:
        base = phantom(seed)
        photos = [spoilt(base, "colour", s, seed, means) for s in GRADES]
        assert rises([tint(photo, base) for photo in photos])
        weights = np.array([0.2126, 0.7152, 0.0722])
        assert (linear(photos[1]) @ weights).mean() == pytest.approx(
            (linear(base) @ weights).mean(), rel=0.08
        )


@pytest.mark.parametrize("means", all_means("noise"), ids=lambda s: s.name)
def test_noise_rises(phantom: Phantom, means: Settings) -> None:
    flat = np.broadcast_to(np.array([170, 120, 100], dtype=np.uint8), (160, 160, 3)).copy()
    for seed in SEEDS[:3]:
        levels = [grain(spoilt(flat, "noise", s, seed, means)) for s in GRADES]
        assert rises(levels)
        assert levels[-1] > 3.0


def test_noise_is_that_of_photons() -> None:
    """Variance grows with light: twice the linear light, about twice the variance beyond read noise."""
    means = Settings("grain", {**USUAL.means, "noise": ("grain",)})
    variances = []
    for value in (120, 160, 200):
        flat = np.full((200, 200, 3), value, dtype=np.uint8)
        variances.append(float(linear(spoilt(flat, "noise", 0.3, 3, means)).var(axis=(0, 1)).mean()))
    lights = [(v / 255) ** 2.2 for v in (120, 160, 200)]
    slope = np.diff(variances) / np.diff(lights)
    assert slope.min() > 0
    assert slope[1] == pytest.approx(slope[0], rel=0.2)


@pytest.mark.parametrize("means", all_means("compression"), ids=lambda s: s.name)
def test_compression_loses_more_and_more(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        lost = [
            difference(spoilt(phantom(seed), "compression", s, seed, means), phantom(seed)) for s in GRADES
        ]
        assert rises(lost)


@pytest.mark.parametrize("means", all_means("obstruction"), ids=lambda s: s.name)
def test_an_obstruction_hides_more_and_more(phantom: Phantom, means: Settings) -> None:
    for seed in SEEDS[:3]:
        base = phantom(seed)
        hidden = [
            float(
                (
                    np.abs(spoilt(base, "obstruction", s, seed, means).astype(int) - base).max(axis=2) > 25
                ).mean()
            )
            for s in GRADES
        ]
        assert rises(hidden)
        assert hidden[-1] > 0.1


@pytest.mark.parametrize("means", all_means("not_skin"), ids=lambda s: s.name)
def test_something_else_takes_more_and_more_of_the_frame(phantom: Phantom, means: Settings) -> None:
    base = phantom(2)
    changed = [
        float((np.abs(spoilt(base, "not_skin", s, 4, means).astype(int) - base).max(axis=2) > 1).mean())
        for s in (0.0, 0.3, 0.6, 1.0)
    ]
    assert rises(changed)
    assert changed[-1] > 0.9
    other = spoilt(phantom(3), "not_skin", 1.0, 4, means)
    np.testing.assert_array_equal(
        other, spoilt(base, "not_skin", 1.0, 4, means)
    )  # nothing of the base is left


def disc(size: int = 120, radius: float = 0.12) -> tuple[Photo, NDArray[np.bool_]]:
    """A dark lesion in the middle of skin."""
    step = (np.arange(size) + 0.5) / size - 0.5
    mask = np.hypot(step[None, :], step[:, None]) < radius
    photo = np.where(mask[..., None], np.array([90, 50, 40]), np.array([210, 160, 140])).astype(np.uint8)
    return photo, mask


@pytest.mark.parametrize("name", ["far", "limb"])
def test_from_afar_the_lesion_is_smaller_and_smaller(name: str) -> None:
    photo, mask = disc()
    means = Settings(name, {**USUAL.means, "distance": (name,)})
    for seed in SEEDS:
        areas = [
            float(moved.mean())
            for s in GRADES
            if (
                moved := degrade_with_mask(
                    photo, mask, {"distance": s}, np.random.default_rng(seed), means
                ).mask
            )
            is not None
        ]
        assert rises([-area for area in areas])
        assert 0 < areas[-1] < 0.06 * areas[0]


@pytest.mark.parametrize("name", ["near", "lens"])
def test_too_near_the_lesion_leaves_the_frame(name: str) -> None:
    photo, mask = disc()
    means = Settings(name, {**USUAL.means, "distance": (name,)})
    for seed in SEEDS:
        moved = degrade_with_mask(photo, mask, {"distance": 1.0}, np.random.default_rng(seed), means)
        assert moved.mask is not None
        assert moved.mask.mean() > 0.75


@BOTH
def test_bad_framing_cuts_the_lesion_off(means: Settings) -> None:
    photo, mask = disc()
    for seed in SEEDS:
        left = []
        for severity in (0.3, 0.6, 0.8, 1.0):
            moved = degrade_with_mask(photo, mask, {"framing": severity}, np.random.default_rng(seed), means)
            assert moved.mask is not None
            left.append(float(moved.mask.sum() / mask.sum()))
        assert left[0] > 0.95
        assert all(later <= earlier + 0.02 for earlier, later in pairwise(left[1:]))
        assert left[-1] < 0.15
        # The dark lesion is where the mask says it is.
        at = degrade_with_mask(photo, mask, {"framing": 0.3}, np.random.default_rng(seed), means)
        assert at.mask is not None
        assert grey(at.image)[at.mask].mean() < 90


@given(seed=st.integers(0, 2**32 - 1), data=st.data())
@settings(max_examples=12)
def test_the_same_seed_gives_the_same_photo(phantom: Phantom, seed: int, data: st.DataObject) -> None:
    severities = {name: data.draw(st.floats(0, 1)) for name in REASONS}
    means = data.draw(st.sampled_from([USUAL, VARIED, SHIFTED]))
    first = degrade(phantom(1), severities, np.random.default_rng(seed), means)
    again = degrade(phantom(1), severities, np.random.default_rng(seed), means)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.uint8
    assert first.shape == phantom(1).shape


@pytest.mark.parametrize("reason", REASONS)
def test_shifted_settings_use_other_means(phantom: Phantom, reason: str) -> None:
    assert not set(USUAL.means[reason]) & set(SHIFTED.means[reason])
    usual, shifted = (spoilt(phantom(1), reason, 0.7, 5, means) for means in (USUAL, SHIFTED))
    assert difference(usual, shifted) > 1.0


@BOTH
@pytest.mark.parametrize("half", ["left", "right", "top", "bottom"])
def test_the_other_half_stays_untouched(phantom: Phantom, half: str, means: Settings) -> None:
    base = phantom(1)
    for reason in LOCAL:
        photo = degrade(base, {reason: 0.8}, np.random.default_rng(3), means, half=half)
        changed = np.abs(photo.astype(int) - base).sum(axis=2) > 0
        turned = {"left": changed.T, "right": changed.T[::-1], "top": changed, "bottom": changed[::-1]}[half]
        near, far = turned[:66], turned[94:]  # of 160 rows; the border between the halves is soft
        assert not far.any()
        assert near.mean() > 0.02


@BOTH
@pytest.mark.parametrize(
    "shape", [(16, 16), (1, 1), (2, 9), (60, 800), (500, 40)], ids=lambda s: f"{s[0]}x{s[1]}"
)
def test_odd_shapes_work(shape: tuple[int, int], means: Settings) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for seed, reason in enumerate(REASONS):
        assert spoilt(photo, reason, 1.0, seed, means).shape == photo.shape


@BOTH
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_photos_work(value: int, means: Settings) -> None:
    photo = np.full((40, 40, 3), value, dtype=np.uint8)
    for reason in REASONS:
        assert spoilt(photo, reason, 0.8, 2, means).shape == photo.shape


def test_a_severity_looks_alike_in_a_large_photo(phantom: Phantom) -> None:
    """Blur a large photo and shrink it, or shrink it and blur: about the same."""
    small = phantom(1)
    large = np.asarray(ndimage.zoom(small, (4, 4, 1), order=1))
    disc_only = Settings("disc", {**USUAL.means, "blur": ("disc",)})
    shrunk = spoilt(large, "blur", 0.8, 1, disc_only).reshape(160, 4, 160, 4, 3).mean(axis=(1, 3))
    assert difference(shrunk.astype(np.uint8), spoilt(small, "blur", 0.8, 1, disc_only)) < 3.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"severities": {"blurry": 0.5}}, "no reason 'blurry'"),
        ({"severities": {"blur": 1.5}}, "severity of blur is 1.5"),
        ({"severities": {"blur": float("nan")}}, "severity of blur is nan"),
        ({"half": "middle"}, "no half 'middle'"),
        ({"severities": {"framing": 0.5}, "half": "left"}, "framing concern"),
        ({"rgb": np.zeros((8, 8), dtype=np.uint8)}, "not uint8 (height, width, 3)"),
        ({"rgb": np.zeros((8, 8, 3))}, "not uint8 (height, width, 3)"),
    ],
)
def test_what_cannot_be_done_is_said(change: dict[str, object], message: str) -> None:
    asked: dict[str, object] = {
        "rgb": np.zeros((8, 8, 3), dtype=np.uint8),
        "severities": {"blur": 0.5},
    } | change
    with pytest.raises(CutisError) as error:
        degrade(rng=np.random.default_rng(0), **asked)  # type: ignore[arg-type]
    assert message in str(error.value)
