"""The photos that the user names, as `cutis.runtime.inputs` lists them, with their labels where known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cutis.core.errors import CutisError
from cutis.core.labels import Labels
from cutis.core.manifest import SPLITS, Manifest, read_manifest
from cutis.explain.photos import Item
from cutis.runtime.inputs import TABLES
from cutis.runtime.inputs import gather as list_photos

ALL = "all"


@dataclass(frozen=True)
class Inputs:
    """The photos, and what is known of them.

    Attributes:
        items: in order.
        group: the manifest's group column; ``image_id`` where photos stand for themselves.
        notes: what was chosen for the user, one sentence each.
    """

    items: tuple[Item, ...]
    group: str
    notes: tuple[str, ...]


def gather(
    inputs: Sequence[Path], labels: Labels, *, target: str | None = None, split: str | None = None
) -> Inputs:
    """Find the photos and their labels.

    Args:
        inputs: images, folders and manifests.
        labels: of the model; they tell which column of a manifest holds the truth.
        target: that column, where it is to be named.
        split: ``train``, ``tune``, ``test`` or ``all``; by default ``test`` where only manifests are given
            and have it, because photos that a model learnt from flatter it.

    Raises:
        CutisError: see `cutis.runtime.inputs.gather`; or no such split.
        ManifestError: a manifest does not hold, or has no such column.
    """
    if split is not None and split not in (*SPLITS, ALL):
        raise CutisError(f"there is no split '{split}'. Use one of {', '.join((*SPLITS, ALL))}.")
    tables = [place for place in inputs if place.suffix.lower() in TABLES]
    manifests = [read_manifest(place, target=target, find_images=False) for place in tables]
    notes: list[str] = []
    if split is None and len(tables) == len(inputs) and all(map(_has_test, manifests)):
        split = "test"
        notes.append("Only photos of split 'test' are taken: a model is flattered by those it learnt from.")
    listed = list_photos(inputs, split=None if split == ALL else split)
    truth: dict[str, str] = {}
    for manifest in manifests:
        found, note = _with_target(manifest, labels)
        notes += [note] if note else []
        if found.target is not None:
            known = found.labelled().table
            truth |= dict(zip(known["image_id"], known[found.target], strict=True))
    rows = zip(listed.ids, listed.paths, listed.groups, strict=True)
    items = [Item(Path(path), name, group, truth.get(name)) for name, path, group in rows]
    return Inputs(tuple(items), listed.group, (*listed.notes, *notes))


def _has_test(manifest: Manifest) -> bool:
    return "split" in manifest.table.columns and bool((manifest.table["split"] == "test").any())


def _with_target(manifest: Manifest, labels: Labels) -> tuple[Manifest, str]:
    """The manifest with its column of labels, and what to say where that could not be told."""
    if manifest.target is not None:
        return manifest, ""
    found = _truth_columns(manifest.table, labels)
    if len(found) == 1:
        return replace(manifest, targets=(found[0],)), ""
    why = f"{', '.join(found)} could all" if found else "no column does"
    mend = "Name the column of the labels with --target."
    return manifest, f"{manifest.path}: shown without labels: {why} hold the model's classes. {mend}"


def _truth_columns(table: pl.DataFrame, labels: Labels) -> list[str]:
    """Columns all of whose values are classes of the model, such as ``dx``."""
    found = []
    for name, kind in table.schema.items():
        if kind == pl.String and name not in ("image", "image_id", "split"):
            values = table[name].drop_nulls()
            if len(values) and values.is_in(list(labels.names)).all():
                found.append(name)
    return found
