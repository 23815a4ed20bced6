"""Tiles cover every cell once, whatever their size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cutis.runtime.tiles import Grid, plan, spans


@given(cells=st.integers(1, 3000), most=st.integers(1, 400))
def test_spans_cover_each_cell_once_and_are_equally_long(cells: int, most: int) -> None:
    found = spans(cells, most)
    fresh = [cell for span in found for cell in range(span.fresh, span.stop)]
    assert fresh == list(range(cells))
    assert {span.stop - span.start for span in found} == {found[0].stop}
    assert found[0].stop <= most
    assert all(0 <= span.start <= span.fresh < span.stop <= cells for span in found)


@given(
    height=st.integers(1, 5000),
    width=st.integers(1, 5000),
    patch=st.integers(1, 200),
    stride=st.integers(1, 50),
    tile=st.integers(1, 3000),
)
def test_no_tile_reaches_past_the_image(height: int, width: int, patch: int, stride: int, tile: int) -> None:
    grid = Grid.of(height, width, patch, stride)
    if not (grid.rows and grid.columns):
        assert height < patch or width < patch
        return
    down, across = plan(grid, tile)
    assert grid.pixels(down[-1].start, down[-1].stop).stop <= height
    assert grid.pixels(across[-1].start, across[-1].stop).stop <= width
    assert (grid.rows - 1) * stride + patch <= height < grid.rows * stride + patch
