"""ISIC 2019 challenge: eight diagnoses on dermoscopic images, with metadata.

Source: Tschandl et al. 2018 (HAM10000), Codella et al. 2017 (MSK) and Combalia et al. 2019 (BCN20000,
arXiv:1908.02288); challenge.isic-archive.com, data of 2019.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import SEX, TEXT, WORDS, YEARS, Column, one_hot, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

# UNK, only in the test part, means none of the eight: the diagnosis is left empty.
LABELS = {label.upper(): label for label in ("mel", "nv", "bcc", "ak", "bkl", "df", "vasc", "scc")} | {
    "UNK": None
}
IMAGE = Column("image", TEXT)
METADATA = {
    "image_id": IMAGE,
    "lesion_id": Column("lesion_id", TEXT, needed=False),
    "age": Column("age_approx", YEARS),
    "sex": Column("sex", SEX),
    "body_site": Column("anatom_site_general", WORDS),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the training part and, where its ground truth is in the folder, of the test part."""
    rows = [_part(folder, "Training", "train")]
    if folder.find("ISIC_2019_Test_GroundTruth.csv"):
        rows.append(_part(folder, "Test", "test"))
    return pl.concat(rows, how="diagonal").with_columns(modality=pl.lit("dermoscopic"))


def _part(folder: Folder, part: str, split: str) -> pl.DataFrame:
    truth = folder.table(f"ISIC_2019_{part}_GroundTruth.csv")
    images = take(truth, "image_id", image=IMAGE, image_id=IMAGE)
    images = images.with_columns(one_hot(truth, LABELS).alias("dx"), split=pl.lit(split))
    people = take(folder.table(f"ISIC_2019_{part}_Metadata.csv"), "image_id", **METADATA)
    return images.join(people, on="image_id", how="left", maintain_order="left")


IMPORTER = Importer(
    name="isic2019",
    title="ISIC 2019: 25,331 training images, 8 classes",
    licence="CC BY-NC 4.0",
    source="Tschandl et al. 2018; Codella et al. 2017; Combalia et al. 2019, arXiv:1908.02288",
    target="dx",
    read=read,
    caution="Holds the images of HAM10000. Some images have no lesion id: run cutis data check.",
)
