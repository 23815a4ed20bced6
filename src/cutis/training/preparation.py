"""Before training: which labels, which split, and proof that nothing leaks across it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from math import isfinite
from pathlib import Path

import polars as pl

from cutis.core.errors import CutisError, ManifestError
from cutis.core.labels import PRESENCE, Categorical, Label, Labels, MultiLabel, Ordinal
from cutis.core.manifest import Manifest, read_manifest
from cutis.core.predictions import SEPARATOR
from cutis.core.table import read_table
from cutis.data.duplicates import find_duplicates
from cutis.data.leakage import check_leakage
from cutis.data.split import split_manifest
from cutis.models.backbones import first_stages, stage_names
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.task import Task
from cutis.training.findings import finding_targets, findings_in
from cutis.training.questions import answer_indices
from cutis.training.raters import soft_targets
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
        target: column of the labels; of several conditions what their columns begin with.
        overrides: checks that the user switched off by name.
    """

    manifest: Manifest
    labels: Labels
    target: str
    overrides: tuple[str, ...]


def prepare(
    task: Task,
    manifest_path: Path,
    *,
    target: str | None,
    seed: int,
    where: Mapping[str, Sequence[str]] | None = None,
    allow: Sequence[str] = (),
    probe: bool = False,
    echo: Echo = lambda _: None,
    reading: Callable[[int], None] | None = None,
) -> Prepared:
    """Read, split and check a manifest.

    Args:
        task: gives the default target and labels.
        manifest_path: the manifest; without a column ``split`` one is made, grouped and stratified.
        target: its target column, where it is not the task's default; of several conditions what their
            columns begin with, or the column of one of them.
        seed: of the split.
        where: only the rows with one of these values in each of these columns.
        allow: checks to switch off by name, see `OVERRIDES`; written into every bundle.
        probe: only the last layer is fitted, which takes in neither raters nor findings.
        echo: told what was decided.
        reading: called with the number of photos just searched for copies.

    Raises:
        ManifestError: wrong rows, or a class that the training split does not show.
        LeakageError: a group, or a copy of a photo, on both sides of the split.
    """
    for name in allow:
        if name not in OVERRIDES:
            raise CutisError(f"there is no check '{name}' to allow. Expected one of {', '.join(OVERRIDES)}.")
    target = target or task.target
    manifest = read_manifest(manifest_path, target=target_columns(task.labels, manifest_path, target))
    manifest = manifest.where(where or {})
    unlabelled = len(manifest) - len(manifest.labelled())
    manifest = manifest.labelled()
    if unlabelled:
        echo(f"{unlabelled} rows have no {target} and are left out.")
    if target in manifest.targets:
        labels = choose_labels(task, manifest, echo)
    else:
        labels = choose_conditions(task, manifest, target, echo)
        manifest = replace(manifest, targets=labels.columns(target))
    if manifest.group == "image_id":
        echo("No patient_id or lesion_id: every photo counts as a patient of its own. Check that this is so.")
    given, takes_in_more = "split" in manifest.table.columns, not (probe or labels.several)
    if given:  # what the rows alone tell is told before the photos are read, which takes its time
        _need_every_class(manifest, labels)
        if takes_in_more:
            _need_what_stands_beside(task, manifest.part("train"), labels)
        check_leakage(manifest, pairs=[], allow=allow)
    pairs = [] if "duplicates" in allow else find_duplicates(manifest.paths, progress=reading)
    if not given:
        ids = manifest.table["image_id"].to_list()
        copies = [(ids[pair.first], ids[pair.second]) for pair in pairs]
        rare = labels.several  # of several conditions some grades may be
        manifest = split_manifest(manifest, seed=seed, together=copies, allow_empty_class=rare)
        echo("No column split: made one, 70% train, 10% tune, 20% test, grouped and stratified.")
        _need_every_class(manifest, labels)
        if takes_in_more:
            _need_what_stands_beside(task, manifest.part("train"), labels)
    check_leakage(manifest, pairs=pairs, allow=allow)
    return Prepared(manifest, labels, target, tuple(allow))


def check_network(task: Task, settings: ClassifierSettings, recipe: Recipe) -> None:
    """Build the network once, so that what is wrong with the options is told before photos are read.

    Args:
        task: names the builder.
        settings: of the network; the number of classes does not matter here.
        recipe: gives the sizes by phase, and how many stages are frozen.

    Raises:
        CutisError: unknown backbone, weights that are missing or do not fit, sizes that are too small or
            too large for it, or more frozen stages or auxiliary classifiers than it has stages.
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
    stages, asked = len(network.stages), settings.auxiliary
    if asked < 0 or stages < asked != task.network.auxiliary:  # the task's own number is the most it may be
        most = len(stage_names(network.backbone, 1_000))
        raise CutisError(
            f"auxiliary is {asked}, expected 0 to {most}: {settings.backbone} has {most} stages that an "
            "auxiliary classifier can stand on."
        )


def _least_size(build: Callable[[ClassifierSettings], Classifier], settings: ClassifierSettings) -> int:
    """The smallest size at which a network can be built."""
    for size in range(settings.size + 1, LARGEST):
        try:
            build(replace(settings, size=size))
        except RuntimeError:
            continue
        return size
    return LARGEST


def target_columns(labels: Labels, path: Path, target: str) -> tuple[str, ...]:
    """The manifest's columns that hold the answers to a task's questions.

    Args:
        labels: the task's.
        path: the manifest.
        target: the column itself, or what the columns of several conditions begin with.

    Raises:
        ManifestError: several conditions are asked for, and the manifest has none.
    """
    if not labels.several:
        return (target,)
    columns = read_table(path, ManifestError).columns
    if target in columns:
        return (target,)
    found = tuple(name for name in columns if name.startswith(f"{target}_"))
    if not found:
        wanted = ", ".join(labels.columns(target))
        raise ManifestError([f"{path}:1: has none of the columns {wanted}. Rename or add them."])
    return found


def choose_conditions(task: Task, manifest: Manifest, prefix: str, echo: Echo) -> MultiLabel:
    """The conditions that the manifest tells apart, published ones first, and the scale of their grades."""
    named = [name.removeprefix(f"{prefix}_") for name in manifest.targets]
    cells = dict(zip(named, (set(manifest.table[c].drop_nulls()) for c in manifest.targets), strict=True))
    alike = [name for name in named if len(cells[name]) < 2]
    if alike:
        echo(f"Left out, because all photos are graded alike or not at all: {', '.join(alike)}.")
    own = [label for label in task.labels.items if label.name in named]
    own += [Label(name) for name in named if name not in task.labels]
    own = [label for label in own if label.name not in alike]
    if not own:
        raise ManifestError([f"{manifest.path}: no condition has two different grades; training needs them."])
    conditions = MultiLabel(own, _scale(task, manifest, set().union(*cells.values())))
    echo(f"Conditions: {', '.join(conditions.names)}; grades: {', '.join(conditions.grades.names)}.")
    return conditions


def _scale(task: Task, manifest: Manifest, found: set[str]) -> Labels:
    """The published grades, or the manifest's own in their order."""
    for known in (task.labels.answers, PRESENCE):
        if found <= set(known.names):
            return known
    if all(_is_number(name) for name in found):
        grades: list[str] = sorted(found, key=float)
        return Ordinal(grades)
    wrong = ", ".join(sorted(name for name in found if name not in task.labels.answers)[:10])
    expected = f"{', '.join(task.labels.answers.names)}, or absent and present, or numbers"
    raise ManifestError([f"{manifest.path}: {wrong} are no grades; expected {expected}. Correct the cells."])


def choose_labels(task: Task, manifest: Manifest, echo: Echo) -> Labels:
    """The published labels that the manifest shows, or the manifest's own where it names others.

    A manifest's own grades are numbers, in whose order they stand; other names are classes without order.
    """
    found = manifest.labels
    if len(found) < 2:
        raise ManifestError(
            [f"{manifest.path}: {manifest.target} has {len(found)} different labels; training needs two."]
        )
    joined = [name for name in found if SEPARATOR in name]
    if joined:
        what = f"holds '{SEPARATOR}', which stands between several answers in tables of predictions"
        raise ManifestError(
            [f"{manifest.path}: {manifest.target} '{name}' {what}. Rename the class." for name in joined]
        )
    own = task.labels.answers
    published = [label for label in own.items if label.name in found]
    if len(published) < len(found):
        echo(f"Classes are the manifest's own: {', '.join(found)}.")
        known = {label.name: label for label in task.known}
        kind = type(own)
        if kind is Ordinal and all(_is_number(name) for name in found):
            in_order: list[str] = sorted(found, key=float)
            return Ordinal(in_order)
        return (Categorical if kind is Ordinal else kind)([known.get(name, name) for name in found])
    if len(published) < len(own):
        echo(f"{len(published)} of the {len(own)} published classes occur; those are trained.")
    return type(own)(published)


def _is_number(name: str) -> bool:
    try:
        return isfinite(float(name))
    except ValueError:
        return False


def _need_every_class(manifest: Manifest, labels: Labels) -> None:
    """A class that a split does not show cannot be learned, tuned or judged.

    Of several conditions a split need not show every grade, but two at least.
    """
    problems = []
    for split in ("train", "tune", "test"):
        part = manifest.part(split).table
        for target in manifest.targets:
            shown = set(part[target].drop_nulls())
            missing = [] if labels.several else [name for name in labels.names if name not in shown]
            problems += [
                f"{manifest.path}: no row of split '{split}' has {target} '{name}'. "
                "Split again (cutis data split), or drop the class."
                for name in missing
            ]
            if labels.several and len(shown) < 2:
                problems.append(
                    f"{manifest.path}: split '{split}' has fewer than two grades of {target}. "
                    "Split again, or drop the column."
                )
    if problems:
        raise ManifestError(problems)


def _need_what_stands_beside(task: Task, train: Manifest, labels: Labels) -> None:
    """Raters and findings hold, told of the user's own rows: those of a run are others, and may be gone.

    Raises:
        ManifestError: they do not.
    """
    soft_targets(train, labels, answer_indices(train, labels))
    finding_targets(train, [label.name for label in findings_in(train, task.findings)])


def groups_in(part: Manifest) -> int:
    """Number of patients or lesions."""
    return int(part.table.select(pl.col(part.group).n_unique()).item())
