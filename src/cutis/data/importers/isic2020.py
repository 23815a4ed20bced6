"""ISIC 2020 challenge (SIIM-ISIC): melanoma or not, 33,126 dermoscopic images of 2,056 patients.

Source: Rotemberg et al. 2021, Scientific Data 8:34, doi:10.34970/2020-ds01; challenge.isic-archive.com, data
of 2020, or the files of the same competition on Kaggle (``train.csv``).
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import LOWER, MALIGNANCY, SEX, TEXT, WORDS, YEARS, Column, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

TRUTH = ("ISIC_2020_Training_GroundTruth_v2.csv", "ISIC_2020_Training_GroundTruth.csv", "train.csv")
COLUMNS = {
    "image": Column("image_name", TEXT),
    "image_id": Column("image_name", TEXT),
    "patient_id": Column("patient_id", TEXT),
    "lesion_id": Column("lesion_id", TEXT, needed=False),
    "malignancy": Column("benign_malignant", MALIGNANCY),
    "diagnosis": Column("diagnosis", LOWER),
    "age": Column("age_approx", YEARS),
    "sex": Column("sex", SEX),
    "body_site": Column("anatom_site_general_challenge", WORDS),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the training part; the labels of the test part are not public.

    Where the owners' list of repeated images is in the folder, `duplicate_of` names the other one.
    """
    table = take(folder.table(*TRUTH), "image_id", **COLUMNS)
    if folder.find("ISIC_2020_Training_Duplicates.csv"):
        listed = folder.table("ISIC_2020_Training_Duplicates.csv")
        twins = take(
            listed, image_id=Column("image_name_2", TEXT), duplicate_of=Column("image_name_1", TEXT)
        ).unique("image_id", keep="first", maintain_order=True)
        table = table.join(twins, on="image_id", how="left", maintain_order="left")
    return table.with_columns(modality=pl.lit("dermoscopic"))


IMPORTER = Importer(
    name="isic2020",
    title="ISIC 2020: 33,126 images of 2,056 patients, benign or malignant",
    licence="CC BY-NC 4.0",
    source="Rotemberg et al. 2021, Scientific Data 8:34, doi:10.34970/2020-ds01",
    target="malignancy",
    read=read,
    caution="Some images are repeats of others: with ISIC_2020_Training_Duplicates.csv, see duplicate_of.",
)
