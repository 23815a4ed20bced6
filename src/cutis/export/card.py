"""The model card: what a bundle is for, made from, worth, and not to be used for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cutis.core.bundle import BundleInfo, Member, OperatingPoint
from cutis.core.bundle_info import GOOD
from cutis.core.labels import Label
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
_VIEWS = {1: "as it is", 2: "as it is and mirrored", 4: "as it is and mirrored both ways"}


def write_card(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> str:
    """The card of a bundle, in Markdown.

    Args:
        info: everything that is known of it.
        counts: photos by split and what is true of them, named as the outputs are.
    """
    return "\n".join(
        [
            f"# {info.name} {info.version}",
            "",
            "For research use; not a medical device. Results are preliminary and no diagnosis.",
            "",
            *_warning(info),
            *_purpose(info),
            *_worth(info),
            *_data(info, counts),
            *_making(info),
            *_limits(info),
        ]
    )


def _warning(info: BundleInfo) -> list[str]:
    if not info.training.rendered:
        return []
    return [
        "**Trained on rendered images, not for care.** The training images were drawn by a program.",
        "What this model says of a photo of real skin means nothing; it exists for tests and demonstrations.",
        "",
    ]


def _purpose(info: BundleInfo) -> list[str]:
    labels = [
        f"- `{label.name}`" + (f": {label.title}" if label.title else "") for label in info.labels.items
    ]
    return [
        "## What it answers",
        "",
        *_asked(info),
        *_maps(info),
        "",
        *labels,
        "",
        *_beside(info),
        *(
            [f"The published system of this task (not this model's figures): {info.source}.", ""]
            if info.source
            else []
        ),
    ]


def _asked(info: BundleInfo) -> list[str]:
    if not info.labels.several:
        return [
            f"{info.title}: which of {len(info.labels)} {_nouns(info)} fits one {info.modality} photo.",
            "It gives a probability for each, an embedding, and a map of where each was seen.",
        ]
    grades = ", ".join(_named(grade) for grade in info.labels.answers.items)
    return [
        f"{info.title}: how marked each of {len(info.labels)} conditions is on one {info.modality} photo.",
        f"Grades: {grades}. It gives a probability for each grade of each condition, an embedding,",
        "and a map per condition. What was not graded in training was left out, and not taken for absent.",
    ]


def _named(grade: Label) -> str:
    text = grade.text.lower()
    return f"`{grade.name}`" if text == grade.name else f"`{grade.name}` ({text})"


def _beside(info: BundleInfo) -> list[str]:
    """What a gate says besides its grade."""
    gate = [f"Grades from `{info.passing}` up pass.", ""] if info.passing else []
    if info.findings is None:
        return gate
    named = ", ".join(f"`{label.name}` ({label.text.lower()})" for label in info.findings.items)
    return [*gate, f"Beside the grade, with a probability and a map each: {named}.", ""]


def _nouns(info: BundleInfo) -> str:
    return "grades" if info.labels.ordered else "labels"


def _maps(info: BundleInfo) -> list[str]:
    if info.dense is None:
        return []
    dense = info.dense
    scale = f" It expects {dense.spacing:g} micrometres per pixel." if dense.spacing else ""
    return [
        f"`cutis map` answers for every patch of {dense.patch} x {dense.patch} pixels of an image of any "
        f"size, {dense.stride} pixels apart.{scale}"
    ]


def _worth(info: BundleInfo) -> list[str]:
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
        *_table(("figure", "value (95% interval)"), figures),
        *_table(("label", *(kind.replace("_", " ") for kind in kinds)), classes),
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
        *_table(
            ("good photos", "of those that pass, good (PPV)", "of those that fail, not good (NPV)"), rows
        ),
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
        *_table(("operating point", "probability from", "rule", "chosen on"), rows),
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


def _data(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    data = info.training
    but = f", but these checks were switched off: {', '.join(data.overrides)}" if data.overrides else ""
    return [
        "## What it was trained on",
        "",
        f"- {data.name or 'Data without a name'}: {data.images} photos of {data.groups} patients or lesions.",
        f"- Licence of the data: {data.licence or 'not stated'}. The model inherits its terms.",
        f"- Rendered images: {'yes' if data.rendered else 'no'}.",
        f"- No patient or lesion is in two splits{but}.",
        f"- Manifest fingerprint: `{data.fingerprint}`",
        f"- Split hash: `{data.split_hash}`",
        "",
        *_shown(info, counts),
    ]


def _shown(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many photos each split has of each label, or of each grade of each condition."""
    own = len(info.labels.answers) if info.labels.several else 1
    outputs = [info.labels.outputs[start : start + own] for start in range(0, len(info.labels) * own, own)]
    rows = [
        (label.text, *(" / ".join(str(split.get(name, 0)) for name in names) for split in counts.values()))
        for label, names in zip(info.labels.items, outputs, strict=True)
    ]
    grades = f", graded {' / '.join(info.labels.answers.names)}" if info.labels.several else ""
    return [f"Photos by label and split{grades}:", "", *_table(("label", *counts), rows)]


def _making(info: BundleInfo) -> list[str]:
    average = "The probabilities of its networks are averaged. " if len(info.members) > 1 else ""
    return [
        "## How it was made",
        "",
        *map(_member, info.members),
        "",
        f"{average}Each photo is seen {_VIEWS[info.views]}.",
        f"Temperature of the result: {info.temperature:.3f}.",
        f"Weights are stored as {info.precision}. Written by cutis {info.cutis} on {info.created}.",
        "",
    ]


def _member(member: Member) -> str:
    fit = {
        "shorter": "shorter side",
        "square": "square of",
        "whole": "whole photo, shorter side at most",
        "native": "patch of at least",
    }[member.fit]
    size = f"{fit} {member.size} pixels"
    return f"- `{member.run}`: {member.backbone}, {size}, temperature {member.temperature:.3f}"


def _limits(info: BundleInfo) -> list[str]:
    if info.labels.several:
        anything = (
            "It knows nothing but its conditions, and grades them on anything: other skin, or no skin at all."
        )
    elif info.labels.ordered:
        anything = "It knows nothing but its grades, and grades anything: another disease, or no skin at all."
    else:
        anything = (
            f"It knows nothing but {', '.join(info.labels.names)}.\n"
            "  A photo of anything else, or of healthy skin, gets one of these labels too."
        )
    if info.native:
        shape = "An image larger than a patch gets one answer for all of it; `cutis map` tells places apart."
    else:
        shape = "A panorama is cropped about its centre to at most 4:3."
    return [
        "## Limits",
        "",
        f"- {anything}",
        f"- It was trained on {info.modality} photos; on others its answers mean nothing.",
        "- Other clinics, cameras and skin tones were not part of the figures above.",
        "  Measure it on your own photos before you rely on a number.",
        f"- {shape}",
        f"- Licence of the model: {info.licence or 'not stated'}.",
        "",
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
