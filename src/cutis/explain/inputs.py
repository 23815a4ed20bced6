"""What the user names on the command line, as photos: images, folders and manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cutis.core.errors import CutisError
from cutis.core.labels import Labels
from cutis.core.manifest import SPLITS, Manifest, read_manifest
from cutis.explain.photos import Item

MANIFESTS = (".csv", ".parquet")
ALL = "all"


@dataclass(frozen=True)
class Inputs:
    """The photos, and what is known of them.

    Attributes:
        items: in the order given.
        group: the manifest's group column; ``image_id`` where photos stand for themselves.
        notes: what was chosen for the user, one sentence each.
    """

    items: tuple[Item, ...]
    group: str
    notes: tuple[str, ...]


def gather(
    inputs: Sequence[Path], labels: Labels, *, target: str | None = None, split: str | None = None
) -> Inputs:
    """Find the photos.

    Args:
        inputs: images, folders and manifests.
        labels: of the model; they tell which column of a manifest holds the truth.
        target: that column, where it is to be named.
        split: ``train``, ``tune``, ``test`` or ``all``; by default ``test`` where a manifest has it, because
            photos that a model learnt from flatter it.

    Raises:
        CutisError: nothing there, or no such split.
        ManifestError: a manifest does not hold.
        ImageError: there is no such folder.
    """
    from cutis.imaging.read import find_images

    if split is not None and split not in (*SPLITS, ALL):
        raise CutisError(f"there is no split '{split}'. Use one of {', '.join((*SPLITS, ALL))}.")
    items: list[Item] = []
    notes: list[str] = []
    groups: list[str] = []
    for path in inputs:
        if path.is_dir():
            items += [Item(image, image.stem, str(image)) for image in find_images(path)]
            groups.append("image_id")
        elif path.suffix.lower() in MANIFESTS:
            manifest, said = _read(path, labels, target, split)
            items += _items(manifest)
            notes += said
            groups.append(manifest.group)
        else:
            items.append(Item(path, path.stem, str(path)))
            groups.append("image_id")
    if not items:
        raise CutisError(
            f"no photo was found in {', '.join(map(str, inputs))}. Give images, a folder or a manifest."
        )
    return Inputs(tuple(items), groups[0] if len(set(groups)) == 1 else "image_id", tuple(notes))


def _read(path: Path, labels: Labels, target: str | None, split: str | None) -> tuple[Manifest, list[str]]:
    manifest = read_manifest(path, target=target)
    notes = []
    if target is None:
        found = _truth_columns(manifest.table, labels)
        if len(found) == 1:
            manifest = replace(manifest, target=found[0])
        else:
            why = "more than one column could" if found else "no column does"
            notes.append(
                f"{path}: shown without labels, because {why} hold the model's classes. "
                "Name one with --target."
            )
    splits = set(manifest.table["split"]) if "split" in manifest.table.columns else set()
    if split not in (None, ALL) or (split is None and "test" in splits):
        manifest = manifest.part(split or "test")
        if split is None:
            notes.append(
                f"{path}: the {len(manifest):,} photos of split 'test'; --split all takes every one."
            )
    return manifest, notes


def _truth_columns(table: pl.DataFrame, labels: Labels) -> list[str]:
    """Columns all of whose values are classes of the model, such as ``dx``."""
    found = []
    for name, kind in table.schema.items():
        if kind == pl.String and name not in ("image", "image_id", "split"):
            values = table[name].drop_nulls()
            if len(values) and values.is_in(list(labels.names)).all():
                found.append(name)
    return found


def _items(manifest: Manifest) -> list[Item]:
    table = manifest.table
    truth = [None] * len(manifest) if manifest.target is None else table[manifest.target].to_list()
    rows = zip(manifest.paths, table["image_id"], table[manifest.group], truth, strict=True)
    return [Item(path, str(image_id), str(group), label) for path, image_id, group, label in rows]
