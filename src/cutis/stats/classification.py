"""The named figures of a source that gives each case one of several classes, with their intervals.

Names follow ``metrics.json``. With more than two classes ``sensitivity``, ``specificity``, ``ppv`` and
``npv`` are means over the classes, and ``auc_macro`` and ``average_precision_macro`` means of each class
against the rest. With two classes they are those of the positive class, and the areas are called ``auc``
and ``average_precision``. ``<figure>_<label>`` is the figure of one class against the rest. Grades
have their mean deviation and quadratic kappa besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutis.stats import calibration, confusion, discrimination, ordinal
from cutis.stats.intervals import Estimate, bca, percentile, wilson
from cutis.stats.resampling import Statistic, Weights, bootstrap, jackknife, observed

Interval = Literal["percentile", "bca"]

RATES = ("sensitivity", "specificity", "ppv", "npv")
AREAS = ("auc", "average_precision")
GRADES = ("mean_absolute_deviation", "mean_absolute_deviation_normalised", "quadratic_kappa")
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
        ordinal: the classes are grades, lowest first.
    """

    labels: tuple[str, ...]
    truth: NDArray[np.intp]
    prediction: NDArray[np.intp]
    probabilities: NDArray[np.float64] | None
    scored: NDArray[np.bool_]
    index: NDArray[np.intp]
    count: int
    positive: int = 1
    ordinal: bool = False

    @property
    def binary(self) -> bool:
        """There are two classes, one of which is looked for."""
        return len(self.labels) == 2

    @property
    def alike(self) -> bool:
        """Shares are of groups: each is one case, or one case repeated as often as in the others."""
        size = len(self.truth) // max(self.count, 1)
        if np.any(np.bincount(self.index, minlength=self.count) != size):
            return False
        kinds = np.stack([self.index, self.truth, self.prediction])
        return size == 1 or np.unique(kinds, axis=1).shape[1] == self.count

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
        proportions: names of those that are a share of groups, see `Answers.alike`.
    """

    names: tuple[str, ...]
    support: tuple[int, ...]
    statistic: Statistic
    proportions: frozenset[str] = frozenset()


def figures(answers: Answers, wanted: Sequence[str] | None = None) -> Figures:
    """What can be said of the answers; figures of probabilities only where there are any.

    Args:
        answers: of one source.
        wanted: names, of which those that there are are given in this order; all when None. What is not
            wanted is not computed where it would cost time.
    """
    parts = [_rates(answers)]
    if answers.ordinal:
        parts.append(_grades(answers))
    if answers.probabilities is not None:
        areas = [area for area in AREAS if wanted is None or any(name.startswith(area) for name in wanted)]
        parts.append(_areas(answers, answers.probabilities, areas))
        if wanted is None or set(wanted) & set(LOSSES):
            parts.append(_losses(answers, answers.probabilities))
    names = tuple(name for part in parts for name in part.names)
    support = tuple(number for part in parts for number in part.support)
    rows = (
        list(range(len(names))) if wanted is None else [names.index(name) for name in wanted if name in names]
    )

    def every(weights: Weights) -> NDArray[np.float64]:
        return np.concatenate([part.statistic(weights) for part in parts], axis=0)[rows]

    shares = frozenset[str]().union(*(part.proportions for part in parts))
    return Figures(tuple(names[row] for row in rows), tuple(support[row] for row in rows), every, shares)


def estimates(
    asked: Figures,
    count: int,
    replicates: int,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    interval: Interval = "percentile",
) -> dict[str, Estimate]:
    """Values with group-bootstrap intervals, and Wilson's for shares of independent cases.

    Where every replicate is the same (all found, or none) a bootstrap knows no doubt; the interval is
    then Wilson's for a proportion of as many independent cases as there are groups behind the figure.

    Args:
        asked: from `figures`.
        count: number of groups.
        replicates: how many draws.
        rng: source of the draws.
        confidence: of the two-sided intervals.
        interval: "percentile", or "bca", which also leaves out each group in turn.

    Returns:
        Estimates by name; a figure without meaning for these cases is left out.
    """
    values = observed(asked.statistic, count)
    draws = bootstrap(asked.statistic, count, replicates, rng)
    if interval == "bca":
        ends = bca(draws, values, jackknife(asked.statistic, count), confidence)
    else:
        ends = percentile(draws, confidence)
    found = {}
    for name, support, value, (low, high) in zip(asked.names, asked.support, values, ends, strict=True):
        if np.isnan(value):
            continue
        estimate = Estimate(float(value), float(low), float(high))
        if support and (name in asked.proportions or not high - low > 1e-12):
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
    shares: list[str] = []
    if answers.alike:
        shares = ["accuracy", *(RATES if answers.binary else ()), *names[2 + len(RATES) :]]
    return Figures(tuple(names), tuple(support), statistic, frozenset(shares))


def _grades(answers: Answers) -> Figures:
    grades = len(answers.labels)
    grouped = confusion.grouped_confusion(
        answers.truth, answers.prediction, grades, answers.index, answers.count
    )

    def statistic(weights: Weights) -> NDArray[np.float64]:
        matrix = confusion.weighted_confusion(grouped, weights, grades)
        deviation = ordinal.mean_absolute_deviation(matrix)
        return np.stack([deviation, deviation / (grades - 1), ordinal.quadratic_kappa(matrix)])

    return Figures(GRADES, (0, 0, 0), statistic)


def _areas(answers: Answers, probabilities: NDArray[np.float64], areas: Sequence[str]) -> Figures:
    told = [
        k
        for k in range(len(answers.labels))
        if answers.scored[k] and 0 < np.sum(answers.truth == k) < len(answers.truth)
    ]
    if not told or not areas or (answers.binary and answers.positive not in told):
        return Figures((), (), lambda weights: np.empty((0, weights.shape[1])))
    ladders = [
        discrimination.ladder(answers.truth == k, probabilities[:, k], answers.index, answers.count)
        for k in told
    ]
    weighted = {
        "auc": discrimination.weighted_auc,
        "average_precision": discrimination.weighted_average_precision,
    }

    def statistic(weights: Weights) -> NDArray[np.float64]:
        rows = []
        for area in areas:
            table = np.stack([weighted[area](ladder, weights) for ladder in ladders])  # (told, replicates)
            head = table[told.index(answers.positive)] if answers.binary else confusion.macro(table)
            rows += [head[None], table]
        return np.concatenate(rows, axis=0)

    base = [
        min(answers.groups_where(answers.truth == k), answers.groups_where(answers.truth != k)) for k in told
    ]
    names = []
    for area in areas:
        names += [area if answers.binary else f"{area}_macro", *(f"{area}_{answers.labels[k]}" for k in told)]
    return Figures(tuple(names), (min(base), *base) * len(areas), statistic)


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
