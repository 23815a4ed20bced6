"""Paired tests between two sources on the same photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cutis.core.errors import OneClassError
from cutis.evaluation.assessment import Draws
from cutis.evaluation.study import Source, Study
from cutis.stats.classification import Answers, Figures, figures
from cutis.stats.comparison import Difference, delong_test, holm, mcnemar, newcombe, paired_bootstrap
from cutis.stats.intervals import wilson
from cutis.stats.resampling import observed

TESTED = ("balanced_accuracy", "auc_macro", "auc", "accuracy")


@dataclass(frozen=True)
class Test:
    """One difference, first source minus second.

    Attributes:
        measure: what differs, as in ``metrics.json``.
        difference: with its interval and uncorrected p.
        corrected: p corrected by Holm over the family that the measure belongs to.
        method: how p was found.
    """

    measure: str
    difference: Difference
    corrected: float
    method: str


@dataclass(frozen=True)
class Pair:
    """Two sources on the photos that both answered.

    Attributes:
        first: name.
        second: name.
        photos: that both answered.
        groups: patients or lesions of these.
        tests: of the measures, then of each class's AUC.
        untested: classes whose AUCs cannot be tested, each with the reason.
    """

    first: str
    second: str
    photos: int
    groups: int
    tests: tuple[Test, ...]
    untested: tuple[tuple[str, str], ...] = ()


def compare_pair(study: Study, first: Source, second: Source, draws: Draws) -> Pair:
    """Test two sources against each other on the photos that both answered; p is not yet corrected.

    Args:
        study: the photos.
        first: one of the study's sources.
        second: another.
        draws: how intervals are drawn.
    """
    both = np.zeros(study.size, dtype=bool)
    both[np.intersect1d(first.rows, second.rows)] = True
    if not both.any():
        return Pair(first.name, second.name, 0, 0, ())
    one, other = study.answers(first, both), study.answers(second, both)  # both in the order of the photos
    of_classes, untested = _class_tests(one, other)
    tests = (*_paired_tests(one, other, draws), *of_classes)
    return Pair(first.name, second.name, len(one.truth), one.count, tests, tuple(untested))


def _paired_tests(one: Answers, other: Answers, draws: Draws) -> list[Test]:
    ours, theirs = figures(one, TESTED), figures(other, TESTED)
    shared = [name for name in ours.names if name in theirs.names]
    if one.count < 2:
        return []
    ours, theirs = figures(one, shared), figures(other, shared)
    differences = paired_bootstrap(ours.statistic, theirs.statistic, one.count, draws.replicates, draws.rng())
    found, methods = dict(zip(shared, differences, strict=True)), dict.fromkeys(shared, "paired bootstrap")
    for name, known in _of_what_does_not_vary(found, ours, theirs, one.count):
        found[name], methods[name] = known, "Newcombe"
    tests = [Test(name, found[name], np.nan, methods[name]) for name in shared if name != "accuracy"]
    p = mcnemar(one.prediction == one.truth, other.prediction == other.truth, one.index)
    exact = one.count == len(one.truth)
    method = "McNemar, exact" if exact else "McNemar, by group"
    return [*tests, Test("accuracy", replace(found["accuracy"], p=p), np.nan, method)]


def _of_what_does_not_vary(
    found: Mapping[str, Difference], ours: Figures, theirs: Figures, count: int
) -> Iterator[tuple[str, Difference]]:
    """Differences that are the same in every draw, as of all right and all wrong: of few patients no proof.

    They are made of Wilson's intervals of both, which on the same photos is rather too wide.
    """
    pairs = zip(observed(ours.statistic, count), observed(theirs.statistic, count), strict=True)
    supports = zip(ours.support, theirs.support, strict=True)
    for name, values, support in zip(ours.names, pairs, supports, strict=True):
        known = found[name]
        if all(support) and abs(known.value) > 1e-12 and not known.high - known.low > 1e-12:
            first, second = (wilson(value * n, n) for value, n in zip(values, support, strict=True))
            yield name, newcombe(first, second)


def _class_tests(one: Answers, other: Answers) -> tuple[list[Test], list[tuple[str, str]]]:
    """DeLong's test of each class against the rest, where both sources give a probability for it.

    Beside the tests, the classes without one and why.
    """
    tests: list[Test] = []
    untested: list[tuple[str, str]] = []
    if one.probabilities is None or other.probabilities is None:
        return tests, untested
    classes = [one.positive] if one.binary else range(len(one.labels))
    for k in classes:
        if not (one.scored[k] and other.scored[k]):
            continue
        try:
            found = delong_test(one.truth == k, one.probabilities[:, k], other.probabilities[:, k], one.index)
        except OneClassError as error:  # too few patients with or without it, or nothing varies
            untested.append((one.labels[k], str(error)))
            continue
        tests.append(Test(f"auc_{one.labels[k]}", found, np.nan, "DeLong, by group"))
    return tests, untested


def correct(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Correct p over all pairs: each measure is a family, and all classes' areas together are one."""
    families: dict[str, list[tuple[int, int]]] = {}
    for row, pair in enumerate(pairs):
        for column, test in enumerate(pair.tests):
            family = test.measure if test.measure in TESTED else "classes"
            families.setdefault(family, []).append((row, column))
    corrected: dict[tuple[int, int], float] = {}
    for places in families.values():
        values = holm([pairs[row].tests[column].difference.p for row, column in places])
        corrected |= dict(zip(places, values.tolist(), strict=True))
    return tuple(
        replace(
            pair,
            tests=tuple(
                replace(test, corrected=corrected[row, column]) for column, test in enumerate(pair.tests)
            ),
        )
        for row, pair in enumerate(pairs)
    )
