"""Figures by age, sex, body site, skin type and whatever else the truth's table records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ManifestError
from cutis.evaluation.study import Source, Study
from cutis.stats.classification import estimates, figures
from cutis.stats.intervals import Estimate

COLUMNS = ("age", "sex", "body_site", "skin_type", "skin_tone_class", "modality", "device", "site", "cohort")
NOT_RECORDED = "not recorded"
LEAST_GROUPS = 10  # patients or lesions; an interval from fewer says more about chance than about people
_MOST_VALUES = 14
_AGE_BANDS = ((0, "under 18"), (18, "18–39"), (40, "40–59"), (60, "60–79"), (80, "80 and over"))
_FIGURES = ("accuracy", "balanced_accuracy", "auc_macro", "auc", "sensitivity", "specificity")


@dataclass(frozen=True)
class Subgroup:
    """The photos that share one value.

    Attributes:
        column: of the truth's table.
        value: the value, a band of ages, or ``not recorded``.
        photos: how many there are.
        groups: of how many patients or lesions.
        classes: how many of the study's classes occur.
        figures: estimates by name; empty below `LEAST_GROUPS` patients or lesions.
    """

    column: str
    value: str
    photos: int
    groups: int
    classes: int
    figures: dict[str, Estimate]


@dataclass(frozen=True)
class Subgroups:
    """All values of one column."""

    column: str
    rows: tuple[Subgroup, ...]


def columns_of(study: Study, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns to divide a study by: those asked for, else the usual ones that it has.

    Raises:
        ManifestError: a column that is asked for is not there.
    """
    there = study.truth.table.columns
    for name in asked:
        if name not in there:
            known = ", ".join(column for column in there if column != "row")
            raise ManifestError(
                [f"{study.truth.path}:1: there is no column '{name}' for subgroups; there are {known}."]
            )
    if asked:
        return tuple(dict.fromkeys(asked))
    return tuple(name for name in COLUMNS if name in there and name != study.truth.target)


def subgroups(
    study: Study,
    source: Source,
    columns: Sequence[str],
    *,
    replicates: int,
    rng: np.random.Generator,
    done: Callable[[int], None] | None = None,
) -> list[Subgroups]:
    """Figures of a source by each column; a column with a single value is left out.

    Args:
        study: the photos.
        source: one of the study's.
        columns: see `columns_of`.
        replicates: bootstrap draws per subgroup.
        rng: source of the draws.
        done: called with 1 after each column.
    """
    tables = []
    for column in columns:
        values = values_of(study, column)
        present = [values[row] for row in source.rows]
        if len(set(present)) > 1:
            rows = [
                _subgroup(study, source, (column, value), values == value, replicates=replicates, rng=rng)
                for value in ordered_values(present)
            ]
            tables.append(Subgroups(column, tuple(rows)))
        if done is not None:
            done(1)
    return tables


def _subgroup(
    study: Study,
    source: Source,
    where: tuple[str, str],
    keep: NDArray[np.bool_],
    *,
    replicates: int,
    rng: np.random.Generator,
) -> Subgroup:
    answers = study.answers(source, keep)
    found: dict[str, Estimate] = {}
    if answers.count >= LEAST_GROUPS:
        names = [name for name in _FIGURES if answers.binary or name not in ("sensitivity", "specificity")]
        found = estimates(figures(answers, names), answers.count, replicates, rng)
    return Subgroup(*where, len(answers.truth), answers.count, len(np.unique(answers.truth)), found)


def values_of(study: Study, column: str) -> NDArray[np.str_]:
    """(photos,) the value of each photo, as it is shown: ages in bands, many numbers in quarters."""
    cells = study.truth.table[column].to_list()
    if column == "age" and study.truth.target != "age":
        return np.array([_age_band(age) for age in cells])
    if (quarters := _quarters(cells)) is not None:
        return quarters
    texts = [NOT_RECORDED if cell is None else str(cell) for cell in cells]
    common = {value for value, _ in Counter(texts).most_common(_MOST_VALUES)} | {NOT_RECORDED}
    return np.array([text if text in common else "other values" for text in texts])


def ordered_values(values: Sequence[str]) -> list[str]:
    """The distinct values, in the order in which they are shown."""
    return sorted({str(value) for value in values}, key=_order)


def _quarters(cells: Sequence[object]) -> NDArray[np.str_] | None:
    """Numbers of which there are many different ones, in four parts of like size; None for all else."""
    numbers = [_number(cell) for cell in cells]
    known = np.array([number for number in numbers if number is not None])
    if None in (number for number, cell in zip(numbers, cells, strict=True) if cell is not None):
        return None
    if len(np.unique(known)) <= _MOST_VALUES:
        return None
    cuts = np.unique(np.quantile(known, [0.25, 0.5, 0.75]))
    edges = [f"{cut:.4g}" for cut in cuts]
    names = [f"up to {edges[0]}"]
    names += [f"over {low} to {high}" for low, high in pairwise(edges)]
    names.append(f"over {edges[-1]}")
    part = [NOT_RECORDED if n is None else names[int(np.searchsorted(cuts, n))] for n in numbers]
    return np.array(part)


def _number(cell: object) -> float | None:
    try:
        return None if cell is None else float(str(cell))
    except ValueError:
        return None


def _age_band(age: float | None) -> str:
    if age is None:
        return NOT_RECORDED
    return [name for start, name in _AGE_BANDS if age >= start][-1]


def _order(value: str) -> tuple[int, float, str]:
    """Bands by age, numbers by size, text by letter, what is left over last."""
    bands = [name for _, name in _AGE_BANDS]
    if value.startswith(("up to ", "over ")):
        words = value.split()
        return (0, -np.inf if words[0] == "up" else float(words[1]), "")
    if value in (NOT_RECORDED, "other values"):
        return (2, 0.0, value)
    if value in bands:
        return (0, float(bands.index(value)), "")
    try:
        return (0, float(value), "")
    except ValueError:
        return (1, 0.0, value)
