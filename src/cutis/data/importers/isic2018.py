"""ISIC 2018 challenge, Task 3: seven diagnoses on dermoscopic images.

Source: Codella et al. 2019, arXiv:1902.03368; challenge.isic-archive.com, data of 2018.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import TEXT, Column, one_hot, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

PARTS = {"Training": "train", "Validation": "tune", "Test": "test"}
LABELS = {label.upper(): label for label in ("mel", "nv", "bcc", "akiec", "bkl", "df", "vasc")}
IMAGE = Column("image", TEXT)


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the training part with its lesions, and of the other parts whose ground truth is there."""
    truth = "ISIC2018_Task3_{}_GroundTruth.csv"
    groups = take(
        folder.table("ISIC2018_Task3_Training_LesionGroupings.csv"),
        "image_id",
        image_id=IMAGE,
        lesion_id=Column("lesion_id", TEXT),
        confirmation=Column("diagnosis_confirm_type", TEXT, needed=False),
    )
    rows = []
    for part, split in PARTS.items():
        if part == "Training" or folder.find(truth.format(part)):
            source = folder.table(truth.format(part))
            images = take(source, "image_id", image=IMAGE, image_id=IMAGE)
            rows.append(images.with_columns(one_hot(source, LABELS).alias("dx"), split=pl.lit(split)))
    table = pl.concat(rows).join(groups, on="image_id", how="left", maintain_order="left")
    return table.with_columns(modality=pl.lit("dermoscopic"))


IMPORTER = Importer(
    name="isic2018",
    title="ISIC 2018 Task 3: 10,015 training images, 7 classes",
    licence="CC BY-NC 4.0",
    source="Codella et al. 2019, arXiv:1902.03368",
    target="dx",
    read=read,
    caution="The training images are those of HAM10000: never train on one and test on the other.",
)
