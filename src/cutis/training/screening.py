"""What a screening task must not miss: how patients are answered for, and from which score on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import OneClassError
from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.core.operating_point import FittedOn, OperatingPoint, PatientRule
from cutis.stats.pooling import Lesions, fit_pooling, pooled
from cutis.stats.thresholds import BoundedPoint, by_sensitivity_bound
from cutis.task import Screening


def lesions_of(
    part: Manifest,
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    labels: Labels,
    positive: str,
) -> Lesions:
    """A part's photos as lesions of its patients.

    Args:
        part: rows, for their groups.
        probabilities: (rows, classes).
        truth: (rows,) class indices.
        labels: names of the classes.
        positive: the one that is looked for.
    """
    number = labels.names.index(positive)
    return Lesions(probabilities[:, number], truth == number, part.table[part.group].to_numpy())


def patient_rule(
    part: Manifest,
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    labels: Labels,
    screening: Screening | None,
) -> PatientRule | None:
    """How patients are answered for, fitted on the tune split.

    Args:
        part: rows of the tune split.
        probabilities, truth, labels: as `lesions_of`.
        screening: of the task. Of data's own two labels the second is looked for, as `cutis evaluate` does.

    Returns:
        None where the task does not screen, where the data's own labels are more than two and lack the one
        that is looked for, or where all patients of the split are of one kind.
    """
    screening = _among(labels, screening)
    if screening is None:
        return None
    tune = lesions_of(part, probabilities, truth, labels, screening.positive)
    patients = tune.patients
    try:
        pooling = fit_pooling(tune, screening.pooling)
    except OneClassError:
        return None
    scores = pooled(tune.score, tune.groups, pooling)
    point = by_sensitivity_bound(patients, scores, screening.sensitivity)
    fitted = FittedOn("tune", part.split_hash, len(part), len(patients))
    title = labels[screening.positive].text
    named = _operating_point(f"{title}, by patient", screening, point, fitted)
    return PatientRule(screening.positive, pooling, float(patients.mean()), named)


def lesion_points(
    part: Manifest,
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    labels: Labels,
    screening: Screening | None,
) -> tuple[OperatingPoint, ...]:
    """The threshold on one lesion's probability, each patient of the tune split counting once.

    Args and what leaves it without one: as `patient_rule`.
    """
    screening = _among(labels, screening)
    if screening is None:
        return ()
    tune = lesions_of(part, probabilities, truth, labels, screening.positive)
    try:
        point = by_sensitivity_bound(tune.truth, tune.score, screening.sensitivity, tune.groups)
    except OneClassError:
        return ()
    fitted = FittedOn("tune", part.split_hash, len(part), len(tune.patients))
    return (_operating_point(f"{labels[screening.positive].text}, one lesion", screening, point, fitted),)


def _among(labels: Labels, screening: Screening | None) -> Screening | None:
    """What is looked for among these labels."""
    if screening is None or screening.positive in labels:
        return screening
    return replace(screening, positive=labels.names[1]) if len(labels) == 2 else None


def _operating_point(
    name: str, screening: Screening, point: BoundedPoint, fitted: FittedOn
) -> OperatingPoint:
    bound = f"lower end of sensitivity's interval >= {screening.sensitivity:g}"
    made = OperatingPoint(name, screening.positive, point.threshold, bound, fitted)
    found = {"sensitivity": point.sensitivity.to_dict(), "specificity": point.specificity.to_dict()}
    return replace(made, found=found, note=point.shortfall)
