"""The shipped bundle `confocal`: its map is what it says of patches, and close to what is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.imaging.mosaic import Mosaic
from cutis.phantoms.confocal import render, render_mosaic
from cutis.runtime.dense import DenseSession
from cutis.runtime.engine import Engine
from cutis.runtime.maps import stream_map

SIDE = 1000


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.open("confocal", 1)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    stripes = render_mosaic(SIDE, SIDE, np.random.default_rng(5)).stripes()
    return np.concatenate([pixels for pixels, _ in stripes])


@pytest.fixture(scope="module")
def grades(image: np.ndarray) -> np.ndarray:
    mosaic = Mosaic(Path("image"), SIDE, SIDE, lambda start, stop: image[start:stop])
    session = DenseSession(Bundle.open(zoo.path("confocal")), 1)
    return np.concatenate([cells.grade for cells in stream_map(session, mosaic, tile=512)])


def test_the_map_is_what_is_said_of_each_patch(engine: Engine, image: np.ndarray, grades: np.ndarray) -> None:
    patch, stride = engine.info.dense.patch, engine.info.dense.stride
    rng = np.random.default_rng(0)
    for i, j in rng.integers(0, len(grades), (12, 2)):
        top, left = i * stride, j * stride
        said = engine(image[top : top + patch, left : left + patch]).probabilities
        assert sum(int(grade) * p for grade, p in said.items()) == pytest.approx(grades[i, j], abs=1e-3)


def test_the_map_follows_the_grades_that_are_true(image: np.ndarray, grades: np.ndarray) -> None:
    truth = render_mosaic(SIDE, SIDE, np.random.default_rng(5)).field(8)
    at = np.arange(len(grades)) + 12  # the patch's centre, to half a block
    known = truth[np.ix_(at, at)]
    inside = np.isfinite(known)
    assert np.corrcoef(known[inside], grades[inside])[0, 1] > 0.9


def test_colour_is_made_grey_and_told(engine: Engine) -> None:
    grey = render("2", engine.info.size, np.random.default_rng(1)).image
    tinted = np.stack([grey, grey // 2, grey // 3], axis=2)
    answer, plain = engine(tinted), engine(grey)
    assert (answer.made_grey, plain.made_grey) == (True, False)
    luma = (tinted[..., 0] * 299.0 + tinted[..., 1] * 587.0 + tinted[..., 2] * 114.0) / 1000
    expected = engine(np.floor(luma + 0.5).astype(np.uint8)).probabilities
    assert answer.probabilities == pytest.approx(expected, abs=1e-6)


def test_a_photo_smaller_than_a_patch_is_refused(engine: Engine) -> None:
    from cutis.core.errors import ImageError

    with pytest.raises(ImageError, match="looks at patches of 192 x 192 and does not enlarge"):
        engine(np.zeros((100, 300), np.uint8))
