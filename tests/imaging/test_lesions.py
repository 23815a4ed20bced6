"""Lesions of a wide photo: found on every tone, edited by the user, cut out with skin around them."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.lesions import Lesion, Lesions, crop, find_lesions
from cutis.imaging.lesions.outline import parted
from cutis.imaging.lesions.runs import from_runs, to_runs
from cutis.imaging.regions import Box
from cutis.phantoms import optics

Disc = tuple[float, float, float]  # row, column, radius


def wide(
    skin_type: int,
    discs: list[Disc],
    *,
    seed: int = 0,
    blood: float = 0.02,
    melanin: float = 1.0,
    shape: tuple[int, int] = (320, 420),
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Mottled skin with discs of more blood, or of more melanin, and the number of each disc's pixels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    numbers = np.zeros(shape, np.int32)
    for number, (row, column, radius) in enumerate(discs, 1):
        numbers[np.hypot(rows - row, columns - column) < radius] = number
    inside = ndimage.gaussian_filter((numbers > 0).astype(np.float32), 1.5)
    mottle, fine = (
        ndimage.gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap") for sigma in (12, 2)
    )
    pigment = optics.melanin_of_type(skin_type, 0.5) * np.exp(0.05 * mottle / mottle.std())
    pigment = pigment * (1 + inside * (melanin - 1))
    more = 0.003 * np.exp(0.15 * fine / fine.std()) + inside * blood
    light = optics.skin_reflectance(*(np.asarray(f, np.float32) for f in (pigment, more * 0.75, more * 0.25)))
    light = light * np.linspace(0.8, 1.1, shape[1], dtype=np.float32)[None, None, :]
    linear = np.tensordot(optics.band_to_srgb(), light, axes=1)
    linear *= 0.45 / np.median(linear[0])
    linear[2] *= np.clip(0.22 / np.median(linear[2]), 1, 3)  # a camera's white balance gives blue back
    shown = np.where(
        linear < 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.003) ** (1 / 2.4) - 0.055
    )
    noisy = 255 * shown + rng.normal(0, 1.5, shown.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8).transpose(1, 2, 0), numbers


DISCS: list[Disc] = [(60, 70, 14), (150, 200, 22), (250, 340, 10), (240, 90, 18), (80, 330, 16)]


def hits(found: Lesions, discs: list[Disc]) -> int:
    """How many discs have the middle of a lesion of about their size in them."""
    return sum(
        any(
            np.hypot(one.centre[1] - row, one.centre[0] - column) < radius
            and 0.6 < one.diameter / (2 * radius) < 1.6
            for one in found
        )
        for row, column, radius in discs
    )


@pytest.mark.parametrize("skin_type", [1, 2, 3, 4, 5, 6])
def test_discs_of_blood_are_found_on_every_tone(skin_type: int) -> None:
    photo, _ = wide(skin_type, DISCS, seed=skin_type)
    found = find_lesions(photo)
    assert found.state == "found"
    assert hits(found, DISCS) == len(DISCS)
    assert len(found) <= len(DISCS) + (skin_type == 6)  # on the darkest skin mottle can pass for erythema
    assert [lesion.number for lesion in found] == list(range(1, len(found) + 1))
    assert min(lesion.contrast or 0 for lesion in found.items[:5]) > 0.15
    assert all(0 < lesion.score <= 1 for lesion in found)


def test_the_same_blood_has_about_the_same_contrast_on_pale_and_dark_skin() -> None:
    by_tone = [
        np.mean([lesion.contrast for lesion in find_lesions(wide(tone, DISCS)[0])]) for tone in range(1, 7)
    ]
    assert max(by_tone) / min(by_tone) < 1.8


@pytest.mark.parametrize("skin_type", [1, 3, 5])
def test_spots_of_melanin_are_no_erythema(skin_type: int) -> None:
    photo, _ = wide(skin_type, DISCS, blood=0.0, melanin=1.8)
    assert len(find_lesions(photo)) <= 1


@pytest.mark.parametrize("skin_type", [1, 4])
def test_normal_skin_is_skin_without_a_lesion_and_not_called_harmless(skin_type: int) -> None:
    photo, _ = wide(skin_type, [])
    found = find_lesions(photo)
    assert found.state == "no_lesion"
    assert found.skin > 0.5
    assert "does not say" in found.note


def test_an_eruption_over_most_of_the_skin_is_still_seen_against_what_is_left() -> None:
    discs: list[Disc] = [(row, column, 26.0) for row in (50, 125, 200, 275) for column in range(50, 420, 66)]
    photo, numbers = wide(3, discs)
    assert (numbers > 0).mean() > 0.35
    assert hits(find_lesions(photo), discs) >= 0.9 * len(discs)


def test_two_that_touch_are_counted_as_two_and_one_with_a_lobe_as_one() -> None:
    apart: list[Disc] = [(160, 180, 24), (160, 224, 24)]
    assert len(find_lesions(wide(2, apart)[0])) == 2
    lobed: list[Disc] = [(160, 200, 30), (150, 222, 20)]
    assert len(find_lesions(wide(2, lobed)[0])) == 1


@settings(max_examples=60, deadline=None)
@drawn(st.floats(2, 40), st.floats(0.45, 1), st.floats(0, np.pi), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_an_ellipse_has_no_neck_and_stays_one(
    long: float, narrow: float, turn: float, shift: tuple[float, float]
) -> None:
    rows, columns = np.indices((90, 90)) - 45.0
    along = (rows - shift[0]) * np.cos(turn) + (columns - shift[1]) * np.sin(turn)
    across = (columns - shift[1]) * np.cos(turn) - (rows - shift[0]) * np.sin(turn)
    mask = (along / long) ** 2 + (across / (narrow * long)) ** 2 <= 1
    assert len(parted(0, 0, mask)) == 1


def test_a_chequered_cloth_in_the_colours_of_skin_has_no_lesions() -> None:
    discs: list[Disc] = [(60, 90, 14), (150, 140, 22), (240, 80, 18)]
    photo, _ = wide(2, discs)
    rows, columns = np.indices(photo.shape[:2])
    cloth, down, across = columns > 260, rows % 36 < 18, columns % 36 < 18
    photo[cloth & down & across] = photo[cloth & down & across] * np.array([0.9, 0.6, 0.62])
    photo[cloth & ~down & ~across] = photo[cloth & ~down & ~across] * 0.45
    found = find_lesions(photo)
    assert hits(found, discs) == len(discs)
    assert not any(lesion.centre[0] > 255 for lesion in found)  # without the rule 45


def test_what_the_photo_cuts_off_by_most_of_its_outline_is_no_lesion() -> None:
    photo, _ = wide(2, [(160, 200, 20)])
    rows, columns = np.indices(photo.shape[:2])
    corner = rows + columns < 110
    photo[corner] = photo[corner] * np.array([0.95, 0.6, 0.6])
    assert [lesion.centre[0] > 100 for lesion in find_lesions(photo)] == [True]


def test_masks_lie_on_what_was_painted() -> None:
    photo, numbers = wide(4, DISCS, shape=(640, 840))
    found = find_lesions(photo)
    inside = found.numbers() > 0
    assert (inside & (numbers > 0)).sum() / (inside | (numbers > 0)).sum() > 0.7
    for lesion in found:
        box = lesion.box
        assert lesion.mask.shape == (box.bottom - box.top, box.right - box.left)
        assert abs(lesion.mask.sum() / lesion.area - 1) < 0.1


def test_fainter_lesions_need_more_sensitivity() -> None:
    photo, _ = wide(3, DISCS, blood=0.004)
    few, usual, many = (len(find_lesions(photo, sensitivity=value)) for value in (0.0, 0.5, 1.0))
    assert few <= usual <= many
    assert many > few


def test_a_known_scale_leaves_out_what_is_smaller_than_two_millimetres() -> None:
    photo, _ = wide(3, DISCS)
    assert len(find_lesions(photo, pixel_size=1.0)) == len(DISCS)
    assert hits(find_lesions(photo, pixel_size=0.06), DISCS) < len(DISCS)  # the smallest is 1.2 mm wide
    assert find_lesions(photo, pixel_size=1.0).diameter_mm(1) == pytest.approx(
        find_lesions(photo)[1].diameter
    )


def test_a_larger_copy_of_the_photo_has_the_same_lesions_in_its_own_coordinates() -> None:
    photo, _ = wide(3, DISCS)
    large = np.repeat(np.repeat(photo, 4, axis=0), 4, axis=1)
    small, found = find_lesions(photo), find_lesions(large)
    assert len(found) == len(small)
    assert hits(found, [(4 * row, 4 * column, 4 * radius) for row, column, radius in DISCS]) == len(DISCS)


def test_a_huge_photo_takes_about_as_long_as_a_small_one() -> None:
    photo, _ = wide(3, DISCS, shape=(500, 500))
    huge = np.ascontiguousarray(np.repeat(np.repeat(photo, 12, axis=0), 12, axis=1))  # 36 megapixels
    taken = []
    for one in (photo, huge):
        start = time.process_time()
        find_lesions(one)
        taken.append(time.process_time() - start)
    assert taken[1] < 3 * taken[0] + 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (7, 7), (500, 3)])
def test_photos_of_hardly_any_pixels_show_no_skin(shape: tuple[int, int]) -> None:
    skin = np.broadcast_to(np.array([200, 150, 130], np.uint8), (*shape, 3))
    found = find_lesions(np.ascontiguousarray(skin))
    assert found.state == "no_skin"
    assert len(found) == 0


@pytest.mark.parametrize(
    "colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (40, 90, 200), (30, 140, 40)]
)
def test_photos_without_skin_are_said_to_have_none(colour: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    photo = np.clip(np.array(colour) + rng.normal(0, 4, (200, 240, 1)), 0, 255).astype(np.uint8)
    found = find_lesions(photo)
    assert found.state == "no_skin"
    assert "nothing was looked at" in found.note


def test_a_grey_photo_of_skin_has_no_skin_that_colour_could_tell() -> None:
    photo, _ = wide(3, DISCS)
    grey = np.repeat(photo.mean(axis=2).astype(np.uint8)[..., None], 3, axis=2)
    assert find_lesions(grey).state == "no_skin"


def test_what_is_no_photo_is_refused() -> None:
    with pytest.raises(ImageError, match="float32"):
        find_lesions(np.zeros((9, 9, 3), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="shape"):
        find_lesions(np.zeros((0, 9, 3), np.uint8))
    photo, _ = wide(3, [])
    with pytest.raises(CutisError, match="sensitivity is 7"):
        find_lesions(photo, sensitivity=7)
    with pytest.raises(CutisError, match="pixel_size is 0"):
        find_lesions(photo, pixel_size=0)


@pytest.fixture(scope="module")
def found() -> Lesions:
    return find_lesions(wide(3, DISCS)[0])


def test_numbers_stay_when_lesions_are_taken_away_and_added(found: Lesions) -> None:
    fewer = found.without(3)
    assert [lesion.number for lesion in fewer] == [1, 2, 4, 5]
    assert fewer[4] == found[4]
    more = fewer.without(5).with_box((10, 20, 50, 40))
    assert [lesion.number for lesion in more] == [1, 2, 4, 6]  # 5 has been given once
    assert more[6].box == Box(top=20, left=10, bottom=40, right=50)
    assert more[6].source == "given"
    assert more[6].contrast is None
    assert more[6].centre == (30, 30)


def test_a_box_is_taken_by_its_names(found: Lesions) -> None:
    box = Box(top=20, left=10, bottom=40, right=50)
    assert found.with_box(box)[6].box == box


def test_all_lesions_taken_away_is_no_lesion_and_said(found: Lesions) -> None:
    none = found.without(1, 2, 3, 4, 5)
    assert none.state == "no_lesion"
    assert "taken away" in none.note


def test_a_user_may_draw_where_nothing_was_found() -> None:
    nothing = find_lesions(np.full((100, 100, 3), 128, np.uint8))
    assert nothing.with_box((10, 10, 30, 30)).state == "found"


@pytest.mark.parametrize("box", [(10, 10, 10, 20), (900, 10, 950, 20), (1, 2, 3), (0, 0, float("nan"), 5)])
def test_boxes_that_are_none_are_refused(found: Lesions, box: tuple[float, ...]) -> None:
    with pytest.raises(CutisError, match=r"[Tt]he box"):
        found.with_box(box)


def test_a_lesion_that_is_not_there_is_named(found: Lesions) -> None:
    with pytest.raises(CutisError, match=r"no lesion 9.*1, 2, 3, 4, 5"):
        found.without(9)


def test_lesions_survive_json(found: Lesions) -> None:
    edited = found.without(2).with_box((3, 4, 60, 80))
    back = Lesions.from_dict(json.loads(json.dumps(edited.to_dict())))
    assert back == edited
    assert np.array_equal(back.numbers(), edited.numbers())


def test_damaged_json_is_refused(found: Lesions) -> None:
    said = json.loads(json.dumps(found.to_dict()))
    with pytest.raises(CutisError, match="'skin' is missing"):
        Lesions.from_dict({name: value for name, value in said.items() if name != "skin"})
    said["lesions"][0]["runs"][0] += 1
    with pytest.raises(CutisError, match="do not fill"):
        Lesions.from_dict(said)


@settings(max_examples=50)
@drawn(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_runs_give_the_mask_back(rows: int, columns: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((rows, columns)) < 0.5
    assert np.array_equal(from_runs(to_runs(mask), (rows, columns)), mask)


def test_a_crop_is_a_square_with_the_lesion_about_half_as_wide(found: Lesions) -> None:
    photo, _ = wide(3, DISCS)
    for lesion in found:
        cut = crop(photo, lesion)
        longest = max(lesion.box.bottom - lesion.box.top, lesion.box.right - lesion.box.left)
        assert cut.shape == (2 * longest, 2 * longest, 3)
        row, column = (round(place) for place in (lesion.centre[1], lesion.centre[0]))
        middle = cut[longest - 3 : longest + 3, longest - 3 : longest + 3].reshape(-1, 3)
        assert (middle == photo[row, column]).all(axis=1).any()


@settings(max_examples=60)
@drawn(
    st.integers(1, 30),
    st.integers(1, 30),
    st.tuples(*[st.integers(0, 29)] * 4),
    st.floats(1, 6),
)
def test_a_crop_beyond_the_border_mirrors_the_photo(
    height: int, width: int, corners: tuple[int, int, int, int], context: float
) -> None:
    photo = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    top, left = corners[0] % height, corners[1] % width
    box = Box(top, left, top + 1 + corners[2] % (height - top), left + 1 + corners[3] % (width - left))
    lesion = Lesions(height, width, (), 1.0).with_box(box)[1]
    cut = crop(photo, lesion, context)
    side = cut.shape[0]
    assert cut.shape == (side, side, 3)
    padded = np.pad(photo, ((90, 90), (90, 90), (0, 0)), mode="symmetric")
    first = (90 + (box.top + box.bottom - side) // 2, 90 + (box.left + box.right - side) // 2)
    assert np.array_equal(cut, padded[first[0] : first[0] + side, first[1] : first[1] + side])


def test_a_context_without_the_whole_lesion_is_refused(found: Lesions) -> None:
    lesion: Lesion = found[1]
    with pytest.raises(ValueError, match=r"context is 0\.5"):
        crop(wide(3, DISCS)[0], lesion, 0.5)
