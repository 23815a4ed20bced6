"""The manifest: one row per image, with its labels, its patient or lesion, and its split.

Columns: ``image`` (path, relative to the manifest's folder), ``image_id`` (default: the file's stem), a
group column (``patient_id``, else ``lesion_id``, else each image is its own group), the target, and optional
``split``, ``mask_<condition>`` (a PNG of where it is, white on black), ``age``, ``sex`` and others, which are
carried along. An empty cell is a missing value.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cutis.core.errors import ManifestError
from cutis.core.files import replacing
from cutis.core.labels import Labels
from cutis.core.manifest_checks import (
    SPLITS,
    no_column,
    with_ids,
    without_point_zero,
    wrong_cells,
    wrong_columns,
    wrong_ids,
    wrong_images,
)
from cutis.core.table import read_table

__all__ = [
    "MASK",
    "SPLITS",
    "Manifest",
    "need_manifest_name",
    "read_manifest",
    "rebased",
    "write_manifest",
]

MASK = "mask_"  # and a condition's name: the column of pictures of where it is
_GROUPS = ("patient_id", "lesion_id")


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

    def masks(self, column: str) -> list[Path | None]:
        """Absolute paths of the pictures that a column names, in row order; None where a cell is empty."""
        folder = self.path.parent.absolute()
        return [None if cell is None else folder / cell for cell in self.table[column]]

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
                raise ManifestError([f"{self.path}:1: {no_column(column, 'asked for', rows.columns)}"])
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
    wrong = wrong_columns(table.columns, targets, group)
    if wrong:
        raise ManifestError([f"{path}:1: {sentence}" for sentence in wrong])
    group = group or next((name for name in _GROUPS if name in table.columns), "image_id")
    table = with_ids(table)
    table = table.with_columns(without_point_zero(table[name]) for name in targets)
    problems = wrong_images(table, path.parent if find_images else None)
    problems += wrong_ids(table, group)
    problems += wrong_cells(table, targets, labels)
    if problems:
        raise ManifestError([f"{path}:{row}: {sentence}" for row, sentence in sorted(problems)])
    if "age" in table.columns and "age" not in targets:
        table = table.with_columns(pl.col("age").cast(pl.Float64))
    return Manifest(path, table, group, targets)


def rebased(manifest: Manifest, folder: Path | str) -> pl.DataFrame:
    """The table with paths of images and masks as seen from another folder, to be written there."""
    there = Path(folder).resolve()
    real: dict[Path, Path] = {}

    def moved(path: Path | None) -> str | None:
        if path is None:
            return None
        if path.parent not in real:
            real[path.parent] = path.parent.resolve()
        return _seen_from(there, real[path.parent] / path.name)

    columns: dict[str, Sequence[Path | None]] = {"image": manifest.paths}
    columns |= {name: manifest.masks(name) for name in _masks_in(manifest.table)}
    return manifest.table.with_columns(
        pl.Series(name, [moved(path) for path in paths], dtype=pl.String) for name, paths in columns.items()
    )


def _masks_in(table: pl.DataFrame) -> list[str]:
    """Columns of masks: named so, and with nothing but PNG files in them."""
    named = [name for name in table.columns if name.startswith(MASK) and table[name].dtype == pl.String]
    return [name for name in named if table[name].drop_nulls().str.to_lowercase().str.ends_with(".png").all()]


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
