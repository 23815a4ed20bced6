"""An image at another scale: the same whichever rows are asked for, and where things were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError
from cutis.imaging.mosaic import Mosaic
from cutis.imaging.rescale import rescaled


def mosaic_of(pixels: NDArray[Any], spacing: float | None) -> Mosaic:
    return Mosaic(Path("a.tif"), *pixels.shape, lambda start, stop: pixels[start:stop], spacing=spacing)


def waves(height: int, width: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    return np.rint(127 + 100 * np.sin(x / 11) * np.cos(y / 13)).astype(np.uint8)


@settings(max_examples=25)
@given(
    height=st.integers(300, 900),
    width=st.integers(20, 120),
    spacing=st.floats(0.3, 3.0),
    top=st.floats(0, 0.9),
    rows=st.integers(1, 300),
)
def test_any_rows_are_those_of_the_whole(
    height: int, width: int, spacing: float, top: float, rows: int
) -> None:
    pixels = waves(height, width)
    smaller = rescaled(mosaic_of(pixels, spacing), 1.0)
    box = (0, 0, smaller.width / spacing, smaller.height / spacing)
    size = (smaller.width, smaller.height)
    resize = Image.fromarray(pixels.astype(np.float32)).resize
    at_once = np.clip(np.asarray(resize(size, Image.Resampling.BICUBIC, box=box)), 0, 255)
    start = int(top * smaller.height)
    part = smaller.read(slice(start, start + rows), slice(None))
    np.testing.assert_allclose(part, at_once[start : start + rows], atol=0.02)


def test_half_a_micrometre_becomes_one(tmp_path: Path) -> None:
    smaller = rescaled(mosaic_of(waves(400, 300), 0.5), 1.0)
    assert (smaller.height, smaller.width, smaller.spacing) == (200, 150, 1.0)
    y, x = np.mgrid[:200, :150] * 2 + 0.5  # centres of the pairs
    expected = 127 + 100 * np.sin(x / 11) * np.cos(y / 13)
    read = smaller.read(slice(None), slice(None))
    np.testing.assert_allclose(read[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1.5)
    assert any("resampled from 0.5 to 1 µm per pixel" in note for note in smaller.notes)


def test_missing_pixels_stay_missing() -> None:
    pixels = waves(100, 100).astype(np.float32)
    pixels[40:44, 60:64] = np.nan
    read = rescaled(mosaic_of(pixels, 0.5), 1.0).read(slice(None), slice(None))
    assert np.isnan(read[20:22, 30:32]).all()
    assert np.isfinite(read[:15]).all()


def test_without_a_spacing_it_is_asked_for() -> None:
    with pytest.raises(ImageError, match="--spacing"):
        rescaled(mosaic_of(waves(20, 20), None), 1.0)
