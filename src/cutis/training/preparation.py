"""Before training: which labels, which split, and proof that nothing leaks across it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from math import isfinite
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ManifestError
from cutis.core.labels import Categorical, Labels, Ordinal
from cutis.core.manifest import Manifest, read_manifest
from cutis.data.duplicates import find_duplicates
from cutis.data.leakage import check_leakage
from cutis.data.split import split_manifest
from cutis.models.backbones import first_stages
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.task import Task
from cutis.training.recipe import Recipe

OVERRIDES = ("groups", "duplicates")
LARGEST = 2048  # pixels of the shorter side; past it one photo fills a machine's memory
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """A manifest that is ready to be trained on.

    Attributes:
        manifest: with a split, every row labelled.
        labels: the network's outputs.
        overrides: checks that the user switched off by name.
    """

    manifest: Manifest
    labels: Labels
    overrides: tuple[str, ...]

    def targets(self, part: Manifest) -> NDArray[np.int64]:
        """(rows,) index of each row's label."""
        index = {name: i for i, name in enumerate(self.labels.names)}
        return np.array([index[value] for value in part.table[str(part.target)]], dtype=np.int64)


def prepare(
    task: Task,
    manifest_path: Path,
    *,
    target: str | None,
    seed: int,
    allow: Sequence[str] = (),
    echo: Echo = lambda _: None,
    reading: Callable[[int], None] | None = None,
) -> Prepared:
    """Read, split and check a manifest.

    Args:
        task: gives the default target and labels.
        manifest_path: the manifest; without a column ``split`` one is made, grouped and stratified.
        target: its target column, where it is not the task's default.
        seed: of the split.
        allow: checks to switch off by name, see `OVERRIDES`; written into every bundle.
        echo: told what was decided.
        reading: called with the number of photos just searched for copies.

    Raises:
        ManifestError: wrong rows, or a class that the training split does not show.
        LeakageError: a group, or a copy of a photo, on both sides of the split.
    """
    for name in allow:
        if name not in OVERRIDES:
            raise CutisError(f"there is no check '{name}' to allow. Expected one of {', '.join(OVERRIDES)}.")
    manifest = read_manifest(manifest_path, target=target or task.target)
    unlabelled = len(manifest) - len(manifest.labelled())
    manifest = manifest.labelled()
    if unlabelled:
        echo(f"{unlabelled} rows have no {manifest.target} and are left out.")
    labels = choose_labels(task, manifest, echo)
    if manifest.group == "image_id":
        echo("No patient_id or lesion_id: every photo counts as a patient of its own. Check that this is so.")
    given = "split" in manifest.table.columns
    if given:  # what the rows alone tell is told before the photos are read, which takes its time
        _need_every_class(manifest, labels)
        check_leakage(manifest, pairs=[], allow=allow)
    pairs = [] if "duplicates" in allow else find_duplicates(manifest.paths, progress=reading)
    if not given:
        ids = manifest.table["image_id"].to_list()
        manifest = split_manifest(
            manifest, seed=seed, together=[(ids[pair.first], ids[pair.second]) for pair in pairs]
        )
        echo("No column split: made one, 70% train, 10% tune, 20% test, grouped and stratified.")
        _need_every_class(manifest, labels)
    check_leakage(manifest, pairs=pairs, allow=allow)
    return Prepared(manifest, labels, tuple(allow))


def check_network(task: Task, settings: ClassifierSettings, recipe: Recipe) -> None:
    """Build the network once, so that what is wrong with the options is told before photos are read.

    Args:
        task: names the builder.
        settings: of the network; the number of classes does not matter here.
        recipe: gives the sizes by phase, and how many stages are frozen.

    Raises:
        CutisError: unknown backbone, weights that are missing or do not fit, sizes that are too small or
            too large for it, or more frozen stages than it has.
    """
    sizes = (settings.size, *recipe.sizes)
    if max(sizes) > LARGEST:
        raise CutisError(
            f"size {max(sizes)} is too large: no photo is trained above {LARGEST} pixels. "
            f"Usual sizes are 128 to 512; the task's own is {task.network.size}."
        )
    module, name = task.network.builder.split(":")
    build = getattr(import_module(module), name)
    smallest = replace(settings, size=min(sizes))
    try:
        network: Classifier = build(smallest)
    except RuntimeError as error:  # a layer is wider than what it is given
        least = _least_size(build, smallest)
        raise CutisError(
            f"size {smallest.size} is too small for {settings.backbone}, of which nothing is left in its "
            f"deepest layer. The smallest useful size is {least}."
        ) from error
    if not network.input_rules.convolutional and len(set(sizes)) > 1:
        raise CutisError(f"{settings.backbone} takes photos of one size only. Leave --sizes out.")
    first_stages(network.backbone, recipe.freeze)


def _least_size(build: Callable[[ClassifierSettings], Classifier], settings: ClassifierSettings) -> int:
    """The smallest size at which a network can be built."""
    for size in range(settings.size + 1, LARGEST):
        try:
            build(replace(settings, size=size))
        except RuntimeError:
            continue
        return size
    return LARGEST


def choose_labels(task: Task, manifest: Manifest, echo: Echo) -> Labels:
    """The published labels that the manifest shows, or the manifest's own where it names others.

    A manifest's own grades are numbers, in whose order they stand; other names are classes without order.
    """
    found = manifest.labels
    if len(found) < 2:
        raise ManifestError(
            [f"{manifest.path}: {manifest.target} has {len(found)} different labels; training needs two."]
        )
    published = [label for label in task.labels.items if label.name in found]
    if len(published) < len(found):
        echo(f"Classes are the manifest's own: {', '.join(found)}.")
        known = {label.name: label for label in task.known}
        kind = type(task.labels)
        if kind is Ordinal and all(_is_number(name) for name in found):
            in_order: list[str] = sorted(found, key=float)
            return Ordinal(in_order)
        return (Categorical if kind is Ordinal else kind)([known.get(name, name) for name in found])
    if len(published) < len(task.labels):
        echo(f"{len(published)} of the {len(task.labels)} published classes occur; those are trained.")
    return type(task.labels)(published)


def _is_number(name: str) -> bool:
    try:
        return isfinite(float(name))
    except ValueError:
        return False


def _need_every_class(manifest: Manifest, labels: Labels) -> None:
    """A class that a split does not show cannot be learned, tuned or judged."""
    target = str(manifest.target)
    problems = []
    for split in ("train", "tune", "test"):
        shown = set(manifest.part(split).table[target])
        problems += [
            f"{manifest.path}: no row of split '{split}' has {target} '{name}'. "
            "Split again (cutis data split), or drop the class."
            for name in labels.names
            if name not in shown
        ]
    if problems:
        raise ManifestError(problems)


def groups_in(part: Manifest) -> int:
    """Number of patients or lesions."""
    return int(part.table.select(pl.col(part.group).n_unique()).item())
