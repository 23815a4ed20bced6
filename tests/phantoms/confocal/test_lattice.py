"""Skin is a function of its place: any window shows the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from cutis.phantoms.confocal.lattice import Window, hashed, noise, noise_with_slope, spots, tissue

PLACES = st.integers(-50_000, 200_000)


@settings(max_examples=20, deadline=None)
@given(top=PLACES, left=PLACES, down=st.integers(0, 30), across=st.integers(0, 30))
def test_two_windows_agree_where_they_overlap(top: int, left: int, down: int, across: int) -> None:
    whole = noise(Window(top, left, 64, 64), 7, 6.0)
    part = noise(Window(top + down, left + across, 30, 30), 7, 6.0)
    np.testing.assert_allclose(part, whole[down : down + 30, across : across + 30], atol=2e-4)


def test_noise_has_mean_0_and_deviation_1() -> None:
    field = noise(Window(0.0, 0.0, 800, 800), 3, 5.0)
    assert abs(field.mean()) < 0.05
    assert field.std() == pytest.approx(1.0, abs=0.05)


def test_the_slope_is_that_of_finite_differences() -> None:
    value, slope = noise_with_slope(Window(0.0, 0.0, 90, 90), 5, 20.0)
    down, across = np.gradient(value.astype(np.float64))
    np.testing.assert_allclose(slope[2:-2, 2:-2], np.hypot(down, across)[2:-2, 2:-2], atol=2e-3)


def test_hashes_are_even_and_unrelated_between_neighbours() -> None:
    lots = hashed(np.arange(300)[:, None], np.arange(300)[None, :], 11)
    shares = np.histogram(lots, 10, (0, 1))[0] / lots.size
    assert np.abs(shares - 0.1).max() < 0.005
    assert abs(np.corrcoef(lots[:, 1:].ravel(), lots[:, :-1].ravel())[0, 1]) < 0.02


def test_pixels_belong_to_the_nearest_centre_and_borders_are_that_far() -> None:
    window = Window(1000.0, -300.0, 80, 80)
    x, y = np.meshgrid(window.x.astype(np.float32), window.y.astype(np.float32))
    cells = tissue(x, y, 4, 20.0, 0.24)
    centres = cells.points.T.astype(np.float64)
    places = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    distance, index = cKDTree(centres).query(places, k=2)
    np.testing.assert_allclose(cells.away.ravel(), distance[:, 0], atol=1e-3)
    assert (cells.cell.ravel() == index[:, 0]).mean() > 0.999
    apart = np.linalg.norm(centres[index[:, 0]] - centres[index[:, 1]], axis=1)
    border = (distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart)
    assert np.mean(np.abs(cells.border.ravel() - border) < 0.01) > 0.995


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_ranks_fill_that_share_of_the_places_more_evenly_than_chance(share: float) -> None:
    counts, places = [], []
    for turn in range(60):
        those = spots(Window(1000.0 * turn, 500.0 * turn, 120, 120), 9, 10.0, beyond=0.0)
        counts.append(int((those.rank < share).sum()))
        places.append(len(those.x))
    assert np.sum(counts) / np.sum(places) == pytest.approx(share, abs=0.02)
    chance = np.sqrt(np.mean(places) * share * (1 - share))
    assert np.std(np.array(counts) - share * np.array(places)) < 0.8 * chance
