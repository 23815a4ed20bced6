"""Everything that a report says of one source, before it becomes a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation.figures import Figure, reliability_figure, roc_panels
from cutis.evaluation.mistakes import Mistake, worst_mistakes
from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import Subgroup, Subgroups, subgroups
from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.confusion import confusion_matrix
from cutis.stats.intervals import Estimate

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Draws:
    """How intervals are drawn.

    Attributes:
        replicates: bootstrap draws of patients or lesions.
        seed: of the draws; the same seed gives the same intervals.
    """

    replicates: int = 2000
    seed: int = 0

    def rng(self) -> np.random.Generator:
        """A new generator, so that no source's intervals depend on which others are there."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True, eq=False)
class Assessment:
    """One source, measured.

    Attributes:
        source: whose answers.
        answers: the same as numbers.
        figures: estimates by name, as in ``metrics.json``.
        confusion: (classes, classes) counts, rows are the truth.
        sureness: mean probability of the named class and share of right answers; None without probabilities.
        roc: one drawing per class.
        reliability: a drawing; None without probabilities.
        subgroups: by column.
        mistakes: worst first.
    """

    source: Source
    answers: Answers
    figures: dict[str, Estimate]
    confusion: NDArray[np.float64]
    sureness: tuple[float, float] | None
    roc: tuple[Figure, ...]
    reliability: Figure | None
    subgroups: tuple[Subgroups, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def anchor(self) -> str:
        """What the ids of its sections and drawings on the page begin with."""
        return _anchor(self.source)

    @property
    def smallest(self) -> Subgroup | None:
        """The smallest subgroup with figures; None where none is large enough for them."""
        rows = (row for table in self.subgroups for row in table.rows if row.figures)
        return min(rows, key=lambda row: row.groups, default=None)

    @property
    def wrong(self) -> int:
        """How many photos it named wrongly."""
        return int(self.confusion.sum() - self.confusion.trace())

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.name


def steps(study: Study, columns: Sequence[str]) -> int:
    """How many steps of progress `assess` makes over all sources."""
    return len(study.sources) * (1 + len(columns))


def assess(
    study: Study,
    source: Source,
    columns: Sequence[str],
    draws: Draws,
    done: Progress | None = None,
) -> Assessment:
    """Measure a source and draw its curves.

    Args:
        study: the photos.
        source: one of the study's.
        columns: see `subgroups.columns_of`.
        draws: how intervals are drawn.
        done: called with 1 after each step.
    """
    answers = study.answers(source)
    name = _anchor(source)
    measured = estimates(figures(answers), answers.count, draws.replicates, draws.rng())
    if done is not None:
        done(1)
    sureness, reliability = None, None
    roc: tuple[Figure, ...] = ()
    if answers.probabilities is not None:
        right = answers.probabilities.argmax(axis=1) == answers.truth
        sureness = (float(answers.probabilities.max(axis=1).mean()), float(right.mean()))
        others = [other for other in study.sources if other.kind == "reader" and other is not source]
        readers = [study.answers(other) for other in others]
        roc = tuple(roc_panels(answers, readers, name, draws.rng()))
        reliability = reliability_figure(answers, name, draws.rng())
    return Assessment(
        source=source,
        answers=answers,
        figures=measured,
        confusion=confusion_matrix(answers.truth, answers.prediction, len(study.labels)),
        sureness=sureness,
        roc=roc,
        reliability=reliability,
        subgroups=tuple(
            subgroups(study, source, columns, replicates=draws.replicates // 2, rng=draws.rng(), done=done)
        ),
        mistakes=tuple(worst_mistakes(study, source)),
    )


def _anchor(source: Source) -> str:
    """The name in letters that an id may have, with a number that keeps likenesses apart."""
    from zlib import crc32

    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in source.name)
    return f"{plain}-{crc32(source.name.encode()):x}"
