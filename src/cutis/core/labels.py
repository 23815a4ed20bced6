"""What a task can answer: one of several classes, a grade, or a grade for each of several conditions.

All kinds are asked the same way: there are `Labels.questions`, each of which has one of the same
`Labels.answers`. Classes and grades are one question without a name; several conditions are as many
questions. A model gives one probability per question and answer, those of a question side by side
(`Labels.outputs`).
"""

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

    @property
    def answers(self) -> Labels:
        """What each question may be answered by."""
        return self

    @property
    def questions(self) -> tuple[str, ...]:
        """Names of what is asked; one without a name where that is the only one."""
        return ("",)

    @property
    def several(self) -> bool:
        """Conditions are graded side by side."""
        return self.questions != ("",)

    @property
    def ordered(self) -> bool:
        """Answers are grades, lowest first."""
        return isinstance(self.answers, Ordinal)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of a model's probabilities: questions in their order, and the answers of each in theirs."""
        answers = self.answers.names
        return tuple(_joined(question, answer) for question in self.questions for answer in answers)

    @property
    def told(self) -> dict[str, int]:
        """Names of the probabilities that are told, as in a table's ``p_<name>``; their places in `outputs`.

        Of a condition that is present or absent only the one of its presence is told.
        """
        return {name: place for place, name in enumerate(self.outputs)}

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the questions whose mean grade is told."""
        return ()

    def columns(self, prefix: str) -> tuple[str, ...]:
        """A table's columns with one cell per question: the prefix, and the question's name if it has one."""
        return tuple(_joined(prefix, question) for question in self.questions)

    def by_question(self, values: ArrayLike) -> NDArray[Any]:
        """(..., outputs) -> (..., questions, answers)."""
        flat = np.asarray(values)
        return flat.reshape(*flat.shape[:-1], len(self.questions), len(self.answers))

    def decide(self, probabilities: ArrayLike, axis: int = -1) -> NDArray[np.intp]:
        """What is answered: the most probable label; of grades the median, which is least far off.

        Args:
            probabilities: the outputs lie along ``axis``; those of one question add up to one.
            axis: of the outputs.

        Returns:
            Index of the answer, with ``axis`` left out; of several questions those of all, along ``axis``.
        """
        return np.asarray(np.argmax(probabilities, axis=axis))

    def found(self, decided: ArrayLike) -> tuple[Label, ...]:
        """What is named as an answer: the label itself; of several conditions those above the lowest grade.

        Args:
            decided: from `decide`, of one photo.
        """
        return (self.items[int(np.asarray(decided))],)

    def in_words(self, decided: ArrayLike) -> str:
        """The same for people."""
        return self.found(decided)[0].text

    def expand(self, told: Mapping[str, float]) -> list[float]:
        """The probabilities of all `outputs` from those that are `told`."""
        return [told[name] for name in self.outputs]

    def expected(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """(..., outputs) -> (..., questions) mean grade of each, counted from 0; of grades only."""
        return np.asarray(self.by_question(probabilities) @ np.arange(len(self.answers)), dtype=np.float64)

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
        items = [Label(i["name"], i.get("title", ""), i.get("codes", {})) for i in data["items"]]
        if data.get("grades"):
            return MultiLabel(items, Labels.from_dict(data["grades"]))
        return kinds[data["kind"]](items)


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


PRESENCE = Ordinal((Label("absent", "Absent"), Label("present", "Present")))


@dataclass(frozen=True, init=False)
class MultiLabel(Labels):
    """Any number of conditions, each with a grade of its own; a missing one is unknown, not absent.

    Attributes:
        grades: the scale that they share, lowest first; present or absent by default.
    """

    kind = "multilabel"
    grades: Labels

    def __init__(self, items: Sequence[str | Label], grades: Labels = PRESENCE) -> None:
        super().__init__(items)
        if not isinstance(grades, Ordinal) or len(grades) < 2:
            raise CutisError("conditions need a scale of two grades or more, lowest first.")
        object.__setattr__(self, "grades", grades)

    @property
    def answers(self) -> Labels:
        """The grades."""
        return self.grades

    @property
    def questions(self) -> tuple[str, ...]:
        """The conditions."""
        return self.names

    @property
    def told(self) -> dict[str, int]:
        """See `Labels.told`."""
        if len(self.grades) > 2:
            return super().told
        return {name: 2 * number + 1 for number, name in enumerate(self.names)}

    @property
    def scores(self) -> tuple[str, ...]:
        """See `Labels.scores`."""
        return self.names if len(self.grades) > 2 else ()

    def found(self, decided: ArrayLike) -> tuple[Label, ...]:
        """See `Labels.found`."""
        rows = zip(self.items, np.asarray(decided).tolist(), strict=True)
        return tuple(label for label, grade in rows if grade > 0)

    def in_words(self, decided: ArrayLike) -> str:
        """See `Labels.in_words`."""
        if len(self.grades) == 2:
            return ", ".join(label.text for label in self.found(decided)) or self.grades.items[0].text
        grades = dict(zip(self.names, np.asarray(decided).tolist(), strict=True))
        named = (
            f"{label.text} {self.grades.items[grades[label.name]].text.lower()}"
            for label in self.found(decided)
        )
        return ", ".join(named) or self.grades.items[0].text

    def expand(self, told: Mapping[str, float]) -> list[float]:
        """See `Labels.expand`."""
        if len(self.grades) > 2:
            return super().expand(told)
        return [share for name in self.names for share in (1 - told[name], told[name])]

    def decide(self, probabilities: ArrayLike, axis: int = -1) -> NDArray[np.intp]:
        """The median grade of each condition, see `Labels.decide`."""
        apart = self.by_question(np.moveaxis(np.asarray(probabilities), axis, -1))
        return np.moveaxis(median_grade(apart), -1, axis)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for bundles and runs."""
        return super().to_dict() | {"grades": self.grades.to_dict()}


def _joined(*names: str) -> str:
    return "_".join(name for name in names if name)
