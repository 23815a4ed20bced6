"""Photos that an export is set up and judged with: the user's, or rendered ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from cutis.core.bundle import BundleInfo
from cutis.core.errors import CutisError
from cutis.core.manifest import read_manifest
from cutis.phantoms.dataset import write_phantoms
from cutis.runtime.inputs import TABLES, gather
from cutis.tasks import get_task

MOST = 400  # photos that are looked at; more change little
LEAST = 32  # half of them set the ranges of 8-bit numbers, half judge the result
RENDERED = 128
_SEED = 20


@dataclass(frozen=True)
class Photos:
    """Photos and what is known of them.

    Attributes:
        paths: of each.
        groups: patient or lesion of each.
        truths: name of the label that is true of each; None where it is not known.
        origin: what they are, for people, such as ``rendered by cutis``.
    """

    paths: tuple[Path, ...]
    groups: tuple[str, ...]
    truths: tuple[str | None, ...]
    origin: str

    def __len__(self) -> int:
        return len(self.paths)

    def halves(self) -> tuple[Photos, Photos]:
        """Two parts of about one size; no patient or lesion is in both."""
        names = np.array(sorted(set(self.groups)))
        np.random.default_rng(_SEED).shuffle(names)
        order = {name: place for place, name in enumerate(names.tolist())}
        ranked = sorted(range(len(self)), key=lambda number: order[self.groups[number]])
        middle = len(ranked) // 2
        while 0 < middle < len(ranked) and self._same(ranked[middle - 1], ranked[middle]):
            middle += 1
        return self._some(ranked[:middle]), self._some(ranked[middle:])

    def _same(self, one: int, other: int) -> bool:
        return self.groups[one] == self.groups[other]

    def _some(self, places: Sequence[int]) -> Photos:
        return Photos(
            tuple(self.paths[i] for i in places),
            tuple(self.groups[i] for i in places),
            tuple(self.truths[i] for i in places),
            self.origin,
        )


def given(place: Path, info: BundleInfo, split: str | None = None) -> Photos:
    """The photos of a folder or manifest, at most `MOST` of them, always the same ones.

    Args:
        place: a folder, an image or a manifest.
        info: of the bundle that they are for.
        split: only this split of the manifest.

    Raises:
        CutisError: it is not there, or holds no photos.
    """
    inputs = gather([place], split=split)
    truths = _truths(place, info) if place.suffix.lower() in TABLES else {}
    count = len(inputs)
    some = sorted(np.random.default_rng(_SEED).permutation(count)[:MOST].tolist())
    return Photos(
        tuple(Path(inputs.paths[i]) for i in some),
        tuple(inputs.groups[i] for i in some),
        tuple(truths.get(inputs.ids[i]) for i in some),
        f"of {place.name}",
    )


def rendered(
    info: BundleInfo, folder: Path, step: Callable[[int], None] | None = None, count: int = RENDERED
) -> Photos:
    """Photos drawn for the bundle's task.

    Args:
        info: of the bundle.
        folder: to which they are written.
        step: called with the number of photos just drawn.
        count: how many.

    Raises:
        CutisError: this task has none.
    """
    try:
        task = get_task(info.task)
    except CutisError as error:
        raise CutisError(f"{error} No photos can be drawn for it: give some with --images FOLDER.") from error
    side = max(224, info.size)
    manifest = write_phantoms(task, folder, count, _SEED, size=side, progress=step)
    drawn = given(manifest, info)
    return Photos(drawn.paths, drawn.groups, drawn.truths, "rendered by cutis")


def need_enough(photos: Photos) -> None:
    """Refuse too few.

    Raises:
        CutisError: there are fewer than `LEAST`.
    """
    if len(photos) < LEAST:
        raise CutisError(
            f"{len(photos)} photos {photos.origin} are too few to make 8-bit numbers: {LEAST} or more are "
            "needed, of which half set the ranges and half judge the result; 200 are better. Give more with "
            "--images, or leave it out to use rendered ones."
        )


def _truths(manifest: Path, info: BundleInfo) -> dict[str, str]:
    """What is true of a manifest's photos, by name, where one column holds just this bundle's labels."""
    if info.labels.several:
        return {}
    table, known = read_manifest(manifest).table, set(info.labels.names)
    found = []
    for column in set(table.columns) - {"image_id", "row"}:
        cells = table.select("image_id", pl.col(column).cast(pl.String)).drop_nulls()
        there = set(cells[column])
        if len(there) > 1 and there <= known:
            found.append(dict(cells.iter_rows()))
    return found[0] if len(found) == 1 else {}
