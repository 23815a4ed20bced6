"""Who the photos are of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cutis.evaluation.study import Study
from cutis.evaluation.words import group_noun


@dataclass(frozen=True)
class Share:
    """How common a class is.

    Attributes:
        photos: that show it.
        share: of all photos, 0 .. 1.
    """

    photos: int
    share: float


def composition(study: Study) -> dict[str, Share]:
    """How many photos show each class."""
    counts = np.bincount(study.target, minlength=len(study.labels))
    return {name: Share(int(n), float(n) / study.size) for name, n in zip(study.labels, counts, strict=True)}


def people(study: Study) -> list[tuple[str, str]]:
    """What the table records of the people, each as a name and a sentence; a patient's first photo counts."""
    first = study.truth.table.unique("image_id", keep="first", maintain_order=True)
    first = first.unique(study.truth.group, keep="first", maintain_order=True)
    whose = group_noun(study.truth.group)
    said = []
    if study.truth.group != "image_id":
        per_group = np.bincount(study.index)
        said.append((f"Photos per {group_noun(study.truth.group, 1)}", _range(per_group.astype(float))))
    if "age" in first.columns:
        ages = first["age"].drop_nulls().to_numpy()
        missing = first.height - len(ages)
        text = f"{_range(ages)} years" if len(ages) else "not recorded"
        said.append(
            ("Age", text + (f"; not recorded for {missing:,} {whose}" if missing and len(ages) else ""))
        )
    others = ("sex", "skin_type", "skin_tone_class", "confirmation", "modality")
    there = [column for column in others if column in first.columns and column != study.truth.target]
    return said + [
        (column.replace("_", " ").capitalize(), _shares(first[column].to_list())) for column in there
    ]


def _range(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"median {np.median(values):.0f}, from {values.min():.0f} to {values.max():.0f}"


def _shares(cells: list[str | None]) -> str:
    """``female (52%), male (47%)``, most common first; in brackets, as values may be numbers themselves."""
    counts = Counter("not recorded" if cell is None else cell.replace("_", " ") for cell in cells)
    order = sorted(counts, key=lambda value: (value == "not recorded", -counts[value]))
    parts = []
    for value in order[:8]:
        share = 100 * counts[value] / len(cells)
        parts.append(f"{value} ({'under 1' if share < 0.5 else f'{share:.0f}'}%)")
    return ", ".join(parts)
