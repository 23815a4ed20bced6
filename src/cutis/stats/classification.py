"""The named figures of a source that gives each case one of several classes, with their intervals.

Names follow ``metrics.json``. With more than two classes ``sensitivity``, ``specificity``, ``ppv`` and
``npv`` are means over the classes, and ``auc_macro`` and ``average_precision_macro`` means of each class
against the rest. With two classes they are those of the positive class, and the areas are called ``auc``
and ``average_precision``. ``<figure>_<label>`` is the figure of one class against the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.stats import calibration, confusion, discrimination
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import Statistic, Weights, bootstrap, observed

RATES = ("sensitivity", "specificity", "ppv", "npv")
AREAS = ("auc", "average_precision")
LOSSES = ("expected_calibration_error", "brier_score", "log_loss")


@dataclass(frozen=True)
class Answers:
    """What a source said about some cases, and what was true.

    Attributes:
        labels: names of the classes; every number below counts in this order.
        truth: (cases,) 0 .. classes-1.
        prediction: (cases,) 0 .. classes-1.
        probabilities: (cases, classes), or None where the source gives none.
        scored: (classes,) whether the source gives a probability for the class at all.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
        positive: with two classes, the number of the one that is looked for.
    """

    labels: tuple[str, ...]
    truth: NDArray[np.intp]
    prediction: NDArray[np.intp]
    probabilities: NDArray[np.float64] | None
    scored: NDArray[np.bool_]
    index: NDArray[np.intp]
    count: int
    positive: int = 1

    @property
    def binary(self) -> bool:
        """There are two classes, one of which is looked for."""
        return len(self.labels) == 2

    def groups_where(self, cases: NDArray[np.bool_]) -> int:
        """The number of groups with at least one of these cases."""
        return len(np.unique(self.index[cases]))


@dataclass(frozen=True)
class Figures:
    """Figures by name, as one statistic.

    Attributes:
        names: (figures,).
        support: (figures,) groups that the figure rests on; 0 for a loss without an upper end.
        statistic: weights to (figures, replicates).
    """

    names: tuple[str, ...]
    support: tuple[int, ...]
    statistic: Statistic

    def only(self, names: Sequence[str]) -> Figures:
        """Those of the given names that there are, in the given order."""
        rows = [self.names.index(name) for name in names if name in self.names]
        return Figures(
            tuple(self.names[row] for row in rows),
            tuple(self.support[row] for row in rows),
            lambda weights: self.statistic(weights)[rows],
        )


def figures(answers: Answers) -> Figures:
    """Everything that can be said of the answers; figures of probabilities only where there are any."""
    parts = [_rates(answers)]
    if answers.probabilities is not None:
        parts += [_areas(answers, answers.probabilities), _losses(answers, answers.probabilities)]

    def every(weights: Weights) -> NDArray[np.float64]:
        return np.concatenate([part.statistic(weights) for part in parts], axis=0)

    names = tuple(name for part in parts for name in part.names)
    return Figures(names, tuple(number for part in parts for number in part.support), every)


def estimates(
    asked: Figures, count: int, replicates: int, rng: np.random.Generator, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Values with group-bootstrap intervals.

    Where every replicate is the same (all found, or none) a bootstrap knows no doubt; the interval is
    then Wilson's for a proportion of as many independent cases as there are groups behind the figure.

    Args:
        asked: from `figures`.
        count: number of groups.
        replicates: how many draws.
        rng: source of the draws.
        confidence: of the two-sided intervals.

    Returns:
        Estimates by name; a figure without meaning for these cases is left out.
    """
    values = observed(asked.statistic, count)
    ends = percentile(bootstrap(asked.statistic, count, replicates, rng), confidence)
    found = {}
    for name, support, value, (low, high) in zip(asked.names, asked.support, values, ends, strict=True):
        if np.isnan(value):
            continue
        estimate = Estimate(float(value), float(low), float(high))
        if support and not high - low > 1e-12:
            certain = wilson(value * support, support, confidence)
            estimate = Estimate(float(value), certain.low, certain.high)
        found[name] = estimate
    return found


def _rates(answers: Answers) -> Figures:
    classes = range(len(answers.labels))
    grouped = confusion.grouped_confusion(
        answers.truth, answers.prediction, len(answers.labels), answers.index, answers.count
    )
    per_class: tuple[Callable[[confusion.Matrix], NDArray[np.float64]], ...] = (
        confusion.sensitivity,
        confusion.specificity,
        confusion.ppv,
        confusion.npv,
    )

    def statistic(weights: Weights) -> NDArray[np.float64]:
        matrix = confusion.weighted_confusion(grouped, weights, len(answers.labels))
        tables = [figure(matrix) for figure in per_class]  # each (classes, replicates)
        heads = [table[answers.positive] if answers.binary else confusion.macro(table) for table in tables]
        overall = np.stack([confusion.accuracy(matrix), confusion.macro(tables[0]), *heads])
        return np.concatenate([overall, *tables], axis=0)

    bases = [
        [answers.groups_where(answers.truth == k) for k in classes],
        [answers.groups_where(answers.truth != k) for k in classes],
        [answers.groups_where(answers.prediction == k) for k in classes],
        [answers.groups_where(answers.prediction != k) for k in classes],
    ]
    heads = [base[answers.positive] if answers.binary else _smallest(base) for base in bases]
    names = ["accuracy", "balanced_accuracy", *RATES]
    names += [f"{rate}_{label}" for rate in RATES for label in answers.labels]
    support = [answers.count, _smallest(bases[0]), *heads, *(number for base in bases for number in base)]
    return Figures(tuple(names), tuple(support), statistic)


def _areas(answers: Answers, probabilities: NDArray[np.float64]) -> Figures:
    told = [
        k
        for k in range(len(answers.labels))
        if answers.scored[k] and 0 < np.sum(answers.truth == k) < len(answers.truth)
    ]
    if not told:
        return Figures((), (), lambda weights: np.empty((0, weights.shape[1])))
    ladders = [
        discrimination.ladder(answers.truth == k, probabilities[:, k], answers.index, answers.count)
        for k in told
    ]

    def statistic(weights: Weights) -> NDArray[np.float64]:
        tables = [
            np.stack([discrimination.weighted_auc(ladder, weights) for ladder in ladders]),
            np.stack([discrimination.weighted_average_precision(ladder, weights) for ladder in ladders]),
        ]
        if answers.binary:
            heads = [table[told.index(answers.positive)][None] for table in tables]
        else:
            heads = [confusion.macro(table)[None] for table in tables]
        return np.concatenate([*heads, *tables], axis=0)

    base = [
        min(answers.groups_where(answers.truth == k), answers.groups_where(answers.truth != k)) for k in told
    ]
    heads = [name if answers.binary else f"{name}_macro" for name in AREAS]
    names = [*heads, *(f"{area}_{answers.labels[k]}" for area in AREAS for k in told)]
    return Figures(tuple(names), (min(base), min(base), *base, *base), statistic)


def _losses(answers: Answers, probabilities: NDArray[np.float64]) -> Figures:
    right = probabilities.argmax(axis=1) == answers.truth
    binned = calibration.confidence_bins(probabilities.max(axis=1), right, answers.index, answers.count)
    brier = calibration.brier_losses(answers.truth, probabilities)
    log = calibration.log_losses(answers.truth, probabilities)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        means = [
            calibration.weighted_mean(losses, answers.index, answers.count, weights)
            for losses in (brier, log)
        ]
        return np.stack([calibration.weighted_calibration_error(binned, weights), *means])

    return Figures(LOSSES, (0, 0, 0), statistic)


def _smallest(groups: list[int]) -> int:
    """The fewest groups behind any class that has some."""
    return min(number for number in groups if number)
