"""Every level of a pyramid is half of the one before, however the rows arrive."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.imaging.pyramid import Pyramid, halve_grey, level_sizes


def levels(image: NDArray[np.uint8], tile: int, cuts: list[int]) -> list[NDArray[np.uint8]]:
    parts: dict[int, list[NDArray[Any]]] = {}

    def take(level: int, top: int, rows: NDArray[Any]) -> None:
        assert top == sum(len(part) for part in parts.get(level, []))
        assert top % tile == 0
        parts.setdefault(level, []).append(rows.copy())

    pyramid = Pyramid(*image.shape, tile, halve_grey, take)
    edges = sorted({0, len(image), *(cut % len(image) for cut in cuts)})
    for start, stop in itertools.pairwise(edges):
        pyramid.add(image[start:stop])
    return [np.concatenate(parts[level]) for level in range(len(pyramid.sizes))]


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    tile=st.sampled_from([2, 4, 8, 16]),
    cuts=st.lists(st.integers(0, 1000), max_size=6),
)
def test_levels_are_halves_of_each_other(height: int, width: int, tile: int, cuts: list[int]) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width), dtype=np.uint8)
    found = levels(image, tile, cuts)
    assert [level.shape for level in found] == level_sizes(height, width, tile)
    assert max(found[-1].shape) <= tile
    np.testing.assert_array_equal(found[0], image)
    for finer, coarser in itertools.pairwise(found):
        np.testing.assert_array_equal(coarser, halve_grey(finer))


def test_a_half_is_the_mean_of_four_pixels() -> None:
    rows = np.array([[0, 4, 10], [8, 12, 20]], np.uint8)
    assert halve_grey(rows).tolist() == [[6, 15]]
