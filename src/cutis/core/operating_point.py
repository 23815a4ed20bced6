"""Thresholds, and how a patient's lesions become the one probability that a threshold is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cutis.core.plain import build

# mean: of the lesions' probabilities. top: of the highest share of them. noisy_or: one minus the geometric
# mean of the chances that a lesion is not. attention: mean log odds, high ones weighing more.
# smooth_max: from the mean of the log odds (sharpness 0) towards the highest.
POOLINGS = ("mean", "top", "noisy_or", "attention", "smooth_max")


@dataclass(frozen=True)
class FittedOn:
    """The data that a threshold or a temperature was chosen on.

    Attributes:
        split: name of the split, normally ``tune``.
        split_hash: hash of the whole split assignment, as in the manifest's ``split_hash``.
        n: number of images.
        groups: number of patients or lesions, where they are what was counted.
    """

    split: str
    split_hash: str
    n: int
    groups: int | None = None


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on one label's probability: at or above it the label counts as found.

    Attributes:
        name: for people, such as ``melanoma, 95% sensitivity``.
        label: name of the label; of a gate also ``good``, the grades that pass.
        threshold: 0 to 1, on the bundle's ``probabilities``; in a `PatientRule` on the patient's.
        rule: how it was chosen, such as ``youden`` or ``sensitivity >= 0.95``.
        fitted_on: on what it was chosen; None when it was set by hand.
        found: ``sensitivity`` and ``specificity``, each ``{value, low, high}``, of the cases that it was
            chosen on, which flatter it; empty where the rule keeps none.
        note: what the rule could not keep, in a sentence.
    """

    name: str
    label: str
    threshold: float
    rule: str
    fitted_on: FittedOn | None = None
    found: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Pooling:
    """How the probabilities of a patient's lesions become one; see `cutis.stats.pooling`.

    Attributes:
        method: one of `POOLINGS`.
        share: of the lesions, that ``top`` looks at; above 0, at most 1.
        sharpness: of ``attention`` and ``smooth_max``; 0 takes all lesions alike.
        slope: multiplies the pooled log odds; 0 or above.
        offset: added to them.
    """

    method: str = "mean"
    share: float = 0.25
    sharpness: float = 1.0
    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class PatientRule:
    """How a bundle answers for a patient.

    Attributes:
        positive: name of the label that is looked for.
        pooling: how the lesions' probabilities of it become the patient's.
        prevalence: share of positive patients that the patient's probability is made for.
        point: threshold on that probability.
    """

    positive: str
    pooling: Pooling
    prevalence: float
    point: OperatingPoint


def operating_point_from_dict(data: Mapping[str, Any]) -> OperatingPoint:
    """An operating point as ``dataclasses.asdict`` wrote it.

    Raises:
        CutisError: a field is missing.
    """
    fitted = data.get("fitted_on")
    return build(OperatingPoint, {**data, "fitted_on": build(FittedOn, fitted) if fitted else None})


def patient_rule_from_dict(data: Mapping[str, Any]) -> PatientRule:
    """A patient's rule as ``dataclasses.asdict`` wrote it.

    Raises:
        CutisError: a field is missing.
    """
    inside = {"pooling": build(Pooling, data["pooling"]), "point": operating_point_from_dict(data["point"])}
    return build(PatientRule, {**data, **inside})
