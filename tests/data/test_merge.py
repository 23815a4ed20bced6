"""Merging cohorts: paths stay right, ids stay unique, each row says where it came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import CutisError, ManifestError
from cutis.core.manifest import read_manifest
from cutis.data.merge import merge_manifests


def cohort(folder: Path, names: list[str], **columns: list[str]) -> Path:
    (folder / "images").mkdir(parents=True)
    for name in names:
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "images" / f"{name}.png")
    table = {"image": [f"images/{n}.png" for n in names], "lesion_id": [f"L{n}" for n in names], **columns}
    pl.DataFrame(table).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


def test_rows_of_both_are_found_from_the_new_place(tmp_path: Path) -> None:
    first = cohort(tmp_path / "vienna", ["a", "b"], dx=["nv", "mel"])
    second = cohort(tmp_path / "sydney", ["c"], dx=["nv"], modality=["dermoscopic"])
    merge_manifests([first, second], tmp_path / "both" / "manifest.csv", target="dx")
    merged = read_manifest(tmp_path / "both" / "manifest.csv", target="dx")
    assert all(path.is_file() for path in merged.paths)
    assert merged.table["cohort"].to_list() == ["vienna", "vienna", "sydney"]
    assert merged.table["modality"].to_list() == [None, None, "dermoscopic"]


def test_conditions_hold_only_where_their_column_exists(tmp_path: Path) -> None:
    first = cohort(tmp_path / "vienna", ["a", "b"], dx=["nv", "mel"])
    second = cohort(tmp_path / "sydney", ["c", "d"], dx=["nv", "nv"], modality=["dermoscopic", "clinical"])
    keep = ["modality=dermoscopic", "dx=nv"]
    merged = merge_manifests([first, second], tmp_path / "both.csv", target="dx", keep=keep)
    assert merged["image_id"].to_list() == ["a", "c"]


def test_one_id_for_two_photos_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    first = cohort(tmp_path / "vienna", ["a"], dx=["nv"])
    second = cohort(tmp_path / "sydney", ["a"], dx=["nv"])
    with pytest.raises(ManifestError, match="image_id a stands in more than one"):
        merge_manifests([first, second], tmp_path / "both.csv", target="dx")
    assert not (tmp_path / "both.csv").exists()


def test_conditions_that_are_none_or_leave_no_row_are_refused(tmp_path: Path) -> None:
    first = cohort(tmp_path / "vienna", ["a", "b"], dx=["nv", "mel"])
    for wanted, said in (("mel", "'mel' is no condition"), ("dx=bcc", "no row .* fulfils dx=bcc")):
        with pytest.raises(CutisError, match=said):
            merge_manifests([first], tmp_path / "both.csv", target="dx", keep=[wanted])
    assert not (tmp_path / "both.csv").exists()


def test_a_lesion_of_two_cohorts_is_told_and_numbers_are_compared_as_they_are_written(tmp_path: Path) -> None:
    first = cohort(tmp_path / "vienna", ["a", "b"], dx=["nv", "mel"], age=["30", "45.5"])
    second = cohort(tmp_path / "sydney", ["c"], dx=["nv"], age=["30"])
    text = second.read_text().replace("Lc", "La")
    second.write_text(text)
    said: list[str] = []
    merged = merge_manifests(
        [first, second], tmp_path / "both.csv", target="dx", keep=["age=30"], echo=said.append
    )
    assert merged["image_id"].to_list() == ["a", "c"]
    (only,) = said
    assert only.startswith("1 lesion_id stands in several cohorts, such as 'La'")
