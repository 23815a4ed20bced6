"""A crop of one lesion: of the patient that was asked for, the same each time, of all skins."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema import BY_NAME, LABELS, SHIFTED, USUAL, Conditions, render
from cutis.phantoms.erythema.frame import flat
from cutis.phantoms.erythema.lesion import SIGNS, Lesion, paint
from cutis.phantoms.erythema.patient import draw_patient
from cutis.phantoms.erythema.skin import plain
from cutis.phantoms.optics import melanin_of_type
from cutis.phantoms.skin import Person


def rng(*seed: int) -> Rng:
    return np.random.default_rng(seed)


def somebody(skin_type: int) -> Person:
    melanin = melanin_of_type(skin_type, 0.5)
    return Person(skin_type, melanin, 0.004, 40, "male", "trunk", 0.0, 0.0, 0.5)


def painted(lesion: Lesion, skin_type: int) -> Any:
    """A scene of 24 mm with that lesion in the middle, and the same skin without it."""
    with_it, without = (plain(flat(120, 120, 0.2), somebody(skin_type), rng(1)) for _ in range(2))
    paint(lesion, with_it, 1)
    return with_it, without


def test_the_same_seed_gives_the_same_crop() -> None:
    one, same, other = (render("severe", 48, rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(one.image, same.image)
    assert np.array_equal(one.mask, same.mask)
    assert not np.array_equal(one.image, other.image)


@pytest.mark.parametrize("label", LABELS)
def test_a_crop_shows_its_lesion_about_half_its_width(label: str) -> None:
    widths = []
    for seed in range(24):
        crop = render(label, 64, rng(seed))
        assert crop.image.shape == (64, 64, 3)
        assert crop.image.dtype == np.uint8
        rows, columns = np.nonzero(crop.mask)
        widths.append(max(np.ptp(rows), np.ptp(columns)) / 64)
        assert 0.2 < rows.mean() / 64 < 0.8
    assert 0.3 < float(np.median(widths)) < 0.75


def test_lesions_of_a_patient_differ_and_the_patient_does_not() -> None:
    crops = [render("severe", 32, rng(5, view), subject=rng(5)) for view in range(12)]
    for name in ("skin_type", "age", "sex", "eruption", "stage"):
        assert len({crop.truth[name] for crop in crops}) == 1
    assert len({crop.truth["diameter_mm"] for crop in crops}) == 12
    assert len({crop.truth["kind"] for crop in crops}) > 1


def test_only_severe_patients_show_signs_and_they_have_harmless_lesions_too() -> None:
    signs: dict[tuple[str, str], list[str]] = {}
    for seed in range(120):
        for label in LABELS:
            patient = draw_patient(label, USUAL, rng(seed))
            shown = [patient.lesion(patient.shots[0], rng(seed, n)).sign for n in range(8)]
            signs.setdefault((label, patient.stage), []).extend(shown)
    assert set(signs["not_severe", "early"]) == set(signs["not_severe", "late"]) == {"none"}
    early, late = (signs["severe", stage] for stage in ("early", "late"))
    assert set(late) == {"none", *SIGNS}
    harmless = [shown.count("none") / len(shown) for shown in (early, late)]
    assert harmless[0] > harmless[1] > 0.1
    assert 0.5 < harmless[0] < 0.9


def test_harmless_lesions_may_look_dusky_blistered_or_purpuric() -> None:
    patients = [draw_patient("not_severe", USUAL, rng(seed)) for seed in range(150)]
    lesions = [patient.lesion(patient.shots[0], rng(8, seed)) for seed, patient in enumerate(patients)]
    for strength in ("dusk", "bleb", "purpura"):
        assert any(getattr(lesion, strength) > 0.3 for lesion in lesions), strength
    assert not any(lesion.raw for lesion in lesions)


@pytest.mark.parametrize("skin_type", [1, 3, 6])
def test_a_lesion_has_more_blood_and_is_seen_on_every_skin(skin_type: int) -> None:
    with_it, without = painted(Lesion("macule", 5.0, blood=0.02), skin_type)
    inside = with_it.numbers == 1
    assert 0.8 * np.pi * 25 < inside.sum() * 0.04 < 1.25 * np.pi * 25
    blood = [scene.layers.arterial + scene.layers.venous for scene in (with_it, without)]
    assert (blood[0] - blood[1])[inside].mean() > 0.01
    far = np.hypot(with_it.canvas.x, with_it.canvas.y) > 11
    assert np.array_equal(blood[0][far], blood[1][far])
    light = [
        scene.layers.reflectance(polarised=False)[:, inside].mean(axis=1) for scene in (with_it, without)
    ]
    red, green, _ = light[0] / light[1]
    assert green < 0.88
    assert green < red


def test_a_dusky_middle_is_darker_and_less_red_than_the_border() -> None:
    scene, _ = painted(Lesion("macule", 6.0, blood=0.02, dusk=1.0, dusk_radius=0.5), 2)
    far = np.hypot(scene.canvas.x, scene.canvas.y)
    light = scene.layers.reflectance(polarised=False)
    middle, border = (light[:, where].mean(axis=1) for where in (far < 2, (far > 4) & (far < 5.5)))
    assert middle[0] < 0.8 * border[0]
    assert middle[0] / middle[1] < border[0] / border[1]


def test_an_erosion_has_lost_its_pigment_and_a_blister_stands_up_and_shines() -> None:
    raw, skin = painted(Lesion("erosion", 6.0, raw=1.0), 6)
    floor = np.hypot(raw.canvas.x, raw.canvas.y) < 2.5
    assert raw.layers.melanin[floor].mean() < 0.65 * skin.layers.melanin[floor].mean()
    roof, skin = painted(Lesion("blister", 6.0, bleb=1.0, bleb_radius=0.8), 3)
    middle = np.hypot(roof.canvas.x, roof.canvas.y) < 1
    assert (roof.layers.relief - skin.layers.relief)[middle].mean() > 0.5
    assert roof.gloss[middle].mean() > skin.gloss[middle].mean() + 0.3


@pytest.mark.parametrize("field", [f.name for f in fields(Conditions) if f.name not in ("name", "types")])
def test_shifted_ranges_lie_outside_the_usual_ones(field: str) -> None:
    usual, shifted = getattr(USUAL, field), getattr(SHIFTED, field)
    assert usual[0] < usual[1]
    assert shifted[0] < shifted[1]
    assert shifted[1] < usual[0] or shifted[0] > usual[1]


def test_conditions_decide_the_mixture_of_tones() -> None:
    types = {
        name: [draw_patient("severe", conditions, rng(seed)).person.skin_type for seed in range(300)]
        for name, conditions in BY_NAME.items()
    }
    assert set(types["usual"]) == {1, 2, 3, 4, 5, 6}
    assert np.mean(types["shifted"]) > np.mean(types["usual"]) + 0.4
    only = replace(USUAL, types=(0, 0, 0, 0, 0, 1))
    assert render("severe", 16, rng(1), conditions=only).truth["skin_type"] == 6


def test_what_cannot_be_rendered_is_refused() -> None:
    with pytest.raises(CutisError, match="The labels are: not_severe, severe"):
        render("mild", 32, rng(0))
    with pytest.raises(CutisError, match="at least 16"):
        render("severe", 8, rng(0))


def test_twenty_crops_a_second() -> None:
    render("severe", 224, rng(0))  # tables are made once
    start = time.process_time()
    for seed in range(20):
        render(LABELS[seed % 2], 224, rng(seed))
    assert time.process_time() - start < 2.0  # a busy machine has half the speed
