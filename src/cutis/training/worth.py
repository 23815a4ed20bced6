"""What a run is worth on its test split, for its card; `cutis evaluate` says it at length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.core.operating_point import PatientRule
from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.conditions import by_condition
from cutis.stats.pooling import Lesions, pooled
from cutis.stats.resampling import number_groups

REPLICATES = 2000


def test_metrics(
    part: Manifest, probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels
) -> dict[str, dict[str, float]]:
    """Figures with 95% intervals, resampled by patient or lesion.

    Args:
        part: rows of the test split, for their groups.
        probabilities: (rows, outputs).
        truth: (rows,) class indices, or (rows, questions) with negative ones for what is not known.
        labels: names of the classes.

    Returns:
        ``{metric: {value, low, high}}``, named as in ``metrics.json``.
    """
    index, count = number_groups(part.table[part.group].to_numpy())
    said = labels.decide(probabilities).reshape(len(truth), -1)  # (rows, questions)
    apart, true = labels.by_question(probabilities), truth.reshape(len(truth), -1).astype(np.intp)
    asked = {}
    for number, question in enumerate(labels.questions):
        known = true[:, number] >= 0
        asked[question] = Answers(
            labels=labels.answers.names,
            truth=true[known, number],
            prediction=said[known, number],
            probabilities=apart[known, number],
            scored=np.ones(len(labels.answers), dtype=np.bool_),
            index=index[known],
            count=count,
            ordinal=labels.ordered,
        )
    one = asked.get("")
    wanted = figures(one) if one is not None else by_condition(asked)
    found = estimates(wanted, count, REPLICATES, np.random.default_rng(0))
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
