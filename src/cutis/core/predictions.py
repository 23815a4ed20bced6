"""Predictions: one row per image and source, written by models and by human readers alike.

Columns: ``image_id``, the group column (``patient_id``, ``lesion_id`` or another; left out where each image
stands for itself), ``source``, ``kind`` (``model`` or ``reader``), ``prediction``, and one ``p_<label>`` per
label where the source gives probabilities. A gate adds ``grade``, ``reason`` and ``passed``, ``p_good``,
``p_good_region`` and one ``p_reason_<finding>`` each, which are no labels.

Where several conditions are graded at once there is one ``prediction_<condition>`` each in place of
``prediction``; an empty one was not graded. Probabilities are ``p_<condition>_<grade>``; of what is only
present or absent ``p_<condition>``, that it is present. ``score_<condition>`` is the mean grade.

`cutis.core.predictions_writer` writes them; here they are read and checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cutis.core.bundle_info import GOOD
from cutis.core.errors import PredictionsError
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
_Problem = tuple[str, int, str]  # file, row, sentence


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
