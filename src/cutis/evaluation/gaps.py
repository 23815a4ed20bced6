"""How far a subgroup's figures lie from those of everybody else, and which gaps are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import LEAST_GROUPS, ordered_values, values_of
from cutis.stats import confusion
from cutis.stats.comparison import Difference, holm
from cutis.stats.intervals import Estimate, percentile
from cutis.stats.resampling import Statistic, Weights, bootstrap, observed

LEVEL = 0.05
LEAST_OF_CLASS = (
    5  # patients or lesions of a class, here and in the rest; with fewer it is left out of the mean
)


@dataclass(frozen=True)
class Gap:
    """One figure of one subgroup against the rest.

    Attributes:
        column: of the truth's table.
        value: the subgroup.
        photos: in the subgroup.
        groups: its patients or lesions.
        measure: ``accuracy``, ``balanced_accuracy``, ``sensitivity`` or ``specificity``.
        classes: how many classes the figure is of; a mean over classes leaves out those that are too few
            here or in the rest (`LEAST_OF_CLASS`).
        here: the figure in the subgroup.
        rest: the figure in the rest, over the same classes.
        difference: here minus rest, with its interval and p.
        corrected: p corrected by Holm over all subgroups, by measure.
    """

    column: str
    value: str
    photos: int
    groups: int
    measure: str
    classes: int
    here: Estimate
    rest: Estimate
    difference: Difference
    corrected: float

    @property
    def sure(self) -> bool:
        """The gap is more than chance, after correction."""
        return self.corrected < LEVEL


def measures_of(study: Study) -> tuple[str, ...]:
    """By what subgroups are compared."""
    return ("sensitivity", "specificity") if len(study.labels) == 2 else ("accuracy", "balanced_accuracy")


def gaps(
    study: Study,
    source: Source,
    columns: Sequence[str],
    *,
    replicates: int,
    rng: np.random.Generator,
) -> tuple[Gap, ...]:
    """Each subgroup against the rest, on the same draws of patients or lesions.

    Of a column with two values the second is the first turned round: it counts as one test.

    Args:
        study: the photos.
        source: one of the study's.
        columns: see `subgroups.columns_of`.
        replicates: draws for each gap.
        rng: source of the draws.

    Returns:
        By column, value and measure; none where the subgroup or the rest has too few groups for figures.
        p is that of the gap over its spread in the draws.
    """
    found: list[Gap] = []
    for column in columns:
        values = values_of(study, column)[source.rows]
        for value in ordered_values(values.tolist()):
            found += _gaps(study, source, (column, value), values == value, replicates, rng)
    return _corrected(found)


def worst(found: Sequence[Gap], measure: str) -> Gap | None:
    """The subgroup with the lowest figure."""
    return min((gap for gap in found if gap.measure == measure), key=lambda gap: gap.here.value, default=None)


def widest(found: Sequence[Gap], measure: str) -> Gap | None:
    """The subgroup that lies farthest below the rest; None where none does."""
    below = [gap for gap in found if gap.measure == measure and gap.difference.value < 0]
    return min(below, key=lambda gap: gap.difference.value, default=None)


def _gaps(
    study: Study,
    source: Source,
    where: tuple[str, str],
    inside: NDArray[np.bool_],
    replicates: int,
    rng: np.random.Generator,
) -> list[Gap]:
    index = study.index[source.rows]
    groups = len(np.unique(index[inside]))
    if min(groups, len(np.unique(index[~inside]))) < LEAST_GROUPS:
        return []
    measures = measures_of(study)
    shared = _shared(study, source, inside)
    both, size = _figures(study, source, inside, measures, shared), len(measures)
    values = observed(both, study.count)
    draws = bootstrap(both, study.count, replicates, rng)
    ends = percentile(draws)
    told = []
    for k, measure in enumerate(measures):
        here, rest, gap = (
            (float(values[row]), float(ends[row, 0]), float(ends[row, 1])) for row in range(k, 3 * size, size)
        )
        if np.isnan(gap[0]):
            continue
        classes = len(shared) if measure == "balanced_accuracy" else len(study.labels)
        lead = Difference(*gap, spread_p(gap[0], draws[k + 2 * size]))
        sides = (Estimate(*here), Estimate(*rest))
        told.append(Gap(*where, int(inside.sum()), groups, measure, classes, *sides, lead, np.nan))
    return told


def _shared(study: Study, source: Source, inside: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Classes with enough patients or lesions both here and in the rest."""
    truth, index = study.target[source.rows], study.index[source.rows]

    def enough(k: int) -> bool:
        sides = (len(np.unique(index[part & (truth == k)])) for part in (inside, ~inside))
        return min(sides) >= LEAST_OF_CLASS

    return np.array([k for k in range(len(study.labels)) if enough(k)], dtype=np.intp)


def _figures(
    study: Study,
    source: Source,
    inside: NDArray[np.bool_],
    measures: Sequence[str],
    shared: NDArray[np.intp],
) -> Statistic:
    """Statistic of (3 * measures, replicates): inside, in the rest, and the one less the other."""
    truth, classes = study.target[source.rows], len(study.labels)
    index = study.index[source.rows]
    sides = [
        confusion.grouped_confusion(truth[part], source.prediction[part], classes, index[part], study.count)
        for part in (inside, ~inside)
    ]

    def one(matrix: NDArray[np.float64], measure: str) -> NDArray[np.float64]:
        if measure == "accuracy":
            return confusion.accuracy(matrix)
        if measure == "specificity":
            return np.asarray(confusion.specificity(matrix)[study.positive])
        found = confusion.sensitivity(matrix)
        if measure == "sensitivity":
            return np.asarray(found[study.positive])
        return confusion.macro(found[shared]) if len(shared) else np.full(matrix.shape[2], np.nan)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        matrices = [confusion.weighted_confusion(side, weights, classes) for side in sides]
        here, rest = (np.stack([one(matrix, measure) for measure in measures]) for matrix in matrices)
        return np.concatenate([here, rest, here - rest])

    return statistic


def spread_p(value: float, draws: NDArray[np.float64]) -> float:
    """Two-sided p of a difference over its spread in the draws, by the normal curve.

    Counting draws beyond zero could not tell chances small enough to stand correction for many tests.

    Args:
        value: the difference.
        draws: (replicates,) of it.
    """
    from scipy.special import ndtr

    defined = draws[~np.isnan(draws)]
    spread = float(defined.std(ddof=1)) if len(defined) > 1 else 0.0
    if spread < 1e-12:
        return 1.0 if abs(value) < 1e-12 else 0.0
    return float(2 * ndtr(-abs(value) / spread))


def _corrected(found: Sequence[Gap]) -> tuple[Gap, ...]:
    corrected: dict[int, float] = {}
    for measure in {gap.measure for gap in found}:
        rows = [row for row, gap in enumerate(found) if gap.measure == measure]
        twins = {
            row: next((other for other in rows if other < row and _turned(found[other], found[row])), row)
            for row in rows
        }
        tests = [row for row in rows if twins[row] == row]
        values = dict(zip(tests, holm([found[row].difference.p for row in tests]).tolist(), strict=True))
        corrected |= {row: values[twins[row]] for row in rows}
    return tuple(replace(gap, corrected=corrected[row]) for row, gap in enumerate(found))


def _turned(first: Gap, second: Gap) -> bool:
    """Whether two gaps are one and the same seen from both sides."""
    alike = abs(first.difference.value + second.difference.value) < 1e-12
    return first.column == second.column and alike and abs(first.here.value - second.rest.value) < 1e-12
