"""Several conditions graded side by side: what each source is worth on each of them, and on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ManifestError, PredictionsError
from cutis.core.manifest import Manifest
from cutis.core.predictions import conditions_in, of_condition, read_predictions
from cutis.evaluation.assessment import Draws
from cutis.evaluation.gather import choose, find_predictions, join, read_truth
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import (
    LEAST_GROUPS,
    Subgroup,
    Subgroups,
    columns_of,
    ordered_values,
    values_of,
)
from cutis.stats.classification import Answers, estimates
from cutis.stats.conditions import by_condition
from cutis.stats.confusion import confusion_matrix
from cutis.stats.intervals import Estimate
from cutis.stats.resampling import number_groups

PREFIX = "grade"  # of the truth's columns, where nothing else is said
PLACES = ("area", "view")  # that photos of faces are divided by, before the usual columns
MEANS = ("accuracy", "balanced_accuracy", "auc", "mean_absolute_deviation", "quadratic_kappa")
Values = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class GradedSource:
    """One source, measured on all its conditions.

    Attributes:
        name: as in the column ``source``.
        kind: ``model`` or ``reader``.
        figures: estimates by name, as in ``metrics.json``, see `cutis.stats.conditions`.
        answers: as numbers, by condition.
        confusion: (grades, grades) counts by condition, rows are the truth.
        subgroups: means over the conditions, by the truth's columns.
    """

    name: str
    kind: str
    figures: dict[str, Estimate]
    answers: Mapping[str, Answers]
    confusion: Mapping[str, NDArray[np.float64]]
    subgroups: tuple[Subgroups, ...] = ()

    @property
    def accuracies(self) -> dict[str, Estimate]:
        """By condition, the most often right first."""
        found = {name: self.figures[f"accuracy_{name}"] for name in self.answers}
        return dict(sorted(found.items(), key=lambda item: -item[1].value))


@dataclass(frozen=True, eq=False)
class Graded:
    """Photos with known grades of several conditions, and the sources that graded them.

    Attributes:
        truth: the manifest, restricted to the photos with a known grade of any condition.
        studies: the photos with a known grade, by condition.
        sources: in the order of the predictions.
        ungraded: conditions that the predictions grade and the truth does not know.
        listed: photos in the truth's table.
        other_splits: photos left out because they are of another split.
        split: the split that was asked for; None when every photo was.
        count: number of patients or lesions.
    """

    truth: Manifest
    studies: Mapping[str, Study]
    sources: tuple[GradedSource, ...]
    ungraded: tuple[str, ...]
    listed: int
    other_splits: int
    split: str | None
    count: int

    @property
    def present(self) -> bool:
        """Conditions are present or absent; otherwise graded."""
        return all(len(study.labels) == 2 for study in self.studies.values())

    @property
    def grades(self) -> tuple[str, ...]:
        """Of any condition, lowest first."""
        return max((study.labels for study in self.studies.values()), key=len)


def asked_at_once(predictions: Sequence[Path | str], target: str | None) -> str | None:
    """What the truth's columns of several conditions begin with; None where only one thing is asked for.

    Args:
        predictions: predictions files, or run folders that hold one.
        target: as given by the user: what the columns begin with, or the column of one condition.
    """
    from cutis.core.table import read_table

    found = {
        name
        for path in predictions
        for name in conditions_in(read_table(find_predictions(Path(path)), PredictionsError))
    }
    if not found or (target is not None and any(target.endswith(f"_{name}") for name in found)):
        return None
    return target or PREFIX


def read_conditions(
    predictions: Sequence[Path | str],
    truth: Path | str,
    *,
    prefix: str = PREFIX,
    group: str | None = None,
    split: str | None = None,
    subgroup_columns: Sequence[str] = (),
    draws: Draws | None = None,
) -> Graded:
    """Read predictions and truth of several conditions, and measure every source.

    Args:
        predictions: predictions files, or run folders that hold one.
        truth: a manifest with a column ``<prefix>_<condition>`` for each; an empty cell is not known.
        prefix: of those columns.
        group: column of the patient or lesion; default as for manifests.
        split: ``train``, ``tune``, ``test`` or ``all``; default ``test`` where the truth names one.
        subgroup_columns: what to divide the photos by; default the usual columns that the truth has.
        draws: how intervals are drawn.

    Raises:
        ManifestError: the truth does not hold, or knows none of the conditions.
        PredictionsError: the predictions do not hold, or have nothing in common with the truth.
    """
    rows = read_predictions([find_predictions(Path(path)) for path in predictions])
    conditions = conditions_in(rows)
    manifest = _known(Path(truth), prefix, conditions, group)
    chosen, flow = choose(manifest, split)
    studies = {}
    for column in chosen.targets:
        part = replace(chosen, targets=(column,)).labelled()
        name = column.removeprefix(f"{prefix}_")
        said = of_condition(rows, name)
        if len(part) and said.height:
            studies[name] = join(part, flow, said, None)
    if not studies:
        raise ManifestError([f"{truth}: no photo has a grade that is also predicted. Fill in the columns."])
    count = chosen.table[chosen.group].n_unique()
    some = replace(next(iter(studies.values())), truth=chosen)
    columns = columns_of(some, subgroup_columns)
    if not subgroup_columns:
        columns = (*(name for name in PLACES if name in chosen.table.columns), *columns)
    values = {column: values_of(some, column) for column in columns}
    names = list(dict.fromkeys(rows["source"]))
    measured = (_measured(name, studies, chosen, values, draws or Draws()) for name in names)
    return Graded(
        truth=chosen,
        studies=studies,
        sources=tuple(source for source in measured if source is not None),
        ungraded=tuple(name for name in conditions if name not in studies),
        listed=flow.listed,
        other_splits=flow.other_splits,
        split=flow.split,
        count=count,
    )


def _known(truth: Path, prefix: str, conditions: Sequence[str], group: str | None) -> Manifest:
    from cutis.core.table import read_table

    wanted = [f"{prefix}_{name}" for name in conditions]
    there = set(read_table(truth, ManifestError).columns)
    found = [name for name in wanted if name in there]
    if not found:
        mend = "Name what they begin with, or one of them, with --target."
        raise ManifestError([f"{truth}:1: has none of the columns {', '.join(wanted)}. {mend}"])
    return read_truth(truth, found, group)


def _measured(
    name: str, studies: Mapping[str, Study], truth: Manifest, values: Mapping[str, Values], draws: Draws
) -> GradedSource | None:
    """A source on the conditions that it grades, with the same draws of groups for all of them."""
    answers = _answers(name, studies, truth, np.ones(len(truth), dtype=bool))
    if not answers:
        return None
    count = next(iter(answers.values())).count
    kinds = (source.kind for study in studies.values() for source in study.sources if source.name == name)
    return GradedSource(
        name=name,
        kind=next(kinds),
        figures=estimates(by_condition(answers), count, draws.replicates, draws.rng()),
        answers=answers,
        subgroups=tuple(
            Subgroups(
                column,
                tuple(
                    _subgroup((column, value), _answers(name, studies, truth, by == value), draws)
                    for value in ordered_values(by.tolist())
                ),
            )
            for column, by in values.items()
            if len(set(by)) > 1
        ),
        confusion={
            condition: confusion_matrix(said.truth, said.prediction, len(said.labels))
            for condition, said in answers.items()
        },
    )


def _answers(
    name: str, studies: Mapping[str, Study], truth: Manifest, keep: NDArray[np.bool_]
) -> dict[str, Answers]:
    """A source's answers by condition on some photos of the truth, all with the same numbers of groups."""
    index, count = number_groups(truth.table[truth.group].to_numpy()[keep])
    number = dict(zip(truth.table["image_id"].filter(keep), index, strict=True))
    found = {}
    for condition, study in studies.items():
        images = study.truth.table["image_id"].to_list()
        chosen = np.array([image in number for image in images])
        for source in study.sources:
            if source.name == name and chosen[source.rows].any():
                own = [number[images[row]] for row in source.rows if chosen[row]]
                answers = study.answers(source, chosen)
                found[condition] = replace(answers, index=np.array(own, dtype=np.intp), count=count)
    return found


def _subgroup(where: tuple[str, str], answers: Mapping[str, Answers], draws: Draws) -> Subgroup:
    """Means over those conditions that are known of enough patients or lesions."""
    enough = {
        condition: said for condition, said in answers.items() if len(np.unique(said.index)) >= LEAST_GROUPS
    }
    photos = max((len(said.truth) for said in answers.values()), default=0)
    groups = max((len(np.unique(said.index)) for said in answers.values()), default=0)
    found: dict[str, Estimate] = {}
    if enough:
        count = next(iter(enough.values())).count
        every = estimates(by_condition(enough), count, draws.replicates // 2, draws.rng())
        found = {name: every[name] for name in MEANS if name in every}
    return Subgroup(*where, photos, groups, len(enough), found)
