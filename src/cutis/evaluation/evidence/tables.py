"""One table, three ways: full figures as CSV, set figures as LaTeX, and the cells of a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cutis.evaluation import words
from cutis.pages import numbers
from cutis.stats.comparison import Difference
from cutis.stats.intervals import Estimate

# share: an estimate in percent; decimal: an estimate as it is; points: a difference in percentage points;
# signed: a difference as it is; p: a chance; number: any size, so that four digits of it are told.
Kind = Literal["text", "count", "share", "decimal", "points", "signed", "p", "number"]
Cell = str | int | float | Estimate | Difference | None

_INTERVALS = ("share", "decimal", "points", "signed")
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "−": r"\ensuremath{-}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "∞": r"\ensuremath{\infty}",
    "²": r"\ensuremath{^2}",
}


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: its name in the CSV file; intervals add ``_low`` and ``_high``.
        title: its name for people.
        kind: what its cells are.
    """

    key: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        key: its file name without suffix.
        title: what it shows.
        columns: from left to right.
        rows: one cell per column; None is an empty cell.
        note: what must be known to read it.
        grouped: rows that begin with the same cell belong together; people see it once.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    grouped: bool = False


def shown(cell: Cell, kind: Kind) -> str:
    """A cell as people read it; empty where there is nothing to say."""
    if cell is None:
        return ""
    if isinstance(cell, Estimate):
        return _estimate(cell, kind)
    if isinstance(cell, Difference):
        return _difference(cell, kind)
    if kind == "p":
        return words.p_value(float(cell)).removeprefix("p ").removeprefix("= ").replace("< ", "<")
    if kind == "number" and isinstance(cell, float | int):
        return numbers.significant(float(cell))
    if kind == "count" or isinstance(cell, int):
        return f"{int(cell):,}"
    return cell if isinstance(cell, str) else numbers.decimal(cell)


def to_csv(table: Table) -> str:
    """The table with every figure in full, one line per row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name for column in table.columns for name in _names(column)])
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        writer.writerow([value for column, cell in cells for value in _values(column, cell)])
    return text.getvalue()


def to_latex(table: Table) -> str:
    """The table for an article: needs the package booktabs, and longtable where it runs over pages."""
    side = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    head = " & ".join(_escaped(column.title) for column in table.columns) + r" \\"
    lines = [" & ".join(_escaped(cell) for cell in row) + r" \\" for row in cells(table)]
    note = [rf"\par\smallskip\footnotesize {_escaped(table.note)}"] if table.note else []
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escaped(table.title)}}}",
            rf"\label{{tab:{table.key}}}",
            rf"\begin{{tabular}}{{{side}}}",
            r"\toprule",
            head,
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            *note,
            r"\end{table}",
            "",
        ]
    )


def cells(table: Table) -> list[list[str]]:
    """The body as people read it, row by row."""
    rows = [
        [shown(cell, column.kind) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    if table.grouped:
        heads = [row[0] for row in rows]
        for row, before in zip(rows[1:], heads, strict=False):
            row[0] = "" if row[0] == before else row[0]
    return rows


def without_empty_columns(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Leave out columns in which no row says anything."""
    kept = [k for k in range(len(columns)) if any(row[k] is not None for row in rows)]
    return tuple(columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows)


def _estimate(estimate: Estimate, kind: Kind) -> str:
    if kind == "share":
        return f"{words.percent_value(estimate)} ({words.percent_range(estimate)})"
    return words.decimal_interval(estimate)


def _difference(difference: Difference, kind: Kind) -> str:
    scale, digits = (100.0, 1) if kind == "points" else (1.0, 3)
    ends = (scale * difference.value, scale * difference.low, scale * difference.high)
    return words.signed_interval(*ends, digits)


def _names(column: Column) -> list[str]:
    if column.kind in _INTERVALS:
        return [column.key, f"{column.key}_low", f"{column.key}_high"]
    return [column.key]


def _values(column: Column, cell: Cell) -> list[str]:
    if column.kind in _INTERVALS:
        if isinstance(cell, Estimate | Difference):
            return [repr(float(value)) for value in (cell.value, cell.low, cell.high)]
        return ["", "", ""]
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return [""]
    return [repr(float(cell)) if isinstance(cell, float) else str(cell)]


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
