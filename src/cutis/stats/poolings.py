"""Which way from lesions to the patient is worth most: all of them on the same patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.operating_point import POOLINGS, Pooling
from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.comparison import Difference, paired_bootstrap
from cutis.stats.intervals import Estimate
from cutis.stats.pooling import Lesions, fit_pooling, pooled
from cutis.stats.thresholds import TARGET, BoundedPoint, by_sensitivity_bound

FIGURES = ("auc", "sensitivity", "specificity", "brier_score", "log_loss")


@dataclass(frozen=True)
class Compared:
    """One pooling, fitted on the tune split's patients and measured on the test split's.

    Attributes:
        pooling: as fitted.
        point: threshold on the patient's probability, chosen on the tune split.
        figures: on the test split, by name, see `FIGURES`; with intervals resampled by patient.
        differences: of each figure from that of the first pooling compared, on the same draws of patients.
    """

    pooling: Pooling
    point: BoundedPoint
    figures: dict[str, Estimate]
    differences: dict[str, Difference]


def compare_poolings(
    tune: Lesions,
    test: Lesions,
    rng: np.random.Generator,
    *,
    methods: Sequence[str] = POOLINGS,
    least: float = TARGET,
    replicates: int = 2000,
) -> tuple[Compared, ...]:
    """Fit each pooling on one split, and compare them on another.

    Args:
        tune: lesions that no network was trained on.
        test: lesions of other patients.
        rng: source of the draws.
        methods: what to compare, with the first.
        least: sensitivity that the lower end of its interval is to reach on the tune split.
        replicates: draws of patients.

    Raises:
        OneClassError: only positive patients or only negative ones in either split.
    """
    found = []
    for method in methods:
        pooling = fit_pooling(tune, method)
        point = by_sensitivity_bound(tune.patients, pooled(tune.score, tune.groups, pooling), least)
        found.append((pooling, point, _answers(test, pooling, point.threshold)))
    first = figures(found[0][2], FIGURES)
    seed = int(rng.integers(2**63))  # the same draws for all, so that a difference is not one of luck
    compared = []
    for pooling, point, answers in found:
        own = figures(answers, FIGURES)
        measured = estimates(own, answers.count, replicates, np.random.default_rng(seed))
        draws = np.random.default_rng(seed)
        gaps = paired_bootstrap(own.statistic, first.statistic, answers.count, replicates, draws)
        compared.append(Compared(pooling, point, measured, dict(zip(own.names, gaps, strict=True))))
    return tuple(compared)


def _answers(lesions: Lesions, pooling: Pooling, threshold: float) -> Answers:
    said, truth = pooled(lesions.score, lesions.groups, pooling), lesions.patients
    return Answers(
        labels=("negative", "positive"),
        truth=truth.astype(np.intp),
        prediction=(said >= threshold).astype(np.intp),
        probabilities=np.stack([1 - said, said], axis=1),
        scored=np.ones(2, dtype=np.bool_),
        index=np.arange(len(truth)),
        count=len(truth),
    )
