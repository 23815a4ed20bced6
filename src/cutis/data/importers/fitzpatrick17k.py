"""Fitzpatrick 17k: 16,577 clinical images of two atlases, 114 conditions, with skin types.

The set names no patients and no lesions. `skin_type` is the annotation of the paper (``fitzpatrick_scale``);
that of the second group of annotators is kept as `skin_type_centaur`.

Source: Groh et al. 2021, arXiv:2104.09957; github.com/mattgroh/fitzpatrick17k.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import LOWER, SKIN_TYPE, TEXT, Column, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

COLUMNS = {
    "image": Column("md5hash", TEXT),
    "image_id": Column("md5hash", TEXT),
    "diagnosis": Column("label", LOWER),
    "skin_type": Column("fitzpatrick_scale", SKIN_TYPE),
    "skin_type_centaur": Column("fitzpatrick_centaur", SKIN_TYPE, needed=False),
    "nine_partition": Column("nine_partition_label", LOWER),
    "three_partition": Column("three_partition_label", LOWER),
    "label_check": Column("qc", TEXT, needed=False),
    "url": Column("url", TEXT, needed=False),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the one table; images are named by their hash."""
    table = take(folder.table("fitzpatrick17k.csv"), "image_id", **COLUMNS)
    return table.with_columns(modality=pl.lit("clinical"))


IMPORTER = Importer(
    name="fitzpatrick17k",
    title="Fitzpatrick 17k: 16,577 clinical images, 114 conditions, skin types",
    licence="CC BY-NC-SA 3.0 (annotations); the images belong to DermaAmin and Atlas Dermatologico",
    source="Groh et al. 2021, arXiv:2104.09957",
    target="diagnosis",
    read=read,
    caution="Names no patients and holds repeated photos: run cutis data check before splitting.",
)
