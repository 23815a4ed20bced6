"""Every photo gets a name of its own, and the user is told when that is not its file's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cutis.core.errors import CutisError, ManifestError
from cutis.runtime.inputs import gather


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def manifest(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_folder_is_searched_below_and_sorted(tmp_path: Path) -> None:
    touch(tmp_path / "b.png", tmp_path / "x" / "a.jpg", tmp_path / "notes.txt")
    found = gather([tmp_path])
    assert found.ids == ["b", "a"]
    assert found.groups == found.ids
    assert found.group == "image_id"
    assert found.notes == ()


def test_photos_that_share_a_name_are_named_by_their_folder_and_that_is_said(tmp_path: Path) -> None:
    touch(tmp_path / "p1" / "front.jpg", tmp_path / "p2" / "front.jpg", tmp_path / "p2" / "side.jpg")
    found = gather([tmp_path])
    assert found.ids == ["p1/front", "p2/front", "side"]
    assert found.notes == (
        "2 photos share a file name and are named by folder and name, such as 'p1/front'.",
    )


def test_photos_that_differ_only_in_their_ending_keep_it(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "a.png")
    assert gather([tmp_path]).ids == ["a.jpg", "a.png"]


def test_the_same_name_in_two_given_folders_is_told_apart(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "a.jpg", tmp_path / "two" / "a.jpg")
    ids = gather([tmp_path / "one", tmp_path / "two"]).ids
    assert len(set(ids)) == 2
    assert all(name.endswith("a.jpg") for name in ids)


def test_a_manifest_brings_ids_and_groups(tmp_path: Path) -> None:
    table = manifest(tmp_path / "m.csv", "image,patient_id\nx/a.jpg,P1\nb.jpg,P2\n")
    found = gather([table])
    assert (found.ids, found.groups, found.group) == (["a", "b"], ["P1", "P2"], "patient_id")
    assert found.paths == [str(tmp_path / "x/a.jpg"), str(tmp_path / "b.jpg")]


def test_one_split_of_a_manifest_can_be_asked_for(tmp_path: Path) -> None:
    table = manifest(tmp_path / "m.csv", "image,split\na.jpg,train\nb.jpg,test\n")
    assert gather([table], split="test").ids == ["b"]
    touch(tmp_path / "c.jpg")
    with pytest.raises(CutisError, match="--split needs a manifest"):
        gather([tmp_path / "c.jpg"], split="test")


def test_photos_beside_a_manifest_are_groups_of_their_own(tmp_path: Path) -> None:
    table = manifest(tmp_path / "m.csv", "image,lesion_id\na.jpg,L1\n")
    touch(tmp_path / "more" / "a.jpg")
    found = gather([table, tmp_path / "more"])
    assert found.ids[0] == "a"
    assert found.ids[1] != "a"
    assert found.groups == ["L1", found.ids[1]]


def test_an_id_in_two_manifests_is_refused(tmp_path: Path) -> None:
    first = manifest(tmp_path / "m.csv", "image\na.jpg\n")
    second = manifest(tmp_path / "n.csv", "image\na.jpg\n")
    with pytest.raises(ManifestError, match="image_id 'a' stands in more than one manifest"):
        gather([first, second])


def test_manifests_with_different_groups_are_refused(tmp_path: Path) -> None:
    first = manifest(tmp_path / "m.csv", "image,patient_id\na.jpg,P\n")
    second = manifest(tmp_path / "n.csv", "image,lesion_id\nb.jpg,L\n")
    with pytest.raises(ManifestError, match="lesion_id and patient_id"):
        gather([first, second])


def test_what_is_not_there_or_not_readable_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="no such file or folder"):
        gather([tmp_path / "nothing"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(CutisError, match="no images in this folder"):
        gather([tmp_path / "empty"])


def test_dicom_files_are_photos_too(tmp_path: Path) -> None:
    touch(tmp_path / "scan.dcm", tmp_path / "photo.jpg")
    assert gather([tmp_path]).ids == ["photo", "scan"]
    assert gather([tmp_path / "scan.dcm"]).ids == ["scan"]


def test_the_digest_tells_other_photos_names_groups_and_orders_apart(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "b.jpg")
    both = gather([tmp_path])
    assert both.digest == gather([tmp_path]).digest
    others = [
        gather([tmp_path / "a.jpg"]),
        gather([tmp_path / "b.jpg", tmp_path / "a.jpg"]),
        gather([manifest(tmp_path / "m.csv", "image,patient_id\na.jpg,P\nb.jpg,P\n")]),
    ]
    assert len({both.digest, *(other.digest for other in others)}) == 4


def test_a_photo_given_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "photos" / "sub" / "a.jpg", tmp_path / "photos" / "b.jpg")
    monkeypatch.chdir(tmp_path)
    found = gather([Path("photos"), tmp_path / "photos", Path("photos/sub")])
    assert found.ids == ["b", "a"]


def test_a_name_that_is_no_text_is_spelt_out_so_that_tables_can_hold_it(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    (name,) = gather([tmp_path]).ids
    assert name == "caf\\xe9"
    assert name.encode("utf-8")
