"""Colour spaces against published numbers and independent code."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cutis.imaging.colour_card.reference import NAMES, patch_light
from cutis.imaging.colour_card.spaces import difference, lab_of_light, light_of_lab, to_display, to_light

# Sharma, Wu and Dalal 2005, table 1: pairs chosen where implementations go wrong.
PAIRS = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), PAIRS)
def test_colour_differences_are_the_published_ones(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert difference(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-4)
    assert difference(np.array(second), np.array(first)) == pytest.approx(expected, abs=1e-4)


def test_every_display_value_survives_linear_light() -> None:
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_display(to_light(values)), values)


@given(arrays.arrays(np.float64, (3, 3), elements=st.floats(0, 1)))
def test_lab_and_back_is_the_same_light(light: np.ndarray) -> None:
    np.testing.assert_allclose(light_of_lab(lab_of_light(light)), light, atol=1e-6)


def test_lab_agrees_with_opencv() -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    other = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    assert np.abs(lab_of_light(to_light(rgb)) - other).max() < 0.6  # OpenCV interpolates in a table


def test_the_cards_colours_agree_with_those_that_opencv_knows() -> None:
    """OpenCV's are of the earlier edition, in sRGB."""
    detector = pytest.importorskip("cv2").mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    known = np.array(detector.getRefColors())[:, 0, ::-1].astype(np.uint8)
    apart = difference(lab_of_light(to_light(known)), lab_of_light(np.clip(patch_light("2005"), 0, 1)))
    assert apart.max() < 6.0
    assert np.median(apart) < 3.0


def test_the_two_editions_differ_a_little_everywhere() -> None:
    apart = difference(lab_of_light(patch_light("2014")), lab_of_light(patch_light("2005")))
    assert len(NAMES) == 24
    assert 0.5 < apart.mean() < 1.2
    assert apart.max() < 2.5
