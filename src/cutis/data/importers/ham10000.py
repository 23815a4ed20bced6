"""HAM10000 as it lies on Harvard Dataverse, with the test set of ISIC 2018 Task 3 where that is there too.

Source: Tschandl, Rosendahl, Kittler 2018, Scientific Data 5:180161; Harvard Dataverse doi:10.7910/DVN/DBW86T.
"""

from __future__ import annotations

import polars as pl

from cutis.data.importers._columns import LOWER, SEX, TEXT, WORDS, YEARS_ABOVE_0, Column, codes, one_hot, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

METADATA = ("HAM10000_metadata.csv", "HAM10000_metadata.tab", "HAM10000_metadata")
TEST = ("ISIC2018_Task3_Test_GroundTruth.csv", "ISIC2018_Task3_Test_GroundTruth.tab")
LABELS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
COLUMNS = {
    "image": Column("image_id", TEXT),
    "image_id": Column("image_id", TEXT),
    "lesion_id": Column("lesion_id", TEXT),
    "dx": Column("dx", codes(*LABELS)),
    "confirmation": Column("dx_type", LOWER),
    "age": Column("age", YEARS_ABOVE_0),
    "sex": Column("sex", SEX),
    "body_site": Column("localization", WORDS),
    "origin": Column("dataset", LOWER, needed=False),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the training set and, where its ground truth is in the folder, of the test set."""
    parts = [take(folder.table(*METADATA), "image_id", **COLUMNS).with_columns(split=pl.lit("train"))]
    if folder.find(*TEST):
        parts.append(_test(folder).with_columns(split=pl.lit("test")))
    return pl.concat(parts, how="diagonal").with_columns(modality=pl.lit("dermoscopic"))


def _test(folder: Folder) -> pl.DataFrame:
    """The test set: Dataverse describes it like the training set, the challenge by a column per label."""
    source = folder.table(*TEST)
    if source.has("dx"):
        return take(source, "image_id", **COLUMNS)
    name = Column("image", TEXT)
    images = take(source, "image_id", image=name, image_id=name)
    return images.with_columns(one_hot(source, {label.upper(): label for label in LABELS}).alias("dx"))


IMPORTER = Importer(
    name="ham10000",
    title="HAM10000: 10,015 dermoscopic images, 7 classes",
    licence="CC BY-NC 4.0",
    source="Tschandl et al. 2018, Scientific Data 5:180161, doi:10.7910/DVN/DBW86T",
    target="dx",
    read=read,
)
