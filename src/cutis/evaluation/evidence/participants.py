"""Who is in the study: the first table of an article, and how the photos came to be those evaluated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cutis.core.manifest import Manifest, read_manifest
from cutis.evaluation.evidence.tables import Column, Table
from cutis.evaluation.evidence.units import counted_photos, counted_units, sized
from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import COLUMNS, NOT_RECORDED, ordered_values
from cutis.evaluation.words import class_noun, counted, group_noun

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
    if told.other_splits:
        less.append(f"{counted(told.other_splits, 'photo')} of other splits than {told.split}")
    if told.unlabelled:
        less.append(f"{counted(told.unlabelled, 'photo')} without {study.truth.target}")
    listed = counted_photos(study, told.listed, told.listed_groups)
    known = counted_photos(study, study.pooled.photos if study.pooled else study.size, study.count)
    steps = [
        Step((listed, f"in {study.truth.path.name}")),
        Step((known, "with a known truth"), tuple(less)),
    ]
    groups = len(np.unique(study.index[main.rows]))
    unanswered = (f"{counted_units(study, len(main.missing))} without an answer",) if main.missing else ()
    answered = (sized(study, len(main.rows), groups), f"answered by {main.name}")
    steps.append(Step((*answered, *_answers(study, main, titles)), unanswered, _readers(study, readers)))
    return tuple(steps)


def _readers(study: Study, readers: tuple[Source, ...]) -> tuple[str, ...]:
    if not readers:
        return ()
    answered = [len(reader.rows) for reader in readers]
    low, high = min(answered), max(answered)
    number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    each = " each" if len(readers) > 1 else ""
    return (counted(len(readers), "reader"), f"answered {number} {study.units}{each}")


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
    parts = {name: _judged(study, part.table) for name, part in partitions(study).items()}
    whole = _judged(study, everybody(study).labelled().table) if study.pooled else study.truth.table
    if not parts and len(study.labels) == 2:
        names = [study.labels[study.positive], study.labels[1 - study.positive]]
        parts = {titles[name]: whole.filter(pl.col(target) == name) for name in names}
    if not parts or study.flow.split is None:
        parts = {"evaluated": whole, **parts}
    group = study.truth.group
    rows: list[tuple[str, ...]] = [("Photos", "", *(f"{part.height:,}" for part in parts.values()))]
    if group != "image_id":
        rows.append(
            (group_noun(group).capitalize(), "", *(f"{part[group].n_unique():,}" for part in parts.values()))
        )
    people = {name: part.unique(group, keep="first", maintain_order=True) for name, part in parts.items()}
    rows += _classes(study, people if study.pooled else parts, titles)
    if "age" in study.truth.table.columns:
        rows.append(("Age, years", "", *(_ages(part) for part in people.values())))
    for column in (*COLUMNS, *_ALSO):
        if column in study.truth.table.columns and column not in ("age", target):
            rows += _values(column, people)
    whose = group_noun(group)
    note = (
        f"{study.units.capitalize()} by {class_noun(target)}: number (share of {study.units}). Age: "
        f"median (quartiles; range). All else: number of {whose} (share of {whose}), by the first photo "
        "of each."
    )
    heads = tuple(Column(name.replace(" ", "_"), _head(name, study)) for name in parts)
    columns = (Column("variable", ""), Column("value", ""), *heads)
    title = f"What is known of the {study.units}" if study.pooled else "Who the photos are of"
    return Table("participants", title, columns, tuple(rows), note, grouped=True)


def _judged(study: Study, table: pl.DataFrame) -> pl.DataFrame:
    """Photos with the class of their patient where patients are judged: positive if any photo is."""
    import polars as pl

    if study.pooled is None:
        return table
    target, yes, no = study.truth.target or "", study.labels[study.positive], study.labels[1 - study.positive]
    shown = (pl.col(target) == yes).any().over(study.truth.group)
    return table.with_columns(pl.when(shown).then(pl.lit(yes)).otherwise(pl.lit(no)).alias(target))


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
