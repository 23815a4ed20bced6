"""Exports of the ISIC Archive: what its gallery, its collections and isic-cli download.

Which columns an export has depends on what its images have; only the id, the attribution and the licence are
always there. `diagnosis` is the third level of the archive's diagnoses (such as 'Nevus'), or the single
diagnosis of exports before 2025; the other levels are kept beside it.

Source: isic-archive.com.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import (
    MALIGNANCY,
    NUMBER,
    SEX,
    SKIN_TYPE,
    TEXT,
    WORDS,
    YEARS,
    YES_NO,
    Column,
    one_of,
    take,
)
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

MODALITY = one_of(
    {
        "dermoscopic": "dermoscopic",
        "clinical: overview": "clinical",
        "clinical: close-up": "clinical",
        "clinical": "clinical",
        "TBP tile: overview": "clinical",
        "TBP tile: close-up": "clinical",
        "RCM: macroscopic": "clinical",
        "RCM: mosaic": "confocal",
        "RCM: tile": "confocal",
    }
)
LEVELS = tuple(f"diagnosis_{level}" for level in range(1, 6))
COLUMNS = {
    "image": Column("isic_id", TEXT),
    "image_id": Column("isic_id", TEXT),
    "patient_id": Column("patient_id", TEXT, needed=False),
    "lesion_id": Column("lesion_id", TEXT, needed=False),
    "malignancy": Column("diagnosis_1", MALIGNANCY, needed=False),
    "modality": Column("image_type", MODALITY, needed=False),
    "image_type": Column("image_type", TEXT, needed=False),
    "age": Column("age_approx", YEARS, needed=False),
    "sex": Column("sex", SEX, needed=False),
    "body_site": Column("anatom_site_general", WORDS, needed=False),
    "skin_type": Column("fitzpatrick_skin_type", SKIN_TYPE, needed=False),
    "confirmation": Column("diagnosis_confirm_type", TEXT, needed=False),
    "biopsied": Column("concomitant_biopsy", YES_NO, needed=False),
    "diameter_mm": Column("clin_size_long_diam_mm", NUMBER, needed=False),
    "thickness_mm": Column("mel_thick_mm", NUMBER, needed=False),
    **{level: Column(level, TEXT, needed=False) for level in LEVELS},
    "attribution": Column("attribution", TEXT, needed=False),
    "licence": Column("copyright_license", TEXT, needed=False),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the one metadata table of an export."""
    source = folder.table("metadata.csv", "*metadata*.csv")
    columns = dict(COLUMNS)
    if not source.has("diagnosis_1"):
        columns["malignancy"] = Column("benign_malignant", MALIGNANCY, needed=False)
    diagnosis = "diagnosis_3" if source.has("diagnosis_3") else "diagnosis"
    columns["diagnosis"] = Column(diagnosis, TEXT, needed=False)
    table = take(source, "image_id", **columns)
    return table if "diagnosis" in table.columns else table.with_columns(diagnosis=pl.lit(None, pl.String))


IMPORTER = Importer(
    name="isic_archive",
    title="ISIC Archive export (gallery, collection or isic-cli)",
    licence="per image: column licence (CC-0, CC-BY or CC-BY-NC)",
    source="isic-archive.com",
    target="diagnosis",
    read=read,
)
