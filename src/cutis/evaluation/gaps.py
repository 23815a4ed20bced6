"""How far a subgroup's figures lie from those of everybody else, and which gaps are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation.study import Source, Study
from cutis.evaluation.subgroups import LEAST_GROUPS, ordered_values, values_of
from cutis.stats import confusion
from cutis.stats.comparison import Difference, holm, newcombe
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import Statistic, Weights, bootstrap, observed

LEVEL = 0.05
# Patients or lesions of a class, here and in the rest; with fewer its figures are left out.
LEAST_OF_CLASS = 5


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
        By column, value and measure; none where the subgroup or the rest has too few groups for figures, and
        no sensitivity or specificity where either has too few of that class (`LEAST_OF_CLASS`). p is that of
        the gap over its spread in the draws, or Newcombe's where a side is all right or all wrong.
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
    truth, index = study.target[source.rows], study.index[source.rows]
    sizes = np.array([len(np.unique(index[part])) for part in (inside, ~inside)])
    if sizes.min() < LEAST_GROUPS:
        return []
    of_class = np.array(  # (2, classes)
        [
            [len(np.unique(index[part & (truth == k)])) for k in range(len(study.labels))]
            for part in (inside, ~inside)
        ]
    )
    shared = np.flatnonzero(of_class.min(axis=0) >= LEAST_OF_CLASS)
    support = _support(study, sizes, of_class, shared)
    if not support:
        return []
    both, size = _figures(study, source, inside, tuple(support), shared), len(support)
    values = observed(both, study.count)
    draws = bootstrap(both, study.count, replicates, rng)
    told = []
    for k, (measure, numbers) in enumerate(support.items()):
        rows = [k, k + size]
        here, rest = (estimate(values[row], draws[row], int(n)) for row, n in zip(rows, numbers, strict=True))
        if still(draws[k]) or still(draws[k + size]):
            lead = newcombe(here, rest)
        else:
            low, high = percentile(draws[k + 2 * size])[0]
            gap = float(values[k + 2 * size])
            lead = Difference(gap, float(low), float(high), spread_p(gap, draws[k + 2 * size]))
        classes = len(shared) if measure == "balanced_accuracy" else len(study.labels)
        told.append(Gap(*where, int(inside.sum()), int(sizes[0]), measure, classes, here, rest, lead, np.nan))
    return told


def _support(
    study: Study, sizes: NDArray[np.intp], of_class: NDArray[np.intp], shared: NDArray[np.intp]
) -> dict[str, NDArray[np.intp]]:
    """(2,) patients or lesions that each figure rests on, here and in the rest; no figure of too few."""
    if len(study.labels) == 2:
        classes = {"sensitivity": study.positive, "specificity": 1 - study.positive}
        return {measure: of_class[:, k] for measure, k in classes.items() if k in shared}
    found = {"accuracy": sizes}
    if len(shared):
        found["balanced_accuracy"] = of_class[:, shared].min(axis=1)
    return found


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


def estimate(value: float, draws: NDArray[np.float64], support: int) -> Estimate:
    """A figure with the interval of its draws, or Wilson's where these know no doubt.

    Args:
        value: of the data.
        draws: (replicates,) of it.
        support: patients or lesions that it rests on; 0 where Wilson's interval does not fit it.
    """
    if support and still(draws):  # all found, or none
        certain = wilson(value * support, support)
        return Estimate(float(value), certain.low, certain.high)
    low, high = percentile(draws)[0]
    return Estimate(float(value), float(low), float(high))


def still(draws: NDArray[np.float64]) -> bool:
    """A figure is the same in every draw."""
    low, high = percentile(draws)[0]
    return not high - low > 1e-12


def spread_p(value: float, draws: NDArray[np.float64]) -> float:
    """Two-sided p of a difference over its spread in the draws, by the normal curve; 1 without a spread.

    Counting draws beyond zero could not tell chances small enough to stand correction for many tests.

    Args:
        value: the difference.
        draws: (replicates,) of it.
    """
    from scipy.special import ndtr

    defined = draws[~np.isnan(draws)]
    spread = float(defined.std(ddof=1)) if len(defined) > 1 else 0.0
    return 1.0 if spread < 1e-12 else float(2 * ndtr(-abs(value) / spread))


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
