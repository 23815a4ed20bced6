"""What may be wrong in a manifest's table: columns, else rows, each in a sentence that mends it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cutis.core.labels import Labels

SPLITS = ("train", "tune", "test")
SEXES = ("female", "male", "other")
OLDEST = 120

_FIXED = ("image", "image_id", "patient_id", "lesion_id", "split", "age", "sex")
Problem = tuple[int, str]  # row, sentence


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _did_you_mean(wanted: str, names: list[str]) -> str:
    plain = {_plain(name): name for name in names}
    close = difflib.get_close_matches(_plain(wanted), list(plain), n=1, cutoff=0.6)
    return f" Did you mean '{plain[close[0]]}'?" if close else ""


def no_column(needed: str, why: str, columns: Sequence[str]) -> str:
    """The sentence for a column that is needed and not there."""
    names = [name for name in columns if name != "row"]
    hint = _did_you_mean(needed, names) or f" Rename or add it; the columns are {', '.join(names)}."
    return f"there is no column '{needed}' ({why}).{hint}"


def wrong_columns(columns: list[str], targets: tuple[str, ...], group: str | None) -> list[str]:
    """Columns that are missing, and those that are misspelt and would not be read."""
    names = [name for name in columns if name != "row"]
    needs = [("image", "the path of each image"), *((name, "the target") for name in targets)]
    needs += [(group, "the group")] if group is not None else []
    wrong = [no_column(needed, why, names) for needed, why in needs if needed not in names]
    free = [name for name in names if name not in (*_FIXED, *targets, group)]
    for known in (name for name in _FIXED[1:] if name not in names):
        # Left unsaid, a misspelt patient_id would let a patient stand on both sides of a split.
        plain = {_plain(name): name for name in free}
        for close in difflib.get_close_matches(_plain(known), list(plain), n=1, cutoff=0.85):
            column = plain[close]
            if known not in ("age", "sex") or close == known:
                wrong.append(f"column '{column}' is not read. Did you mean '{known}'? Rename it, or drop it.")
    return wrong


def with_ids(table: pl.DataFrame) -> pl.DataFrame:
    """The table with ``image_id``, the file's stem where there is none."""
    if "image_id" in table.columns:
        return table
    name = pl.col("image").str.replace_all(r"\\", "/").str.split("/").list.last()
    stem = name.str.replace(r"(.)\.[^.]*$", "$1")
    return table.insert_column(1, table.select(stem.alias("image_id"))["image_id"])


def without_point_zero(cells: pl.Series) -> pl.Series:
    """Grades that a spreadsheet or a table with gaps has turned into 0.0, 1.0, 2.0 become 0, 1, 2 again."""
    if cells.drop_nulls().str.contains(r"^-?\d+\.0$").all():
        return cells.str.replace(r"\.0$", "")
    return cells


def _each(table: pl.DataFrame, column: str, wrong: pl.Expr, sentence: str) -> list[Problem]:
    """One problem per row where ``wrong`` holds; ``{}`` in the sentence stands for the value."""
    rows = table.filter(wrong).select("row", column).iter_rows()
    return [(row, f"{column} {sentence.replace('{}', str(value), 1)}") for row, value in rows]


def wrong_images(table: pl.DataFrame, folder: Path | None) -> list[Problem]:
    """Rows without an image, and images that are no file below the folder; None looks for none."""
    mend = "Give the path of the image, or drop the row."
    problems = _each(table, "image", pl.col("image").is_null(), f"is empty. {mend}")
    if folder is None:
        return problems
    there = [image is None or os.path.isfile(folder / image) for image in table["image"]]  # noqa: PTH113 (a million)
    missing = table.filter(~pl.Series(there, dtype=pl.Boolean))
    if missing.height == table.height > 1:
        row, image = missing.row(0, named=True)["row"], missing["image"][0]
        what = (
            f"image is '{image}', but neither this file nor that of any other row is in {folder.absolute()}."
        )
        return [*problems, (row, f"{what} Put the manifest where its paths begin, or correct the paths.")]
    mend = "which is not a file. Correct the path (it is read from the manifest's folder), or drop the row."
    return problems + _each(missing, "image", pl.lit(True), "is '{}', " + mend)


def wrong_ids(table: pl.DataFrame, group: str) -> list[Problem]:
    """Rows without an identity or a group, and identities that stand twice."""
    column, known = pl.col("image_id"), pl.col("image_id").is_not_null()
    mend = "Give each image its own id in the column image_id."
    problems = _each(table, "image_id", ~known & pl.col("image").is_not_null(), f"is empty. {mend}")
    again = table.filter(known).select("row", column, pl.col("row").first().over("image_id").alias("first"))
    for row, value, first in again.filter(pl.col("row") != pl.col("first")).iter_rows():
        problems.append((row, f"image_id is '{value}', which row {first} has already. {mend}"))
    if group != "image_id":
        mend = "Every image needs one, so that no group stands in two splits: fill it in, or drop the row."
        problems += _each(table, group, pl.col(group).is_null(), f"is empty. {mend}")
    return problems


def wrong_cells(table: pl.DataFrame, targets: tuple[str, ...], labels: Labels | None) -> list[Problem]:
    """Labels, splits, sexes and ages that are none."""
    problems = []
    mend = "Correct the cell, or leave it empty if the image has no label."
    if labels is not None:
        for name in targets:
            problems += _not_one_of(table, name, labels.answers.names, mend)
    if "split" in table.columns:
        problems += _not_one_of(table, "split", SPLITS, "Correct the cell, or drop the column.")
        mend = "Write train, tune or test, or drop the row."
        problems += _each(table, "split", pl.col("split").is_null(), f"is empty. {mend}")
    unknown = "Correct the cell, or leave it empty if it is not known."
    if "sex" in table.columns and "sex" not in targets:
        problems += _not_one_of(table, "sex", SEXES, unknown)
    if "age" in table.columns and "age" not in targets:
        years = pl.col("age").cast(pl.Float64, strict=False)
        wrong = pl.col("age").is_not_null() & ~years.is_between(0, OLDEST).fill_null(False)
        problems += _each(
            table, "age", wrong, f"is '{{}}', not a number of years from 0 to {OLDEST}. {unknown}"
        )
    return problems


def _not_one_of(table: pl.DataFrame, column: str, names: tuple[str, ...], mend: str) -> list[Problem]:
    sentence = f"is '{{}}', not one of {', '.join(names)}. {mend}"
    return _each(table, column, ~pl.col(column).is_in(names), sentence)
