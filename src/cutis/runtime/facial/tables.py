"""Measures as a long table: a row per photo, area and measure, to be written, read and built norms from."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cutis.core.errors import ManifestError
from cutis.core.manifest_checks import OLDEST, SEXES
from cutis.core.table import read_table
from cutis.imaging.face import AREAS
from cutis.runtime.facial.values import AreaAnalysis, FaceAnalysis, Peers, Refused

COLUMNS = (
    "image_id",
    "patient_id",
    "visit",
    "date",
    "view",
    "area",
    "measure",
    "value",
    "unit",
    "low",
    "high",
    "percentile",
    "percentile_low",
    "percentile_high",
    "age",
    "sex",
    "skin_type",
    "note",
)
GRADE = "grade_"
_NEEDED = ("patient_id", "area", "measure", "value", "age")


def write_measures(done: Sequence[FaceAnalysis | Refused], path: Path) -> None:
    """Write a row per photo, area and measure; what was not judged has a row with the reason.

    Args:
        done: photos.
        path: of the CSV file; written as it is, see `cutis.core.folders.filling`.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        for one in done:
            table.writerows(_rows(one))


def _rows(one: FaceAnalysis | Refused) -> Iterator[dict[str, Any]]:
    source = one.source
    known = {
        "image_id": source.image_id,
        "patient_id": source.patient,
        "visit": source.visit,
        "date": source.day.isoformat() if source.day else "",
        "view": source.view,
        "age": "" if source.age is None else f"{source.age:g}",
        "sex": source.sex or "",
        "skin_type": source.skin_type or "",
    }
    if isinstance(one, Refused):
        yield known | {"area": source.area or "", "note": one.words}
        return
    for area in one.areas:
        for row in _area_rows(area):
            yield known | {"area": area.name} | row


def _area_rows(area: AreaAnalysis) -> Iterator[dict[str, Any]]:
    if area.area.refusal is not None:
        yield {"note": area.area.refusal.words}
        return
    for grade in area.grades:
        name = GRADE + grade.condition
        top = len(grade.scale) - 1
        yield _row(name, grade.score, f"grade 0 to {top}", grade.low, grade.high, area.peers.get(name), "")
    for one in area.measures:
        note = "" if math.isfinite(one.value) else one.words
        yield _row(one.name, one.value, one.unit, one.low, one.high, area.peers.get(one.name), note)


def _row(
    name: str, value: float, unit: str, low: float, high: float, peers: Peers | None, note: str
) -> dict[str, Any]:
    row = {"measure": name, "value": _cell(value), "unit": unit, "low": _cell(low), "high": _cell(high)}
    if peers is not None:
        row |= {
            "percentile": f"{100 * peers.percentile:.1f}",
            "percentile_low": f"{100 * peers.low:.1f}",
            "percentile_high": f"{100 * peers.high:.1f}",
        }
    return row | {"note": note}


def _cell(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


def read_measures(paths: Sequence[Path | str]) -> pl.DataFrame:
    """Read tables of measures.

    Args:
        paths: as `write_measures` wrote them, or others with at least its columns patient_id, area, measure,
            value and age.

    Returns:
        patient_id, visit, view, area, measure, unit, sex as text, value, age and skin_type as numbers,
        missing where a cell is empty; rows of photos and areas that were not judged are left out.

    Raises:
        ManifestError: every wrong column, or else every wrong row of all files, at once.
    """
    tables, problems = [], []
    for path in map(Path, paths):
        table = read_table(path, ManifestError)
        lacking = [name for name in _NEEDED if name not in table.columns]
        if lacking:
            there = ", ".join(name for name in table.columns if name != "row")
            mend = "Norms need participants and their ages: give cutis face a manifest that has them"
            problems += [f"{path}:1: there is no column '{name}' ({there}). {mend}." for name in lacking]
            continue
        for name in ("visit", "view", "unit", "sex", "skin_type"):
            if name not in table.columns:
                table = table.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        rows = table.filter(pl.col("measure").is_not_null())
        problems += [f"{path}:{row}: {words}" for row, words in sorted(_wrong(rows))]
        tables.append(rows)
    if problems:
        raise ManifestError(problems)
    return (
        pl.concat(tables, how="diagonal")
        .select("patient_id", "visit", "view", "area", "measure", "unit", "sex", "value", "age", "skin_type")
        .with_columns(
            pl.col("value", "age").cast(pl.Float64),
            pl.col("skin_type").str.strip_suffix(".0").cast(pl.Int64),
        )
    )


def _wrong(rows: pl.DataFrame) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []

    def report(wrong: pl.Expr, column: str, sentence: str) -> None:
        for row, cell in rows.filter(wrong).select("row", column).iter_rows():
            found.append((row, f"{column} {sentence.replace('{}', str(cell), 1)}"))

    mend = "Correct the cell, or leave it empty if it is not known."
    report(pl.col("patient_id").is_null(), "patient_id", "is empty. Say whose the photo is, or drop the row.")
    report(
        ~pl.col("area").is_in(AREAS), "area", f"is '{{}}', not one of {', '.join(AREAS)}. Correct the cell."
    )
    for name in ("value", "age"):
        number = pl.col(name).cast(pl.Float64, strict=False)
        wrong = pl.col(name).is_not_null() & (number.is_null() | number.is_infinite() | number.is_nan())
        report(wrong, name, f"is '{{}}', not a number. {mend}")
    years = pl.col("age").cast(pl.Float64, strict=False)
    report(~years.is_between(0, OLDEST), "age", f"is '{{}}', not a number of years up to {OLDEST}. {mend}")
    report(~pl.col("sex").is_in(SEXES), "sex", f"is '{{}}', not one of {', '.join(SEXES)}. {mend}")
    types = pl.col("skin_type").str.strip_suffix(".0")
    report(~types.is_in(list("123456")), "skin_type", f"is '{{}}', not a Fitzpatrick type 1 to 6. {mend}")
    return found
