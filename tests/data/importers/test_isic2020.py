from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_patients_and_malignancy(by_id: Rows) -> None:
    rows = by_id("isic2020")
    row = rows["ISIC_0015719"]
    assert (row["patient_id"], row["lesion_id"]) == ("IP_3075186", "IL_4649854")
    assert (row["malignancy"], row["diagnosis"], row["body_site"]) == (
        "malignant",
        "melanoma",
        "upper extremity",
    )
    assert rows["ISIC_2637011"]["diagnosis"] is None  # published as 'unknown'
    assert (rows["ISIC_0052212"]["sex"], rows["ISIC_0052212"]["age"]) == (None, None)


def test_repeats_that_the_owners_list_are_named(by_id: Rows) -> None:
    rows = by_id("isic2020")
    assert rows["ISIC_0052212"]["duplicate_of"] == "ISIC_2637011"
    assert rows["ISIC_0015719"]["duplicate_of"] is None


def test_the_files_of_the_competition(publish: Callable[[str], Path], tmp_path: Path) -> None:
    folder = publish("isic2020")
    truth = folder / "ISIC_2020_Training_GroundTruth_v2.csv"
    without_lesions = pl.read_csv(truth, infer_schema=False).drop("lesion_id")
    without_lesions.write_csv(folder / "train.csv")
    truth.unlink()
    (folder / "ISIC_2020_Training_Duplicates.csv").unlink()
    table = import_set(get_importer("isic2020"), folder, tmp_path / "m.csv").table
    assert table["patient_id"].to_list() == ["IP_7279968", "IP_3075186", "IP_2842074"]
    assert not {"lesion_id", "duplicate_of", "split"} & set(table.columns)
