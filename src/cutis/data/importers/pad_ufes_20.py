"""PAD-UFES-20: 2,298 smartphone photos of 1,373 patients, six diagnoses.

Source: Pacheco et al. 2020, Data in Brief 32:106221; Mendeley Data doi:10.17632/zr7vgbcyr2.1.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import (
    NUMBER,
    SEX,
    SKIN_TYPE,
    TEXT,
    WORDS,
    YEARS,
    YES_NO,
    Column,
    codes,
    take,
)
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

SYMPTOMS = ("itch", "grew", "hurt", "changed", "bleed", "elevation")
COLUMNS = {
    "image": Column("img_id", TEXT),
    "image_id": Column("img_id", TEXT),
    "patient_id": Column("patient_id", TEXT),
    "lesion_id": Column("lesion_id", TEXT),
    "dx": Column("diagnostic", codes("ack", "bcc", "mel", "nev", "scc", "sek")),
    "age": Column("age", YEARS),
    "sex": Column("gender", SEX),
    "body_site": Column("region", WORDS),
    "skin_type": Column("fitspatrick", SKIN_TYPE),
    "biopsied": Column("biopsed", YES_NO),
    "diameter_1_mm": Column("diameter_1", NUMBER, needed=False),
    "diameter_2_mm": Column("diameter_2", NUMBER, needed=False),
    **{name: Column(name, YES_NO, needed=False) for name in SYMPTOMS},
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the one table."""
    table = take(folder.table("metadata.csv"), "image_id", **COLUMNS)
    stem = pl.col("image_id").str.replace(r"\.[^.]*$", "")
    return table.with_columns(
        stem.alias("image_id"), modality=pl.lit("clinical"), device=pl.lit("smartphone")
    )


IMPORTER = Importer(
    name="pad_ufes_20",
    title="PAD-UFES-20: 2,298 smartphone photos of 1,373 patients, 6 classes",
    licence="CC BY 4.0",
    source="Pacheco et al. 2020, Data in Brief 32:106221, doi:10.17632/zr7vgbcyr2.1",
    target="dx",
    read=read,
)
