"""The raters of a manifest: what they said of its photos, and one answer from all of them beside it.

A rater is a column ``rater_<name>``; an empty cell is a rating not given. How far raters agree, and how one
answer is found, is in `cutis.evaluation.raters`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ManifestError
from cutis.core.labels import Categorical, Label, Labels, MultiLabel, Ordinal
from cutis.core.manifest import Manifest

Array = NDArray[np.float64]

PREFIX = "rater_"
PROBABILITY = "consensus_probability"

_MOST = 100  # categories; more are measurements, and every pair of raters has a table of their square
_TAKEN = ("image", "image_id", "row", "split", "patient_id", "lesion_id", "age", "sex", PROBABILITY)


@dataclass(frozen=True, eq=False)
class RatedPhotos:
    """Photos and what raters said of them.

    Attributes:
        manifest: whose cells of ratings are written as the labels are: 1.0 has become 1.
        raters: (raters,) names, without those who rated nothing.
        idle: names of those who rated nothing.
        labels: what could be said; grades stand in their order.
        ratings: (photos, raters) position in the labels, nan where there is no rating.
    """

    manifest: Manifest
    raters: tuple[str, ...]
    idle: tuple[str, ...]
    labels: Labels
    ratings: NDArray[np.float64]

    @property
    def graded(self) -> bool:
        """The labels are grades."""
        return isinstance(self.labels, Ordinal)

    @property
    def groups(self) -> NDArray[np.str_]:
        """(photos,) patient or lesion of each photo."""
        return np.asarray(self.manifest.table[self.manifest.group].to_list(), dtype=np.str_)


def read_ratings(
    manifest: Manifest, labels: Labels | None = None, known: Sequence[Label] = ()
) -> RatedPhotos:
    """The ratings of a manifest.

    Args:
        manifest: with a column ``rater_<name>`` for each of two raters or more.
        labels: what raters may say, lowest grade first. When None, what they said: numbers are grades in the
            order of numbers, names are classes.
        known: further labels, taken in where they occur; see `cutis.task.Task`.

    Raises:
        ManifestError: there are no two raters, no photo with two ratings, or ratings that are no label.
        CutisError: the labels are findings, of which a rater may name several.
    """
    if isinstance(labels, MultiLabel):
        raise CutisError(
            "findings are several answers at once; a column of ratings holds one. "
            "Give each finding a manifest of its own."
        )
    columns = _rater_columns(manifest)
    said = {name: manifest.table[name].cast(pl.String) for name in columns}
    found = {cell for cells in said.values() for cell in cells.drop_nulls().unique()}
    if labels is None:
        labels = _labels_found(manifest, said, {_plain(cell) for cell in found})
    else:
        taken = [label for label in known if label.name in found and label.name not in labels]
        labels = type(labels)([*labels.items, *taken])
    place = {name: position for position, name in enumerate(labels.names)}
    spelt = {cell: cell if cell in place else _plain(cell) for cell in found}
    mend = "Correct the cell, or leave it empty if this rater did not rate the photo."
    listed = ", ".join(labels.names)
    _need_none(manifest, said, {c for c in found if spelt[c] not in place}, f"not one of {listed}. {mend}")
    codes = [[np.nan if cell is None else place[spelt[cell]] for cell in said[name]] for name in columns]
    ratings = np.array(codes, dtype=np.float64).T  # (photos, raters)
    busy = np.flatnonzero(~np.isnan(ratings).all(axis=0))
    if not np.any(np.sum(~np.isnan(ratings), axis=1) > 1):
        raise ManifestError(
            [
                f"{manifest.path}: no photo was rated by two raters, so that there is nothing to compare "
                f"({', '.join(columns)}). Fill in their ratings of the same photos."
            ]
        )
    table = manifest.table.with_columns(
        pl.Series(name, [None if cell is None else spelt[cell] for cell in said[name]], dtype=pl.String)
        for name in columns
    )
    names = [name.removeprefix(PREFIX) for name in columns]
    return RatedPhotos(
        replace(manifest, table=table),
        tuple(names[number] for number in busy),
        tuple(name for number, name in enumerate(names) if number not in busy),
        labels,
        ratings[:, busy],
    )


def need_place(rated: RatedPhotos, target: str, *, models: bool, over: bool = False) -> None:
    """Refuse a column that holds something else, before work is done that could then not be written.

    Args:
        rated: from `read_ratings`.
        target: column of the consensus.
        models: a model finds the consensus, which writes its probability too.
        over: what is there may be replaced.

    Raises:
        ManifestError: names the column.
    """
    manifest = rated.manifest
    if target in (*_TAKEN, manifest.group) or target.startswith(PREFIX):
        mend = "Choose another column with --target."
        raise ManifestError([f"{manifest.path}:1: column '{target}' cannot hold a consensus. {mend}"])
    wanted = [target, PROBABILITY] if models else [target]
    there = [name for name in wanted if name in manifest.table.columns]
    if there and not over:
        mend = "Replace it with --replace"
        mend += ", or choose another column with --target." if there == [target] else "."
        raise ManifestError(
            [f"{manifest.path}:1: there is a column '{name}' already. {mend}" for name in there]
        )


def with_consensus(
    rated: RatedPhotos, target: str, answer: Array, probability: Array | None = None
) -> Manifest:
    """The manifest with one answer for each photo; a probability of answers that it replaces is dropped.

    Args:
        rated: from `read_ratings`.
        target: column of the answers, replaced where it is there; see `need_place`.
        answer: (photos,) position in the labels, nan for none.
        probability: (photos,) of that answer, nan for none.
    """
    table = rated.manifest.table
    if target in table.columns:
        table = table.drop(PROBABILITY, strict=False)
    names = rated.labels.names
    answers = [None if np.isnan(code) else names[int(code)] for code in answer]
    table = table.with_columns(pl.Series(target, answers, dtype=pl.String))
    if probability is not None:
        table = table.with_columns(pl.Series(PROBABILITY, probability.round(6)).fill_nan(None))
    return replace(rated.manifest, table=table, targets=(target,))


def _rater_columns(manifest: Manifest) -> list[str]:
    names = [name for name in manifest.table.columns if name != "row"]
    columns = [name for name in names if name.startswith(PREFIX) and name != PREFIX]
    if not columns:
        raise ManifestError(
            [
                f"{manifest.path}:1: there is no column rater_<name>, one per rater. Rename the columns of "
                f"ratings so; the columns are {', '.join(names)}."
            ]
        )
    if len(columns) == 1:
        raise ManifestError(
            [
                f"{manifest.path}:1: {columns[0]} is the only rater; agreement needs two. Add a column "
                f"rater_<name> of another; the columns are {', '.join(names)}."
            ]
        )
    return columns


def _labels_found(manifest: Manifest, said: dict[str, pl.Series], found: set[str]) -> Labels:
    numbers = {cell for cell in found if _is_number(cell)}
    if numbers and len(numbers) < len(found):
        mend = "Correct the cell, leave it empty if this rater did not rate the photo, or name the --task."
        _need_none(manifest, said, found - numbers, f"while others gave numbers. {mend}")
    if len(found) > _MOST:
        raise ManifestError(
            [
                f"{manifest.path}: raters gave {len(found)} different answers; up to {_MOST} can be compared "
                "as grades or classes. Round measurements to grades."
            ]
        )
    if not found:
        return Categorical(["none"])  # nobody rated anything, which is told with the photos
    in_order: list[str] = sorted(found, key=float) if numbers else sorted(found)
    return Ordinal(in_order) if numbers else Categorical(in_order)


def _need_none(manifest: Manifest, said: dict[str, pl.Series], wrong: set[str], what: str) -> None:
    problems = [
        (row, f"{manifest.path}:{row}: {name} is '{cell}', {what}")
        for name, cells in said.items()
        for row, cell in zip(manifest.table["row"], cells, strict=True)
        if cell in wrong
    ]
    if problems:
        raise ManifestError([sentence for _, sentence in sorted(problems)])


def _is_number(cell: str) -> bool:
    try:
        return isfinite(float(cell))
    except ValueError:
        return False


def _plain(cell: str) -> str:
    """A number as people write it: 1 for 1.0, as tables with gaps have it."""
    if not _is_number(cell):
        return cell
    number = float(cell)
    return str(int(number)) if number.is_integer() else str(number)
