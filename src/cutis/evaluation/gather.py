"""Bring predictions and truth together, or say why they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ManifestError, PredictionsError
from cutis.core.manifest import Manifest, read_manifest
from cutis.core.predictions import PREFIX, SEPARATOR, conditions_in, of_condition, read_predictions
from cutis.evaluation.study import Flow, Source, Study
from cutis.evaluation.words import sample
from cutis.stats.resampling import number_groups

if TYPE_CHECKING:
    import polars as pl

EVERY_SPLIT = "all"
_EACH_PHOTO = "image_id"


def read_study(
    predictions: Sequence[Path | str],
    truth: Path | str,
    *,
    target: str | None = None,
    group: str | None = None,
    split: str | None = None,
    positive: str | None = None,
) -> Study:
    """Read predictions and truth, and bring them together.

    Args:
        predictions: predictions files, or run folders that hold one.
        truth: a manifest with the target column.
        target: its name; needed unless exactly one task's default target is there. Where several conditions
            are graded side by side, the column of the one that is asked about.
        group: column of the patient or lesion; default as for manifests.
        split: ``train``, ``tune``, ``test`` or ``all``; default ``test`` where the truth names one.
        positive: with two classes, the one that is looked for; default the second.

    Raises:
        ManifestError: the truth does not hold.
        PredictionsError: the predictions do not hold, or have nothing in common with the truth.
    """
    rows = read_predictions([find_predictions(Path(path)) for path in predictions])
    if conditions_in(rows):
        rows = of_condition(rows, _condition(rows, target))
    manifest = read_truth(truth, target or _guess_target(Path(truth)), group)
    chosen, flow = choose(manifest, split)
    return join(chosen, flow, rows, positive)


def read_truth(truth: Path | str, target: str | Sequence[str], group: str | None) -> Manifest:
    """The truth with its labels.

    Args:
        truth: the manifest.
        target: its target column, or several.
        group: see `read_study`.

    Raises:
        ManifestError: the truth does not hold.
    """
    named = None if group == _EACH_PHOTO else group  # an id that the table need not have
    manifest = read_manifest(truth, target=target, group=named, find_images=False)
    return replace(manifest, group=group) if group == _EACH_PHOTO else manifest


def _condition(rows: pl.DataFrame, target: str | None) -> str:
    """The condition that a target column is about."""
    conditions = conditions_in(rows)
    about = [name for name in conditions if target is not None and f"_{target}".endswith(f"_{name}")]
    if about:
        return max(about, key=len)
    what = f"the predictions grade {', '.join(conditions)} side by side"
    raise PredictionsError(
        [f"{what}. Name the column of one of them with --target, such as grade_{conditions[0]}."]
    )


def find_predictions(path: Path) -> Path:
    """The predictions file that a path names: itself, or that of a run folder.

    Raises:
        PredictionsError: it is a folder without predictions.
    """
    if not path.is_dir():
        return path
    for name in ("predictions.csv", "predictions.parquet"):
        if (path / name).is_file():
            return path / name
    raise PredictionsError(
        [f"{path}: is a folder without predictions.csv. Name a predictions file or a finished run."]
    )


def _guess_target(path: Path) -> str:
    """The one column of the truth that is some task's default target."""
    from cutis.core.table import read_table
    from cutis.tasks import get_task, task_names

    columns = [name for name in read_table(path, ManifestError).columns if name != "row"]
    known = sorted({get_task(name).target for name in task_names()} & set(columns))
    if len(known) == 1:
        return known[0]
    found = f"{', '.join(known)} could all be it" if known else f"the columns are {', '.join(columns)}"
    raise ManifestError([f"{path}:1: which column holds the truth? Name it with --target; {found}."])


def choose(manifest: Manifest, split: str | None) -> tuple[Manifest, Flow]:
    """The labelled photos of the split that is asked for, see `read_study`.

    Raises:
        ManifestError: there are none.
    """
    splits = set(manifest.table["split"]) if "split" in manifest.table.columns else set()
    wanted = split or ("test" if "test" in splits else EVERY_SPLIT)
    part = manifest if wanted == EVERY_SPLIT else manifest.part(wanted)
    labelled = part.labelled()
    if not len(labelled):
        wanted = " or ".join(manifest.targets)
        raise ManifestError(
            [f"{manifest.path}: no photo has a {wanted}. Fill in the column, or name another."]
        )
    flow = Flow(
        listed=len(manifest),
        listed_groups=manifest.table[manifest.group].n_unique(),
        split=None if wanted == EVERY_SPLIT else wanted,
        other_splits=len(manifest) - len(part),
        unlabelled=len(part) - len(labelled),
    )
    return labelled, flow


def join(truth: Manifest, flow: Flow, rows: pl.DataFrame, positive: str | None) -> Study:
    """The truth of one target, and what each source said of it.

    Raises:
        PredictionsError: they have nothing in common.
        CutisError: there is no such positive class, or all photos are of one group.
    """
    assert truth.target is not None
    several = rows.filter(rows["prediction"].str.contains(SEPARATOR, literal=True))
    if several.height:
        said = several["prediction"][0]
        raise PredictionsError(
            [
                f"prediction '{said}' names several findings; evaluation takes one class per photo. "
                "Write one table per finding."
            ]
        )
    labels = _labels(truth, rows)
    number = {label: k for k, label in enumerate(labels)}
    index, count = number_groups(truth.table[truth.group].to_numpy())
    if positive is not None and (len(labels) != 2 or positive not in number):
        raise CutisError(
            f"--positive {positive}: needs two classes of which it is one; there are {', '.join(labels)}."
        )
    study = Study(
        truth=truth,
        labels=labels,
        positive=min(1, len(labels) - 1) if positive is None else number[positive],
        target=np.array([number[label] for label in truth.table[truth.target]], dtype=np.intp),
        index=index,
        count=count,
        sources=(),
        flow=flow,
    )
    places = {image: row for row, image in enumerate(truth.table["image_id"])}
    names = rows["source"].unique(maintain_order=True)
    sources = tuple(_source(study, places, rows.filter(rows["source"] == name)) for name in names)
    _need_common_ground(study, rows, sources)
    return replace(study, sources=tuple(source for source in sources if len(source.rows)))


def _labels(truth: Manifest, rows: pl.DataFrame) -> tuple[str, ...]:
    """Classes in the order of the probabilities' columns, then those that only truth or readers name."""
    scored = [name.removeprefix(PREFIX) for name in rows.columns if _is_scored(rows, name)]
    rest = sorted(({*truth.labels} | set(rows["prediction"])) - set(scored))
    said = [*scored, *sorted(set(rows["prediction"]) - set(scored))]
    if set(said) & set(truth.labels):
        return (*scored, *rest)
    raise PredictionsError(
        [
            f"{truth.path}: {truth.target} and the predictions have no class in common: the truth has "
            f"{sample(truth.labels)}, the predictions {sample(said)}. Is --target the right column?"
        ]
    )


def _is_scored(rows: pl.DataFrame, name: str) -> bool:
    return name.startswith(PREFIX) and rows[name].null_count() < rows.height


def _source(study: Study, places: dict[str, int], rows: pl.DataFrame) -> Source:
    here = rows.filter(rows["image_id"].is_in(list(places)))
    where = np.array([places[image] for image in here["image_id"]], dtype=np.intp)
    here, where = here[np.argsort(where)], np.sort(where)
    number = {label: k for k, label in enumerate(study.labels)}
    answered = set(here["image_id"])
    probabilities, scored = _probabilities(study, here)
    return Source(
        name=rows["source"][0],
        kind=rows["kind"][0],
        rows=where,
        prediction=np.array([number[label] for label in here["prediction"]], dtype=np.intp),
        probabilities=probabilities,
        scored=scored,
        missing=tuple(image for image in study.truth.table["image_id"] if image not in answered),
        beside=rows.height - here.height,
    )


def _probabilities(study: Study, rows: pl.DataFrame) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    columns = [PREFIX + label for label in study.labels]
    scored = np.array([name in rows.columns and rows[name].null_count() < rows.height for name in columns])
    given = [name for name, there in zip(columns, scored, strict=True) if there]
    if not given:
        return None, scored
    part = rows.filter(rows.select(given).sum_horizontal().is_null() | rows[given[0]].is_null())
    if part.height:
        who = f"{rows['source'][0]}: {part.height} of {rows.height} photos have no probabilities"
        raise PredictionsError(
            [f"{who} ({sample(part['image_id'].to_list())}). Give them for all photos, or for none."]
        )
    values = np.zeros((rows.height, len(columns)))
    values[:, scored] = rows.select(given).to_numpy()
    if len(columns) == 2 and len(given) == 1:  # of two classes, one probability says both
        values[:, ~scored] = 1.0 - values[:, scored]
        scored = np.ones(2, dtype=bool)
    _need_sums_of_one(rows, values, scored)
    return values, scored


def _need_sums_of_one(rows: pl.DataFrame, values: NDArray[np.float64], scored: NDArray[np.bool_]) -> None:
    wrong = np.flatnonzero(np.abs(values.sum(axis=1) - 1.0) > 0.01)
    if len(wrong):
        images, source = rows["image_id"].to_list(), rows["source"][0]
        raise PredictionsError(
            [
                f"{source}: the {int(scored.sum())} probabilities of image '{images[row]}' add up to "
                f"{values[row].sum():.3g}, not 1. Give probabilities of classes that exclude each other."
                for row in wrong
            ]
        )


def _need_common_ground(study: Study, rows: pl.DataFrame, sources: tuple[Source, ...]) -> None:
    path, images = study.truth.path, rows["image_id"].unique(maintain_order=True).to_list()
    if not any(len(source.rows) for source in sources):
        there = sample(study.truth.table["image_id"].to_list(), 2)
        raise PredictionsError(
            [
                f"{path}: none of the {len(images)} predicted photos is among the {study.size} with a truth. "
                f"Predictions have ids such as {sample(images, 2)}, the truth {there}. Is it the "
                "right table, and the right --split?"
            ]
        )
    if study.count < 2:
        raise CutisError(
            f"{path}: all {study.size} photos are of one {study.truth.group}. An interval needs at least "
            "two; name another column with --group, or evaluate more photos."
        )
