from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutis.core.errors import CutisError
from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_diagnoses_modalities_and_licences(by_id: Rows) -> None:
    rows = by_id("isic_archive")
    row = rows["ISIC_0052212"]
    assert (row["diagnosis"], row["malignancy"]) == ("Melanoma Invasive", "malignant")
    assert row["diagnosis_2"] == "Malignant melanocytic proliferations (Melanoma)"
    assert (row["modality"], row["licence"], row["thickness_mm"]) == ("clinical", "CC-BY-NC", "0.8")
    assert rows["ISIC_0015719"]["skin_type"] == "2"
    assert rows["ISIC_0015719"]["biopsied"] == "no"
    assert rows["ISIC_0068279"]["modality"] == "confocal"
    assert rows["ISIC_0068279"]["diagnosis"] is None


def test_images_of_one_lesion_share_its_patient_and_the_others_stand_for_themselves(by_id: Rows) -> None:
    patients = {name: row["patient_id"] for name, row in by_id("isic_archive").items()}
    assert patients == {
        "ISIC_0015719": "IP_3075186",
        "ISIC_0068280": "IP_3075186",
        "ISIC_0052212": "IL_9087444",
        "ISIC_0068279": "ISIC_0068279",
    }


def test_an_export_from_before_the_levels_of_diagnosis(
    publish: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = publish("isic_archive")
    (folder / "metadata.csv").unlink()
    old = "isic_id,attribution,copyright_license,benign_malignant,diagnosis\n"
    rows = "ISIC_0015719,A,CC-0,indeterminate/benign,nevus\nISIC_0052212,A,CC-0,malignant,melanoma\n"
    (folder / "challenge-2019-training_metadata_2023-06-14.csv").write_text(old + rows)
    table = import_set(get_importer("isic_archive"), folder, tmp_path / "m.csv").table
    assert table["diagnosis"].to_list() == ["nevus", "melanoma"]
    assert table["malignancy"].to_list() == ["indeterminate", "malignant"]


def test_an_export_with_nothing_but_ids(publish: Callable[[str], Path], tmp_path: Path) -> None:
    folder = publish("isic_archive")
    (folder / "metadata.csv").write_text("isic_id,attribution,copyright_license\nISIC_0015719,A,CC-0\n")
    table = import_set(get_importer("isic_archive"), folder, tmp_path / "m.csv").table
    assert table["diagnosis"].to_list() == [None]


def test_two_collections_in_one_folder_are_not_mixed(publish: Callable[[str], Path], tmp_path: Path) -> None:
    folder = publish("isic_archive")
    text = (folder / "metadata.csv").read_text()
    (folder / "metadata.csv").unlink()
    for name in ("ham10000_metadata_2025-01-01.csv", "bcn20000_metadata_2025-01-01.csv"):
        (folder / name).write_text(text)
    with pytest.raises(CutisError, match=r"could each be the \*metadata\*\.csv of this set. Keep one"):
        import_set(get_importer("isic_archive"), folder, tmp_path / "m.csv")
