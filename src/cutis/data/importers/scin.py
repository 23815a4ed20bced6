"""SCIN: photos that people took of their own skin, with the differentials of up to three dermatologists.

One row per photo; the photos of a case share its `lesion_id`. `diagnosis` is the condition with the largest
weight in the owners' differential, and is empty where two share the first place or the case could not be
graded. `skin_type` is the middle one of the dermatologists' estimates (the lower of the middle two); each of
them, and the person's own answer, stands beside it. Ages are published as decades and stay in `age_group`.

Source: Ward et al. 2024, arXiv:2402.18545; github.com/google-research-datasets/scin.
"""

from __future__ import annotations

import ast
import json
from statistics import median_low

import polars as pl

from cutis.data.importers._columns import (
    SEX,
    SKIN_TYPE,
    TEXT,
    WORDS,
    YES_NO,
    Column,
    Kind,
    Source,
    one_of,
    take,
    words,
)
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer

RATERS = (1, 2, 3)
GRADED = "dermatologist_gradable_for_skin_condition_{}"
ESTIMATED = "dermatologist_fitzpatrick_skin_type_label_{}"
GRADABLE = one_of(
    {
        "DEFAULT_YES_IMAGE_QUALITY_SUFFICIENT": "yes",
        "YES_IMAGE_QUALITY_SUFFICIENT_NO_DISCERNIBLE_PATHOLOGY": "no pathology",
        "NO_IMAGE_QUALITY_INSUFFICIENT": "no",
        "YES": "yes",
        "NO": "no",
        "TRUE": "yes",
        "FALSE": "no",
    }
)
AGES = one_of(
    {
        "AGE_18_TO_29": "18-29",
        "AGE_30_TO_39": "30-39",
        "AGE_40_TO_49": "40-49",
        "AGE_50_TO_59": "50-59",
        "AGE_60_TO_69": "60-69",
        "AGE_70_TO_79": "70-79",
        "AGE_80_OR_ABOVE": "80+",
        "AGE_UNKNOWN": None,
    }
)
CASE = Column("case_id", TEXT)
PART = "body_parts_"


def _weights(cell: str) -> str | None:
    """A differential such as ``{'Eczema': 0.7, 'Psoriasis': 0.3}`` as JSON; None when it names nothing."""
    try:
        weights = ast.literal_eval(cell)
        return json.dumps({str(name): float(weight) for name, weight in weights.items()}) if weights else None
    except (SyntaxError, AttributeError, TypeError) as error:
        raise ValueError(cell) from error


LABELS = {
    "case_id": CASE,
    "differential": Column("weighted_skin_condition_label", Kind(_weights, "a differential with weights")),
    **{f"gradable_rater_{n}": Column(GRADED.format(n), GRADABLE, needed=False) for n in RATERS},
    **{f"skin_type_rater_{n}": Column(ESTIMATED.format(n), SKIN_TYPE, needed=False) for n in RATERS},
    "monk_skin_tone_us": Column("monk_skin_tone_label_us", TEXT, needed=False),
    "monk_skin_tone_india": Column("monk_skin_tone_label_india", TEXT, needed=False),
}
CASES = {
    "case_id": CASE,
    "age_group": Column("age_group", AGES),
    "sex": Column("sex_at_birth", SEX),
    "skin_type_self": Column("fitzpatrick_skin_type", SKIN_TYPE),
}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of up to three photos per case."""
    source = folder.table("scin_cases.csv", "dataset_scin_cases.csv")
    cases = take(source, "case_id", **CASES).with_columns(body_site=_body_sites(source))
    labels = take(folder.table("scin_labels.csv", "dataset_scin_labels.csv"), "case_id", **LABELS)
    table = cases.join(labels, on="case_id", how="left", maintain_order="left")
    table = table.with_columns(_first_place(table["differential"]), _middle_skin_type(table))
    photos = [_photos(source, number) for number in (1, 2, 3)]
    listed = pl.concat([photo for photo in photos if photo is not None], how="diagonal")
    listed = listed.sort("case_id", maintain_order=True)
    table = listed.join(table, on="case_id", how="left", maintain_order="left")
    return table.rename({"case_id": "lesion_id"}).with_columns(modality=pl.lit("clinical"))


def _photos(source: Source, number: int) -> pl.DataFrame | None:
    """The photos in one of the three columns of paths."""
    path, view = f"image_{number}_path", f"image_{number}_shot_type"
    if number > 1 and not source.has(path):
        return None
    views = Column(view, WORDS, needed=False)
    table = take(source, case_id=CASE, image=Column(path, TEXT), view=views).drop_nulls("image")
    stem = pl.col("image").str.split("/").list.last().str.replace(r"\.[^.]*$", "")
    return table.with_columns(stem.alias("image_id"))


def _body_sites(source: Source) -> pl.Series:
    """The body part that was ticked; ``several`` where it was more than one."""
    parts = [column for column in source.table.columns if column.lower().startswith(PART)]
    ticked = take(source, **{words(part[len(PART) :]): Column(part, YES_NO) for part in parts})
    sites = []
    for row in ticked.iter_rows(named=True):
        named = [part for part, mark in row.items() if mark == "yes"]
        sites.append(named[0] if len(named) == 1 else "several" if named else None)
    return pl.Series(sites if parts else [None] * source.table.height, dtype=pl.String)


def _first_place(differentials: pl.Series) -> pl.Series:
    first = []
    for cell in differentials:
        weights = json.loads(cell) if cell else {}
        best = [name for name, weight in weights.items() if weight == max(weights.values())]
        first.append(best[0] if len(best) == 1 else None)
    return pl.Series("diagnosis", first, dtype=pl.String)


def _middle_skin_type(table: pl.DataFrame) -> pl.Series:
    columns = [column for column in table.columns if column.startswith("skin_type_rater_")]
    rows = table.select(columns).iter_rows() if columns else [()] * table.height
    estimates = [[value for value in row if value is not None] for row in rows]
    return pl.Series("skin_type", [median_low(row) if row else None for row in estimates], dtype=pl.Int64)


IMPORTER = Importer(
    name="scin",
    title="SCIN: 10,408 photos of 5,033 cases, dermatologists' differentials",
    licence="SCIN Data Use License",
    source="Ward et al. 2024, arXiv:2402.18545",
    target="diagnosis",
    read=read,
)
