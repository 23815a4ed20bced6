"""How many classes a source must name so that the truth is among them: sets calibrated on the tune split.

Each class has a limit of its own (Sadinle, Lei & Wasserman 2019): a class is named where its probability is
no lower than that of nine in ten patients (or lesions) of the tune split that show it, and the likeliest
class always, so that no set is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.evaluation.assessment import Draws
from cutis.evaluation.evidence.participants import partitions
from cutis.evaluation.evidence.tables import Cell, Column, Table
from cutis.evaluation.evidence.units import sized
from cutis.evaluation.gather import read_study
from cutis.evaluation.patients import by_patient
from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import LEAST_GROUPS
from cutis.evaluation.words import class_noun, counted, group_noun, listed, percent_interval
from cutis.pages.numbers import decimal
from cutis.stats.classification import estimates
from cutis.stats.conformal import calibrate, prediction_sets, set_figures, strangeness
from cutis.stats.intervals import Estimate
from cutis.stats.resampling import number_groups

SPLIT = "tune"
MISS = 0.1
ALL = "all together"
_NAMES = ("coverage", "set_size", "single")


@dataclass(frozen=True)
class Row:
    """Sets of the photos (or patients) of one class, or of all.

    Attributes:
        label: class; empty for all.
        calibrated: patients or lesions of the tune split that the limit rests on.
        photos: evaluated.
        figures: ``coverage``, ``set_size`` and ``single`` with their intervals, each patient or lesion
            counting as one; empty below `LEAST_GROUPS` of them.
    """

    label: str
    calibrated: int
    photos: int
    figures: dict[str, Estimate]


@dataclass(frozen=True)
class Sets:
    """What sets of a source are worth.

    Attributes:
        photos: of the tune split that limits rest on, patients where patients are judged.
        groups: patients or lesions of these.
        rows: by class, then of all.
        always: classes that are always named, for want of cases to calibrate on.
    """

    photos: int
    groups: int
    rows: tuple[Row, ...]
    always: tuple[str, ...]


def find_sets(
    study: Study, source: Source, predictions: Sequence[Path | str], draws: Draws
) -> tuple[Sets | None, str]:
    """Calibrate sets on the tune split, and see what they are worth where the study was evaluated.

    Args:
        study: what was evaluated.
        source: one of its sources.
        predictions: the files or folders that it was read from.
        draws: how intervals are drawn.

    Returns:
        The sets, or None and a clause that says what is missing; empty where nothing is, as the source gives
        no probabilities, or nobody said which tables these are.
    """
    if source.probabilities is None or not predictions:
        return None, ""
    if why := _lacks(study, source):
        return None, why
    try:
        held = _tune(study, predictions)
    except CutisError:  # no photo in common, or of one patient only: the reason is of no use in a report
        return None, f"the predictions hold no answers on the {SPLIT} split that can be used"
    named = next((one for one in held.sources if one.name == source.name), None)
    if named is None or named.probabilities is None:
        return None, f"the predictions hold no answers of {source.name} on the {SPLIT} split"
    return _measure(study, source, held, named, draws)


def _lacks(study: Study, source: Source) -> str:
    split = study.flow.split
    if SPLIT not in partitions(study):
        return f"{study.truth.path.name} has no {SPLIT} split to calibrate them on"
    if split in (None, SPLIT):
        return f"the {SPLIT} split, on which they are calibrated, is among the {study.units} evaluated"
    if not source.beside:
        return f"the predictions hold no answers of {source.name} on the {SPLIT} split"
    return ""


def _tune(study: Study, predictions: Sequence[Path | str]) -> Study:
    held = read_study(
        predictions, study.truth.path, target=study.truth.target, group=study.truth.group, split=SPLIT
    )
    if study.pooled is None:
        return held
    positive = held.labels.index(study.labels[study.positive])
    return by_patient(replace(held, positive=positive), study.pooled.rules)


def _measure(
    study: Study, source: Source, held: Study, named: Source, draws: Draws
) -> tuple[Sets | None, str]:
    assert source.probabilities is not None
    known, table = _in_order(study, held, named)
    truth = np.array([study.labels.index(held.labels[k]) for k in held.target[named.rows][known]], np.intp)
    index = held.index[named.rows][known]
    limits = calibrate(strangeness(table), truth, MISS, groups=index, by_class=True)
    if np.isinf(limits).all():
        whose = group_noun(study.truth.group)
        return None, f"the {SPLIT} split holds fewer than {round(1 / MISS) - 1} {whose} of every class"
    chances = _normalised(source.probabilities)
    kept = prediction_sets(strangeness(chances), limits)
    kept[np.arange(len(kept)), chances.argmax(axis=1)] = True
    shown = study.target[source.rows]
    rows = []
    for k, label in enumerate(study.labels):
        if (shown == k).any():
            calibrated = len(np.unique(index[truth == k]))
            rows.append(_row(study, source, kept, shown == k, (label, calibrated), draws))
    groups = len(np.unique(index))
    rows.append(_row(study, source, kept, np.ones(len(kept), dtype=bool), ("", groups), draws))
    always = tuple(label for label, limit in zip(study.labels, limits, strict=True) if limit >= 1)
    return Sets(len(truth), groups, tuple(rows), always), ""


def _in_order(study: Study, held: Study, named: Source) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which answers are of a class that the study knows, and their probabilities in its order."""
    assert named.probabilities is not None
    place = [held.labels.index(label) if label in held.labels else -1 for label in study.labels]
    known = np.isin(held.target[named.rows], [k for k in place if k >= 0])
    table = np.stack([named.probabilities[known, k] if k >= 0 else np.zeros(known.sum()) for k in place], 1)
    return known, _normalised(table)


def _normalised(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows may be off by what rounding in a table takes away."""
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _row(
    study: Study,
    source: Source,
    kept: NDArray[np.bool_],
    part: NDArray[np.bool_],
    named: tuple[str, int],
    draws: Draws,
) -> Row:
    truth = study.target[source.rows][part]
    index, count = number_groups(study.index[source.rows][part])
    figures: dict[str, Estimate] = {}
    if count >= LEAST_GROUPS:
        certain = np.eye(len(study.labels))[truth]
        asked = set_figures(kept[part], certain, study.labels, index, count, per_group=True)
        found = estimates(asked, count, draws.replicates, draws.rng())
        figures = {name: found[name] for name in _NAMES}
    return Row(*named, len(truth), figures)


def in_words(study: Study, name: str, found: Sets, titles: dict[str, str]) -> str:
    """What sets are worth, in a sentence."""
    whole = found.rows[-1].figures
    noun, nouns = (class_noun(study.truth.target or "", number) for number in (1, 2))
    if not whole:
        return ""
    size = whole["set_size"]
    ends = f"{decimal(size.low, 2)}–{decimal(size.high, 2)}"
    return (
        f"So that the truth is among them for 90% of each {noun}, {name} must "
        f"name {decimal(size.value, 2)} {nouns} on average ({ends}). One alone is enough for "
        f"{percent_interval(whole['single'])} of the {study.units}. The truth was named in "
        f"{percent_interval(whole['coverage'])}.{_always(study, found, titles)}"
    )


def _always(study: Study, found: Sets, titles: dict[str, str]) -> str:
    if not found.always:
        return ""
    named = listed([titles[label] for label in found.always])
    verb, whose = "is" if len(found.always) == 1 else "are", group_noun(study.truth.group)
    return f" {named} {verb} always among them, for want of {whose} to calibrate on."


def table_of(study: Study, name: str, found: Sets, titles: dict[str, str]) -> Table:
    """Sets by class, and of all."""
    noun, nouns = (class_noun(study.truth.target or "", number) for number in (1, 2))
    whose = group_noun(study.truth.group)
    columns = (
        Column("class", noun.capitalize()),
        Column("calibrated_on", f"{whose.capitalize()} in {SPLIT}", "count"),
        Column(study.units, study.units.capitalize(), "count"),
        Column("coverage", "Truth named, %", "share"),
        Column("set_size", f"{nouns.capitalize()} named", "decimal"),
        Column("single", "One alone, %", "share"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            titles[row.label] if row.label else ALL,
            row.calibrated,
            row.photos,
            *(row.figures.get(name) for name in _NAMES),
        )
        for row in found.rows
    ]
    note = f"Calibrated on {sized(study, found.photos, found.groups)} of the {SPLIT} split."
    if study.pooled is None and study.truth.group != "image_id":
        note += f" Each {group_noun(study.truth.group, 1)} counts as one."
    note += " Where that split also served the making of the model, the promise holds nearly, not exactly."
    note += f" Intervals are of the {study.units} evaluated; the chance of the calibration is not in them."
    if any(not row.figures for row in found.rows):
        note += f" Fewer than {LEAST_GROUPS} {whose}: no figures."
    return Table("sets", f"Sets of {nouns} that {name} must name, by {noun}", columns, tuple(rows), note)


def method(study: Study, found: Sets | None, why: str) -> str:
    """How sets were made, or what they lack, in a sentence; empty where there is nothing to say."""
    noun, nouns = (class_noun(study.truth.target or "", number) for number in (1, 2))
    if found is None:
        return f"Sets of {nouns} that hold the truth were not made: {why}." if why else ""
    held = counted(found.groups, *(group_noun(study.truth.group, number) for number in (1, 2)))
    return (
        f"Sets that hold the truth for 90% of each {noun} are split-conformal: one limit of the probability "
        f"per {noun}, found on {held} of the {SPLIT} split (Sadinle, Lei and Wasserman); the likeliest "
        f"{noun} is always named."
    )
