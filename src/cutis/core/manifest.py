"""The manifest: one row per image, with its labels, its patient or lesion, and its split.

Columns: ``image`` (path, relative to the manifest's folder), ``image_id`` (default: the file's stem), a
group column (``patient_id``, else ``lesion_id``, else each image is its own group), the target, and optional
``split``, ``age``, ``sex`` and others, which are carried along. An empty cell is a missing value.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cutis.core.errors import ManifestError
from cutis.core.files import replacing
from cutis.core.labels import Labels
from cutis.core.table import read_table

SPLITS = ("train", "tune", "test")
SEXES = ("female", "male", "other")
OLDEST = 120

_FIXED = ("image", "image_id", "patient_id", "lesion_id", "split", "age", "sex")
_GROUPS = ("patient_id", "lesion_id")
_Problem = tuple[int, str]  # row, sentence


@dataclass(frozen=True, eq=False)
class Manifest:
    """A checked manifest.

    Attributes:
        path: the file it was read from; image paths are relative to its folder.
        table: every column of the file as text (``age`` as a number, unless it is the target), plus
            ``image_id`` and ``row``, the line in the file as an editor shows it (the header is line 1).
        group: column that says which images belong together; ``image_id`` where the file has neither patients
            nor lesions, so that each image stands for itself.
        targets: column of the labels, or one column per condition; none when they were not asked for.
    """

    path: Path
    table: pl.DataFrame
    group: str
    targets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.table.height

    @property
    def paths(self) -> list[Path]:
        """Absolute paths of the images, in row order."""
        folder = self.path.parent.absolute()
        return [folder / image for image in self.table["image"]]

    @property
    def target(self) -> str | None:
        """The one column of the labels; None where there are none, or several."""
        return self.targets[0] if len(self.targets) == 1 else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels that occur in any target, sorted."""
        return tuple(sorted({cell for name in self.targets for cell in self.table[name].drop_nulls()}))

    @property
    def fingerprint(self) -> str:
        """Sha-256 of which images there are, in which group, with which label. Row order does not matter."""
        named = {"target": self.target} if self.target else {name: name for name in self.targets}
        return _digest(self.table.select("image_id", *_columns(group=self.group, **named)))

    @property
    def split_hash(self) -> str:
        """Sha-256 of which image is in which split. Row order does not matter.

        Raises:
            ManifestError: there is no split.
        """
        self._need_split()
        return _digest(self.table.select("image_id", "split"))

    def part(self, split: str) -> Manifest:
        """The rows of one split: ``train``, ``tune`` or ``test``.

        Raises:
            ManifestError: there is no split, or no row in this one.
        """
        self._need_split()
        rows = self.table.filter(pl.col("split") == split)
        if rows.is_empty():
            there = [name for name in SPLITS if (self.table["split"] == name).any()]
            mend = f"There are {', '.join(there)}; divide anew with: cutis data split"
            raise ManifestError([f"{self.path}: no row has split '{split}'. {mend}"])
        return replace(self, table=rows)

    def labelled(self) -> Manifest:
        """The rows of which a target is known."""
        if not self.targets:
            return self
        known = pl.any_horizontal(pl.col(name).is_not_null() for name in self.targets)
        return replace(self, table=self.table.filter(known))

    def where(self, wanted: Mapping[str, Sequence[str]]) -> Manifest:
        """The rows with one of the wanted values in each of these columns.

        Raises:
            ManifestError: there is no such column, or no such row.
        """
        rows = self.table
        for column, values in wanted.items():
            if column not in rows.columns:
                raise ManifestError([f"{self.path}:1: {_no_column(column, 'asked for', rows.columns)}"])
            there = sorted(set(rows[column].cast(pl.String).drop_nulls()))
            rows = rows.filter(pl.col(column).cast(pl.String).is_in(list(values)))
            if rows.is_empty():
                said = f"no row has {column} {' or '.join(values)}; there are: {', '.join(there[:20])}."
                raise ManifestError([f"{self.path}: {said}"])
        return replace(self, table=rows)

    def _need_split(self) -> None:
        if "split" not in self.table.columns:
            raise ManifestError([f"{self.path}: has no column split. Make one with: cutis data split"])


def _columns(**named: str) -> list[pl.Expr]:
    return [pl.col(column).alias(name) for name, column in named.items()]


def _digest(table: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for row in table.sort("image_id").iter_rows():
        digest.update(json.dumps(row, ensure_ascii=True).encode())
    return digest.hexdigest()


def read_manifest(
    path: Path | str,
    *,
    target: str | Sequence[str] | None = None,
    labels: Labels | None = None,
    group: str | None = None,
    find_images: bool = True,
) -> Manifest:
    """Read and check a manifest.

    Args:
        path: CSV (comma, semicolon or tab) or Parquet.
        target: column of the labels, where they are needed; of several conditions one column each.
        labels: what the targets' cells may be; any text when None. Empty cells are allowed: not labelled.
        group: column that says which images belong together; default ``patient_id``, else ``lesion_id``.
        find_images: whether each image file must exist (it is not decoded).

    Raises:
        ManifestError: every wrong column, or else every wrong row, at once.
    """
    path = Path(path)
    table = read_table(path, ManifestError)
    targets = () if target is None else (target,) if isinstance(target, str) else tuple(target)
    wrong = _wrong_columns(table.columns, targets, group)
    if wrong:
        raise ManifestError([f"{path}:1: {sentence}" for sentence in wrong])
    group = group or next((name for name in _GROUPS if name in table.columns), "image_id")
    table = _with_ids(table)
    table = table.with_columns(_without_point_zero(table[name]) for name in targets)
    problems = _wrong_images(table, path.parent if find_images else None)
    problems += _wrong_ids(table, group)
    problems += _wrong_cells(table, targets, labels)
    if problems:
        raise ManifestError([f"{path}:{row}: {sentence}" for row, sentence in sorted(problems)])
    if "age" in table.columns and "age" not in targets:
        table = table.with_columns(pl.col("age").cast(pl.Float64))
    return Manifest(path, table, group, targets)


def rebased(manifest: Manifest, folder: Path | str) -> pl.DataFrame:
    """The table with image paths as seen from another folder, for a manifest that is written there."""
    there = Path(folder).resolve()
    real = {parent: parent.resolve() for parent in {path.parent for path in manifest.paths}}
    images = [_seen_from(there, real[path.parent] / path.name) for path in manifest.paths]
    return manifest.table.with_columns(pl.Series("image", images))


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def write_manifest(table: pl.DataFrame, path: Path | str) -> None:
    """Write a manifest's table whole or not at all, without the ``row`` column.

    Args:
        table: as in `Manifest.table`.
        path: ends in ``.csv`` or ``.parquet``.

    Raises:
        ManifestError: another suffix.
        OutputError: the file could not be written.
    """
    path = Path(path)
    need_manifest_name(path)
    rows = table.drop("row", strict=False)
    if rows.schema.get("age") == pl.Float64 and (rows["age"].drop_nulls() % 1 == 0).all():
        rows = rows.with_columns(pl.col("age").cast(pl.Int64))  # 5 stays 5, and does not become 5.0
    with replacing(path) as scratch:
        if path.suffix.lower() == ".parquet":
            rows.write_parquet(scratch)
        else:
            rows.write_csv(scratch)


def need_manifest_name(path: Path) -> None:
    """Refuse another suffix before work is done that could then not be written.

    Raises:
        ManifestError: the name ends in neither ``.csv`` nor ``.parquet``.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        mend = "Give the name one of these endings."
        raise ManifestError([f"{path}: a manifest is a .csv or a .parquet file. {mend}"])


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _did_you_mean(wanted: str, names: list[str]) -> str:
    plain = {_plain(name): name for name in names}
    close = difflib.get_close_matches(_plain(wanted), list(plain), n=1, cutoff=0.6)
    return f" Did you mean '{plain[close[0]]}'?" if close else ""


def _no_column(needed: str, why: str, columns: Sequence[str]) -> str:
    names = [name for name in columns if name != "row"]
    hint = _did_you_mean(needed, names) or f" Rename or add it; the columns are {', '.join(names)}."
    return f"there is no column '{needed}' ({why}).{hint}"


def _wrong_columns(columns: list[str], targets: tuple[str, ...], group: str | None) -> list[str]:
    names = [name for name in columns if name != "row"]
    needs = [("image", "the path of each image"), *((name, "the target") for name in targets)]
    needs += [(group, "the group")] if group is not None else []
    wrong = [_no_column(needed, why, names) for needed, why in needs if needed not in names]
    free = [name for name in names if name not in (*_FIXED, *targets, group)]
    for known in (name for name in _FIXED[1:] if name not in names):
        # Left unsaid, a misspelt patient_id would let a patient stand on both sides of a split.
        plain = {_plain(name): name for name in free}
        for close in difflib.get_close_matches(_plain(known), list(plain), n=1, cutoff=0.85):
            column = plain[close]
            if known not in ("age", "sex") or close == known:
                wrong.append(f"column '{column}' is not read. Did you mean '{known}'? Rename it, or drop it.")
    return wrong


def _with_ids(table: pl.DataFrame) -> pl.DataFrame:
    if "image_id" in table.columns:
        return table
    name = pl.col("image").str.replace_all(r"\\", "/").str.split("/").list.last()
    stem = name.str.replace(r"(.)\.[^.]*$", "$1")
    return table.insert_column(1, table.select(stem.alias("image_id"))["image_id"])


def _without_point_zero(cells: pl.Series) -> pl.Series:
    """Grades that a spreadsheet or a table with gaps has turned into 0.0, 1.0, 2.0 become 0, 1, 2 again."""
    if cells.drop_nulls().str.contains(r"^-?\d+\.0$").all():
        return cells.str.replace(r"\.0$", "")
    return cells


def _each(table: pl.DataFrame, column: str, wrong: pl.Expr, sentence: str) -> list[_Problem]:
    """One problem per row where ``wrong`` holds; ``{}`` in the sentence stands for the value."""
    rows = table.filter(wrong).select("row", column).iter_rows()
    return [(row, f"{column} {sentence.replace('{}', str(value), 1)}") for row, value in rows]


def _wrong_images(table: pl.DataFrame, folder: Path | None) -> list[_Problem]:
    mend = "Give the path of the image, or drop the row."
    problems = _each(table, "image", pl.col("image").is_null(), f"is empty. {mend}")
    if folder is None:
        return problems
    there = [image is None or os.path.isfile(folder / image) for image in table["image"]]  # noqa: PTH113 (a million)
    missing = table.filter(~pl.Series(there, dtype=pl.Boolean))
    if missing.height == table.height > 1:
        row, image = missing.row(0, named=True)["row"], missing["image"][0]
        what = (
            f"image is '{image}', but neither this file nor that of any other row is in {folder.absolute()}."
        )
        return [*problems, (row, f"{what} Put the manifest where its paths begin, or correct the paths.")]
    mend = "which is not a file. Correct the path (it is read from the manifest's folder), or drop the row."
    return problems + _each(missing, "image", pl.lit(True), "is '{}', " + mend)


def _wrong_ids(table: pl.DataFrame, group: str) -> list[_Problem]:
    column, known = pl.col("image_id"), pl.col("image_id").is_not_null()
    mend = "Give each image its own id in the column image_id."
    problems = _each(table, "image_id", ~known & pl.col("image").is_not_null(), f"is empty. {mend}")
    again = table.filter(known).select("row", column, pl.col("row").first().over("image_id").alias("first"))
    for row, value, first in again.filter(pl.col("row") != pl.col("first")).iter_rows():
        problems.append((row, f"image_id is '{value}', which row {first} has already. {mend}"))
    if group != "image_id":
        mend = "Every image needs one, so that no group stands in two splits: fill it in, or drop the row."
        problems += _each(table, group, pl.col(group).is_null(), f"is empty. {mend}")
    return problems


def _wrong_cells(table: pl.DataFrame, targets: tuple[str, ...], labels: Labels | None) -> list[_Problem]:
    problems = []
    mend = "Correct the cell, or leave it empty if the image has no label."
    if labels is not None:
        for name in targets:
            problems += _not_one_of(table, name, labels.answers.names, mend)
    if "split" in table.columns:
        problems += _not_one_of(table, "split", SPLITS, "Correct the cell, or drop the column.")
        mend = "Write train, tune or test, or drop the row."
        problems += _each(table, "split", pl.col("split").is_null(), f"is empty. {mend}")
    unknown = "Correct the cell, or leave it empty if it is not known."
    if "sex" in table.columns and "sex" not in targets:
        problems += _not_one_of(table, "sex", SEXES, unknown)
    if "age" in table.columns and "age" not in targets:
        years = pl.col("age").cast(pl.Float64, strict=False)
        wrong = pl.col("age").is_not_null() & ~years.is_between(0, OLDEST).fill_null(False)
        problems += _each(
            table, "age", wrong, f"is '{{}}', not a number of years from 0 to {OLDEST}. {unknown}"
        )
    return problems


def _not_one_of(table: pl.DataFrame, column: str, names: tuple[str, ...], mend: str) -> list[_Problem]:
    sentence = f"is '{{}}', not one of {', '.join(names)}. {mend}"
    return _each(table, column, ~pl.col(column).is_in(names), sentence)
