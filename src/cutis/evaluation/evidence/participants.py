"""Who is in the study: the first table of an article, and how the photos came to be those evaluated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cutis.core.manifest import Manifest, read_manifest
from cutis.evaluation.evidence.tables import Column, Table
from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import COLUMNS, NOT_RECORDED, ordered_values
from cutis.evaluation.words import class_noun, counted, counted_groups, group_noun

if TYPE_CHECKING:
    import polars as pl

SPLITS = ("train", "tune", "test")
_MOST_VALUES = 8
_ALSO = ("confirmation",)  # told of participants, though no subgroup of people


@dataclass(frozen=True)
class Step:
    """A step of the flow.

    Attributes:
        lines: what there is, the number first.
        less: what is left out before this step, one reason each.
        beside: what else comes from the step before, next to this one.
    """

    lines: tuple[str, ...]
    less: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def flow(study: Study, main: Source, readers: tuple[Source, ...], titles: dict[str, str]) -> tuple[Step, ...]:
    """From the truth's table to the answers of the main source."""
    told = study.flow
    less = []
    if told.split is not None:
        less.append(f"{counted(told.other_splits, 'photo')} of other splits than {told.split}")
    less.append(f"{counted(told.unlabelled, 'photo')} without {study.truth.target}")
    steps = [
        Step(_of(study, told.listed, told.listed_groups, f"in {study.truth.path.name}")),
        Step(_of(study, study.size, study.count, "with a known truth"), tuple(less)),
    ]
    groups = len(np.unique(study.index[main.rows]))
    unanswered = (f"{counted(len(main.missing), 'photo')} without an answer",) if main.missing else ()
    answered = _of(study, len(main.rows), groups, f"answered by {main.name}")
    steps.append(Step((*answered, *_answers(study, main, titles)), unanswered, _readers(readers)))
    return tuple(steps)


def _readers(readers: tuple[Source, ...]) -> tuple[str, ...]:
    if not readers:
        return ()
    answered = [len(reader.rows) for reader in readers]
    low, high = min(answered), max(answered)
    number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return (counted(len(readers), "reader"), f"answered {number} photos{' each' if len(readers) > 1 else ''}")


def partitions(study: Study) -> dict[str, Manifest]:
    """The labelled photos of each split of the truth's table; empty where it has none."""
    if "split" not in study.truth.table.columns:
        return {}
    whole = everybody(study)
    there = set(whole.table["split"].drop_nulls())
    parts = {name: whole.part(name) for name in SPLITS if name in there}
    return {name: part.labelled() for name, part in parts.items()}


def everybody(study: Study) -> Manifest:
    """The whole table that the truth was taken from."""
    group = None if study.truth.group == "image_id" else study.truth.group
    return read_manifest(study.truth.path, target=study.truth.target, group=group, find_images=False)


def on_several_sides(study: Study) -> int:
    """How many patients or lesions have photos in several splits."""
    import polars as pl

    table = everybody(study).table
    group = study.truth.group if study.truth.group in table.columns else "image_id"
    sides = table.group_by(group).agg(pl.col("split").drop_nulls().n_unique())
    return sides.filter(pl.col("split") > 1).height


def characteristics(study: Study, titles: dict[str, str]) -> Table:
    """What the photos show and of whom they are: by split, or with two classes by class."""
    import polars as pl

    target = study.truth.target or ""
    parts = {name: part.table for name, part in partitions(study).items()}
    if not parts and len(study.labels) == 2:
        names = [study.labels[study.positive], study.labels[1 - study.positive]]
        parts = {titles[name]: study.truth.table.filter(pl.col(target) == name) for name in names}
    if not parts or study.flow.split is None:
        parts = {"evaluated": study.truth.table, **parts}
    group = study.truth.group
    rows: list[tuple[str, ...]] = [("Photos", "", *(f"{part.height:,}" for part in parts.values()))]
    if group != "image_id":
        rows.append(
            (group_noun(group).capitalize(), "", *(f"{part[group].n_unique():,}" for part in parts.values()))
        )
    rows += _classes(study, parts, titles)
    people = {name: part.unique(group, keep="first", maintain_order=True) for name, part in parts.items()}
    if "age" in study.truth.table.columns:
        rows.append(("Age, years", "", *(_ages(part) for part in people.values())))
    for column in (*COLUMNS, *_ALSO):
        if column in study.truth.table.columns and column not in ("age", target):
            rows += _values(column, people)
    whose = group_noun(group)
    note = (
        f"Photos by {class_noun(target)}: number (share of photos). Age: median (quartiles; range). "
        f"All else: number of {whose} (share of {whose}), by the first photo of each."
    )
    heads = tuple(Column(name.replace(" ", "_"), _head(name, study)) for name in parts)
    columns = (Column("variable", ""), Column("value", ""), *heads)
    return Table("participants", "Who the photos are of", columns, tuple(rows), note, grouped=True)


def _of(study: Study, photos: int, groups: int, rest: str) -> tuple[str, ...]:
    if study.truth.group == "image_id":
        return (counted(photos, "photo"), rest)
    return (f"{counted(photos, 'photo')} of {counted_groups(groups, study.truth.group)}", rest)


def _answers(study: Study, main: Source, titles: dict[str, str]) -> tuple[str, ...]:
    if len(study.labels) != 2:
        right = int(np.sum(main.prediction == study.target[main.rows]))
        return (f"{right:,} named right", f"{len(main.rows) - right:,} named wrong")
    k, truth = study.positive, study.target[main.rows]
    name = titles[study.labels[k]]
    hits = int(np.sum((main.prediction == k) & (truth == k)))
    called = int(np.sum(main.prediction == k))
    cleared = len(main.rows) - called
    missed = int(np.sum(truth == k)) - hits
    return (
        f"{called:,} called {name}: {hits:,} right, {called - hits:,} wrong",
        f"{cleared:,} not called so: {cleared - missed:,} right, {missed:,} wrong",
    )


def _head(name: str, study: Study) -> str:
    if name == study.flow.split:
        return f"{name} (evaluated)"
    return name


def _classes(study: Study, parts: dict[str, pl.DataFrame], titles: dict[str, str]) -> list[tuple[str, ...]]:
    target = study.truth.target or ""
    rows = []
    for label in study.labels:
        cells = []
        for part in parts.values():
            number = int((part[target] == label).sum())
            cells.append(_share(number, part.height))
        rows.append((class_noun(target).capitalize(), titles[label], *cells))
    return rows


def _ages(part: pl.DataFrame) -> str:
    ages = part["age"].drop_nulls().to_numpy()
    if not len(ages):
        return NOT_RECORDED
    low, middle, high = np.quantile(ages, [0.25, 0.5, 0.75])
    missing = part.height - len(ages)
    text = f"{middle:.0f} ({low:.0f}–{high:.0f}; {ages.min():.0f}–{ages.max():.0f})"
    return text + (f", {missing:,} not recorded" if missing else "")


def _values(column: str, parts: dict[str, pl.DataFrame]) -> list[tuple[str, ...]]:
    cells = {
        name: [NOT_RECORDED if cell is None else str(cell).replace("_", " ") for cell in part[column]]
        for name, part in parts.items()
    }
    counts = {name: Counter(values) for name, values in cells.items()}
    together = sum(counts.values(), Counter[str]())
    if set(together) <= {NOT_RECORDED}:
        return []
    common = {value for value, _ in together.most_common(_MOST_VALUES)} | {NOT_RECORDED}
    head = column.replace("_", " ").capitalize()
    rows = [
        (head, value, *(_share(counts[name][value], len(cells[name])) for name in parts))
        for value in ordered_values([value for value in together if value in common])
    ]
    others = {name: sum(n for value, n in counts[name].items() if value not in common) for name in parts}
    if any(others.values()):
        rows.append((head, "other values", *(_share(others[name], len(cells[name])) for name in parts)))
    return rows


def _share(number: int, whole: int) -> str:
    if not whole:
        return "0"
    share = 100 * number / whole
    return f"{number:,} ({'under 1' if 0 < share < 0.5 else f'{share:.0f}'}%)"
