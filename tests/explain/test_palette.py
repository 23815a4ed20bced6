from __future__ import annotations

import itertools

import numpy as np
import pytest

from cutis.explain import palette

# Machado et al. 2009, severity 1, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK])
def test_classes_are_told_apart_by_every_eye(sight: str, colours: tuple[str, ...]) -> None:
    seen = [lab(SIGHT[sight] @ linear(colour)) for colour in colours]
    least = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert least > 15  # a difference of 2.3 is just noticeable


@pytest.mark.parametrize(("colours", "ground"), [(palette.LIGHT, "#f5f7f7"), (palette.DARK, "#191d1e")])
def test_marks_stand_out_from_the_ground(colours: tuple[str, ...], ground: str) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    for colour in colours:
        dark, light = sorted([linear(colour) @ weights, linear(ground) @ weights])
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_fifty_six_classes_have_a_look_of_their_own() -> None:
    looks = [tuple(palette.style(number).values()) for number in range(56)]
    assert len(set(looks)) == 56
    assert all(palette.style(number)["mark"] in palette.MATPLOTLIB_MARKS for number in range(56))
