"""A table of readings, one row per reader, treatment and case: read, checked, and made into a study."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import PredictionsError
from cutis.core.table import read_table
from cutis.evaluation.reader_rows import Columns, as_number, check_rows, coded, named, unknown
from cutis.stats.mrmc_design import Design, Study, design_of, study

Array = NDArray[np.float64]


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
    table, group = named(path, table, columns or Columns())
    table = coded(path, table, positive)
    check_rows(path, table)
    scored = table.filter(pl.col("reader") == model) if model is not None else table.clear()
    if model is not None and scored.is_empty():
        raise PredictionsError([f"{path}: {unknown('reader', model, _order(table['reader']))}"])
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


def _order(names: pl.Series) -> list[str]:
    """Numbers in their order, names as they come."""
    found = list(dict.fromkeys(names.to_list()))
    numbers = [as_number(name) for name in found]
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
