"""A file is either whole or as it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cutis.core.errors import OutputError
from cutis.core.files import replacing, write_text


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_text("old")
    with pytest.raises(OutputError, match="No space left on device"), replacing(target) as scratch:
        scratch.write_text("half of the new")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("result.json", "old")]


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match=r"out is no folder\)"):
        write_text(tmp_path / "out" / "result.json", "{}")


def test_a_photo_that_cannot_be_read_is_not_called_a_problem_of_writing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "out" / "result.json"):
        (tmp_path / "photo.jpg").read_bytes()


def test_what_could_not_be_written_is_named_once_and_by_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, replacing(tmp_path / "result.csv") as scratch:
        raise PermissionError(f"Permission denied (os error 13): {scratch}")  # as polars says it
    assert "could not be written (Permission denied (os error 13))." in str(caught.value)
