"""`cutis data phantoms confocal`: a manifest that every other part reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import CutisError
from cutis.core.manifest import Manifest, read_manifest
from cutis.phantoms.confocal.place import LEVELS
from cutis.phantoms.dataset import write_mosaic, write_phantoms
from cutis.tasks import get_task

TASK = get_task("confocal")


def rendered(folder: Path, n: int = 30, **options: object) -> Manifest:
    path = write_phantoms(TASK, folder, n, 4, size=32, **options)  # type: ignore[arg-type]
    return read_manifest(path, target=TASK.target, labels=TASK.labels)


def test_the_manifest_says_what_is_known(tmp_path: Path) -> None:
    manifest = rendered(tmp_path)
    table = manifest.table
    assert manifest.group == "patient_id"
    assert manifest.labels == ("0", "1", "2", "3", "4")
    assert set(table["rendered"]) == {"true"}
    assert set(table["conditions"]) == {"usual"}
    assert set(table["level"]) <= set(LEVELS)
    for who in "abcd":
        assert set(table[f"rater_{who}"]) <= set("01234")
    off = table["inflammation"].cast(pl.Float64) - table["grade"].cast(pl.Float64)
    assert off.abs().max() < 0.5
    for path in manifest.paths:
        with Image.open(path) as image:
            assert image.mode == "L"
            assert image.size == (32, 32)
            assert "Rendered" in image.info["Comment"]


def test_a_patient_has_patches_of_several_grades_under_one_microscope(tmp_path: Path) -> None:
    table = rendered(tmp_path, 40).table
    whole = [photos for _, photos in table.group_by("patient_id")]
    assert all(photos["pigment"].n_unique() == 1 for photos in whole)
    sizes = sorted(len(photos) for photos in whole)[1:]  # the last patient may be cut off
    assert sizes[0] >= 4
    assert sizes[-1] <= 8
    assert all(photos["grade"].n_unique() > 1 for photos in whole if len(photos) > 3)
    assert table["grade"].value_counts()["count"].to_list() == [8] * 5


def test_conditions_are_chosen_by_name(tmp_path: Path) -> None:
    shifted = rendered(tmp_path / "shifted", 5, conditions="shifted")
    usual = rendered(tmp_path / "usual", 5, conditions="usual")
    assert set(shifted.table["conditions"]) == {"shifted"}
    one, other = (np.asarray(Image.open(m.paths[0])) for m in (shifted, usual))
    assert not np.array_equal(one, other)


def test_conditions_and_mosaics_that_there_are_not_are_named(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="There are: usual, shifted"):
        rendered(tmp_path, 1, conditions="odd")
    with pytest.raises(CutisError, match="no conditions to choose from"):
        write_phantoms(get_task("dermoscopy"), tmp_path, 1, conditions="usual")
    with pytest.raises(CutisError, match="renders no mosaics"):
        write_mosaic(get_task("dermoscopy"), tmp_path, 300)
    assert not any(tmp_path.iterdir())
