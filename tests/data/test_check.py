"""A check names everything in a collection that must be mended, and notes what is worth knowing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.manifest import read_manifest
from cutis.data.check import Findings, check_manifest, describe_pair

Pixels = NDArray[np.uint8]
Rows = list[tuple[str, str, str, str]]  # image, lesion, class, split


@pytest.fixture
def checked(tmp_path: Path, photo: Callable[..., Pixels]) -> Callable[[Rows], Findings]:
    """Check photos 0.png to 5.png, and what a test put beside them."""
    for seed in range(6):
        Image.fromarray(photo(seed, 90, 120)).save(tmp_path / f"{seed}.png")

    def check(rows: Rows) -> Findings:
        lines = ["image,lesion_id,dx,split", *(",".join(row) for row in rows)]
        (tmp_path / "manifest.csv").write_text("\n".join(lines))
        return check_manifest(read_manifest(tmp_path / "manifest.csv", target="dx"))

    return check


def test_a_good_collection_has_nothing_to_mend(checked: Callable[[Rows], Findings]) -> None:
    findings = checked(
        [("0.png", "A", "nv", "train"), ("1.png", "B", "nv", "test"), ("2.png", "A", "nv", "train")]
    )
    assert findings.to_mend == 0
    assert (findings.pairs, findings.notes, findings.advice) == ((), {}, ())


def test_unreadable_photos_leaks_and_empty_classes_are_to_be_mended(
    checked: Callable[[Rows], Findings], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes((tmp_path / "5.png").read_bytes()[:1000])
    with Image.open(tmp_path / "1.png") as image:
        image.save(tmp_path / "copy.jpg", quality=80)
    findings = checked(
        [
            ("0.png", "A", "nv", "train"),
            ("1.png", "B", "mel", "train"),
            ("2.png", "A", "nv", "test"),
            ("bad.png", "C", "nv", "test"),
            ("copy.jpg", "D", "nv", "test"),
        ]
    )
    path = tmp_path / "manifest.csv"
    (unreadable,) = findings.unreadable
    assert unreadable.startswith(f"{path}:5: image 'bad.png' is ")
    group, copy = findings.leaks
    assert group.startswith(f"{path}:2: lesion_id 'A' is in train in row 2; test in row 4.")
    assert copy.startswith(f"{path}:6: 'copy' in test is a copy ")
    (empty,) = findings.empty
    assert empty.startswith(f"{path}: no row of split 'test' has dx 'mel'.")
    assert findings.to_mend == 4
    (pair,) = findings.pairs
    line = describe_pair(findings.manifest, pair)
    assert line.startswith("1  copy  distance 0.")
    assert line.endswith("near copy; different lesion_id; dx mel and nv; split train and test")


def test_copies_that_matter_come_first(checked: Callable[[Rows], Findings], tmp_path: Path) -> None:
    for number in (0, 1, 2):
        (tmp_path / f"{number}b.png").write_bytes((tmp_path / f"{number}.png").read_bytes())
    findings = checked(
        [
            ("0.png", "A", "nv", "train"),
            ("0b.png", "A", "nv", "train"),
            ("1.png", "B", "nv", "train"),
            ("1b.png", "C", "", "train"),
            ("2.png", "D", "nv", "train"),
            ("2b.png", "E", "nv", "test"),
        ]
    )
    assert [describe_pair(findings.manifest, pair) for pair in findings.pairs] == [
        "2  2b  distance 0.000  exact copy; different lesion_id; split train and test",
        "1  1b  distance 0.000  exact copy; different lesion_id; dx nv and missing",
        "0  0b  distance 0.000  exact copy; same lesion_id",
    ]


def test_special_files_are_noted_with_their_rows(checked: Callable[[Rows], Findings], tmp_path: Path) -> None:
    with Image.open(tmp_path / "1.png") as image:
        image.convert("CMYK").save(tmp_path / "print.jpg")
        image.save(tmp_path / "named.jpg", "PNG")
        exif = Image.Exif()
        exif[0x0112] = 3
        image.rotate(180).save(tmp_path / "turned.jpg", exif=exif)
    names = ("0.png", "print.jpg", "named.jpg", "turned.jpg")
    findings = checked([(name, "A", "nv", "train") for name in names])
    assert findings.notes == {
        "CMYK": (3,),
        "is PNG, though its name ends in '.jpg'": (4,),
        "turned by its EXIF orientation": (5,),
    }
    assert findings.to_mend == 0


def test_labels_that_differ_in_writing_only_and_missing_groups_are_worth_a_look(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    for seed, name in enumerate("abc"):
        Image.fromarray(photo(seed, 60, 80)).save(tmp_path / f"{name}.png")
    (tmp_path / "m.csv").write_text("image,dx\na.png,Basal cell\nb.png,basal_cell\nc.png,nv\n")
    group, label = check_manifest(read_manifest(tmp_path / "m.csv", target="dx")).advice
    assert "no patient_id or lesion_id" in group
    assert label.startswith("dx 'Basal cell' and 'basal_cell' count as different classes.")
