"""A streamed map is the map that one would get by asking for every patch by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.bundle import Bundle
from cutis.core.errors import BundleError, ImageError
from cutis.imaging.mosaic import Mosaic
from cutis.runtime.cells import Cells
from cutis.runtime.dense import DenseSession
from cutis.runtime.maps import count_tiles, grid_of, stream_map
from cutis.runtime.tissue import TissueRule

PATCH, STRIDE = 16, 4


@pytest.fixture(scope="module")
def session(grey_bundle: Path) -> DenseSession:
    return DenseSession(Bundle.open(grey_bundle), 1)


def mosaic_of(pixels: NDArray[Any]) -> Mosaic:
    return Mosaic(Path("a.tif"), *pixels.shape, lambda start, stop: pixels[start:stop])


def field(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 110 + 90 * np.sin(x / 23 + rng.uniform(0, 6)) * np.cos(y / 17 + rng.uniform(0, 6))
    return np.clip(waves + rng.normal(0, 25, (height, width)), 0, 255).astype(np.uint8)


def by_hand(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """(rows, columns, 5) probabilities of every patch, one by one."""
    rows, columns = ((side - PATCH) // STRIDE + 1 for side in pixels.shape)
    said = np.zeros((rows, columns, 5))
    for i in range(rows):
        for j in range(columns):
            mean = pixels[i * STRIDE : i * STRIDE + PATCH, j * STRIDE : j * STRIDE + PATCH].mean(dtype=float)
            powers = np.exp(-0.002 * (mean - 50.0 * np.arange(5)) ** 2)
            said[i, j] = powers / powers.sum()
    return said


def whole(parts: list[Cells]) -> Cells:
    kinds = ("grade", "confidence", "named", "missing")
    return Cells(**{kind: np.concatenate([getattr(part, kind) for part in parts]) for kind in kinds})


@settings(max_examples=40)
@given(
    height=st.integers(PATCH, 150),
    width=st.integers(PATCH, 150),
    tile=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_the_map_is_that_of_every_patch_by_itself_whatever_the_tiles(
    session: DenseSession, height: int, width: int, tile: int, seed: int
) -> None:
    pixels = field(height, width, seed)
    said = by_hand(pixels)
    steps: list[int] = []
    cells = whole(list(stream_map(session, mosaic_of(pixels), tile=tile, progress=steps.append)))
    np.testing.assert_allclose(cells.grade, said @ np.arange(5), atol=1e-4)
    np.testing.assert_allclose(cells.confidence, said.max(axis=-1), atol=1e-5)
    named = np.take_along_axis(said, cells.named[..., None].astype(int), axis=-1)[..., 0]
    np.testing.assert_allclose(named, said.max(axis=-1), atol=1e-5)  # of two equally probable either is right
    assert sum(steps) == count_tiles(grid_of(mosaic_of(pixels), session.dense), tile)


@settings(max_examples=25)
@given(tile=st.integers(1, 120), seed=st.integers(0, 99), gaps=st.booleans())
def test_no_tile_size_changes_anything(session: DenseSession, tile: int, seed: int, gaps: bool) -> None:
    pixels = field(97, 131, seed).astype(np.float32)
    pixels[:40, :50] = np.random.default_rng(seed).uniform(0, 6, (40, 50))  # nearly black
    if gaps:
        pixels[60, 70] = np.nan
    at_once, tiled = (
        whole(list(stream_map(session, mosaic_of(pixels), tile=size, rule=TissueRule())))
        for size in (1000, tile)
    )
    np.testing.assert_allclose(tiled.grade, at_once.grade, atol=1e-5)
    np.testing.assert_allclose(tiled.confidence, at_once.confidence, atol=1e-5)
    np.testing.assert_array_equal(tiled.missing, at_once.missing)


def test_patches_with_a_missing_pixel_are_not_graded_and_only_those(session: DenseSession) -> None:
    pixels = field(64, 64).astype(np.float32)
    pixels[30, 33] = np.nan
    cells = whole(list(stream_map(session, mosaic_of(pixels))))
    expected = np.zeros_like(cells.missing)
    for i, j in np.ndindex(*expected.shape):
        expected[i, j] = 0 <= 30 - i * STRIDE < PATCH and 0 <= 33 - j * STRIDE < PATCH
    np.testing.assert_array_equal(cells.missing, expected)
    np.testing.assert_array_equal(np.isnan(cells.grade), expected)
    np.testing.assert_array_equal(cells.named == 255, expected)


def test_dark_and_flat_places_are_outside_tissue(session: DenseSession) -> None:
    pixels = field(64, 96)
    pixels[:, :48] = 2
    cells = whole(list(stream_map(session, mosaic_of(pixels), rule=TissueRule())))
    dark = np.clip(48 - np.arange(cells.grade.shape[1]) * STRIDE, 0, PATCH) / PATCH  # share of each patch
    assert np.isnan(cells.grade[:, dark > 0.25]).all()
    assert np.isfinite(cells.grade[:, dark <= 0.25]).all()
    assert not cells.missing.any()


@pytest.mark.parametrize(("level", "noise", "outside"), [(5, 1, True), (5, 12, False), (40, 1, False)])
def test_tissue_may_be_dark_or_flat_but_not_both(level: float, noise: float, outside: bool) -> None:
    pixels = np.clip(np.random.default_rng(0).normal(level, noise, (64, 64)), 0, 255).astype(np.float32)
    assert TissueRule().outside(pixels, 16, 4).all() == outside
    assert TissueRule().outside(pixels, 16, 4).any() == outside


def test_the_rows_of_the_photo_come_by_once_in_order(session: DenseSession) -> None:
    pixels = field(203, 77)
    seen: list[NDArray[np.uint8]] = []
    for _ in stream_map(session, mosaic_of(pixels), tile=40, on_rows=lambda rows: seen.append(rows.copy())):
        pass
    np.testing.assert_array_equal(np.concatenate(seen), pixels)


def test_an_image_smaller_than_a_patch_is_refused(session: DenseSession) -> None:
    with pytest.raises(ImageError, match=r"a\.tif: is 60 x 15 pixels, and one answer needs 16 x 16"):
        list(stream_map(session, mosaic_of(field(15, 60))))


def test_damage_in_the_middle_ends_the_map_with_its_reason(session: DenseSession) -> None:
    pixels = field(200, 60)

    def stored(start: int, stop: int) -> NDArray[Any]:
        if stop > 100:
            raise ImageError("a.tif", "is truncated. Copy it again.")
        return pixels[start:stop]

    with pytest.raises(ImageError, match="is truncated"):
        list(stream_map(session, Mosaic(Path("a.tif"), 200, 60, stored), tile=16))


def test_a_bundle_without_a_dense_graph_says_so(colour_bundle: Path) -> None:
    with pytest.raises(BundleError, match=r"'colour' answers for whole photos and cannot draw a map\. \w+"):
        DenseSession(Bundle.open(colour_bundle), 1)
