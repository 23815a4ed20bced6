"""Wide photos: several lesions, known one by one, and the files that hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import CutisError, OutputError
from cutis.core.manifest import read_manifest
from cutis.phantoms.canvas import Rng
from cutis.phantoms.dataset import write_phantoms, write_wide
from cutis.phantoms.erythema import Wide, render_wide
from cutis.phantoms.erythema import write_wide as write
from cutis.tasks import get_task

TASK = get_task("drug_reaction")


def rng(*seed: int) -> Rng:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def photos() -> list[Wide]:
    return [render_wide(TASK.labels.names[seed % 2], 160, rng(seed)) for seed in range(14)]


def test_the_mask_and_the_list_of_lesions_agree(photos: list[Wide]) -> None:
    assert any(photo.lesions for photo in photos)
    for photo in photos:
        assert photo.image.shape[:2] == photo.mask.shape
        assert sorted(photo.image.shape[:2]) == [160, 213]
        assert photo.mask.dtype == np.int32
        assert set(np.unique(photo.mask)) - {0} == {spot.number for spot in photo.lesions}
        assert photo.truth["lesions"] == len(photo.lesions)
        for spot in photo.lesions:
            rows, columns = np.nonzero(photo.mask == spot.number)
            top, left, bottom, right = spot.box
            assert (top, left, bottom, right) == (
                rows.min(),
                columns.min(),
                rows.max() + 1,
                columns.max() + 1,
            )
            assert top <= spot.row < bottom
            assert left <= spot.column < right
            assert np.pi / 4 * spot.diameter**2 == pytest.approx(len(rows))


def test_lesions_lie_on_skin(photos: list[Wide]) -> None:
    for photo in photos:
        assert not (photo.mask[~photo.skin] > 0).any()
    assert any(photo.skin.mean() < 0.95 for photo in photos)  # there is something around the body


def test_the_same_seed_gives_the_same_photo_and_each_photo_of_a_patient_differs() -> None:
    one, same = (render_wide("severe", 128, rng(1), subject=rng(9), photo=0) for _ in range(2))
    assert np.array_equal(one.image, same.image)
    assert np.array_equal(one.mask, same.mask)
    other = render_wide("severe", 128, rng(2), subject=rng(9), photo=0)
    assert other.truth["skin_type"] == one.truth["skin_type"]
    assert not np.array_equal(one.image.ravel()[:999], other.image.ravel()[:999])


def test_what_cannot_be_rendered_is_refused() -> None:
    with pytest.raises(CutisError, match="there is no photo 7"):
        render_wide("severe", 128, rng(1), photo=7)
    with pytest.raises(CutisError, match="at least 128"):
        render_wide("severe", 64, rng(1))


def test_files_hold_what_the_tables_say(tmp_path: Path) -> None:
    done: list[int] = []
    path = write(tmp_path, 4, seed=3, size=128, progress=done.append)
    assert done == [1] * 4
    manifest = read_manifest(path, target=TASK.target, labels=TASK.labels)
    table = manifest.table
    assert manifest.group == "patient_id"
    assert table["patient_id"].n_unique() == 4
    assert table.group_by("patient_id").len()["len"].max() <= 4
    assert sorted(table.unique("patient_id")["reaction"]) == ["not_severe"] * 2 + ["severe"] * 2
    assert set(table["rendered"]) == {"true"}
    lesions = pl.read_csv(tmp_path / "lesions.csv")
    for row in table.iter_rows(named=True):
        of_it = lesions.filter(pl.col("image_id") == row["image_id"])
        assert len(of_it) == int(row["lesions"])
        with Image.open(tmp_path / row["image"]) as photo, Image.open(tmp_path / row["mask"]) as mask:
            assert b"Rendered" in photo.info["comment"]
            assert photo.size == mask.size
            numbers = np.array(mask)
        assert numbers.max(initial=0) == len(of_it)
        for lesion in of_it.iter_rows(named=True):
            part = numbers[lesion["top"] : lesion["bottom"], lesion["left"] : lesion["right"]]
            assert (part == lesion["lesion"]).sum() == (numbers == lesion["lesion"]).sum()


def test_a_patient_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    write(tmp_path / "one", 1, seed=3, size=128)
    write(tmp_path / "two", 2, seed=3, size=128)
    for path in (tmp_path / "one" / "images").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "images" / path.name).read_bytes()


def test_a_manifest_that_is_there_is_left_alone_and_wrong_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="patients is 0"):
        write(tmp_path, 0)
    with pytest.raises(CutisError, match="seed is -1"):
        write(tmp_path, 1, -1)
    (tmp_path / "manifest.csv").write_text("image\nmine.jpg\n")
    with pytest.raises(OutputError, match="is there already"):
        write(tmp_path, 1)
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.csv"}


def test_only_tasks_that_have_wide_photos_write_them(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="renders no wide photos"):
        write_wide(get_task("dermoscopy"), tmp_path, 1)
    with pytest.raises(CutisError, match="There are: usual, shifted"):
        write_wide(TASK, tmp_path, 1, conditions="odd")


def test_a_patient_has_six_to_twenty_crops_of_one_label(tmp_path: Path) -> None:
    path = write_phantoms(TASK, tmp_path, 60, 2, size=16)
    table = read_manifest(path, target=TASK.target, labels=TASK.labels).table
    sizes = [len(crops) for _, crops in table.group_by("patient_id", maintain_order=True)][:-1]
    assert all(6 <= size <= 20 for size in sizes)
    for _, crops in table.group_by("patient_id"):
        assert crops["reaction"].n_unique() == crops["skin_type"].n_unique() == 1
