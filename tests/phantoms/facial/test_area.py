"""An area of a face: of the person that was asked for, with the conditions that were asked for."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.phantoms.canvas import Rng
from cutis.phantoms.facial import (
    AREAS,
    BY_NAME,
    CONDITIONS,
    SHIFTED,
    STAND,
    USUAL,
    Person,
    Settings,
    Sheet,
    draw_grades,
    draw_person,
    paint,
    render,
    render_area,
    severity_field,
)
from cutis.phantoms.rendered import Rendered

# By condition: what measures it, and an area that has it.
MEASURES = {
    "dryness": ("true_scale_area", "cheek_left"),
    "texture": ("true_roughness", "chin"),
    "wrinkles": ("true_wrinkle_length", "forehead"),
    "pores": ("true_pore_count", "nose"),
    "melasma": ("true_melasma_area", "cheek_right"),
    "lentigo": ("true_spot_area", "cheek_left"),
    "ephelides": ("true_spot_count", "cheek_right"),
    "dermatitis": ("true_erythema_area", "perioral"),
}


def rng(*seed: int) -> Rng:
    return np.random.default_rng(seed)


def somebody(seed: int = 1, skin_type: int = 2) -> Person:
    return draw_person(rng(seed), tuple(float(skin_type == other) for other in range(1, 7)))


def photo(area: str, grades: dict[str, int], seed: int = 1, size: int = 96, skin_type: int = 2) -> Rendered:
    return render_area(area, grades, somebody(seed, skin_type), rng(seed, 9), size=size)


def test_the_same_seed_gives_the_same_photo_and_another_photo_the_same_skin() -> None:
    person, grades = somebody(), {"wrinkles": 3, "lentigo": 2}
    one, same, other = (render_area("forehead", grades, person, rng(seed), size=64) for seed in (3, 3, 4))
    assert np.array_equal(one.image, same.image)
    assert np.array_equal(one.mask, same.mask)
    assert not np.array_equal(one.image, other.image)
    assert one.truth["true_severity_wrinkles"] == other.truth["true_severity_wrinkles"]
    assert one.truth["true_wrinkle_length"] == pytest.approx(other.truth["true_wrinkle_length"], rel=0.2)


@pytest.mark.parametrize("area", AREAS)
def test_an_area_is_36_mm_on_its_shorter_side_and_shows_skin(area: str) -> None:
    shown = photo(area, {}, size=48)
    place = AREAS[area]
    assert min(shown.image.shape[:2]) == 48
    assert shown.image.shape[1] / shown.image.shape[0] == pytest.approx(place.width / place.height, rel=0.03)
    assert place.short == 36
    assert shown.truth["mm_per_pixel"] * 48 == pytest.approx(36, rel=0.05)
    assert shown.truth["view"] in place.views
    assert shown.truth["skin"].mean() > 0.4
    red, green, blue = shown.image[shown.truth["skin"] > 0.5].mean(axis=0)
    assert red > green > blue


@pytest.mark.parametrize("area", AREAS)
def test_without_conditions_none_is_there(area: str) -> None:
    for seed in range(3):
        shown = photo(area, {}, seed, size=64)
        assert not shown.mask.any()
        for condition in CONDITIONS:
            assert shown.truth[f"grade_{condition}"] == 0
            assert shown.truth[f"true_severity_{condition}"] <= 0.3
            assert not shown.truth[f"mask_{condition}"].any()
        for measure, _ in MEASURES.values():
            if measure != "true_roughness":
                assert shown.truth[measure] == 0, measure


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_grows_with_its_grade_and_is_alone(condition: str) -> None:
    measure, area = MEASURES[condition]
    for seed, skin_type in ((1, 2), (2, 5)):
        shown = [photo(area, {condition: grade}, seed, 120, skin_type) for grade in range(5)]
        values = [one.truth[measure] for one in shown]
        assert values == sorted(values), values
        assert all(after > before for before, after in pairwise(values)), values
        for one in shown[1:]:
            assert one.truth[f"mask_{condition}"].max() > 0.5
            assert np.array_equal(one.mask, one.truth[f"mask_{condition}"] > 0.5)
            for other in CONDITIONS:
                assert other == condition or not one.truth[f"mask_{other}"].any()


@pytest.mark.parametrize("condition", ["melasma", "lentigo", "ephelides"])
@pytest.mark.parametrize("skin_type", [1, 4, 6])
def test_pigment_is_darker_than_the_skin_around_it_on_every_tone(condition: str, skin_type: int) -> None:
    shown = photo("cheek_left", {condition: 3}, 4, 160, skin_type)
    inside = shown.truth[f"mask_{condition}"] > 0.8
    outside = (shown.truth[f"mask_{condition}"] < 0.05) & (shown.truth["skin"] > 0.5)
    melanin, image = shown.truth["melanin"], shown.image.astype(float).mean(axis=2)
    assert melanin[inside].mean() > 1.08 * melanin[outside].mean()
    assert image[inside].mean() < 0.97 * image[outside].mean()


def test_dermatitis_has_more_blood_and_wrinkles_and_pores_lie_deep() -> None:
    red = photo("cheek_left", {"dermatitis": 3}, 5, 160)
    inside = red.truth["mask_dermatitis"] > 0.8
    outside = red.truth["mask_dermatitis"] < 0.05
    blood = red.truth["haemoglobin"]
    assert blood[inside].mean() > 1.8 * blood[outside].mean()
    for condition, area in (("wrinkles", "forehead"), ("pores", "nose")):
        shown = photo(area, {condition: 4}, 5, 160)
        deep = shown.truth[f"mask_{condition}"] > 0.5
        relief = shown.truth["relief"]
        assert relief[deep].mean() < relief[~deep].mean() - 0.03
        grey = shown.image.astype(float).mean(axis=2)
        assert grey[deep].mean() < grey[~deep & (shown.truth["skin"] > 0.5)].mean()


def test_sizes_of_spots_are_those_that_define_them() -> None:
    from scipy import ndimage

    for condition, low, high in (("lentigo", 3.0, 15.0), ("ephelides", 0.7, 3.5)):
        shown = photo("cheek_left", {condition: 1}, 6, 240)
        spots, count = ndimage.label(shown.truth[f"mask_{condition}"] > 0.5)
        areas = np.bincount(spots.ravel())[1:] * shown.truth["mm_per_pixel"] ** 2
        # Spots at the border are cut.
        border = np.unique(np.concatenate([spots[0], spots[-1], spots[:, 0], spots[:, -1]]))
        whole = [area for number, area in enumerate(areas, 1) if number not in border]
        assert count >= 1
        diameters = 2 * np.sqrt(np.array(whole) / np.pi)
        assert (diameters >= low * 0.85).all()
        assert (diameters <= high).all()


def test_every_grade_is_common_wherever_a_condition_occurs() -> None:
    draws: dict[str, list[int]] = {name: [] for name in CONDITIONS}
    for seed in range(700):
        person = draw_person(rng(seed))
        for area in ("chin", "periorbital_left"):
            grades = draw_grades(area, person, rng(seed, len(area)))
            for name in CONDITIONS:
                if name in AREAS[area].conditions:
                    draws[name].append(grades[name])
                else:
                    assert grades[name] == 0
    for name, values in draws.items():
        shares = np.bincount(values, minlength=5) / len(values)
        assert (shares > 0.085).all(), (name, shares)


def test_conditions_go_together_as_in_people() -> None:
    people = [draw_person(rng(seed)) for seed in range(600)]
    lean = {name: np.array([person.leaning[name] for person in people]) for name in CONDITIONS}
    age = np.array([person.age for person in people])
    tone = np.array([person.skin_type for person in people])
    assert np.corrcoef(lean["wrinkles"], age)[0, 1] > 0.5
    assert np.corrcoef(lean["ephelides"], tone)[0, 1] < -0.25
    assert np.corrcoef(lean["dryness"], lean["dermatitis"])[0, 1] > 0.1
    assert set(tone) == {1, 2, 3, 4, 5, 6}
    assert {person.sex for person in people} == {"female", "male"}


@pytest.mark.parametrize(
    "name", [f.name for f in fields(Settings) if f.name not in ("name", "devices", "types")]
)
def test_shifted_ranges_lie_outside_the_usual_ones(name: str) -> None:
    usual, shifted = getattr(USUAL, name), getattr(SHIFTED, name)
    assert usual[0] < usual[1]
    assert shifted[0] < shifted[1]
    assert shifted[1] < usual[0] or shifted[0] > usual[1]


@pytest.mark.parametrize(
    "name", [f.name for f in fields(Settings) if f.name not in ("name", "devices", "types")]
)
def test_on_a_stand_light_varies_less_than_usual_and_within_it(name: str) -> None:
    (least, most), (low, high) = getattr(USUAL, name), getattr(STAND, name)
    assert least <= low < high <= most
    assert high - low < 0.45 * (most - least)
    assert len(STAND.devices) == 1
    assert STAND.devices[0] in USUAL.devices


def test_shifted_phones_are_none_of_the_usual_ones() -> None:
    names = [{device.name for device in settings.devices} for settings in BY_NAME.values()]
    assert not names[0] & names[1]
    for name in ("saturation", "contrast", "sharpening", "reach", "noise", "chroma", "smear"):
        usual, shifted = ({getattr(d, name) for d in s.devices} for s in (USUAL, SHIFTED))
        assert not any(min(usual) <= value <= max(usual) for value in shifted), name


def test_a_whole_face_is_painted_with_a_severity_of_its_own_in_each_area() -> None:
    canvas = Sheet((0.0, 20.0), (180, 150), 1.0)
    severity = severity_field(canvas, dict.fromkeys(AREAS, 0.0) | {"cheek_left": 4.0})
    skin, _ = paint(canvas, somebody(), {"melasma": severity, "pores": severity, "wrinkles": severity})
    left = canvas.x > 10
    assert skin.masks["melasma"][left].sum() > 20 * max(skin.masks["melasma"][~left].sum(), 1.0)
    assert skin.masks["melasma"].shape == (180, 150)


def test_render_gives_a_square_with_the_condition() -> None:
    for label in CONDITIONS:
        shown = render(label, 48, rng(2))
        assert shown.image.shape == (48, 48, 3)
        assert shown.mask.shape == (48, 48)
        assert shown.truth[f"grade_{label}"] >= 1
    only = replace(USUAL, types=(0, 0, 0, 0, 0, 1))
    assert render("pores", 32, rng(1), conditions=only).truth["skin_type"] == 6


def test_what_cannot_be_rendered_is_refused() -> None:
    person = somebody()
    with pytest.raises(CutisError, match="The areas are: forehead"):
        render_area("ear", {}, person, rng(0))
    with pytest.raises(CutisError, match="The conditions are: dryness"):
        render_area("chin", {"acne": 1}, person, rng(0))
    with pytest.raises(CutisError, match="grade of pores is 5"):
        render_area("chin", {"pores": 5}, person, rng(0))
    with pytest.raises(CutisError, match="at least 24"):
        render_area("chin", {}, person, rng(0), size=20)
    with pytest.raises(CutisError, match="There are: usual, shifted"):
        render_area("chin", {}, person, rng(0), settings="odd")
    with pytest.raises(CutisError, match="cannot be rendered"):
        render("acne", 48, rng(0))


def test_eight_areas_a_second() -> None:
    names = list(AREAS)
    photo("chin", {}, size=240)  # tables are made once
    start = time.process_time()
    for seed in range(18):
        person = draw_person(rng(seed))
        area = names[seed % len(names)]
        render_area(area, draw_grades(area, person, rng(seed)), person, rng(seed))
    assert time.process_time() - start < 18 / 5.0  # a busy machine has half the speed
