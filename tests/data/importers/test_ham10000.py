from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_training_rows(by_id: Rows) -> None:
    row = by_id("ham10000")["ISIC_0027419"]
    assert row["dx"] == "bkl"
    assert row["lesion_id"] == "HAM_0000118"
    assert (row["age"], row["sex"], row["body_site"]) == (80.0, "male", "scalp")
    assert (row["confirmation"], row["origin"]) == ("histo", "vidir_modern")
    assert (row["split"], row["modality"]) == ("train", "dermoscopic")
    assert row["image"].endswith("HAM10000_images_part_1/ISIC_0027419.jpg")


def test_what_is_not_known_is_missing(by_id: Rows) -> None:
    rows = by_id("ham10000")
    assert [rows["ISIC_0026769"][column] for column in ("age", "sex", "body_site")] == [None, None, None]
    assert rows["ISIC_0031633"]["age"] is None  # published as 0.0


def test_the_test_part_is_read_as_dataverse_describes_it(by_id: Rows) -> None:
    row = by_id("ham10000")["ISIC_0034524"]
    assert (row["split"], row["dx"], row["lesion_id"]) == ("test", "nv", "HAMTEST_0000000")


def test_the_test_part_is_read_as_the_challenge_describes_it(
    publish: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = publish("ham10000")
    (folder / "ISIC2018_Task3_Test_GroundTruth.tab").unlink()
    truth = "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\nISIC_0034524,0.0,0.0,0.0,1.0,0.0,0.0,0.0\n"
    (folder / "ISIC2018_Task3_Test_GroundTruth.csv").write_text(truth)
    table = import_set(get_importer("ham10000"), folder, tmp_path / "m.csv").table
    assert table.filter(split="test").select("image_id", "dx").rows() == [("ISIC_0034524", "akiec")]


def test_without_the_test_part_there_is_no_split(publish: Callable[[str], Path], tmp_path: Path) -> None:
    folder = publish("ham10000")
    (folder / "ISIC2018_Task3_Test_GroundTruth.tab").unlink()
    table = import_set(get_importer("ham10000"), folder, tmp_path / "m.csv").table
    assert table.height == 4
    assert "split" not in table.columns


@pytest.mark.parametrize("name", ["HAM10000_metadata", "HAM10000_metadata.csv"])
def test_the_metadata_under_its_other_names(
    name: str, publish: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = publish("ham10000")
    old = folder / "HAM10000_metadata.tab"
    (folder / name).write_text(old.read_text().replace("\t", ","))
    old.unlink()
    assert import_set(get_importer("ham10000"), folder, tmp_path / "m.csv").table.height == 5
