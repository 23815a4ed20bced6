"""MILK10k: 5,240 lesions, each with a clinical close-up and a dermoscopic photo, 11 classes.

`monet_<concept>` are scores from 0 to 1 that a network (MONET) gave, no ratings of people; `grade_<concept>`
calls a concept present above one half.

`skin_tone_class` runs from 0 (very dark) to 5 (very light) and is on purpose not the Fitzpatrick scale, so
it does not become `skin_type`.

Source: MILK study team 2025, ISIC Archive, doi:10.34970/648456; challenge.isic-archive.com/landing/milk10k.
"""

from __future__ import annotations

import polars as pl

from cutis.core.labels import PRESENCE
from cutis.data.importers._columns import (
    NUMBER,
    SEX,
    TEXT,
    WORDS,
    YEARS,
    Column,
    codes,
    one_hot,
    one_of,
    take,
)
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

LABELS = ("akiec", "bcc", "ben_oth", "bkl", "df", "inf", "mal_oth", "mel", "nv", "sccka", "vasc")
MODALITY = one_of({"clinical: close-up": "clinical", "dermoscopic": "dermoscopic"})
CONCEPTS = (
    "ulceration_crust",
    "hair",
    "vasculature_vessels",
    "erythema",
    "pigmented",
    "gel_water_drop_fluid_dermoscopy_liquid",
    "skin_markings_pen_ink_purple_pen",
)
PRESENT_ABOVE = 0.5  # of a concept's score
IMAGES = {
    "image": Column("isic_id", TEXT),
    "image_id": Column("isic_id", TEXT),
    "lesion_id": Column("lesion_id", TEXT),
    "modality": Column("image_type", MODALITY),
    "age": Column("age_approx", YEARS),
    "sex": Column("sex", SEX),
    "body_site": Column("site", WORDS),
    "skin_tone_class": Column("skin_tone_class", codes(*"012345")),
    "manipulation": Column("image_manipulation", TEXT, needed=False),
    **{f"monet_{name}": Column(f"MONET_{name}", NUMBER, needed=False) for name in CONCEPTS},
}
DETAILS = {
    "image_id": Column("isic_id", TEXT),
    "dx_detail": Column("diagnosis_full", TEXT),
    "confirmation": Column("diagnosis_confirm_type", TEXT),
    "invasion_thickness_mm": Column("invasion_thickness_interval", TEXT, needed=False),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the training part, two per lesion; the labels of the test part are not public."""
    truth = folder.table("MILK10k_Training_GroundTruth.csv")
    lesions = take(truth, "lesion_id", lesion_id=Column("lesion_id", TEXT))
    lesions = lesions.with_columns(one_hot(truth, {label.upper(): label for label in LABELS}).alias("dx"))
    table = take(folder.table("MILK10k_Training_Metadata.csv"), "image_id", **IMAGES)
    table = table.join(lesions, on="lesion_id", how="left", maintain_order="left")
    if folder.find("MILK10k_Training_Supplement.csv"):
        details = take(folder.table("MILK10k_Training_Supplement.csv"), "image_id", **DETAILS)
        table = table.join(details, on="image_id", how="left", maintain_order="left")
    return table.with_columns(graded_concepts(table))


def graded_concepts(table: pl.DataFrame) -> list[pl.Expr]:
    """Columns ``grade_<concept>``, present or absent, from the scores ``monet_<concept>`` that there are."""
    absent, present = PRESENCE.names
    there = [name for name in CONCEPTS if f"monet_{name}" in table.columns]
    return [
        pl.when(pl.col(f"monet_{name}").cast(pl.Float64) > PRESENT_ABOVE)
        .then(pl.lit(present))
        .when(pl.col(f"monet_{name}").is_not_null())
        .then(pl.lit(absent))
        .alias(f"grade_{name}")
        for name in there
    ]


IMPORTER = Importer(
    name="milk10k",
    title="MILK10k: 5,240 lesions, clinical and dermoscopic, 11 classes",
    licence="CC BY-NC 4.0",
    source="MILK study team 2025, ISIC Archive, doi:10.34970/648456",
    target="dx",
    read=read,
)
