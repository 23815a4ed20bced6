from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.imaging.face import Face, mask_eyes, mask_identity


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)


@pytest.mark.parametrize("roll", [0, 35])
@pytest.mark.parametrize("hide", [mask_eyes, mask_identity])
def test_nothing_of_the_eyes_is_left(
    place_face: Callable[..., Face],
    noise: NDArray[np.uint8],
    roll: float,
    hide: Callable[[NDArray[np.uint8], Face], NDArray[np.uint8]],
) -> None:
    face = place_face(roll=roll)
    other = noise.copy()
    for x, y in face.eyes:
        other[round(y) - 30 : round(y) + 30, round(x) - 30 : round(x) + 30] ^= 255
    assert (hide(noise, face) == hide(other, face)).all()


def test_a_bar_over_the_eyes_leaves_the_rest(
    place_face: Callable[..., Face], noise: NDArray[np.uint8]
) -> None:
    hidden = mask_eyes(noise, place_face())
    changed = (hidden != noise).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 420 and rows.max() < 580
    assert columns.min() > 220 and columns.max() < 780


def test_a_masked_face_keeps_skin_and_loses_its_surroundings(
    place_face: Callable[..., Face], noise: NDArray[np.uint8]
) -> None:
    hidden = mask_identity(noise, place_face(scale=3.5))
    assert (hidden[500 + 150, 500 + 130] == noise[500 + 150, 500 + 130]).all()  # cheek
    for corner in (hidden[:80], hidden[-80:], hidden[:, :80], hidden[:, -80:]):
        assert (corner == corner[0, 0]).all()
    mouth = hidden[500 + round(3.5 * 69), 500]
    assert (mouth == hidden[0, 0]).all()


def test_the_photo_itself_stays(place_face: Callable[..., Face], noise: NDArray[np.uint8]) -> None:
    before = noise.copy()
    mask_identity(noise, place_face())
    assert (noise == before).all()
