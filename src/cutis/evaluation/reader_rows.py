"""Rows of a table of readings: columns found, truth and ratings made numbers, and what is wrong told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import polars as pl

from cutis.core.errors import OneClassError, PredictionsError

COLUMNS = ("reader", "treatment", "case", "truth", "rating")
ONLY = "all"  # what the treatment is called in a study of one
_GROUPS = ("patient_id", "lesion_id")
_TRUTH = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}
_Problem = tuple[int, str]  # row, sentence


@dataclass(frozen=True)
class Columns:
    """What the columns of a table of readings are called; None for those by the usual name.

    Attributes:
        reader: who read; default ``reader``.
        treatment: how: modality, or without and with help; default ``treatment``, which may be missing.
        case: what was read; default ``case``.
        truth: 0 or 1; default ``truth``.
        rating: a number, higher means more likely positive; default ``rating``.
        group: patient of the case; default ``patient_id``, else ``lesion_id``, else each case is a patient.
    """

    reader: str | None = None
    treatment: str | None = None
    case: str | None = None
    truth: str | None = None
    rating: str | None = None
    group: str | None = None


def named(path: Path, table: pl.DataFrame, columns: Columns) -> tuple[pl.DataFrame, str | None]:
    """The columns that are needed, by their usual names."""
    names = [name for name in table.columns if name != "row"]
    problems, picked = [], {}
    for role in COLUMNS:
        asked = getattr(columns, role)
        name = asked or role
        if name in names:
            picked[role] = name
        elif role != "treatment" or asked:
            how = "" if asked else f" Say which column it is with --{role}."
            problems.append(f"{path}:1: {unknown('column', name, names)}{how}")
    group = columns.group or next((name for name in _GROUPS if name in names), None)
    if group is not None and group not in names:
        problems.append(f"{path}:1: {unknown('column', group, names)}")
    if problems:
        raise PredictionsError(problems)
    chosen = [pl.col(name).alias(role) for role, name in picked.items()]
    if "treatment" not in picked:
        chosen.append(pl.lit(ONLY).alias("treatment"))
    patient = pl.col(group or picked["case"]).alias("group")
    return table.select("row", *chosen, patient), group


def unknown(kind: str, name: str, names: Sequence[str]) -> str:
    """The sentence for a name that is none of these, with the nearest one."""
    near = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"there is no {kind} '{name}'; there are {', '.join(names)}.{hint}"


def coded(path: Path, table: pl.DataFrame, positive: str | None) -> pl.DataFrame:
    """Truth and ratings as numbers, in columns ``class`` and ``value``."""
    words = set(table["truth"].drop_nulls())
    if positive is not None and positive not in words:
        raise PredictionsError([f"{path}: {unknown('class', positive, sorted(words))}"])
    problems: list[_Problem] = []
    classes: list[float | None] = []
    values: list[float | None] = []
    for row, truth, rating in table.select("row", "truth", "rating").iter_rows():
        code = _TRUTH.get((truth or "").lower()) if positive is None else _is(truth, positive)
        if code is None:
            told = "is empty" if truth is None else f"is '{truth}', not 0 or 1"
            how = "" if truth is None else ", or name the positive class with --positive"
            problems.append((row, f"truth {told}. Correct the cell{how}."))
        classes.append(code)
        value = _is(rating, positive) if positive is not None and rating in words else as_number(rating)
        if rating is not None and value is None:
            problems.append(
                (row, f"rating is '{rating}', not a number. Correct it, or leave it empty if there is none.")
            )
        values.append(value)
    for name in ("reader", "treatment", "case", "group"):
        empty = table.filter(pl.col(name).is_null())["row"]
        problems += [(row, f"{name} is empty. Fill it in, or drop the row.") for row in empty]
    _raise(path, problems)
    return table.with_columns(
        pl.Series("class", classes, dtype=pl.Float64), pl.Series("value", values, dtype=pl.Float64)
    )


def _is(cell: str | None, positive: str) -> float | None:
    return None if cell is None else float(cell == positive)


def as_number(cell: str | None) -> float | None:
    """A finite number, where the cell is one."""
    try:
        value = float(cell) if cell is not None else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def check_rows(path: Path, table: pl.DataFrame) -> None:
    """Cases read twice, and truth or patients that differ within a case."""
    problems: list[_Problem] = []
    first: dict[tuple[str, str, str], int] = {}
    said: dict[str, tuple[int, float, str]] = {}
    for row, reader, treatment, case, code, group in table.select(
        "row", "reader", "treatment", "case", "class", "group"
    ).iter_rows():
        before = first.setdefault((reader, treatment, case), row)
        if before != row:
            under = "" if treatment == ONLY else f" under treatment '{treatment}'"
            problems.append(
                (row, f"reader '{reader}' read case '{case}'{under} in row {before} already. Keep one.")
            )
        where, truth, patient = said.setdefault(case, (row, code, group))
        if truth != code:
            problems.append(
                (row, f"truth of case '{case}' is {code:g} here and {truth:g} in row {where}. Correct one.")
            )
        if patient != group:
            problems.append(
                (row, f"case '{case}' is of '{group}' here and of '{patient}' in row {where}. Correct one.")
            )
    _raise(path, problems)
    if len({truth for _, truth, _ in said.values()}) < 2:
        only = "positive" if table["class"][0] == 1 else "negative"
        raise OneClassError(
            f"{path}: all {len(said)} cases are {only}; an area under the ROC curve needs cases of both "
            "classes. Add the others, or check the column of the truth."
        )


def _raise(path: Path, problems: list[_Problem]) -> None:
    if problems:
        raise PredictionsError([f"{path}:{row}: {sentence}" for row, sentence in sorted(problems)])
