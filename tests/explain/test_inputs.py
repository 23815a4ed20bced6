from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cutis.core.errors import CutisError
from cutis.core.labels import Categorical
from cutis.explain.inputs import gather

LABELS = Categorical(("red", "green", "blue"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(b"")
    return tmp_path


def write(folder: Path, name: str = "manifest.csv", **columns: list[str | None]) -> Path:
    images = [f"{letter}.png" for letter in "abcd"]
    pl.DataFrame({"image": images, "patient_id": ["P1", "P1", "P2", "P3"]} | columns).write_csv(folder / name)
    return folder / name


def test_the_column_of_labels_is_found_by_what_it_holds(folder: Path) -> None:
    path = write(folder, colour=["red", None, "blue", "red"], site=["arm", "red", "leg", "leg"])
    found = gather([path], LABELS)
    assert [item.truth for item in found.items] == ["red", None, "blue", "red"]
    assert [item.group for item in found.items] == ["P1", "P1", "P2", "P3"]
    assert found.group == "patient_id"
    assert found.notes == ()


def test_two_columns_that_could_hold_the_labels_are_named_and_not_guessed_between(folder: Path) -> None:
    path = write(folder, colour=["red"] * 4, second=["blue"] * 4)
    found = gather([path], LABELS)
    assert {item.truth for item in found.items} == {None}
    assert "colour, second" in found.notes[0]
    assert "--target" in found.notes[0]
    assert {item.truth for item in gather([path], LABELS, target="second").items} == {"blue"}


def test_photos_that_a_model_learnt_from_are_left_out_unless_asked_for(folder: Path) -> None:
    path = write(folder, colour=["red"] * 4, split=["train", "tune", "test", "test"])
    assert [item.image_id for item in gather([path], LABELS).items] == ["c", "d"]
    assert "test" in gather([path], LABELS).notes[0]
    assert len(gather([path], LABELS, split="all").items) == 4
    assert [item.image_id for item in gather([path], LABELS, split="tune").items] == ["b"]


def test_images_and_folders_stand_for_themselves(folder: Path) -> None:
    found = gather([folder / "a.png"], LABELS)
    assert [(item.image_id, item.group, item.truth) for item in found.items] == [("a", "a", None)]
    assert len(gather([folder], LABELS).items) == 4


def test_a_split_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(CutisError, match="train, tune, test, all"):
        gather([folder], LABELS, split="validation")
