"""From the folder of a public set to a manifest: what every set has in common."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

import polars as pl

from cutis.core.errors import CutisError, OutputError
from cutis.core.manifest import write_manifest
from cutis.data.importers._columns import lists
from cutis.data.importers._folder import Folder, scan

FIRST = "image image_id patient_id lesion_id {} split modality device age sex body_site skin_type"
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Importer:
    """A public set and how its tables are read.

    Attributes:
        name: as on the command line.
        title: for people.
        licence: of the images, as their owners state it.
        source: the paper or site that describes the set.
        target: column of the manifest that a model would learn.
        read: the owners' tables to manifest columns, one row per image; ``image`` is the owners' name for it.
        caution: what a user must know before training on it.
        unpack: writes the images below a new folder under the names that `read` gives them, for sets that
            are not published as image files; calls its last argument with 1 per image.
    """

    name: str
    title: str
    licence: str
    source: str
    target: str
    read: Callable[[Folder], pl.DataFrame]
    caution: str = ""
    unpack: Callable[[Folder, Path, Progress], None] | None = None


@dataclass(frozen=True)
class Imported:
    """What was written.

    Attributes:
        path: the manifest.
        table: its rows.
        missing: owners' names of listed images that are not in the folder and were left out.
        copies: number of images that lie in several folders.
    """

    path: Path
    table: pl.DataFrame
    missing: tuple[str, ...] = ()
    copies: int = 0


def import_set(
    importer: Importer,
    folder: Path | str,
    out: Path | str,
    *,
    skip_missing: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Write the manifest of a public set.

    The images stay where they are; only those of a set that is published as one array are written out, into
    a folder beside the manifest.

    Args:
        importer: the set.
        folder: where its files were unpacked, or the one file of a set that is a single file.
        out: the manifest, ``.csv`` or ``.parquet``.
        skip_missing: leave out images that are listed but not there, instead of stopping.
        progress: called with 1 per image that is written out.

    Raises:
        CutisError: the folder is not that of this set (the message says what was looked for and found), or
            images that it lists are not there.
        ManifestError: cells of the owners' tables that are not understood.
        OutputError: the manifest could not be written.
    """
    out = Path(out)
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise CutisError(f"{out}: a manifest is a .csv or a .parquet file. Give it one of these endings.")
    place = scan(folder)
    table = importer.read(place)
    if importer.unpack is None:
        table, missing, copies = _located(table, place, out, skip_missing)
        table = arranged(table, importer.target)
        write_manifest(table, out)
        return Imported(out, table, missing, copies)
    images = out.with_name(f"{out.stem}_images")
    table = table.with_columns(pl.format("{}/{}", pl.lit(images.name), "image").alias("image"))
    table = arranged(table, importer.target)
    with _new_folder(images) as scratch:
        importer.unpack(place, scratch, progress or (lambda _: None))
    try:
        write_manifest(table, out)
    except BaseException:
        shutil.rmtree(images, ignore_errors=True)
        raise
    return Imported(out, table)


def arranged(table: pl.DataFrame, target: str) -> pl.DataFrame:
    """Every image in a group, a split only of several parts, no empty columns, the usual ones first.

    An image whose lesion is not known stands for itself: its ``lesion_id`` is its image id. One whose patient
    is not known takes the patient of another image of its lesion, else its lesion.
    """
    image, lesion, patient = pl.col("image_id"), pl.col("lesion_id"), pl.col("patient_id")
    empty = [name for name in table.columns if name != target and table[name].null_count() == table.height]
    table = table.drop(empty)
    if "patient_id" in table.columns and "lesion_id" in table.columns:
        other = pl.when(lesion.is_not_null()).then(patient.drop_nulls().first().over("lesion_id"))
        table = table.with_columns(pl.coalesce(patient, other, lesion).alias("patient_id"))
    for group in ("lesion_id", "patient_id"):
        if group in table.columns:
            table = table.with_columns(pl.coalesce(group, image).alias(group))
    if "split" in table.columns and table["split"].n_unique() < 2:
        table = table.drop("split")
    usual = [name for name in FIRST.format(target).split() if name in table.columns]
    return table.select(*usual, *(name for name in table.columns if name not in usual))


def _located(
    table: pl.DataFrame, folder: Folder, out: Path, skip_missing: bool
) -> tuple[pl.DataFrame, tuple[str, ...], int]:
    """The table with the images' paths from the manifest's folder, the missing ones left out."""
    references = table["image"].to_list()
    found = [folder.images(reference) for reference in references]
    missing = tuple(name for name, files in zip(references, found, strict=True) if not files)
    if len(missing) == len(references):
        what = f"none of the {len(references)} images that the tables list is here: {lists(missing)}."
        raise CutisError(f"{folder.path}: {what} Unpack the images into this folder.")
    if missing and not skip_missing:
        what = f"{len(missing)} of {len(references)} images that the tables list are not here:"
        mend = "Unpack every part of the set into this folder, or leave them out with --skip-missing."
        raise CutisError(f"{folder.path}: {what} {lists(missing)}. {mend}")
    way = _way(out.parent.resolve(), folder.path.resolve())
    paths = [(way / files[0]).as_posix() if files else None for files in found]
    kept = table.with_columns(pl.Series("image", paths, dtype=pl.String)).drop_nulls("image")
    return kept, missing, sum(len(files) > 1 for files in found)


def _way(start: Path, end: Path) -> PurePath:
    """The path from one folder to another; an absolute one where they lie on different drives."""
    try:
        return PurePath(os.path.relpath(end, start))
    except ValueError:
        return end


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Fill a folder beside its place and rename it when all is done; on any error nothing of it stays."""
    if target.exists():
        raise OutputError(f"{target}: is there already. Move it away, or give the manifest another name.")
    scratch = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        scratch.mkdir(parents=True)
        yield scratch
        scratch.rename(target)
    except OSError as error:
        what = f"could not be written ({error.strerror or error})."
        mend = "Nothing was changed; make room or choose another place."
        raise OutputError(f"{target}: {what} {mend}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
