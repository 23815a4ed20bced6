"""Cards rendered into photos: found where they are, refused where they cannot be trusted, colours right."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.colour_card import (
    correct,
    correction,
    difference,
    find_card,
    lab_of_light,
    search_card,
    to_light,
)
from cutis.phantoms.colour_card import Placing, Scene, Shot, draw_placing, draw_shot, render
from cutis.phantoms.rendered import Rendered

PLACE = Placing(centre=(0.5, 0.3), pitch=30.0, angle=8.0, tilt=(0.1, -0.05))


def photo(placing: Placing | None = PLACE, shot: Shot | None = None, scene: Scene | None = None) -> Rendered:
    return render(np.random.default_rng(0), scene or Scene(), placing, shot or Shot(exposure=0.8))


def tone(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Individual typology angle of the mean colour."""
    lightness, _, yellow = lab_of_light(to_light(image[mask]).astype(np.float64).mean(axis=0))
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


@pytest.mark.parametrize("angle", [0, 37, 90, 155, 180, 270])
def test_a_card_is_found_whichever_way_up(angle: float) -> None:
    rendered = photo(replace(PLACE, angle=angle, pitch=22.0))
    card = find_card(rendered.image)
    assert card is not None
    assert np.abs(card.corners - rendered.truth["corners"]).max() < 0.1 * 22.0


@pytest.mark.parametrize(
    "placing",
    [
        replace(PLACE, tilt=(0.35, 0.1)),
        replace(PLACE, tilt=(-0.1, 0.4), angle=-20.0),
        replace(PLACE, pitch=13.0),
        Placing(centre=(0.5, 0.5), pitch=70.0, angle=3.0),
    ],
    ids=["perspective across", "perspective down", "small", "large"],
)
def test_a_card_is_found_in_perspective_and_at_any_size(placing: Placing) -> None:
    rendered = photo(placing)
    card = find_card(rendered.image)
    assert card is not None
    assert np.abs(card.corners - rendered.truth["corners"]).max() < 0.12 * placing.pitch
    assert card.pitch == pytest.approx(placing.pitch, rel=0.02)


@pytest.mark.parametrize(
    "shot",
    [
        Shot(exposure=0.8, blur=2.5),
        Shot(exposure=0.8, noise=12.0),
        Shot(exposure=0.8, jpeg=40),
        Shot(exposure=0.7, light=(1.4, 1.0, 0.5)),
        Shot(exposure=0.7, light=(0.7, 1.0, 1.5)),
        Shot(exposure=0.2),
        Shot(exposure=0.8, shade=0.5, shade_edge=0.5),
    ],
    ids=["blur", "noise", "jpeg", "lamp", "sky", "dark", "shade"],
)
def test_a_card_is_found_in_bad_photos(shot: Shot) -> None:
    rendered = photo(shot=shot)
    card = find_card(rendered.image)
    assert card is not None
    assert np.abs(card.corners - rendered.truth["corners"]).max() < 4.0


def test_a_small_card_is_found_in_a_large_photo() -> None:
    scene = Scene(height=1050, width=1400)
    rendered = photo(replace(PLACE, pitch=28.0), scene=scene)
    card = find_card(rendered.image)
    assert card is not None
    assert np.abs(card.corners - rendered.truth["corners"]).max() < 3.0


def test_there_is_no_card_where_there_is_none() -> None:
    assert search_card(photo(None).image).words == "No colour card was found."


@pytest.mark.parametrize("seed", range(4))
def test_other_grids_of_squares_are_no_cards(seed: int) -> None:
    """Tiles of any colours, a chess board, a card whose patches changed places."""
    rng = np.random.default_rng(seed)
    tiles = rng.integers(20, 235, (5, 7, 3), dtype=np.uint8)
    if seed == 0:
        tiles[:] = np.where((np.add.outer(np.arange(5), np.arange(7)) % 2)[..., None], 230, 30)
    image = np.full((360, 480, 3), 15, np.uint8)
    for row in range(5):
        for column in range(7):
            image[20 + 60 * row : 74 + 60 * row, 25 + 60 * column : 79 + 60 * column] = tiles[row, column]
    assert find_card(image) is None


def test_shuffled_patches_are_no_card() -> None:
    rendered = photo(Placing(centre=(0.5, 0.5), pitch=60.0), Shot(exposure=0.8))
    mirrored = np.ascontiguousarray(rendered.image[:, ::-1])
    swapped = np.ascontiguousarray(rendered.image[..., [1, 2, 0]])
    assert find_card(mirrored) is None
    assert find_card(swapped) is None


def test_a_card_that_is_too_small_is_refused_with_words() -> None:
    said = search_card(photo(replace(PLACE, pitch=9.0, tilt=(0, 0), angle=0.0)).image)
    assert said.card is None
    assert "too small" in said.words
    assert "nearer" in said.words


def test_a_card_that_is_cut_is_refused_with_words() -> None:
    said = search_card(photo(replace(PLACE, centre=(0.9, 0.3), angle=0.0, tilt=(0, 0))).image)
    assert said.card is None
    assert "cut off" in said.words


def test_a_clipped_card_is_refused_with_words() -> None:
    said = search_card(photo(shot=Shot(exposure=3.0)).image)
    assert said.card is None
    assert "clipped" in said.words
    assert "less exposure" in said.words


def covered(reach: tuple[int, int]) -> tuple[Rendered, NDArray[np.uint8]]:
    rendered = photo(Placing(centre=(0.5, 0.5), pitch=60.0))
    image = rendered.image.copy()
    x, y = rendered.truth["corners"].mean(axis=0)
    cv2.ellipse(image, (int(x) - 60, int(y) + 50), reach, 20, 0, 360, (190, 140, 115), -1)
    return rendered, cv2.GaussianBlur(image, (0, 0), 1.0)


def test_a_card_behind_a_hand_is_not_used() -> None:
    assert search_card(covered((190, 125))[1]).card is None


def test_covered_patches_are_left_out_and_the_others_are_enough() -> None:
    rendered, image = covered((110, 70))
    card = find_card(image)
    assert card is not None
    assert 14 <= card.usable.sum() <= 20
    assert correction(card).after < 2.5
    assert abs(tone(correct(image, card)[400:], rendered.mask[400:]) - rendered.truth["ita"]) < 3.0


@pytest.mark.parametrize("reach", [(60, 40), (90, 60), (130, 85), (150, 100), (170, 110)])
def test_whatever_a_hand_covers_no_wrong_colours_come_of_it(reach: tuple[int, int]) -> None:
    card = find_card(covered(reach)[1])
    assert card is None or correction(card).after < 4.0


def test_a_finger_on_two_patches_leaves_the_others() -> None:
    rendered = photo(Placing(centre=(0.5, 0.5), pitch=60.0))
    image = rendered.image.copy()
    corner = rendered.truth["corners"][1]
    cv2.circle(image, tuple(int(v) for v in corner), 75, (190, 140, 115), -1)
    card = find_card(image)
    assert card is not None
    assert not card.usable[5]
    assert card.usable.sum() >= 20
    assert correction(card).after < 2.0


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6)
def test_colours_come_right_under_any_phone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rendered = render(rng, Scene(skin_type=seed % 6 + 1), draw_placing(rng), draw_shot(rng))
    card = find_card(rendered.image)
    assert card is not None
    done = correction(card)
    assert done.after < 1.5
    assert done.after < 0.5 * done.before
    fixed = correct(rendered.image, card)
    assert abs(tone(fixed, rendered.mask) - rendered.truth["ita"]) < 3.5


@pytest.mark.parametrize("skin_type", range(1, 7))
def test_skin_tone_stays_within_three_degrees_when_exposure_changes_by_a_fifth(skin_type: int) -> None:
    rng = np.random.default_rng(skin_type)
    placing, shot = draw_placing(rng), replace(draw_shot(rng), exposure=0.75)
    angles, raw = [], []
    for exposure in (0.8, 1.0, 1.2):
        taken = replace(shot, exposure=0.75 * exposure)
        rendered = render(np.random.default_rng(9), Scene(skin_type=skin_type), placing, taken)
        card = find_card(rendered.image)
        assert card is not None
        angles.append(tone(correct(rendered.image, card), rendered.mask))
        raw.append(tone(rendered.image, rendered.mask))
    assert np.ptp(angles) < 1.5
    assert np.abs(np.array(angles) - rendered.truth["ita"]).max() < 3.0
    assert np.ptp(raw) > 3 * np.ptp(angles)


def _shouldered(image: NDArray[np.uint8], knee: float = 0.6) -> NDArray[np.uint8]:
    """Highlights pressed together as a phone does that is metered for dark skin."""
    light = to_light(image).astype(np.float64) * 2.0
    over = np.maximum(light - knee, 0)
    light -= over - over / (1 + over / (1 - knee))
    display = np.where(light < 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return np.asarray(np.clip(display * 255 + 0.5, 0, 255), np.uint8)


@pytest.mark.parametrize("skin_type", [5, 6])
def test_highlights_that_a_camera_pressed_together_do_not_bend_the_colours_of_dark_skin(
    skin_type: int,
) -> None:
    rendered = photo(scene=Scene(skin_type=skin_type))
    pressed = _shouldered(rendered.image)
    card = find_card(pressed)
    assert card is not None
    assert not card.usable[18], "white is flattened, and left out"
    assert not any("clipped" in note for note in card.notes)
    plain = find_card(rendered.image)
    assert plain is not None
    angles = [tone(correct(one, c), rendered.mask) for one, c in ((rendered.image, plain), (pressed, card))]
    assert abs(angles[1] - angles[0]) < 2.5


def test_a_card_whose_patches_do_not_agree_is_said_to_be_doubtful() -> None:
    rendered = photo()
    plain = find_card(rendered.image)
    assert plain is not None and not any("off by" in note for note in plain.notes)
    tinted = rendered.image.astype(np.float64)
    tinted[..., 0] += 0.25 * tinted[..., 2] * (tinted[..., 1] > 110)  # a camera that colours what is bright
    card = find_card(np.clip(tinted, 0, 255).astype(np.uint8))
    assert card is not None and any("off by" in note and "less exposure" in note for note in card.notes)


def test_shade_over_half_of_the_card_does_not_brighten_the_rest() -> None:
    """The lit patches say how bright the light is; those in shade still say what colour it has."""
    even = photo(shot=Shot(exposure=0.8))
    shaded = photo(shot=Shot(exposure=0.8, shade=0.45, shade_edge=0.47))
    lit = even.mask & (np.arange(640) > 400)[None]
    card = find_card(shaded.image)
    assert card is not None
    assert (card.shade < 0.87).sum() >= 6
    assert any("shade" in note for note in card.notes)
    assert abs(tone(correct(shaded.image, card), lit) - even.truth["ita"]) < 3.0


def test_millimetres_follow_the_size_that_is_given() -> None:
    rendered = photo()
    card = find_card(rendered.image)
    small = find_card(rendered.image, pitch_mm=11.0)
    assert card is not None
    assert small is not None
    assert card.mm_per_pixel == pytest.approx(44 / 30, rel=0.02)
    assert small.mm_per_pixel == pytest.approx(card.mm_per_pixel / 4)


def test_strength_zero_leaves_the_photo_and_half_lies_between() -> None:
    rendered = photo(shot=Shot(exposure=0.8, light=(1.3, 1.0, 0.7)))
    card = find_card(rendered.image)
    assert card is not None
    assert correct(rendered.image, card, strength=0.0) is rendered.image
    none, half, whole = (
        to_light(correct(rendered.image, card, strength=s)).mean(axis=(0, 1)) for s in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, (none + whole) / 2, atol=0.01)
    with pytest.raises(CutisError, match="within 0 to 1"):
        correct(rendered.image, card, strength=1.5)


def test_held_out_patches_are_worse_than_fitted_ones_but_far_better_than_before() -> None:
    rng = np.random.default_rng(3)
    rendered = render(rng, Scene(), draw_placing(rng), draw_shot(rng))
    card = find_card(rendered.image)
    assert card is not None
    done = correction(card)
    own = lab_of_light(np.array([0.0, 0.0, 0.0]))
    assert own[0] == pytest.approx(0.0, abs=1e-6)
    fitted = difference(
        lab_of_light(done.fit.corrected / done.fit.shade[:, None])[card.usable],
        lab_of_light(_true())[card.usable],
    ).mean()
    assert fitted < done.after < done.before / 4


def _true() -> NDArray[np.float64]:
    from cutis.imaging.colour_card.reference import patch_light

    return patch_light()


def test_the_same_card_in_a_darker_photo_gives_the_same_colours() -> None:
    bright, dark = (photo(shot=Shot(exposure=e, noise=0.0, jpeg=None)) for e in (0.85, 0.45))
    fixed = []
    for rendered in (bright, dark):
        card = find_card(rendered.image)
        assert card is not None
        fixed.append(lab_of_light(to_light(correct(rendered.image, card)[rendered.mask])).mean(axis=0))
    assert difference(fixed[0], fixed[1]) < 1.0


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((300, 300, 3), np.uint8),
        np.full((300, 300, 3), 255, np.uint8),
        np.full((3, 900, 3), 120, np.uint8),
    ],
    ids=["one pixel", "black", "white", "strip"],
)
def test_photos_without_anything_have_no_card(image: NDArray[np.uint8]) -> None:
    assert find_card(image) is None


def test_what_is_not_a_colour_photo_is_refused() -> None:
    with pytest.raises(ImageError, match="uint8"):
        find_card(np.zeros((20, 20), np.uint8))
    with pytest.raises(ImageError, match="uint8"):
        find_card(np.zeros((20, 20, 4), np.uint8))
