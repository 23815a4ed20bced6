"""A table of readings, one row per reader, treatment and case: read, checked, and made into a study."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import OneClassError, PredictionsError
from cutis.core.table import read_table
from cutis.stats.mrmc_design import Design, Study, design_of, study

Array = NDArray[np.float64]
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


@dataclass(frozen=True, eq=False)
class Readings:
    """A checked table of readings.

    Attributes:
        name: of the file.
        asked: the readers' study, without the model.
        cases: (cases,) their names.
        group: column of the patients; None where each case stands for itself.
        design: who read what.
        model: name of the model among the readers; empty where there is none.
        scores: the model's score of each case by treatment of the readers, nan where there is none.
        given: readings of readers.
        unanswered: rows of readers without a rating.
        fingerprint: sha-256 over who said what of which case; the order of rows does not matter.
    """

    name: str
    asked: Study
    cases: tuple[str, ...]
    group: str | None
    design: Design
    model: str = ""
    scores: Mapping[str, Array] = field(default_factory=dict)
    given: int = 0
    unanswered: int = 0
    fingerprint: str = ""


def read_readings(
    path: Path | str,
    columns: Columns | None = None,
    *,
    design: str = "auto",
    model: str | None = None,
    positive: str | None = None,
) -> Readings:
    """Read and check a table of readings.

    An empty rating is a reading that was not given. With ``positive``, truth and ratings may be words: a cell
    with that word is 1 and any other class 0.

    Args:
        path: CSV (comma, semicolon or tab) or Parquet.
        columns: what the columns are called.
        design: what the study must be, a name of `mrmc_design.Design` with dashes or spaces; ``auto`` takes
            it as it is.
        model: which of the readers is a model that is compared with the others.
        positive: the class that is looked for, where classes are words.

    Raises:
        PredictionsError: every wrong column, or else every wrong row, at once; or the study is not of the
            design that was asked for.
        OneClassError: a class is absent, from the study or from what one reader read.
        CutisError: see `mrmc_design.study`.
    """
    path = Path(path)
    table = read_table(path, PredictionsError)
    table, group = _named(path, table, columns or Columns())
    table = _coded(path, table, positive)
    _check_rows(path, table)
    scored = table.filter(pl.col("reader") == model) if model is not None else table.clear()
    if model is not None and scored.is_empty():
        raise PredictionsError([f"{path}: {_unknown('reader', model, _order(table['reader']))}"])
    own = table.filter(pl.col("reader") != model) if model is not None else table
    read = own.drop_nulls("value")
    if read.is_empty():
        raise PredictionsError([f"{path}: no reader gave a rating. Fill in the column of ratings."])
    asked, cases = _study(read)
    found = design_of(asked)
    _check_design(path, design, found, asked)
    return Readings(
        name=path.name,
        asked=asked,
        cases=cases,
        group=group,
        design=found,
        model=model or "",
        scores=_scores(path, scored, asked, cases) if model is not None else {},
        given=read.height,
        unanswered=own.height - read.height,
        fingerprint=_fingerprint(table),
    )


def _named(path: Path, table: pl.DataFrame, columns: Columns) -> tuple[pl.DataFrame, str | None]:
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
            problems.append(f"{path}:1: {_unknown('column', name, names)}{how}")
    group = columns.group or next((name for name in _GROUPS if name in names), None)
    if group is not None and group not in names:
        problems.append(f"{path}:1: {_unknown('column', group, names)}")
    if problems:
        raise PredictionsError(problems)
    chosen = [pl.col(name).alias(role) for role, name in picked.items()]
    if "treatment" not in picked:
        chosen.append(pl.lit(ONLY).alias("treatment"))
    patient = pl.col(group or picked["case"]).alias("group")
    return table.select("row", *chosen, patient), group


def _unknown(kind: str, name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"there is no {kind} '{name}'; there are {', '.join(names)}.{hint}"


def _coded(path: Path, table: pl.DataFrame, positive: str | None) -> pl.DataFrame:
    """Truth and ratings as numbers, in columns ``class`` and ``value``."""
    words = set(table["truth"].drop_nulls())
    if positive is not None and positive not in words:
        raise PredictionsError([f"{path}: {_unknown('class', positive, sorted(words))}"])
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
        value = _is(rating, positive) if positive is not None and rating in words else _number(rating)
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


def _number(cell: str | None) -> float | None:
    try:
        value = float(cell) if cell is not None else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def _check_rows(path: Path, table: pl.DataFrame) -> None:
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


def _order(names: pl.Series) -> list[str]:
    """Numbers in their order, names as they come."""
    found = list(dict.fromkeys(names.to_list()))
    numbers = [_number(name) for name in found]
    if any(number is None for number in numbers):
        return found
    return sorted(found, key=float)


def _study(read: pl.DataFrame) -> tuple[Study, tuple[str, ...]]:
    readers, treatments, cases = (_order(read[name]) for name in ("reader", "treatment", "case"))
    ratings = np.full((len(readers), len(treatments), len(cases)), np.nan)
    places = [{name: n for n, name in enumerate(names)} for names in (readers, treatments, cases)]
    truth, groups = np.zeros(len(cases)), [""] * len(cases)
    for reader, treatment, case, value, code, group in read.select(
        "reader", "treatment", "case", "value", "class", "group"
    ).iter_rows():
        number = places[2][case]
        ratings[places[0][reader], places[1][treatment], number] = value
        truth[number], groups[number] = code, group
    asked = study(
        ratings,
        truth,
        readers=readers,
        treatments=treatments,
        cases=cases,
        groups=np.asarray(groups, dtype=np.str_),
        partial=True,
    )
    return asked, tuple(cases)


def _check_design(path: Path, wanted: str, found: Design, asked: Study) -> None:
    plain = wanted.replace("-", " ")
    if plain in ("auto", found.replace("-", " ")):
        return
    missing = Counter(
        {
            (asked.readers[r], asked.treatments[t]): int(np.sum(~asked.read[r, t]))
            for r, t in np.argwhere(~asked.read.all(axis=2))
        }
    )
    listed = [
        f"{path}: reader '{reader}' under treatment '{treatment}' did not rate {number} of "
        f"{asked.ratings.shape[2]} cases."
        for (reader, treatment), number in missing.most_common(20)
    ]
    mend = f"{path}: the study is '{found}', not '{plain}'. Correct the table, or take it with --design auto."
    raise PredictionsError([mend, *listed])


def _scores(path: Path, scored: pl.DataFrame, asked: Study, cases: tuple[str, ...]) -> dict[str, Array]:
    """The model's scores by treatment of the readers; a model that has one treatment counts beside all."""
    there = scored.drop_nulls("value")
    place = {name: n for n, name in enumerate(cases)}
    own = _order(there["treatment"])
    if not set(own) & set(asked.treatments) and len(own) > 1:
        raise PredictionsError(
            [f"{path}: the model has the treatments {', '.join(own)}; the readers have none of them."]
        )
    found, problems = {}, []
    for number, treatment in enumerate(asked.treatments):
        source = treatment if treatment in own else own[0] if len(own) == 1 else None
        if source is None:
            continue
        scores = np.full(len(cases), np.nan)
        for case, value in there.filter(pl.col("treatment") == source).select("case", "value").iter_rows():
            if case in place:
                scores[place[case]] = value
        lacking = np.flatnonzero(asked.read[:, number].any(axis=0) & np.isnan(scores))
        problems += [
            f"{path}: the model has no score for case '{cases[n]}', which was read under treatment "
            f"'{treatment}'. Add it, or drop the case."
            for n in lacking
        ]
        found[treatment] = scores
    if problems:
        raise PredictionsError(problems)
    return found


def _fingerprint(table: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for row in (
        table.select("reader", "treatment", "case", "group", "class", "value").sort(pl.all()).iter_rows()
    ):
        digest.update(repr(row).encode())
    return digest.hexdigest()
