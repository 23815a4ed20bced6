"""The resize rule: at most 4:3 from the centre, the shorter side to the given size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.imaging.preprocess import centre_crop, resize_shorter

Pixels = NDArray[np.uint8]


@given(height=st.integers(1, 90), width=st.integers(1, 90))
def test_a_crop_keeps_the_shorter_side_and_the_centre(height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(height)[:, None]
    image[..., 1] = np.arange(width)
    cropped = centre_crop(image)
    short, long = sorted(cropped.shape[:2])
    assert short == min(height, width)
    assert long <= short * 4 / 3 + 0.5
    assert long == max(height, width) or long >= short * 4 / 3 - 0.5
    for axis, length in ((0, height), (1, width)):
        line = cropped[..., axis]
        assert abs(int(line.min()) - (length - 1 - int(line.max()))) <= 1


@pytest.mark.parametrize(("height", "width"), [(224, 299), (300, 100), (64, 64)])
def test_the_shorter_side_becomes_the_size_and_the_aspect_stays(
    photo: Callable[..., Pixels], height: int, width: int
) -> None:
    image = photo(3, height, width)
    resized = resize_shorter(image, 64)
    assert min(resized.shape[:2]) == 64
    assert abs(max(resized.shape[:2]) - 64 * max(height, width) / min(height, width)) <= 0.5
    assert abs(float(resized.mean()) - float(image.mean())) < 1


def test_resizing_averages_and_does_not_pick() -> None:
    checks = np.indices((64, 64)).sum(0) % 2 * 255
    resized = resize_shorter(np.repeat(checks[..., None], 3, 2).astype(np.uint8), 16)
    assert np.abs(resized.astype(int) - 127).max() <= 10
