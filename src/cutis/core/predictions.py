"""Predictions: one row per image and source, written by models and by human readers alike.

Columns: ``image_id``, the group column (``patient_id``, ``lesion_id`` or another; left out where each image
stands for itself), ``source``, ``kind`` (``model`` or ``reader``), ``prediction``, and one ``p_<label>`` per
label where the source gives probabilities. A gate adds ``grade``, ``reason`` and ``passed``, ``p_good``,
``p_good_region`` and one ``p_reason_<finding>`` each, which are no labels.

Where several conditions are graded at once there is one ``prediction_<condition>`` each in place of
``prediction``; an empty one was not graded. Probabilities are ``p_<condition>_<grade>``; of what is only
present or absent ``p_<condition>``, that it is present. ``score_<condition>`` is the mean grade.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from cutis.core.bundle_info import GOOD
from cutis.core.errors import OutputError, PredictionsError
from cutis.core.files import replacing
from cutis.core.labels import PRESENCE

if TYPE_CHECKING:  # polars takes longer to import than a small prediction takes
    import polars as pl

KINDS = ("model", "reader")
COLUMNS = ("image_id", "source", "kind", "prediction")
PREFIX = "p_"
ANSWER = "prediction"
SCORE = "score_"
GATE = ("grade", "reason", "passed")  # columns of a gate's words; where they stand, there are its numbers too
REASON = "p_reason_"
SEPARATOR = ";"  # between the findings of one prediction with several
_FLUSH = 1.0  # seconds of work that a kill may cost
_Problem = tuple[str, int, str]  # file, row, sentence


class PredictionsWriter:
    """Writes predictions row by row; the file appears when it is complete.

    Until then the rows stand in a journal beside the file. A later writer with the same key goes on from
    that journal, so that a killed run loses nothing. Use as a context manager.

    Args:
        path: ends in ``.csv`` or ``.parquet``.
        labels: label names with a probability, in order.
        group: name of the group column; ``image_id`` where each image stands for itself.
        key: says what the run is made of (model, images, options); a journal of another key is refused.
        restart: throw away any journal.
        answers: columns of what is answered; one per condition where there are several.
        words: further columns of text, before the probabilities.
        numbers: further columns of numbers, after them; they begin with ``p_`` or ``score_``.

    Raises:
        OutputError: another suffix, the folder cannot be written to, the disk is full, or an unfinished
            run with another key lies there.

    Attributes:
        done: ids of the images whose rows are already in the journal.
    """

    def __init__(
        self,
        path: Path | str,
        labels: Sequence[str],
        *,
        group: str = "image_id",
        key: str,
        restart: bool = False,
        answers: Sequence[str] = (ANSWER,),
        words: Sequence[str] = (),
        numbers: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in (".csv", ".parquet"):
            raise OutputError(f"{self.path}: predictions are a .csv or a .parquet file. Choose such a name.")
        self.journal = self.path.with_name(f".{self.path.name}.journal")
        self.done: set[str] = set()
        own = () if group == "image_id" else (group,)
        scores = (*(PREFIX + label for label in labels), *numbers)
        self._columns = ("image_id", *own, "source", "kind", *answers, *words, *scores)
        self._first = "# " + json.dumps({"key": key}) + "\n"
        self._scores, self._grouped, self._restart = scores, bool(own), restart
        self._handle: TextIOWrapper | None = None
        self._flushed = 0.0
        self._empty = True

    def __enter__(self) -> PredictionsWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with (
                replacing(self.journal) as scratch,
                scratch.open("w", encoding="utf-8", newline="") as handle,
            ):
                handle.write(self._first)
                rows = csv.writer(handle, lineterminator="\n")
                rows.writerow(self._columns)
                if self.journal.exists() and not self._restart:
                    for row in self._earlier_rows():
                        rows.writerow(row)
                        self.done.add(row[0])
            self._handle = self.journal.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise self._failed(error) from error
        self._writer = csv.writer(self._handle, lineterminator="\n")
        return self

    def write(
        self,
        image_id: str,
        group: str,
        source: str,
        prediction: str | Sequence[str],
        probabilities: Sequence[float | None],
        *,
        kind: str = "model",
        words: Sequence[str] = (),
    ) -> None:
        """Add one row.

        Args:
            image_id: of the image.
            group: its patient or lesion; ignored where each image stands for itself.
            source: who says so.
            prediction: label name, or several joined by ``;``; or one per column of answers.
            probabilities: (labels + numbers,) 0 to 1; of the further numbers, None is not known.
            kind: ``model`` or ``reader``.
            words: of the further columns of text.

        Raises:
            OutputError: the disk is full; the rows so far are kept for the next run.
        """
        assert self._handle is not None
        own = (group,) if self._grouped else ()
        said = (prediction,) if isinstance(prediction, str) else prediction
        try:
            self._empty = False
            self._writer.writerow((image_id, *own, source, kind, *said, *words, *map(_number, probabilities)))
            if time.monotonic() - self._flushed > _FLUSH:
                self._handle.flush()
                self._flushed = time.monotonic()
        except OSError as error:
            raise self._failed(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._handle is not None
        try:
            self._handle.close()
            if kind is None:
                self._finish()
            elif self._empty and not self.done:
                self.journal.unlink()
        except OSError as problem:
            if kind is None:
                raise self._failed(problem) from problem

    def _finish(self) -> None:
        with replacing(self.path) as scratch:
            if self.path.suffix.lower() == ".parquet":
                import polars as pl

                text = {name: pl.String for name in self._columns if name not in self._scores}
                number = dict.fromkeys(self._scores, pl.Float64)
                rows = pl.scan_csv(self.journal, skip_rows=1, schema={**text, **number}, comment_prefix=None)
                rows.sink_parquet(scratch)
            else:
                with self.journal.open("rb") as rows_in, scratch.open("wb") as rows_out:
                    rows_in.readline()
                    shutil.copyfileobj(rows_in, rows_out)
        self.journal.unlink()

    def _earlier_rows(self) -> Iterator[list[str]]:
        """The complete rows of the journal; a kill may have torn the last one."""
        torn = not _ends_with_newline(self.journal)
        with self.journal.open(encoding="utf-8", errors="replace", newline="") as handle:
            ours = handle.readline() == self._first and next(csv.reader(handle), []) == list(self._columns)
            rows = csv.reader(handle)
            row = next(rows, None)
            if row is not None and not ours:
                raise OutputError(
                    f"{self.path}: an unfinished run of another model, other images or other options lies "
                    f"beside it ({self.journal.name}). Finish that one first, or start anew with --restart."
                )
            while row is not None:
                following = next(rows, None)
                if len(row) == len(self._columns) and not (torn and following is None):
                    yield row
                row = following

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: could not be written ({error.strerror or error}). The rows so far are kept beside "
            "it: make room, give the same command again, and it goes on from there."
        )


def _number(value: float | None) -> str:
    return "" if value is None else format(value, ".7g")


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(-1, 2)
        return handle.read() == b"\n"


def read_predictions(paths: Sequence[Path | str]) -> pl.DataFrame:
    """Read and check predictions of models and readers.

    Args:
        paths: CSV or Parquet files.

    Returns:
        All rows; ``p_<label>`` as numbers (missing where the source gives none), everything else as text.
        What a gate adds is left out.

    Raises:
        PredictionsError: every wrong column, or else every wrong row of all files, at once.
    """
    import polars as pl

    from cutis.core.table import read_table

    tables = [(Path(path), _labels_only(read_table(path, PredictionsError))) for path in paths]
    if not tables:
        raise PredictionsError(["no predictions were given. Name at least one file."])
    wrong = [sentence for path, table in tables for sentence in _wrong_columns(path, table)]
    if wrong:
        raise PredictionsError(wrong)
    read = [_checked(path, table) for path, table in tables]
    several = {bool(conditions_in(rows)) for rows, _ in read}
    if len(several) > 1:
        what = "some of these files grade several conditions, others name one class per photo"
        raise PredictionsError([f"{', '.join(map(str, paths))}: {what}. Judge them apart."])
    rows = pl.concat([rows for rows, _ in read], how="diagonal")
    problems = [problem for _, problems in read for problem in problems] + _repeated(rows)
    if problems:
        raise PredictionsError([f"{file}:{row}: {sentence}" for file, row, sentence in problems])
    return rows.drop("row", "file")


def _labels_only(table: pl.DataFrame) -> pl.DataFrame:
    if not set(GATE) <= set(table.columns):
        return table
    others = [name for name in table.columns if name.startswith((REASON, PREFIX + GOOD))]
    return table.drop(*GATE, *others)


def conditions_in(rows: pl.DataFrame) -> tuple[str, ...]:
    """The conditions that are graded side by side; none where there is one prediction per photo."""
    return tuple(name.removeprefix(f"{ANSWER}_") for name in rows.columns if name.startswith(f"{ANSWER}_"))


def of_condition(rows: pl.DataFrame, condition: str) -> pl.DataFrame:
    """What is said of one condition, as a table with one ``prediction`` per photo that it was graded on.

    Args:
        rows: from `read_predictions`.
        condition: one of `conditions_in`.
    """
    import polars as pl

    scores = _scores_of(condition, rows.columns)
    if list(scores.values()) == [PREFIX + condition]:
        present = pl.col(PREFIX + condition)
        told = [(1 - present).alias(PREFIX + PRESENCE.names[0]), present.alias(PREFIX + PRESENCE.names[1])]
    else:
        told = [pl.col(column).alias(PREFIX + grade) for grade, column in scores.items()]
    said = (ANSWER, PREFIX, SCORE)
    beside = [name for name in rows.columns if not name.startswith(said)]
    answer = pl.col(f"{ANSWER}_{condition}").alias(ANSWER)
    return rows.select(*beside, answer, *told).drop_nulls(ANSWER)


def _scores_of(condition: str, columns: Sequence[str]) -> dict[str, str]:
    """The columns of a condition's probabilities, by grade; one without a grade is of its presence."""
    conditions = [name.removeprefix(f"{ANSWER}_") for name in columns if name.startswith(f"{ANSWER}_")]
    longer = tuple(f"{PREFIX}{name}" for name in conditions if name.startswith(f"{condition}_"))
    own = [
        name
        for name in columns
        if name == PREFIX + condition
        or (name.startswith(f"{PREFIX}{condition}_") and not (longer and name.startswith(longer)))
    ]
    return {name.removeprefix(PREFIX + condition).removeprefix("_"): name for name in own}


def _wrong_columns(path: Path, table: pl.DataFrame) -> list[str]:
    needed = [name for name in COLUMNS if name != ANSWER or not conditions_in(table)]
    missing = [name for name in needed if name not in table.columns]
    there = ", ".join(name for name in table.columns if name != "row")
    return [
        f"{path}:1: there is no column '{name}'. Rename or add it; there are: {there}." for name in missing
    ]


def _checked(path: Path, table: pl.DataFrame) -> tuple[pl.DataFrame, list[_Problem]]:
    """The rows of one file with numbers for probabilities, and what is wrong with them by row."""
    import polars as pl

    scores = [name for name in table.columns if name.startswith(PREFIX) and table[name].is_not_null().any()]
    rows = table.with_columns(pl.col(scores).cast(pl.Float64, strict=False), file=pl.lit(str(path)))
    found: list[_Problem] = []

    def report(where: pl.Series, column: str, sentence: str) -> None:
        """``{}`` in the sentence stands for the cell's value, which may itself hold braces."""
        for row, cell in table.filter(where).select("row", column).iter_rows():
            found.append((str(path), row, sentence.replace("{}", str(cell), 1)))

    conditions = conditions_in(table)
    for name in COLUMNS if not conditions else COLUMNS[:-1]:
        report(table[name].is_null(), name, f"{name} is empty. Fill it in, or drop the row.")
    kind = table["kind"]
    report(~kind.is_in(KINDS), "kind", "kind is '{}', not one of model, reader. Correct the cell.")
    for name in scores:
        wrong = table[name].is_not_null() & ~rows[name].is_between(0, 1).fill_null(False)
        report(wrong, name, f"{name} is '{{}}', not a probability from 0 to 1. Correct the cell.")
    answers = [f"{ANSWER}_{name}" for name in conditions]
    asked = {f"{ANSWER}_{name}": _scores_of(name, [*answers, *scores]) for name in conditions}
    for answer, own in (asked or {ANSWER: {name.removeprefix(PREFIX): name for name in scores}}).items():
        labels = PRESENCE.names if list(own) == [""] else tuple(own)
        given = table.select(pl.any_horizontal(pl.lit(False), pl.col(own.values()).is_not_null())).to_series()
        gaps = table.select(pl.any_horizontal(pl.lit(False), pl.col(own.values()).is_null())).to_series()
        mend = "Fill in the missing ones, or empty them all."
        report(given & gaps, "image_id", f"image '{{}}' has some probabilities but not all. {mend}")
        foreign = table[answer].str.split(SEPARATOR).list.eval(~pl.element().is_in(labels)).list.any()
        report(
            given & foreign, answer, f"{answer} is '{{}}', not one of {', '.join(labels)}. Correct the cell."
        )
    return rows, sorted(found, key=lambda problem: problem[1])


def _repeated(rows: pl.DataFrame) -> list[_Problem]:
    import polars as pl

    again = rows.filter(
        ~pl.struct("image_id", "source").is_first_distinct(), pl.col("image_id").is_not_null()
    )
    mend = "Drop one of the rows, or rename a source."
    return [
        (file, row, f"image '{image}' has a prediction of source '{source}' already. {mend}")
        for file, row, image, source in again.select("file", "row", "image_id", "source").iter_rows()
    ]
