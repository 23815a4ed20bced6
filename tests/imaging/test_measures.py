"""Measures of facial skin: known patterns have known values, and nothing else moves a measure."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import melanin
from cutis.imaging.measures import NAMES, UNITS, Measure, measure, palest
from cutis.imaging.measures.tone import MONK_COLOURS, fitzpatrick, ita_class, lab, typology
from cutis.phantoms import optics
from cutis.phantoms.facial import draw_grades, draw_person, render_area

Pixels = NDArray[np.uint8]
Field = NDArray[np.float64]

PIXEL = 0.15  # mm
SIDE = 240
CM2 = (SIDE * PIXEL / 10) ** 2
TONE = (0.58, 0.34, 0.24)  # linear sRGB of light skin


def photo(
    shading: Field | float = 0.0,
    melanin: Field | float = 0.0,
    blood: Field | float = 0.0,
    tone: tuple[float, float, float] = TONE,
    noise: float = 0.0,
    seed: int = 0,
    side: int = SIDE,
) -> Pixels:
    """A photo of skin from natural-log absorbances that are painted on it."""
    light = np.ones((side, side, 3)) * tone
    lost = np.zeros((side, side, 3))
    for field, colour in ((shading, (1, 1, 1)), (melanin, (0.6, 1, 1.32)), (blood, (0.25, 1, 0.85))):
        lost += np.asarray(np.broadcast_to(field, (side, side)))[..., None] * colour
    linear = light * np.exp(-lost)
    shown = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    shown = shown * 255 + np.random.default_rng(seed).normal(0, noise, shown.shape)
    return np.clip(shown + 0.5, 0, 255).astype(np.uint8)


def places(side: int = SIDE, pixel: float = PIXEL) -> tuple[Field, Field]:
    """x and y in mm of every pixel."""
    y, x = np.mgrid[:side, :side] * pixel
    return x, y


def dots(
    step: float, sigma: float, depth: float, side: int = SIDE, pixel: float = PIXEL
) -> tuple[Field, int]:
    """An uneven grid of Gaussian dots, and how many they are."""
    x, y = places(side, pixel)
    grid = np.arange(step / 2 + 1.0, side * pixel - 1.0, step)
    rng = np.random.default_rng(5)
    field = np.zeros_like(x)
    for row in grid:
        for column in grid:
            right, down = (column, row) + rng.uniform(-0.25, 0.25, 2) * step
            part = tuple(
                slice(max(0, int((at - 6 * sigma) / pixel)), int((at + 6 * sigma) / pixel) + 2)
                for at in (down, right)
            )
            away = (x[part] - right) ** 2 + (y[part] - down) ** 2
            field[part] = np.maximum(field[part], depth * np.exp(-away / (2 * sigma**2)))
    return field, len(grid) ** 2


def discs(step: float, radius: float, depth: float) -> tuple[Field, int]:
    """A grid of discs with a soft edge, and how many they are."""
    x, y = places()
    spots = np.arange(step / 2 + 1.0, SIDE * PIXEL - 2.0, step)
    nearest = [spots[np.abs(axis[..., None] - spots).argmin(axis=-1)] for axis in (x, y)]
    away = np.hypot(x - nearest[0], y - nearest[1])
    return depth / (1 + np.exp((away - radius) / 0.2)), len(spots) ** 2


def lines(
    turn: float,
    depth: float,
    sigma: float = 0.25,
    length: float = 20.0,
    side: int = SIDE,
    pixel: float = PIXEL,
) -> tuple[Field, float]:
    """Parallel straight lines through the middle of the area, and their length in mm."""
    x, y = places(side, pixel)
    middle = side * pixel / 2
    along = (x - middle) * np.cos(turn) + (y - middle) * np.sin(turn)
    across = -(x - middle) * np.sin(turn) + (y - middle) * np.cos(turn)
    field = np.zeros_like(x)
    for place in (-8, -4, 0, 4, 8):
        field += depth * np.exp(-((across - place) ** 2) / (2 * sigma**2)) * (np.abs(along) < length / 2)
    return field, 5 * length


def gradient() -> Field:
    """Light that falls off to a quarter across the area."""
    x, y = places()
    return (x * 0.8 + y * 0.6) / (SIDE * PIXEL)


def values(image: Pixels, *names: str, **given: object) -> list[float]:
    return [one.value for one in measure(image, names=names or None, **given)]  # type: ignore[arg-type]


def one(image: Pixels, name: str) -> float:
    return measure(image, names=(name,))[0].value


# contract


def test_every_measure_comes_once_in_order_with_its_unit_a_range_and_words() -> None:
    found = measure(photo(noise=2.0))
    assert [each.name for each in found] == list(NAMES)
    for each in found:
        assert isinstance(each, Measure)
        assert each.unit == UNITS[each.name]
        assert each.low <= each.value <= each.high
        assert each.words.endswith(".")
        if each.map is not None:
            assert each.map.shape == (SIDE, SIDE)
            assert each.map.dtype == np.float32
    assert [each.name for each in measure(photo(), names=("shine", "ita"))] == ["shine", "ita"]


def test_a_map_shows_nothing_outside_usable_skin() -> None:
    mask = np.ones((SIDE, SIDE), np.bool_)
    mask[:, :50] = False
    for each in measure(photo(noise=2.0), mask):
        if each.map is not None:
            assert np.array_equal(np.isfinite(each.map), mask)


def test_too_little_skin_is_missing_and_not_nought() -> None:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[:20, :20] = True
    for each in measure(photo(), mask):
        assert np.isnan(each.value)
        assert "usable skin" in each.words


def test_pores_are_not_measured_where_pixels_are_too_coarse() -> None:
    pores, roughness = measure(photo(), None, 0.3, ("pore_count", "roughness"))
    assert np.isnan(pores.value)
    assert "0.22 mm" in pores.words
    assert np.isfinite(roughness.value)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ImageError, match="mm per pixel"):
        measure(photo(), None, scale)


def test_a_mask_of_another_size_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(ImageError, match="mask"):
        measure(photo(), np.ones((10, 10), np.bool_))
    with pytest.raises(ImageError, match="'wrinkle', which is none of"):
        measure(photo(), names=("wrinkle",))


# tone


@given(st.floats(20, 95), st.floats(-20, 30), st.floats(5, 40))
def test_the_typology_angle_is_that_of_the_definition(lightness: float, red: float, yellow: float) -> None:
    inverse = optics._TO_SRGB
    height = (lightness + 16) / 116
    bent = np.array([height + red / 500, height, height - yellow / 200])
    xyz = np.where(bent > 6 / 29, bent**3, 3 * (6 / 29) ** 2 * (bent - 4 / 29)) * [0.95047, 1.0, 1.08883]
    expected = np.degrees(np.arctan2(lightness - 50, yellow))
    assert typology(inverse @ xyz) == pytest.approx(expected, abs=0.3)


def test_lab_of_known_colours() -> None:
    # Published: CIELAB of sRGB red, green and blue under D65 (Lindbloom's calculator, two decimals).
    found = lab(np.eye(3, dtype=np.float32))
    expected = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    assert np.allclose(found, expected, atol=0.05)


def test_bounds_of_the_published_classes() -> None:
    names = ["very light", "light", "intermediate", "tan", "brown", "dark"]
    assert [ita_class(angle) for angle in (60, 50, 35, 20, 0, -40)] == names
    assert [round(fitzpatrick(angle)) for angle in (60, 50, 35, 20, -10, -45)] == [1, 2, 3, 4, 5, 6]
    assert fitzpatrick(41.0) == pytest.approx(2.5)


@pytest.mark.parametrize("number", range(1, 11))
def test_each_colour_of_the_monk_scale_is_its_own_tone(number: int) -> None:
    text = MONK_COLOURS[number - 1]
    colour = [int(text[n : n + 2], 16) for n in (1, 3, 5)]
    assert one(np.full((SIDE, SIDE, 3), colour, np.uint8), "monk") == pytest.approx(number, abs=0.2)


def test_between_two_tones_of_the_monk_scale_lies_what_is_between_them() -> None:
    tones = np.array([tuple(bytes.fromhex(text[1:])) for text in MONK_COLOURS[4:6]], np.float64)
    seen = [
        one(np.full((SIDE, SIDE, 3), np.rint(tones[0] + share * (tones[1] - tones[0])), np.uint8), "monk")
        for share in (0.25, 0.5, 0.75)
    ]
    assert 5 < seen[0] < seen[1] < seen[2] < 6


@pytest.mark.parametrize("skin_type", range(1, 7))
def test_flat_skin_has_the_angle_of_its_colour_and_the_type_it_was_rendered_as(skin_type: int) -> None:
    melanin = optics.melanin_of_type(skin_type, 0.5)
    colour = optics.spectrum_to_srgb(optics.reflectance_spectrum(melanin, optics.NORMAL_BLOOD))
    angle, estimate = values(photo(tone=tuple(colour), noise=2.0), "ita", "fitzpatrick")
    assert angle == pytest.approx(optics.typology_angle(colour), abs=1.0)
    assert round(estimate) == skin_type


def test_tone_is_that_of_bare_skin_between_spots_shadow_and_glare() -> None:
    x, _ = places()
    shadow = 0.8 * (x < 6)
    glare = -0.5 * (x > 30)
    bare, changed = (one(photo(shading=field, noise=1.0), "ita") for field in (0.0, shadow + glare))
    assert changed == pytest.approx(bare, abs=2.0)


# pigments


def patch() -> Field:
    """A third of the area, with soft edges."""
    x, _ = places()
    return 1 / (1 + np.exp((x - SIDE * PIXEL / 3) / 0.3))


def test_a_patch_of_blood_is_redness_and_not_melanin_and_one_of_melanin_the_other_way_round() -> None:
    plain, flushed, tanned = (
        measure(photo(blood=blood, melanin=brown, noise=1.0), names=("erythema_index", "melanin_index"))
        for blood, brown in ((0.0, 0.0), (0.2 * patch(), 0.0), (0.0, 0.2 * patch()))
    )
    decimal = 100 * 0.2 / np.log(10)
    third = decimal * patch().mean()
    assert flushed[0].value - plain[0].value == pytest.approx(third, abs=0.7)
    # The melanin of this photo lies between that of naevi and that by which people differ.
    assert tanned[0].value - plain[0].value == pytest.approx(0, abs=1.0)
    middle, shown = patch() > 0.9, flushed[0].map
    assert shown is not None
    assert np.median(shown[middle]) - np.median(shown[patch() < 0.1]) == pytest.approx(decimal, abs=1.0)
    assert float(shown[~np.isnan(shown)].mean()) == pytest.approx(flushed[0].value, abs=0.3)
    assert flushed[1].map is not None and plain[1].map is not None
    assert np.median(flushed[1].map[middle]) == pytest.approx(np.median(plain[1].map), abs=1.5)


def test_even_redness_counts_a_tenth_alone_and_in_full_against_paler_skin_of_the_same_photo() -> None:
    plain, flushed = photo(noise=1.0), photo(blood=0.2, noise=1.0)
    decimal = 100 * 0.2 / np.log(10)
    assert one(flushed, "erythema_index") - one(plain, "erythema_index") == pytest.approx(
        0.1 * decimal, abs=0.5
    )
    every = np.ones((SIDE, SIDE), np.bool_)
    pale = palest([(plain, every, PIXEL), (flushed, every, PIXEL)])
    rest, red = (
        measure(image, every, PIXEL, ("erythema_index",), pale=pale)[0].value for image in (plain, flushed)
    )
    assert red - rest == pytest.approx(decimal, abs=1.0)


def test_areas_without_skin_have_no_palest() -> None:
    assert palest([]) is None
    assert palest([(photo(side=20), np.ones((20, 20), np.bool_), PIXEL)]) is None


@given(
    cast=st.tuples(*[st.floats(-0.15, 0.15)] * 3),
    red=st.floats(0.0, 0.4),
)
def test_no_colour_of_the_light_moves_redness_much(cast: tuple[float, float, float], red: float) -> None:
    lit = tuple(np.array(TONE) * np.exp(cast))
    seen = (one(photo(tone=tone, blood=red * patch(), noise=1.0), "erythema_index") for tone in (TONE, lit))
    first, second = seen
    # A tenth of what the cast does to the map, which is up to 22.
    assert second == pytest.approx(first, abs=3.0)


def test_light_moves_no_redness_and_of_melanin_only_the_level() -> None:
    names = ("erythema_index", "melanin_index")
    lit, shaded = (
        measure(photo(shading=field, melanin=0.3 * shadow(), noise=1.0), names=names)
        for field in (0.0, 0.3 + gradient())
    )
    assert shaded[0].value == pytest.approx(lit[0].value, abs=1.0)
    assert shaded[1].value > lit[1].value + 10
    assert lit[1].map is not None
    assert shaded[1].map is not None
    apart = shaded[1].map - lit[1].map
    assert np.ptp(np.quantile(apart, (0.05, 0.95))) < 2.0  # of 13 that the patch takes more
    assert shaded[1].map.mean() == pytest.approx(shaded[1].value, abs=0.1)


@pytest.mark.parametrize("red", [-0.1, 0.1])
def test_a_cast_of_the_light_moves_melanin_less_than_colour_alone_would(red: float) -> None:
    cast = tuple(np.array(TONE) * np.exp([red, 0, -red]))
    plain, tinted = photo(noise=1.0), photo(tone=cast, noise=1.0)
    moved = one(tinted, "melanin_index") - one(plain, "melanin_index")
    alone = (melanin(tinted) - melanin(plain)).mean() * 100 / np.log(10)
    assert abs(moved) < 0.4 * abs(alone)


# spots


@pytest.mark.parametrize("radius", [0.8, 1.2, 2.0])
@pytest.mark.parametrize("noise", [1.0, 4.0])
def test_spots_are_counted_and_their_area_is_theirs(radius: float, noise: float) -> None:
    field, number = discs(6.0, radius, 0.4)
    count, area = values(photo(melanin=field + 0.1, noise=noise), "spot_count", "spot_area")
    assert count * CM2 == pytest.approx(number, abs=0.5)
    assert area == pytest.approx(100 * number * np.pi * radius**2 / (100 * CM2), rel=0.3)


def shadow() -> Field:
    """A soft shadow of 6 mm."""
    x, y = places()
    return 0.5 * np.exp(-((x - 18) ** 2 + (y - 18) ** 2) / 18)


@pytest.mark.parametrize(
    ("shading", "blood"),
    [
        (dots(1.8, 0.2, 0.4)[0], 0.0),
        (lines(0.3, 0.3)[0], 0.0),
        (shadow(), 0.0),
        (0.0, discs(6.0, 1.2, 0.3)[0]),
        (dots(1.8, 0.2, 0.4)[0] + shadow(), 0.0),
    ],
    ids=["pores", "lines", "a shadow", "red patches", "pores in a shadow"],
)
def test_what_is_not_melanin_is_no_spot(shading: Field | float, blood: Field | float) -> None:
    assert one(photo(shading=shading, blood=blood, noise=2.0), "spot_count") * CM2 <= 1


def test_spots_are_found_on_the_darkest_skin_too() -> None:
    """There they are nearly grey, because what blue light comes back comes from the surface."""
    for settings in ("usual", "stand"):
        true, found = [], []
        for seed in range(6):
            rng = np.random.default_rng([seed, 6])
            person = draw_person(rng, (0, 0, 0, 0, 0, 1))
            area = render_area("cheek_left", {"lentigo": 3}, person, rng, settings=settings)
            true.append(area.truth["true_spot_area"])
            found.append(measure(area.image, area.truth["skin"] > 0.5, names=("spot_area",))[0].value)
        assert 0.4 < np.sum(found) / np.sum(true) < 1.5


# wrinkles


@pytest.mark.parametrize("turn", np.linspace(0, np.pi, 9))
def test_length_of_lines_is_the_same_in_every_direction(turn: float) -> None:
    field, length = lines(turn, 0.15)
    found = one(photo(shading=field, noise=1.5), "wrinkle_length") * CM2
    assert found == pytest.approx(length, rel=0.12)


@pytest.mark.parametrize("depth", [0.06, 0.12, 0.25])
def test_depth_is_the_light_lost_in_the_millimetre_across_the_line(depth: float) -> None:
    field, length = lines(0.4, depth, sigma=0.3)
    across = depth * np.exp(-(np.linspace(-0.5, 0.5, 101) ** 2) / (2 * 0.3**2)).mean()
    assert one(photo(shading=field, noise=1.0), "wrinkle_depth") == pytest.approx(
        100 * (1 - np.exp(-across)) * length / (length + 8), rel=0.2
    )


def test_of_two_lines_as_dark_the_wider_one_is_deeper() -> None:
    narrow, wide = (
        one(photo(shading=lines(0.4, 0.15, sigma=sigma)[0], noise=1.0), "wrinkle_depth")
        for sigma in (0.2, 0.4)
    )
    assert wide > 1.3 * narrow


def test_noise_pores_and_spots_are_no_lines() -> None:
    pores, _ = dots(2.6, 0.2, 0.3)
    spots, _ = discs(6.0, 1.5, 0.3)
    for noise in (1.0, 4.0, 8.0):
        assert one(photo(shading=pores, melanin=spots, noise=noise), "wrinkle_length") * CM2 < 20


# pores


@pytest.mark.parametrize(("step", "sigma"), [(1.8, 0.2), (2.2, 0.24), (2.6, 0.28)])
@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_pores_are_counted(step: float, sigma: float, noise: float) -> None:
    field, number = dots(step, sigma, 0.4)
    assert one(photo(shading=field, noise=noise), "pore_count") * CM2 == pytest.approx(number, rel=0.1)


def test_larger_pores_cover_more() -> None:
    found = [
        one(photo(shading=dots(2.4, sigma, 0.5)[0], noise=1.0), "pore_area") for sigma in (0.18, 0.24, 0.3)
    ]
    assert found == sorted(found)
    assert found[2] > 1.5 * found[0]


@pytest.mark.parametrize("noise", [1.0, 4.0, 8.0])
def test_noise_and_lines_are_no_pores(noise: float) -> None:
    field, _ = lines(0.5, 0.15)
    assert one(photo(shading=field, noise=noise), "pore_count") < 1.0


# roughness and shine


def texture(strength: float, seed: int = 3) -> Field:
    import cv2

    grain = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE))
    grain = cv2.GaussianBlur(grain, (0, 0), 0.3 / PIXEL)
    return strength * grain / grain.std()


def test_noise_does_not_make_skin_rough() -> None:
    for strength in (0.0, 0.02, 0.05):
        clean, noisy = (
            one(photo(shading=texture(strength), noise=noise), "roughness") for noise in (0.5, 4.0)
        )
        assert noisy == pytest.approx(clean, abs=0.25)


def test_roughness_grows_with_texture_as_much() -> None:
    found = [one(photo(shading=texture(strength), noise=1.5), "roughness") for strength in (0.02, 0.04, 0.08)]
    assert found[1] / found[0] == pytest.approx(2, rel=0.1)
    assert found[2] / found[1] == pytest.approx(2, rel=0.1)


def test_pigment_that_varies_as_texture_does_is_less_rough_than_relief() -> None:
    """Pigment takes most of blue light, relief of all light as much."""
    relief, mottled = (
        one(photo(shading=shading, melanin=melanin, noise=1.0), "roughness")
        for shading, melanin in ((texture(0.06), 0.0), (0.0, texture(0.06)))
    )
    assert mottled < 0.9 * relief


def glossy(share: float, *, white: float = 0.25, light: float = 1.0) -> Pixels:
    """Skin with white light added on a disc that covers a share of it; all under more or less light."""
    x, y = places()
    middle = SIDE * PIXEL / 2
    radius = np.sqrt(share / np.pi) * SIDE * PIXEL
    added = white / (1 + np.exp((np.hypot(x - middle, y - middle) - radius) / 0.3))
    linear = light * (np.ones((SIDE, SIDE, 3)) * TONE + added[..., None])
    shown = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.clip(shown * 255 + np.random.default_rng(1).normal(0, 2, shown.shape), 0, 255).astype(np.uint8)


def test_texture_that_lies_in_a_patch_counts() -> None:
    x, _ = places()
    half = x < 0.5 * SIDE * PIXEL
    everywhere, there = (
        one(photo(shading=texture(0.06) * field, noise=1.0), "roughness") for field in (1.0, half)
    )
    assert 0.4 < there / everywhere < 0.9  # its middle value would not see it


def test_blotches_of_colour_on_skin_that_cold_light_turned_grey_are_no_shine() -> None:
    chance = np.random.default_rng(3)
    blotch = gaussian_filter(chance.normal(0, 1, (SIDE, SIDE, 2)), (2.2, 2.2, 0))
    blotch *= 3.0 / blotch.std()  # levels
    grey = np.full((SIDE, SIDE, 3), (146.0, 138.0, 134.0)) + chance.normal(0, 2, (SIDE, SIDE, 3))
    grey[..., ::2] += blotch
    assert one(np.clip(grey, 0, 255).astype(np.uint8), "shine") < 1.0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.15, 0.3])
def test_shine_is_the_share_that_glares(share: float) -> None:
    assert one(glossy(share), "shine") == pytest.approx(100 * share, abs=4.0)


@pytest.mark.parametrize("light", [0.5, 0.75, 1.3])
def test_shine_does_not_follow_exposure(light: float) -> None:
    assert one(glossy(0.15, light=light), "shine") == pytest.approx(15, abs=4.0)


def test_glare_that_hardly_adds_to_skins_own_light_is_no_shine() -> None:
    own = float(np.mean(TONE))
    assert one(glossy(0.15, white=0.1 * own), "shine") < 1.0
    assert one(glossy(0.15, white=0.6 * own), "shine") > 10.0


# what no measure may follow


TEXTURED = (
    "spot_count",
    "spot_area",
    "wrinkle_length",
    "wrinkle_depth",
    "pore_count",
    "pore_area",
    "roughness",
)


def busy(side: int = SIDE, pixel: float = PIXEL) -> tuple[Field, Field]:
    """Pores and lines as shading."""
    pores, _ = dots(2.8, 0.24, 0.4, side, pixel)
    wrinkles, _ = lines(0.3, 0.2, 0.3, 24.0, side, pixel)
    return pores, wrinkles


def test_a_gradient_of_light_moves_no_measure_of_structure() -> None:
    pores, wrinkles = busy()
    spots, _ = discs(8.0, 1.2, 0.4)
    even = values(photo(np.maximum(pores, wrinkles), spots, noise=1.0), *TEXTURED)
    tilted = values(
        photo(np.maximum(pores, wrinkles) + gradient() - gradient().mean(), spots, noise=1.0), *TEXTURED
    )
    assert tilted == pytest.approx(even, rel=0.15)


def test_a_finer_photo_gives_the_same_measures() -> None:
    names = ("wrinkle_length", "wrinkle_depth", "pore_count", "roughness")
    coarse = measure(photo(np.maximum(*busy()), noise=1.0), None, PIXEL, names)
    fine = measure(
        photo(np.maximum(*busy(2 * SIDE, PIXEL / 2)), noise=1.0, side=2 * SIDE), None, PIXEL / 2, names
    )
    for here, there in zip(coarse, fine, strict=True):
        assert there.value == pytest.approx(here.value, rel=0.15), here.name
        assert there.map is not None
        assert there.map.shape == (2 * SIDE, 2 * SIDE)


# rendered areas, whose truth is known


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("wrinkles", "wrinkle_length"),
        ("pores", "pore_count"),
        ("ephelides", "spot_count"),
        ("texture", "roughness"),
    ],
)
@pytest.mark.parametrize("settings", ["usual", "shifted"])
def test_more_of_a_condition_is_more_of_its_measure(condition: str, name: str, settings: str) -> None:
    person = draw_person(np.random.default_rng(12))
    found = []
    for grade in (0, 2, 4):
        severity = {condition: float(grade)}
        rng = np.random.default_rng(3)
        area = render_area(
            "cheek_left", {condition: grade}, person, rng, settings=settings, severity=severity
        )
        found.append(measure(area.image, area.truth["skin"] > 0.5, names=(name,))[0].value)
    assert found == sorted(found)
    assert found[2] > 1.3 * found[0]


# ranges


def test_another_photo_of_the_same_skin_lies_in_the_range() -> None:
    """Of an area alone, which is less than what ranges are of: whole faces, turned and found anew."""
    within: dict[str, list[bool]] = {name: [] for name in NAMES}
    for seed in range(70, 78):
        rng = np.random.default_rng(seed)
        area = ("cheek_left", "forehead")[seed % 2]
        person = draw_person(rng)
        grades = draw_grades(area, person, rng)
        severity = {name: float(grade) for name, grade in grades.items()}
        photos = []
        for _ in range(3):
            taken = render_area(area, grades, person, rng, size=200, severity=severity)
            photos.append(measure(taken.image, taken.truth["skin"] > 0.5, 0.15))
        for one, other in permutations(photos, 2):
            for here, there in zip(one, other, strict=True):
                within[here.name].append(here.low <= there.value <= here.high)
    shares = {name: float(np.mean(found)) for name, found in within.items()}
    assert min(shares.values()) > 0.7 and np.mean(list(shares.values())) > 0.92, shares
