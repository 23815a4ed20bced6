"""Diverse Dermatology Images (DDI): 656 clinical images proven by pathology, in three groups of skin tone.

The owners give pairs of Fitzpatrick types (12, 34, 56), so `skin_type` is ``1-2``, ``3-4`` or ``5-6``. The
set names no patients.

Source: Daneshjou et al. 2022, Science Advances 8:eabq6147; ddi-dataset.github.io.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import TEXT, Column, one_of, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

MALIGNANT = one_of({"true": "malignant", "false": "benign", "1": "malignant", "0": "benign"}, "true or false")
COLUMNS = {
    "image": Column("DDI_file", TEXT),
    "image_id": Column("DDI_ID", TEXT),
    "malignancy": Column("malignant", MALIGNANT),
    "diagnosis": Column("disease", TEXT),
    "skin_type": Column("skin_tone", one_of({"12": "1-2", "34": "3-4", "56": "5-6"})),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the one table."""
    table = take(folder.table("ddi_metadata.csv"), "image_id", **COLUMNS)
    return table.with_columns(modality=pl.lit("clinical"), confirmation=pl.lit("histopathology"))


IMPORTER = Importer(
    name="ddi",
    title="DDI: 656 clinical images with skin tone, benign or malignant",
    licence="Stanford University DDI research use agreement",
    source="Daneshjou et al. 2022, Science Advances 8:eabq6147",
    target="malignancy",
    read=read,
    caution="Names no patients, and its owners publish it for testing.",
)
