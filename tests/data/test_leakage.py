"""What stands on both sides of a split is named, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import LeakageError
from cutis.core.manifest import Manifest, read_manifest
from cutis.data.duplicates import Pair
from cutis.data.leakage import check_leakage


def manifest(patients: Sequence[str], splits: Sequence[str]) -> Manifest:
    columns = {
        "image": [f"{i}.png" for i in range(len(patients))],
        "image_id": [f"i{i}" for i in range(len(patients))],
        "patient_id": patients,
        "split": splits,
        "row": range(2, 2 + len(patients)),
    }
    return Manifest(Path("manifest.csv"), pl.DataFrame(columns), "patient_id")


def test_a_patient_in_two_splits_is_named_with_every_row() -> None:
    leaking = manifest(["A", "B", "A", "A", "C", "C"], ["train", "test", "test", "train", "tune", "train"])
    with pytest.raises(LeakageError) as caught:
        check_leakage(leaking, pairs=[])
    first, second = caught.value.problems
    assert first.startswith("manifest.csv:2: patient_id 'A' is in train in rows 2, 5; test in row 4.")
    assert second.startswith("manifest.csv:6: patient_id 'C' is in tune in row 6; train in row 7.")
    check_leakage(leaking, pairs=[], allow=["groups"])


def test_copies_in_two_splits_are_named_and_copies_in_one_are_not() -> None:
    split = manifest(["A", "B", "C"], ["train", "train", "test"])
    check_leakage(split, pairs=[Pair(0, 1, 0.0)])
    pairs = [Pair(0, 1, 0.0), Pair(0, 2, 0.0), Pair(1, 2, 0.124)]
    with pytest.raises(LeakageError) as caught:
        check_leakage(split, pairs=pairs)
    exact, near = caught.value.problems
    assert exact.startswith("manifest.csv:4: 'i2' in test is the same photo of 'i0' in train, row 2.")
    assert near.startswith("manifest.csv:4: 'i2' in test is a copy (distance 0.12) of 'i1' in train, row 3.")
    check_leakage(split, pairs=pairs, allow=["duplicates"])


def test_an_image_without_a_patient_is_its_own_group() -> None:
    whole = manifest(["A", "A"], ["train", "test"])
    check_leakage(Manifest(whole.path, whole.table, "image_id"), pairs=[])


def test_copies_are_searched_for_when_they_are_not_given(
    tmp_path: Path, photo: Callable[..., NDArray[np.uint8]]
) -> None:
    Image.fromarray(photo(1)).save(tmp_path / "a.png")
    Image.fromarray(photo(1)).save(tmp_path / "b.jpg", quality=70)
    (tmp_path / "manifest.csv").write_text("image,patient_id,split\na.png,A,train\nb.jpg,B,test\n")
    split = read_manifest(tmp_path / "manifest.csv")
    with pytest.raises(LeakageError, match=r"'b' in test is a copy .* of 'a' in train, row 2"):
        check_leakage(split)
    check_leakage(split, allow=("duplicates",))
