"""A mosaic whose grade is known everywhere, in memory that does not grow with its height."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cutis.core.errors import CutisError, OutputError
from cutis.phantoms.confocal import SHIFTED, USUAL, Mosaic, render_mosaic, write_mosaic
from cutis.phantoms.confocal.lattice import Window


def mosaic(height: int = 620, width: int = 540, seed: int = 3) -> Mosaic:
    return render_mosaic(height, width, np.random.default_rng(seed), USUAL)


def whole(of: Mosaic, rows: int):  # type: ignore[no-untyped-def]
    images, grades = zip(*of.stripes(rows), strict=True)
    return np.concatenate(images), np.concatenate(grades)


@pytest.fixture(scope="module")
def rendered():  # type: ignore[no-untyped-def]
    return whole(mosaic(), 500)


@pytest.mark.parametrize("rows", [7, 256, 10_000])
def test_the_pixels_do_not_depend_on_the_stripes(rendered, rows: int) -> None:  # type: ignore[no-untyped-def]
    image, grade = whole(mosaic(), rows)
    assert np.array_equal(image, rendered[0])
    np.testing.assert_allclose(grade, rendered[1], atol=1e-3)


def test_grades_fill_the_range_and_lie_in_tissue_only(rendered) -> None:  # type: ignore[no-untyped-def]
    image, grade = rendered
    assert image.shape == grade.shape == (620, 540)
    assert grade.dtype == np.float32
    known = np.isfinite(grade)
    assert 0.5 < known.mean() < 0.99
    assert np.nanmin(grade) < 0.5
    assert np.nanmax(grade) > 3.5
    assert image[~known].mean() < 0.35 * image[known].mean()


def test_the_field_is_smooth_and_equal_shares_have_each_grade() -> None:
    of = mosaic(4000, 4000)
    grade = of.grade(Window(3.5, 3.5, 500, 500, pixel=8.0))
    shares = np.histogram(grade, 4, (0, 4))[0] / grade.size
    assert np.abs(shares - 0.25).max() < 0.02
    assert np.abs(np.diff(grade, axis=0)).max() < 0.2


def test_the_coarse_field_is_that_of_the_pixels(rendered) -> None:  # type: ignore[no-untyped-def]
    field = mosaic().field(4)
    assert field.shape == (155, 135)
    both = np.isfinite(field) & np.isfinite(rendered[1][1::4, 1::4])
    assert np.abs(field - rendered[1][1::4, 1::4])[both].max() < 0.15


def test_memory_does_not_grow_with_the_height() -> None:
    def peak(frames: int) -> int:
        of = mosaic(500 * frames, 256)
        tracemalloc.start()
        for _ in of.stripes(256):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(4) < 1.2 * peak(1)


def test_seeds_differ_and_conditions_are_those_asked_for() -> None:
    one = mosaic(seed=1)
    other = render_mosaic(620, 540, np.random.default_rng(1), SHIFTED)
    assert SHIFTED.granular[0] <= other.skin.granular <= SHIFTED.granular[1]
    assert one.skin != other.skin


def test_the_file_is_tiled_and_holds_the_mosaic_and_its_truth(tmp_path: Path) -> None:
    steps: list[int] = []
    path = write_mosaic(tmp_path, 300, 5, progress=steps.append)
    image, _ = whole(render_mosaic(300, 300, np.random.default_rng(5)), 300)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert page.is_tiled
        assert page.compression != 1
        assert page.resolution == (10_000, 10_000)  # per centimetre: one micrometre a pixel
        assert "Rendered" in page.description
        assert np.array_equal(page.asarray(), image)
    field = tifffile.imread(tmp_path / "grade.tif")
    assert field.dtype == np.float32
    assert field.shape == (38, 38)
    assert np.isnan(field).any()
    assert sum(steps) == 300
    assert sorted(p.name for p in tmp_path.iterdir()) == ["grade.tif", "mosaic.tif"]


def test_a_mosaic_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mosaic.tif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is there already"):
        write_mosaic(tmp_path, 300)
    assert (tmp_path / "mosaic.tif").read_bytes() == b"mine"


def test_a_killed_run_leaves_nothing(tmp_path: Path) -> None:
    def kill(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mosaic(tmp_path, 300, progress=kill)
    assert list(tmp_path.iterdir()) == []


def test_impossible_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="at least 256"):
        write_mosaic(tmp_path, 100)
    with pytest.raises(CutisError, match="seed is -1"):
        write_mosaic(tmp_path, 300, -1)
    with pytest.raises(CutisError, match="rows is 0"):
        next(mosaic().stripes(0))
