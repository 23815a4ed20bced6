from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set
from cutis.data.importers.milk10k import CONCEPTS

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_both_images_of_a_lesion_carry_its_diagnosis(by_id: Rows) -> None:
    rows = by_id("milk10k")
    clinical, dermoscopic = rows["ISIC_8149219"], rows["ISIC_4671410"]
    assert (clinical["modality"], dermoscopic["modality"]) == ("clinical", "dermoscopic")
    for row in (clinical, dermoscopic):
        assert (row["lesion_id"], row["dx"], row["dx_detail"]) == (
            "IL_0000652",
            "bcc",
            "Basal cell carcinoma",
        )
        assert (row["age"], row["sex"], row["body_site"]) == (60.0, "male", "head neck face")
        assert row["confirmation"] == "histopathology"
    assert clinical["monet_ulceration_crust"] == "0.668982333515848"
    assert rows["ISIC_2022118"]["invasion_thickness_mm"] == "<0.8"


def test_a_concept_is_present_above_one_half_and_unknown_without_a_score(by_id: Rows) -> None:
    for row in by_id("milk10k").values():
        for name in CONCEPTS:
            score, grade = row.get(f"monet_{name}"), row.get(f"grade_{name}")
            assert grade == (None if score is None else "present" if float(score) > 0.5 else "absent")


def test_skin_tone_is_not_taken_for_a_fitzpatrick_type(by_id: Rows) -> None:
    rows = by_id("milk10k")
    assert rows["ISIC_2022118"]["skin_tone_class"] == "0"  # the darkest, not unknown
    assert "skin_type" not in rows["ISIC_2022118"]


@pytest.mark.data
def test_the_vocabulary_of_real_rows_is_understood(shared_data: Path, tmp_path: Path) -> None:
    """The real part of the set, put back into the published shape, gives its own manifest again."""
    home = shared_data / "milk10k"
    real = pl.read_csv(home / "manifest.csv", infer_schema=False)
    folder = tmp_path / "milk10k"
    folder.mkdir()
    labels = sorted(real["dx"].unique())
    lesions = real.unique("lesion_id", maintain_order=True)
    marks = [(pl.col("dx") == label).cast(pl.Float64).alias(label.upper()) for label in labels]
    lesions.select("lesion_id", *marks).write_csv(folder / "MILK10k_Training_GroundTruth.csv")
    concepts = [column for column in real.columns if column.startswith("monet_")]
    real.select(
        "lesion_id",
        pl.col("modality").replace("clinical", "clinical: close-up").alias("image_type"),
        pl.col("image_id").alias("isic_id"),
        pl.col("age").alias("age_approx"),
        "sex",
        "skin_tone_class",
        pl.col("body_site").alias("site"),
        *(pl.col(name).alias(name.replace("monet_", "MONET_")) for name in concepts),
    ).write_csv(folder / "MILK10k_Training_Metadata.csv")
    real.select(
        pl.col("image_id").alias("isic_id"),
        pl.col("dx_detail").alias("diagnosis_full"),
        pl.col("confirmation").alias("diagnosis_confirm_type"),
        pl.col("invasion_thickness_mm").alias("invasion_thickness_interval"),
    ).write_csv(folder / "MILK10k_Training_Supplement.csv")
    (folder / "MILK10k_Training_Input").symlink_to(home / "images")
    table = import_set(get_importer("milk10k"), folder, tmp_path / "m.csv").table
    for column in ("image_id", "lesion_id", "dx", "modality", "sex", "skin_tone_class", "dx_detail"):
        assert table[column].to_list() == real[column].to_list()
    assert table["age"].to_list() == real["age"].cast(pl.Float64).to_list()
    assert table["body_site"].to_list() == real["body_site"].str.replace_all("_", " ").to_list()
