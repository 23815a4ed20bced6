"""What a run is worth on its test split, for its card; `cutis evaluate` says it at length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.labels import Labels, Ordinal
from cutis.core.manifest import Manifest
from cutis.core.operating_point import PatientRule
from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.pooling import Lesions, pooled
from cutis.stats.resampling import number_groups

REPLICATES = 2000


def test_metrics(
    part: Manifest, probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels
) -> dict[str, dict[str, float]]:
    """Figures with 95% intervals, resampled by patient or lesion.

    Args:
        part: rows of the test split, for their groups.
        probabilities: (rows, classes).
        truth: (rows,) class indices.
        labels: names of the classes.

    Returns:
        ``{metric: {value, low, high}}``, named as in ``metrics.json``.
    """
    index, count = number_groups(part.table[part.group].to_numpy())
    answers = Answers(
        labels=labels.names,
        truth=truth.astype(np.intp),
        prediction=labels.decide(probabilities),
        probabilities=probabilities,
        scored=np.ones(len(labels), dtype=np.bool_),
        index=index,
        count=count,
        ordinal=isinstance(labels, Ordinal),
    )
    found = estimates(figures(answers), count, REPLICATES, np.random.default_rng(0))
    return {name: estimate.to_dict() for name, estimate in found.items()}


def gate_metrics(
    groups: ArrayLike, good: NDArray[np.bool_], score: NDArray[np.float64], threshold: float
) -> dict[str, dict[str, float]]:
    """How well good photos are told from others, with 95% intervals, resampled by patient or lesion.

    Args:
        groups: (rows,) patient or lesion of each photo.
        good: (rows,) whether each photo is good.
        score: (rows,) probability of that.
        threshold: at or above it a photo passes.

    Returns:
        ``auc_good``, and ``sensitivity_good``, ``specificity_good``, ``ppv_good`` and ``npv_good`` at the
        threshold, as of `test_metrics`.
    """
    return _two_way(groups, good, score, threshold, "good")


def patient_metrics(lesions: Lesions, rule: PatientRule) -> dict[str, dict[str, float]]:
    """How well patients are told apart, with 95% intervals.

    Args:
        lesions: of the test split.
        rule: fitted on the tune split.

    Returns:
        ``auc_patient``, and ``sensitivity_patient``, ``specificity_patient``, ``ppv_patient`` and
        ``npv_patient`` at the rule's operating point, as of `test_metrics`.
    """
    patients, score = lesions.patients, pooled(lesions.score, lesions.groups, rule.pooling)
    return _two_way(np.arange(len(patients)), patients, score, rule.point.threshold, "patient")


def _two_way(
    groups: ArrayLike, truth: NDArray[np.bool_], score: NDArray[np.float64], threshold: float, name: str
) -> dict[str, dict[str, float]]:
    index, count = number_groups(groups)
    answers = Answers(
        labels=("no", "yes"),
        truth=truth.astype(np.intp),
        prediction=(score >= threshold).astype(np.intp),
        probabilities=np.stack([1 - score, score], axis=1),
        scored=np.ones(2, dtype=np.bool_),
        index=index,
        count=count,
    )
    wanted = ("auc", "sensitivity", "specificity", "ppv", "npv")
    found = estimates(figures(answers, wanted), count, REPLICATES, np.random.default_rng(0))
    return {f"{figure}_{name}": estimate.to_dict() for figure, estimate in found.items()}
