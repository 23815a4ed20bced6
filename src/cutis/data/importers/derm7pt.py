"""derm7pt: 1,011 lesions, each with a clinical and a dermoscopic image, and the seven-point checklist.

`dx` holds the five groups of the paper, `diagnosis` the owners' own words. The split is the published one.

Source: Kawahara et al. 2019, IEEE JBHI 23:538; derm.cs.sfu.ca.
"""

from __future__ import annotations

import polars as pl

from cutis.core.errors import ManifestError
from cutis.data.importers._columns import LOWER, NUMBER, SEX, TEXT, WORDS, Column, Kind, Source, need, take
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

SPLITS = {"train_indexes.csv": "train", "valid_indexes.csv": "tune", "test_indexes.csv": "test"}
MODALITIES = {"clinic": "clinical", "derm": "dermoscopic"}
CRITERIA = (
    "pigment_network",
    "streaks",
    "pigmentation",
    "regression_structures",
    "dots_and_globules",
    "blue_whitish_veil",
    "vascular_structures",
)
OTHERS = {
    "basal cell carcinoma": "bcc",
    "seborrheic keratosis": "sk",
    "dermatofibroma": "misc",
    "lentigo": "misc",
    "melanosis": "misc",
    "miscellaneous": "misc",
    "vascular lesion": "misc",
}


def _group(cell: str) -> str:
    """The paper's group of a diagnosis: every nevus is one group, every melanoma another."""
    diagnosis = cell.lower()
    if diagnosis.endswith("nevus"):
        return "nev"
    if diagnosis.startswith("melanoma"):
        return "mel"
    if diagnosis not in OTHERS:
        raise ValueError(cell)
    return OTHERS[diagnosis]


COLUMNS = {
    "lesion_id": Column("case_num", TEXT),
    "dx": Column("diagnosis", Kind(_group, f"a nevus, a melanoma or one of {', '.join(OTHERS)}")),
    "diagnosis": Column("diagnosis", LOWER),
    "sex": Column("sex", SEX),
    "body_site": Column("location", WORDS),
    "seven_point_score": Column("seven_point_score", NUMBER),
    **{name: Column(name, LOWER) for name in CRITERIA},
    "difficulty": Column("level_of_diagnostic_difficulty", LOWER, needed=False),
    "elevation": Column("elevation", LOWER, needed=False),
    "management": Column("management", LOWER, needed=False),
    **{name: Column(name, TEXT) for name in MODALITIES},
}


def read(folder: Folder) -> pl.DataFrame:
    """Two rows per case: the clinical and the dermoscopic image."""
    source = folder.table("meta.csv")
    cases = take(source, "lesion_id", **COLUMNS).with_columns(split=_splits(folder, source))
    views = []
    for column, modality in MODALITIES.items():
        image_id = pl.format("{}_{}", "lesion_id", pl.lit(column)).alias("image_id")
        views.append(cases.with_columns(pl.col(column).alias("image"), image_id, modality=pl.lit(modality)))
    both = pl.concat(views).drop(*MODALITIES).drop_nulls("image")
    return both.sort(pl.col("lesion_id").cast(pl.Float64, strict=False), maintain_order=True)


def _splits(folder: Folder, source: Source) -> pl.Series:
    """The part of each case: the owners list the positions of the cases in ``meta.csv``, counted from 0.

    Raises:
        ManifestError: a position is not in the table, or a case is in no part or in two.
    """
    splits: list[str | None] = [None] * source.table.height
    problems = []
    for name, split in SPLITS.items():
        part = folder.table(name)
        need(part, "indexes")
        for row, index in part.table.select("row", "indexes").iter_rows():
            if not (index or "").isdigit() or int(index) >= len(splits):
                where = f"a position in {source.path.name}, counted from 0"
                problems.append(f"{part.path}:{row}: indexes is '{index}', not {where}.")
            elif splits[int(index)] is not None:
                problems.append(f"{part.path}:{row}: case {index} is in {splits[int(index)]} already.")
            else:
                splits[int(index)] = split
    left_out = [row for row, part in zip(source.table["row"], splits, strict=True) if part is None]
    if not problems:
        problems = [f"{source.path}:{row}: this case is in none of {', '.join(SPLITS)}." for row in left_out]
    if problems:
        raise ManifestError(problems)
    return pl.Series(splits, dtype=pl.String)


IMPORTER = Importer(
    name="derm7pt",
    title="derm7pt: 1,011 lesions, clinical and dermoscopic, seven-point checklist",
    licence="for research only, by the terms of derm.cs.sfu.ca",
    source="Kawahara et al. 2019, IEEE JBHI 23:538",
    target="dx",
    read=read,
)
