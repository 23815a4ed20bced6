"""The colour of rendered skin against published optics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.phantoms import optics
from cutis.phantoms.optics import Field

MELANIN = st.floats(0.01, 0.45)
BLOOD = st.floats(0.002, 0.5)


def at(nanometres: float) -> int:
    return int(np.argmin(np.abs(optics.WAVELENGTHS - nanometres)))


def one(value: float) -> Field:
    return np.full((1, 1), value, dtype=np.float32)


def seen(melanin: float, blood: float, venous: float = 0.25) -> np.ndarray:
    bands = optics.skin_reflectance(one(melanin), one(blood * (1 - venous)), one(blood * venous))
    return np.asarray(optics.band_to_srgb() @ bands[:, 0, 0])


@pytest.mark.parametrize("nanometres", [500, 530, 570])
def test_haemoglobin_absorbs_alike_with_and_without_oxygen_at_its_isosbestic_points(nanometres: int) -> None:
    with_oxygen, without = optics.blood_absorption(1.0), optics.blood_absorption(0.0)
    assert with_oxygen[at(nanometres)] == pytest.approx(without[at(nanometres)], rel=0.03)


def test_melanin_absorbs_ever_less_towards_red_as_published() -> None:
    absorption = optics.melanosome_absorption(optics.WAVELENGTHS)
    assert (np.diff(absorption) < 0).all()
    assert absorption[at(500)] / absorption[at(700)] == pytest.approx((700 / 500) ** 3.33, rel=1e-6)


@given(melanin=MELANIN, more=st.floats(1.1, 3.0), blood=BLOOD)
def test_more_melanin_is_darker_in_every_band(melanin: float, more: float, blood: float) -> None:
    pale = optics.skin_reflectance(one(melanin), one(blood), one(0.0))
    dark = optics.skin_reflectance(one(melanin * more), one(blood), one(0.0))
    assert (dark < pale).all()


@given(melanin=MELANIN, blood=st.floats(0.002, 0.1), more=st.floats(1.5, 5.0))
def test_more_blood_is_redder(melanin: float, blood: float, more: float) -> None:
    before = optics.skin_reflectance(one(melanin), one(blood), one(0.0))[:, 0, 0]
    after = optics.skin_reflectance(one(melanin), one(blood * more), one(0.0))[:, 0, 0]
    assert after[0] / after[1] > before[0] / before[1]


@given(melanin=MELANIN, blood=st.floats(0.0, 3.0), venous=st.floats(0.0, 3.0), scatter=st.floats(0.3, 4.0))
def test_reflectance_is_a_share_of_the_light(
    melanin: float, blood: float, venous: float, scatter: float
) -> None:
    light = optics.dermis_reflectance(one(blood), one(venous), one(scatter))
    optics.add_epidermis(light, one(melanin))
    assert (light > 0).all()
    assert (light < 1).all()


def test_blood_without_oxygen_is_darker_red() -> None:
    assert seen(0.02, 0.3, venous=1.0)[0] < 0.7 * seen(0.02, 0.3, venous=0.0)[0]


def test_scar_is_paler_than_skin() -> None:
    skin, scar = (optics.dermis_reflectance(one(0.01), one(0.003), scatter) for scatter in (1.0, 2.0))
    assert (scar > skin).all()


def test_melanin_in_the_dermis_looks_bluer_than_in_the_epidermis() -> None:
    nest, spot = (optics.dermis_reflectance(one(0.003), one(0.001)) for _ in range(2))
    optics.add_deep_melanin(nest, one(1.0))
    optics.add_epidermis(nest, one(0.02))
    optics.add_epidermis(spot, one(0.25))
    assert nest[2] / nest[0] > 2 * spot[2] / spot[0]


def test_white_stays_white_through_the_cameras_matrix() -> None:
    assert optics.band_to_srgb() @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-5)


@pytest.mark.parametrize("melanin", [0.015, 0.05, 0.12, 0.3])
@pytest.mark.parametrize("blood", [0.004, 0.05])
def test_three_bands_give_the_colour_that_the_whole_spectrum_gives(melanin: float, blood: float) -> None:
    whole = optics.spectrum_to_srgb(optics.reflectance_spectrum(melanin, blood, oxygen=0.75))
    assert seen(melanin, blood) == pytest.approx(whole, abs=0.035)


@pytest.mark.parametrize("skin_type", range(1, 7))
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_each_skin_type_has_its_published_typology_angle(skin_type: int, place: float) -> None:
    spectrum = optics.reflectance_spectrum(optics.melanin_of_type(skin_type, place), optics.NORMAL_BLOOD)
    angle = optics.typology_angle(optics.spectrum_to_srgb(spectrum))
    upper = 70.0 if skin_type == 1 else optics.ITA_BOUNDS[skin_type - 2]
    assert optics.ITA_BOUNDS[skin_type - 1] - 0.5 <= angle <= upper + 0.5


def test_melanosome_shares_are_those_of_people() -> None:
    # Jacques 1998: 1.3-6.3% in light, 11-16% in moderately, 18-43% in darkly pigmented skin.
    assert 0.005 < optics.melanin_of_type(2, 0.5) < 0.063
    assert 0.06 < optics.melanin_of_type(4, 0.5) < 0.16
    assert 0.18 < optics.melanin_of_type(6, 0.0) < optics.melanin_of_type(6, 0.5) < 0.45
