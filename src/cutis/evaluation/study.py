"""The photos with a known truth, and what each source said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.manifest import Manifest
from cutis.core.operating_point import PatientRule
from cutis.evaluation.words import group_noun
from cutis.stats.classification import Answers
from cutis.stats.resampling import number_groups


@dataclass(frozen=True)
class Flow:
    """How the photos of the truth became those evaluated.

    Attributes:
        listed: photos in the truth's table.
        listed_groups: patients or lesions in it.
        split: the split that was asked for; None when every photo was.
        other_splits: photos left out because they are of another split.
        unlabelled: photos left out because their target is empty.
    """

    listed: int
    listed_groups: int
    split: str | None
    other_splits: int
    unlabelled: int


@dataclass(frozen=True, eq=False)
class Source:
    """A model's or a reader's answers on the photos of a study.

    Attributes:
        name: as in the column ``source``.
        kind: ``model`` or ``reader``.
        rows: (answered,) rows of the study that it answered, rising.
        prediction: (answered,) class numbers.
        probabilities: (answered, classes), or None where it gives none; 0 for a class that it does not know.
        scored: (classes,) whether it gives a probability for the class.
        missing: ids of the study's photos that it did not answer.
        beside: how many photos it answered that are not in the study.
    """

    name: str
    kind: str
    rows: NDArray[np.intp]
    prediction: NDArray[np.intp]
    probabilities: NDArray[np.float64] | None
    scored: NDArray[np.bool_]
    missing: tuple[str, ...]
    beside: int


@dataclass(frozen=True)
class Pooled:
    """How photos became patients, whose answers then stand in the place of the photos'.

    Attributes:
        photos: that were pooled.
        fingerprint: of the truth, photo by photo.
        rules: of the sources that have one, by name; other probabilities are averaged and called from 0.5 on.
        words: how each source's answers came about, by name, in a sentence.
    """

    photos: int
    fingerprint: str
    rules: Mapping[str, PatientRule]
    words: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Study:
    """Photos with a known truth, and the sources that answered them.

    Attributes:
        truth: the manifest, restricted to the photos that are evaluated.
        labels: names of the classes, in the order that models give them.
        positive: with two classes, the number of the one that is looked for.
        target: (photos,) class numbers.
        index: (photos,) number of each photo's patient or lesion.
        count: number of patients or lesions.
        sources: in the order of the predictions.
        flow: how the photos came to be these.
        pooled: how they became patients, each of which then is a row in place of its photos; None where
            each photo is judged by itself.
    """

    truth: Manifest
    labels: tuple[str, ...]
    positive: int
    target: NDArray[np.intp]
    index: NDArray[np.intp]
    count: int
    sources: tuple[Source, ...]
    flow: Flow
    pooled: Pooled | None = None

    @property
    def unit(self) -> str:
        """What one row is: a ``photo``, or a ``patient`` (or another kind of group)."""
        return group_noun(self.truth.group, 1) if self.pooled else "photo"

    @property
    def units(self) -> str:
        """The plural of `unit`."""
        return group_noun(self.truth.group) if self.pooled else "photos"

    @property
    def fingerprint(self) -> str:
        """Of the truth, photo by photo."""
        return self.pooled.fingerprint if self.pooled else self.truth.fingerprint

    @property
    def size(self) -> int:
        """Number of photos."""
        return len(self.target)

    @property
    def ordinal(self) -> bool:
        """The classes are grades: three or more whole numbers, in rising order."""
        if len(self.labels) < 3 or not all(name.lstrip("-").isdecimal() for name in self.labels):
            return False
        grades = [int(name) for name in self.labels]
        return grades == sorted(grades)

    @property
    def rendered(self) -> int:
        """How many of the photos are rendered, by the column of that name."""
        if "rendered" not in self.truth.table.columns:
            return 0
        said = self.truth.table["rendered"].cast(str).str.to_lowercase().fill_null("")
        return int(said.is_in(["true", "1", "yes"]).sum())

    def answers(self, source: Source, keep: NDArray[np.bool_] | None = None) -> Answers:
        """A source's answers as numbers.

        Args:
            source: one of the study's.
            keep: (photos,) restricts them to some photos of the study.
        """
        chosen = np.ones(len(source.rows), dtype=bool) if keep is None else keep[source.rows]
        rows = source.rows[chosen]
        index, count = number_groups(self.index[rows])
        return Answers(
            labels=self.labels,
            truth=self.target[rows],
            prediction=source.prediction[chosen],
            probabilities=None if source.probabilities is None else source.probabilities[chosen],
            scored=source.scored,
            index=index,
            count=count,
            positive=self.positive,
            ordinal=self.ordinal,
        )
