"""From the words of a public set's table to those of the manifest.

Every set spells age, sex, body site and skin type in its own way. A `Column` says where a manifest column
comes from and how its cells are read; `take` reads them all and reports what it does not understand, row by
row. What the owners do not know stays missing: it never becomes 0 or a word of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from cutis.core.errors import ManifestError

T = TypeVar("T")

OLDEST = 120
_UNKNOWN = frozenset(("", "na", "n/a", "nan", "null", "unknown", "unk", "unspecified", "not specified"))
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female", "other": "other"}
_UNKNOWN_SEX = frozenset(("other or unspecified", "prefer not to say"))
_UNKNOWN_SKIN = frozenset(("-1", "none selected"))
_YES_NO = {"true": "yes", "yes": "yes", "1": "yes", "false": "no", "no": "no", "0": "no"}


@dataclass(frozen=True)
class Source:
    """A table of the owners, as text.

    Attributes:
        path: its file, for messages.
        table: text cells, empty ones missing, and ``row``: the line in the file.
    """

    path: Path
    table: pl.DataFrame

    def has(self, column: str) -> bool:
        """Whether the owners' table has that column."""
        return column in self.table.columns


@dataclass(frozen=True)
class Kind:
    """How the cells of a column are read.

    Attributes:
        parse: a cell that is not blank to its value, or to None where it says that the value is unknown;
            raises ValueError for what it does not understand.
        expected: what a cell should be, for messages.
        dtype: of the values.
    """

    parse: Callable[[str], Any]
    expected: str
    dtype: pl.DataType = field(default_factory=pl.String)


@dataclass(frozen=True)
class Column:
    """Where a column of the manifest comes from.

    Attributes:
        source: column of the owners' table.
        kind: how its cells are read.
        needed: whether the owners' table must have it; otherwise it is left out where they do not give it.
    """

    source: str
    kind: Kind
    needed: bool = True


def known(cell: str | None) -> str | None:
    """The cell without spaces around it, or None where it says in a usual way that it is not known."""
    text = (cell or "").strip()
    return None if text.lower() in _UNKNOWN else text


def words(cell: str) -> str:
    """Lower-case words with single spaces: ``head/neck`` and ``HEAD_NECK`` become ``head neck``."""
    return " ".join(re.split(r"[\s/_]+", cell.strip().lower())).strip()


def _number(cell: str) -> float:
    value = float(cell)
    if "_" in cell or value - value != 0:  # Python reads 1_0 as 10; infinite and nan are no numbers here
        raise ValueError(cell)
    return value


def _years(cell: str) -> float:
    value = _number(cell)
    if not 0 <= value <= OLDEST:
        raise ValueError(cell)
    return value


def _sex(cell: str) -> str | None:
    text = words(cell)
    return None if text in _UNKNOWN_SEX else _found(_SEXES, text)


def _skin_type(cell: str) -> int | None:
    text = words(cell)
    if text in _UNKNOWN_SKIN:
        return None
    text = re.sub(r"^(fst|fitzpatrick( skin)?( type)?|type) ?", "", text)
    value = _ROMAN[text] if text in _ROMAN else _number(text)
    if value not in range(1, 7):
        raise ValueError(cell)
    return int(value)


def _found(names: Mapping[str, T], text: str) -> T:
    if text not in names:
        raise ValueError(text)
    return names[text]


def one_of(names: Mapping[str, str | None], expected: str = "") -> Kind:
    """Cells that are one of the keys, compared as `words`; a value of None means unknown."""
    plain = {words(name): value for name, value in names.items()}
    return Kind(lambda cell: _found(plain, words(cell)), expected or f"one of {', '.join(names)}")


def codes(*names: str) -> Kind:
    """Cells that are one of these codes, written lower-case in the manifest."""
    same = {name: name for name in names}
    return Kind(lambda cell: _found(same, cell.lower()), f"one of {', '.join(names)}")


TEXT = Kind(str, "text")
LOWER = Kind(str.lower, "text")
WORDS = Kind(lambda cell: known(words(cell)), "words")
NUMBER = Kind(_number, "a number", pl.Float64())
YEARS = Kind(_years, f"a number of years from 0 to {OLDEST}", pl.Float64())
# Some owners write 0 for an age that they do not know, and have no newborns.
YEARS_ABOVE_0 = Kind(lambda cell: _years(cell) or None, YEARS.expected, pl.Float64())
SEX = Kind(_sex, "male or female")
SKIN_TYPE = Kind(_skin_type, "a Fitzpatrick type from 1 to 6", pl.Int64())
YES_NO = Kind(lambda cell: _found(_YES_NO, words(cell)), "true or false")
MALIGNANCY = one_of(
    {
        "benign": "benign",
        "malignant": "malignant",
        "indeterminate": "indeterminate",
        "indeterminate/benign": "indeterminate",
        "indeterminate/malignant": "indeterminate",
    }
)


def take(source: Source, key: str | None = None, /, **columns: Column) -> pl.DataFrame:
    """The manifest's columns out of the owners' table.

    Args:
        source: the owners' table.
        key: a manifest column that may not repeat, such as ``image_id``.
        columns: each manifest column and where it comes from.

    Raises:
        ManifestError: columns that are missing, or else every cell that is not understood.
    """
    need(source, *(column.source for column in columns.values() if column.needed))
    problems: list[tuple[int, str]] = []
    taken = {}
    for name, column in columns.items():
        if source.has(column.source):
            taken[name] = _read(source, column, problems)
    if key is not None:
        problems += _repeated(source, columns[key].source, taken[key])
    _stop(source, problems)
    return pl.DataFrame(list(taken.values()), schema=list(taken))


def need(source: Source, *columns: str) -> None:
    """Check that the owners' table has these columns.

    Raises:
        ManifestError: it does not; the message lists those it has.
    """
    missing = [column for column in columns if not source.has(column)]
    if missing:
        has = ", ".join(name for name in source.table.columns if name and name != "row")
        what = f"there is no column {', '.join(missing)}; the columns are {has}."
        raise ManifestError([f"{source.path}:1: {what} Is it the table that the owners publish?"])


def one_hot(source: Source, labels: Mapping[str, str | None]) -> pl.Series:
    """The label of each row of a table that has a column of 0 and 1 per label.

    Args:
        source: the owners' table.
        labels: column to label; None for a column that means 'none of the others' and may be absent.

    Raises:
        ManifestError: rows that have not exactly one label.
    """
    need(source, *(column for column, label in labels.items() if label is not None))
    there = [column for column in labels if source.has(column)]
    problems: list[tuple[int, str]] = []
    cells = [_read(source, Column(column, NUMBER), problems).to_list() for column in there]
    found: list[str | None] = []
    for row, marks in zip(source.table["row"], zip(*cells, strict=True), strict=True):
        chosen = [column for column, mark in zip(there, marks, strict=True) if mark]
        if len(chosen) != 1:
            which = f"{len(chosen)} labels ({', '.join(chosen)})" if chosen else "no label"
            problems.append((row, f"has {which}; exactly one of {', '.join(there)} has to be 1."))
        found.append(labels[chosen[0]] if chosen else None)
    _stop(source, problems)
    return pl.Series(found, dtype=pl.String)


def _read(source: Source, column: Column, problems: list[tuple[int, str]]) -> pl.Series:
    cells = source.table[column.source].to_list()
    values: dict[str | None, Any] = {}
    wrong = set()
    for cell in set(cells):
        text = known(cell)
        try:
            values[cell] = None if text is None else column.kind.parse(text)
        except ValueError:
            wrong.add(cell)
            values[cell] = None
    if wrong:
        mend = f"not {column.kind.expected}. Correct the cell, or leave it empty if it is not known."
        for row, cell in zip(source.table["row"], cells, strict=True):
            if cell in wrong:
                problems.append((row, f"{column.source} is '{cell}', {mend}"))
    return pl.Series([values[cell] for cell in cells], dtype=column.kind.dtype)


def _repeated(source: Source, name: str, values: pl.Series) -> list[tuple[int, str]]:
    first: dict[Any, int] = {}
    problems = []
    for row, value in zip(source.table["row"], values, strict=True):
        if value is None:
            problems.append((row, f"{name} is empty. Fill it in, or drop the row."))
        elif value in first:
            problems.append((row, f"{name} is '{value}', which row {first[value]} has already. Drop one."))
        first.setdefault(value, row)
    return problems


def _stop(source: Source, problems: list[tuple[int, str]]) -> None:
    if problems:
        raise ManifestError([f"{source.path}:{row}: {sentence}" for row, sentence in sorted(problems)])


def lists(values: Sequence[str]) -> str:
    """The first few of a list, for messages."""
    shown = ", ".join(values[:5])
    return f"{shown} and {len(values) - 5} more" if len(values) > 5 else shown
