"""DermaMNIST and RetinaMNIST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.core.errors import CutisError
from cutis.core.manifest import Manifest
from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Publish = Callable[[str], Path]


def test_the_pixels_and_labels_are_those_of_the_file(
    imported: Callable[[str], Manifest], publish: Publish, tmp_path: Path
) -> None:
    manifest = imported("dermamnist")
    arrays = np.load(tmp_path / "published dermamnist" / "dermamnist_64.npz")
    names = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
    for part, split in (("train", "train"), ("val", "tune"), ("test", "test")):
        rows = manifest.part(split)
        assert [names[label] for label in arrays[f"{part}_labels"].ravel()] == rows.table["dx"].to_list()
        for path, pixels in zip(rows.paths, arrays[f"{part}_images"], strict=True):
            assert np.array_equal(np.asarray(Image.open(path)), pixels)


def test_grades_of_retinopathy(imported: Callable[[str], Manifest]) -> None:
    table = imported("retinamnist").table
    assert table["grade"].to_list() == ["0", "4", "1", "2", "3"]
    assert table["split"].to_list() == ["train", "train", "tune", "test", "test"]
    assert table["modality"].unique().to_list() == ["fundus"]


def test_the_file_itself_may_be_named(publish: Publish, tmp_path: Path) -> None:
    archive = publish("dermamnist") / "dermamnist_64.npz"
    assert import_set(get_importer("dermamnist"), archive, tmp_path / "d.csv").table.height == 6


def test_of_several_sizes_one_has_to_be_named(publish: Publish, tmp_path: Path) -> None:
    folder = publish("dermamnist")
    (folder / "dermamnist.npz").write_bytes((folder / "dermamnist_64.npz").read_bytes())
    with pytest.raises(CutisError, match=r"holds dermamnist\.npz, dermamnist_64\.npz. Name the one"):
        import_set(get_importer("dermamnist"), folder, tmp_path / "d.csv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"val_labels": np.array([[7]], np.uint8)}, r"val_labels\[0\] is 7, not one of"),
        ({"val_images": np.zeros((2, 64, 64, 3), np.uint8)}, r"shape \(2, 64, 64, 3\), not that of 1 square"),
        ({"val_images": np.zeros((1, 64, 64), np.uint8)}, "not that of 1 square colour images"),
        ({"val_images": np.zeros((1, 64, 64, 3), np.float32)}, "does not hold whole numbers"),
        ({"val_images": np.array([None])}, "not a whole MedMNIST file"),
    ],
)
def test_another_array_is_refused(
    change: dict[str, np.ndarray], said: str, publish: Publish, tmp_path: Path
) -> None:
    archive = publish("dermamnist") / "dermamnist_64.npz"
    np.savez_compressed(archive, **{**np.load(archive), **change})
    with pytest.raises(CutisError, match=said):
        import_set(get_importer("dermamnist"), archive, tmp_path / "out" / "d.csv")
    assert not (tmp_path / "out").exists()
