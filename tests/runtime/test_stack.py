"""Depth stacks: where the slices lie, and the curve over them."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from cutis.core.bundle import Bundle
from cutis.core.errors import ImageError
from cutis.imaging.mosaic import open_mosaic
from cutis.runtime.dense import DenseSession
from cutis.runtime.draw import draw_map
from cutis.runtime.stack import gather_stack, write_curve

GREYS = (50, 100, 150, 200)  # grades 1 to 4


def slices() -> Any:
    return np.stack([np.full((40, 60), grey, np.uint8) for grey in GREYS])


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    found = []
    for number, image in enumerate(slices()):
        tifffile.imwrite(tmp_path / f"s{number}.tif", image)
        found.append(tmp_path / f"s{number}.tif")
    return found


def test_the_step_gives_the_depths(paths: list[Path]) -> None:
    stack = gather_stack(paths, 7.5)
    assert [each.depth for each in stack.slices] == [0, 7.5, 15, 22.5]
    assert [each.path for each in stack.slices] == paths
    assert [each.frame for each in stack.slices] == [None] * 4


def test_without_a_step_the_depth_is_unknown_and_this_is_said(paths: list[Path]) -> None:
    stack = gather_stack(paths, None)
    assert [each.depth for each in stack.slices] == [None] * 4
    assert "see --step" in stack.notes[0]


def test_one_file_of_several_images_knows_its_step(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", slices(), imagej=True, metadata={"spacing": 5.0, "unit": "um"})
    stack = gather_stack([tmp_path / "a.tif"], None)
    assert [each.depth for each in stack.slices] == [0, 5, 10, 15]
    assert [each.frame for each in stack.slices] == [0, 1, 2, 3]
    assert [each.depth for each in gather_stack([tmp_path / "a.tif"], 3.0).slices] == [0, 3, 6, 9]


def test_one_image_is_no_stack(paths: list[Path]) -> None:
    with pytest.raises(ImageError, match="a depth stack needs several"):
        gather_stack(paths[:1], 5.0)


@pytest.mark.parametrize("step", [5.0, None])
def test_the_curve_follows_the_slices(
    grey_bundle: Path, paths: list[Path], tmp_path: Path, step: float | None
) -> None:
    session = DenseSession(Bundle.open(grey_bundle), 1)
    stack = gather_stack(paths, step)
    said = []
    for number, each in enumerate(stack.slices):
        (place := tmp_path / str(number)).mkdir()
        with open_mosaic(each.path) as image:
            said.append(draw_map(session, image, place, page=False))
    out = tmp_path / "out"
    out.mkdir()
    write_curve(stack, said, out)
    with (out / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["grade"]) for row in rows] == pytest.approx([1, 2, 3, 4], abs=0.02)
    assert [row["depth_um"] for row in rows] == (["0", "5", "10", "15"] if step else [""] * 4)
    assert [float(row["percent_3"]) for row in rows] == [0, 0, 100, 0]
    near = 0.01  # quartiles are counted in bins
    assert all(float(r["grade_25"]) - near <= float(r["grade"]) <= float(r["grade_75"]) + near for r in rows)
    drawing = (out / "curve.svg").read_text()
    assert ("Depth below the first image, µm" if step else "Image number") in drawing
    assert "rendered training images, not for care" in drawing
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((out / "stack.json").read_text())["slices"]) == 4


def test_file_names_that_are_no_text_are_spelt_out(grey_bundle: Path, tmp_path: Path) -> None:
    names = [os.fsdecode(b"caf\xe9-%d.tif" % number) for number in range(2)]
    for name, image in zip(names, slices(), strict=False):
        tifffile.imwrite(tmp_path / name, image)
    session = DenseSession(Bundle.open(grey_bundle), 1)
    stack = gather_stack([tmp_path / name for name in names], 5.0)
    out = tmp_path / "out"
    out.mkdir()
    said = []
    for each in stack.slices:
        with open_mosaic(each.path) as image:
            said.append(draw_map(session, image, out))
    write_curve(stack, said, out)
    assert json.loads((out / "map.json").read_text())["image"] == "caf\\xe9-1.tif"
    assert json.loads((out / "stack.json").read_text())["slices"][0]["image"] == "caf\\xe9-0.tif"
