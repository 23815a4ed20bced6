"""The part of a card that says what a model is worth: figures, operating points, the rule for patients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cutis.core.bundle import BundleInfo, OperatingPoint
from cutis.core.bundle_info import GOOD
from cutis.pages.numbers import decimal, decimal_range
from cutis.stats.utility import predictive_values

_HEADLINES = {
    "auc_good": "AUC, good or not",
    "sensitivity_good": "of good photos, passed",
    "specificity_good": "of other photos, refused",
    "ppv_good": "of passed photos, good",
    "npv_good": "of refused photos, not good",
    "auc_patient": "AUC, patients",
    "sensitivity_patient": "of positive patients, found",
    "specificity_patient": "of other patients, left alone",
    "ppv_patient": "of patients called, positive",
    "npv_patient": "of patients not called, not positive",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "auc_macro": "AUC, mean over classes",
    "auc": "AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "mean_absolute_deviation": "mean absolute deviation, in grades",
    "mean_absolute_deviation_normalised": "mean absolute deviation, of the whole scale (0 to 1)",
    "quadratic_kappa": "quadratic kappa",
    "expected_calibration_error": "expected calibration error",
}
_BY_CLASS = (
    "accuracy",
    "quadratic_kappa",
    "mean_absolute_deviation",
    "sensitivity",
    "specificity",
    "auc",
)  # by label or condition, those that there are
_GOOD_SHARES = (0.3, 0.5, 0.7, 0.85)
_ANSWER = {
    "categorical": "the most probable label",
    "ordinal": "the median grade, which is least far off",
    "multilabel": "the median grade of each condition, which is least far off",
}


def worth(info: BundleInfo) -> list[str]:
    """The part of the card that says what the model is worth, and at which thresholds; lines of Markdown."""
    if not info.metrics:
        return ["## What it is worth", "", "Not measured. Use `cutis evaluate` before any use.", ""]
    figures = [
        (title, _figure(info.metrics[name])) for name, title in _HEADLINES.items() if name in info.metrics
    ]
    names = info.labels.names
    kinds = [kind for kind in _BY_CLASS if any(f"{kind}_{name}" in info.metrics for name in names)]
    classes = [
        (label.text, *(_figure(info.metrics.get(f"{kind}_{label.name}")) for kind in kinds))
        for label in info.labels.items
    ]
    return [
        "## What it is worth",
        "",
        f"Measured on {info.metrics_on}.",
        "Intervals are resampled by patient or lesion.",
        "",
        *(["Of several conditions the mean.", ""] if info.labels.several else []),
        *table(("figure", "value (95% interval)"), figures),
        *table(("label", *(kind.replace("_", " ") for kind in kinds)), classes),
        *_passing(info),
        *_thresholds(info),
        *_patients(info),
    ]


def _figure(metric: Mapping[str, Any] | None) -> str:
    if metric is None:
        return "not known"
    return f"{decimal(metric['value'])} ({decimal_range(metric['low'], metric['high'])})"


def _passing(info: BundleInfo) -> list[str]:
    """What it means that a photo passes or fails a gate, by how common good photos are."""
    kinds = [f"{kind}_{GOOD}" for kind in ("sensitivity", "specificity")]
    if not all(kind in info.metrics for kind in kinds):
        return []
    sensitivity, specificity = (float(info.metrics[kind]["value"]) for kind in kinds)
    shares = np.array(_GOOD_SHARES)
    means = predictive_values(sensitivity, specificity, shares)
    rows = [
        (f"{share:.0%}", decimal(float(passed)), decimal(float(failed)))
        for share, passed, failed in zip(shares, means.ppv, means.npv, strict=True)
    ]
    return [
        "What passing means depends on how many photos are good; from the sensitivity and specificity above:",
        "",
        *table(("good photos", "of those that pass, good (PPV)", "of those that fail, not good (NPV)"), rows),
    ]


def _thresholds(info: BundleInfo) -> list[str]:
    points = info.operating_points
    if not points:
        return []
    rows = [
        (
            point.name,
            f"{point.threshold:.3f}",
            point.rule,
            _chosen_on(point),
        )
        for point in points
    ]
    notes = [line for point in points if point.note for line in (f"{point.name}: {point.note}", "")]
    return [
        f"The model's own answer is {_ANSWER[info.labels.kind]}. For those who look for one label:",
        "",
        *table(("operating point", "probability from", "rule", "chosen on"), rows),
        *notes,
    ]


def _chosen_on(point: OperatingPoint) -> str:
    fitted = point.fitted_on
    if fitted is None:
        return "set by hand"
    of = f" of {fitted.groups} patients" if fitted.groups else ""
    return f"{fitted.n} photos{of}, split {fitted.split}"


def _patients(info: BundleInfo) -> list[str]:
    """How lesions become an answer about their patient."""
    rule = info.patient
    if rule is None:
        return []
    point, title = rule.point, info.labels[rule.positive].text
    there = [f"{name} {_figure(point.found[name])}" for name in ("sensitivity", "specificity")]
    return [
        "### Patients with several lesions",
        "",
        f"The lesions' probabilities of {title} become the patient's by `{rule.pooling.method}`, calibrated",
        f"where {rule.prevalence:.1%} of patients had it. How many photos there are changes nothing.",
        f"Called from {point.threshold:.3f} up; rule: {point.rule}; chosen on {_chosen_on(point)}.",
        f"On these, which flatter it: {', '.join(there)}. {point.note}".strip(),
        "A positive answer is a reason to refer, no diagnosis; what it means depends on how common the",
        "disease is among the patients who are tested: `cutis evaluate --prevalence` says it.",
        "",
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
