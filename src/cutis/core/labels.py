"""What a task can answer: one of several classes, a grade, or several findings at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError


@dataclass(frozen=True)
class Label:
    """One class, grade or finding.

    Attributes:
        name: short and stable, as in the manifest's cells and in ``p_<name>``.
        title: for people; the name itself when empty.
        codes: code by coding system, such as ``{"icd10": "C43"}``.
    """

    name: str
    title: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name


def _as_label(item: str | Label) -> Label:
    return item if isinstance(item, Label) else Label(item)


@dataclass(frozen=True, init=False)
class Labels:
    """An ordered set of labels. Use one of its kinds: Categorical, Ordinal, MultiLabel."""

    items: tuple[Label, ...]
    kind: ClassVar[str] = ""

    def __init__(self, items: Sequence[str | Label]) -> None:
        labels = tuple(_as_label(item) for item in items)
        names = [label.name for label in labels]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise CutisError(f"labels are named twice: {', '.join(twice)}. Give each its own name.")
        if not labels:
            raise CutisError("a task needs at least one label.")
        object.__setattr__(self, "items", labels)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the model's outputs."""
        return tuple(label.name for label in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Label:
        for label in self.items:
            if label.name == name:
                return label
        raise CutisError(f"'{name}' is not one of {', '.join(self.names)}.")

    def decide(self, probabilities: ArrayLike, axis: int = -1) -> NDArray[np.intp]:
        """The one label that is answered: the most probable; of grades the median, which is least far off.

        Args:
            probabilities: the labels lie along ``axis``; what lies there adds up to one.
            axis: of the labels.

        Returns:
            Index of the label, with ``axis`` left out.
        """
        return np.asarray(np.argmax(probabilities, axis=axis))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for bundles and runs."""
        items = [{"name": i.name, "title": i.title, "codes": dict(i.codes)} for i in self.items]
        return {"kind": self.kind, "items": items}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Labels:
        """The inverse of `to_dict`.

        Raises:
            CutisError: the kind is not one that this version knows.
        """
        kinds = {kind.kind: kind for kind in (Categorical, Ordinal, MultiLabel)}
        if data.get("kind") not in kinds:
            raise CutisError(
                f"labels of kind '{data.get('kind')}' are not known; expected one of {', '.join(kinds)}."
            )
        return kinds[data["kind"]](
            [Label(i["name"], i.get("title", ""), i.get("codes", {})) for i in data["items"]]
        )


class Categorical(Labels):
    """Exactly one of several classes."""

    kind = "categorical"


class Ordinal(Labels):
    """One grade of an ordered scale, lowest first."""

    kind = "ordinal"

    def decide(self, probabilities: ArrayLike, axis: int = -1) -> NDArray[np.intp]:
        """The median grade, see `Labels.decide`."""
        return median_grade(probabilities, axis)


def median_grade(probabilities: ArrayLike, axis: int = -1) -> NDArray[np.intp]:
    """The grade below and above which lies at most half of the probability; of two the lower.

    Of all grades it is the one whose mean absolute deviation from the true one is smallest, if the
    probabilities are right.
    """
    upto = np.cumsum(probabilities, axis=axis)
    last = upto.shape[axis] - 1
    return np.asarray(np.minimum((upto < 0.5).sum(axis=axis), last), dtype=np.intp)


class MultiLabel(Labels):
    """Any number of findings, each present or absent; a missing one is unknown, not absent."""

    kind = "multilabel"
