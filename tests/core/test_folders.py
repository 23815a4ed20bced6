"""A folder of results is either whole or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutis.core.errors import OutputError
from cutis.core.folders import filling


def contents(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}


def fill(folder: Path, text: str) -> None:
    (folder / "a.txt").write_text(text)
    (folder / "tiles").mkdir()
    (folder / "tiles" / f"{text}.txt").write_text(text)


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    with filling(tmp_path / "deep" / "out") as scratch:
        fill(scratch, "new")
        assert not (tmp_path / "deep" / "out").exists()
    assert contents(tmp_path) == {"deep/out/a.txt": "new", "deep/out/tiles/new.txt": "new"}


def test_what_has_the_same_name_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    with filling(tmp_path / "out") as scratch:
        fill(scratch, "old")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with filling(tmp_path / "out") as scratch:
        fill(scratch, "new")
    expected = {"out/a.txt": "new", "out/mine.txt": "mine", "out/tiles/new.txt": "new"}
    assert contents(tmp_path) == expected


@pytest.mark.parametrize("before", [False, True])
def test_an_error_leaves_everything_as_it_was(before: bool, tmp_path: Path) -> None:
    if before:
        with filling(tmp_path / "out") as scratch:
            fill(scratch, "old")
    kept = contents(tmp_path)
    with pytest.raises(RuntimeError), filling(tmp_path / "out") as scratch:
        fill(scratch, "new")
        raise RuntimeError
    assert contents(tmp_path) == kept
    assert [place.name for place in tmp_path.iterdir()] == (["out"] if before else [])


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = pytest.raises(OutputError, match=r"out: could not be written \(No space left on device\)")
    with full, filling(tmp_path / "out") as scratch:
        fill(scratch, "new")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError), filling(tmp_path / "out") as scratch:
        fill(scratch, "new")
    assert contents(tmp_path) == {"out": "mine"}
