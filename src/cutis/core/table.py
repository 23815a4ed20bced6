"""A table from a file as its user sees it: text cells, empty means missing, each row with its line number."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import polars as pl
import polars.selectors as cs

from cutis.core.errors import ManifestError, PredictionsError

_SEPARATORS = (",", ";", "\t")


def read_table(path: Path | str, error: type[ManifestError] | type[PredictionsError]) -> pl.DataFrame:
    """Read a CSV (comma, semicolon or tab) or Parquet file.

    Args:
        path: the file.
        error: what to raise.

    Returns:
        Every column as text, stripped, with empty cells missing, and ``row``: the line in the file as an
        editor shows it (the header is line 1, in Parquet the first row 2). Blank lines are left out.

    Raises:
        ManifestError: (or the given error) the file is missing, is not a table, or has ragged rows.
    """
    path = Path(path)
    if path.is_dir():
        raise error([f"{path}: is a folder. Give the table in it, a .csv or .parquet file."])
    if not path.is_file():
        raise error([f"{path}: there is no such file. Check the path."])
    table = _parquet(path, error) if path.suffix.lower() == ".parquet" else _csv(path, error)
    cells = [name for name in table.columns if name != "row"]
    stripped = table.with_columns(pl.col(cells).str.strip_chars().replace("", None))
    rows = stripped.filter(~pl.all_horizontal(pl.col(cells).is_null()))
    if rows.is_empty():
        raise error([f"{path}: has no rows. Give it a header line and one line per image."])
    return rows


def _parquet(path: Path, error: type[ManifestError] | type[PredictionsError]) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise error([f"{path}: cannot be read as Parquet ({problem}). Write it again."]) from problem
    other = [name for name in table.columns if table.schema[name].is_nested() or not _is_text(table[name])]
    flat = table.drop(["row", *other], strict=False)
    text = flat.with_columns(cs.float().fill_nan(None)).with_columns(pl.all().cast(pl.String))
    return text.with_row_index("row", offset=2)


def _is_text(cells: pl.Series) -> bool:
    """Whether bytes are text that was not called so; pictures inside a table are no cells."""
    if cells.dtype == pl.Binary:
        try:
            cells.cast(pl.String)
        except pl.exceptions.PolarsError:
            return False
    return True


def _csv(path: Path, error: type[ManifestError] | type[PredictionsError]) -> pl.DataFrame:
    text = _text(path, error)
    blank = len(text) - len(text.lstrip("\r\n"))
    above = text.count("\n", 0, blank)  # empty lines over the header
    text = text[blank:]
    header = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header.rstrip("\r")], delimiter=separator), [])]
    except csv.Error as problem:
        raise error(
            [f"{path}:{above + 1}: is no header line ({problem}). Name the columns in it."]
        ) from problem
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise error(
            [f"{path}:{above + 1}: column '{name}' stands twice. Rename or drop one." for name in twice]
        )
    ragged = _ragged(path, text, separator, len(names), above)
    if ragged:
        raise error(ragged)
    try:
        table = pl.read_csv(text.encode(), infer_schema=False, separator=separator)
    except pl.exceptions.PolarsError as problem:
        raise error([_unread(path, text, separator, above, problem)]) from problem
    table.columns = names
    # A quoted cell may hold line breaks, which an editor counts.
    lines = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0)) + 1
    first = (lines.cum_sum() - lines + 2 + above).cast(pl.UInt32)
    return table.drop("row", strict=False).with_columns(table.select(first.alias("row"))["row"])


def _text(path: Path, error: type[ManifestError] | type[PredictionsError]) -> str:
    try:
        raw = path.read_bytes()
    except OSError as problem:
        mend = "Check the path, the disk, and who may read it."
        raise error([f"{path}: could not be read ({problem.strerror or problem}). {mend}"]) from problem
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise error([f"{path}:{line}: is not UTF-8 text. Save the table as 'CSV UTF-8'."]) from problem
    if "\0" in text:
        raise error([f"{path}: is not a text file. Save it as 'CSV UTF-8', or name it .parquet if it is."])
    if not text.strip():
        raise error([f"{path}: is empty. Give it a header line and one line per image."])
    if "\n" not in text:
        text = text.replace("\r", "\n")  # lines as spreadsheets once ended them on the Macintosh
    return text


def _ragged(path: Path, text: str, separator: str, width: int, above: int) -> list[str]:
    """Name the rows whose number of cells is not that of the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    problems, line = [], above + 1
    with suppress(csv.Error):  # a cell longer than any; what polars said is told then
        for cells in reader:
            if cells and len(cells) != width:
                many = "Put cells that hold the separator in double quotes."
                mend = many if len(cells) > width else "Empty cells need their separators too."
                cells_here = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
                problems.append(f"{path}:{line}: has {cells_here} where the header has {width}. {mend}")
            line = above + reader.line_num + 1
    return problems


def _unread(path: Path, text: str, separator: str, above: int, problem: Exception) -> str:
    """Name the row with a quotation mark that polars could not make sense of."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = above + 1
    try:
        for _ in reader:
            line = above + reader.line_num + 1
    except csv.Error:
        said = "has a quotation mark that is not closed, or that text follows."
        return f"{path}:{line}: {said} Put the whole cell in double quotes, and write those within it twice."
    return f"{path}: cannot be read as a table ({str(problem).splitlines()[0]}). Save it anew as 'CSV UTF-8'."
