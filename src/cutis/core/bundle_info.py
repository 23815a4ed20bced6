"""What a bundle says about its model: plain values, written to and read from ``bundle.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from cutis.core.labels import Labels
from cutis.core.operating_point import (
    FittedOn,
    OperatingPoint,
    PatientRule,
    operating_point_from_dict,
    patient_rule_from_dict,
)
from cutis.core.plain import build

__all__ = [
    "FORMAT",
    "GOOD",
    "BundleInfo",
    "Dense",
    "Fit",
    "FittedOn",
    "Member",
    "OperatingPoint",
    "PatientRule",
    "TrainingData",
    "operating_point_from_dict",
    "patient_rule_from_dict",
    "training_from_dict",
]

FORMAT = 1
GOOD = "good"  # what a gate's passing grades are called together

# How a photo is brought to a network: cropped to at most 4:3 and resized by its shorter side; the same, but
# stretched to a square; with nothing cut off and never enlarged, where frame and sharpness are what is asked
# about; or taken pixel by pixel, where scale is part of what is seen.
Fit = Literal["shorter", "square", "whole", "native"]


@dataclass(frozen=True)
class TrainingData:
    """What a model was trained on.

    Attributes:
        name: of the data set, for people.
        rendered: the images were rendered, not photographed.
        images: number of images in training.
        groups: number of patients or lesions in training.
        fingerprint: the manifest's fingerprint.
        split_hash: hash of the split assignment.
        overrides: checks that the user switched off by name, such as ``leakage``.
        licence: the terms of the data, which the model inherits.
    """

    name: str
    rendered: bool
    images: int
    groups: int
    fingerprint: str
    split_hash: str
    overrides: tuple[str, ...] = ()
    licence: str = ""


@dataclass(frozen=True)
class Member:
    """One network of the graph; an ensemble has several, whose probabilities are averaged.

    Attributes:
        run: name of the training run.
        backbone: timm name of the network.
        size: shorter side of its input in pixels; both sides where it is a square, the most where photos are
            never enlarged, the least where native.
        mean: subtracted per channel, on a 0 to 1 scale.
        std: divided by per channel, on a 0 to 1 scale.
        temperature: divides its logits.
        fit: how a photo is brought to it.
    """

    run: str
    backbone: str
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    temperature: float = 1.0
    fit: Fit = "shorter"


@dataclass(frozen=True)
class Dense:
    """How the bundle's dense graph maps a whole image: one answer for every patch on a grid.

    Attributes:
        patch: side of the square patch that one answer is for, in pixels.
        stride: pixels from one patch to the next, down and across.
        spacing: micrometres per pixel of the images that the model expects; None when it is not known.
    """

    patch: int
    stride: int
    spacing: float | None = None


@dataclass(frozen=True)
class BundleInfo:
    """Everything about a bundle but the weights (``bundle.json``).

    Attributes:
        name: short, as in the ``source`` column of predictions.
        version: of the model, counted by whoever publishes it.
        created: date and time, ISO 8601, UTC.
        cutis: version of cutis that wrote the bundle.
        task: name of the task.
        title: the task for people.
        labels: in the order of the graph's ``probabilities``.
        modality: what the images must be, such as ``dermoscopic``.
        size: pixels on the shorter side that an image should have at least; more adds nothing.
        members: the networks in the graph.
        training: what they were trained on.
        temperature: of the averaged probabilities p: softmax(log p / temperature).
        operating_points: thresholds with how and on what they were chosen.
        views: views of each image that are averaged in the graph: 1, 2 (mirrored) or 4.
        precision: how weights are stored: ``float32``, ``float16`` or ``int8 weights``; ``int8`` where the
            graph computes with 8 bits too.
        licence: terms of use of the model.
        metrics: ``{"<metric>": {"value": v, "low": l, "high": h}, ...}`` on held-out data.
        metrics_on: which data that was, for people.
        source: the published system that the task follows.
        dense: of the member ``dense.onnx``; None when the bundle has none and cannot map whole images.
        findings: in the order of the graph's ``findings``; None where it answers one question only.
        passing: the lowest grade that counts as good, where the bundle is a gate.
        patient: how it answers for a patient with several lesions; None where it does not.
        format: of the file; a newer one than `FORMAT` is refused.
    """

    name: str
    version: str
    created: str
    cutis: str
    task: str
    title: str
    labels: Labels
    modality: str
    size: int
    members: tuple[Member, ...]
    training: TrainingData
    temperature: float = 1.0
    operating_points: tuple[OperatingPoint, ...] = ()
    views: int = 1
    precision: str = "float32"
    licence: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    metrics_on: str = ""
    source: str = ""
    dense: Dense | None = None
    findings: Labels | None = None
    passing: str | None = None
    patient: PatientRule | None = None
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``bundle.json``."""
        optional = ("dense", "findings", "passing", "patient")
        shallow = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in optional}
        dense = {"dense": asdict(self.dense)} if self.dense else {}
        findings = {"findings": self.findings.to_dict()} if self.findings else {}
        passing = {"passing": self.passing} if self.passing else {}
        patient = {"patient": asdict(self.patient)} if self.patient else {}
        return (
            shallow
            | dense
            | findings
            | passing
            | patient
            | {
                "labels": self.labels.to_dict(),
                "members": [asdict(member) for member in self.members],
                "training": asdict(self.training),
                "operating_points": [asdict(point) for point in self.operating_points],
                "metrics": dict(self.metrics),
            }
        )

    @property
    def native(self) -> bool:
        """Photos are taken pixel by pixel, and never resized."""
        return all(member.fit == "native" for member in self.members)

    @property
    def stored_as(self) -> str:
        """Number format of the stored weights alone."""
        return self.precision.removesuffix(" weights")

    @property
    def good(self) -> tuple[str, ...]:
        """Grades that pass the gate; none where the bundle is no gate."""
        names = self.labels.names
        return names[names.index(self.passing) :] if self.passing else ()

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> BundleInfo:
        """The inverse of `to_dict`; keys that this version does not know are left out.

        Raises:
            CutisError: a field is missing or of the wrong kind.
        """
        return build(
            BundleInfo,
            {
                **data,
                "labels": Labels.from_dict(data["labels"]),
                "members": tuple(_member(item) for item in data["members"]),
                "training": training_from_dict(data["training"]),
                "operating_points": tuple(operating_point_from_dict(i) for i in data["operating_points"]),
                "dense": build(Dense, data["dense"]) if data.get("dense") else None,
                "findings": Labels.from_dict(data["findings"]) if data.get("findings") else None,
                "patient": patient_rule_from_dict(data["patient"]) if data.get("patient") else None,
            },
        )


def training_from_dict(data: Mapping[str, Any]) -> TrainingData:
    """Training data as ``dataclasses.asdict`` wrote it.

    Raises:
        CutisError: a field is missing.
    """
    return build(TrainingData, {**data, "overrides": tuple(data.get("overrides", ()))})


def _member(data: Mapping[str, Any]) -> Member:
    fit = data.get("fit", "square" if data.get("stretch") else "shorter")  # the first bundles say stretch
    return build(Member, {**data, "mean": tuple(data["mean"]), "std": tuple(data["std"]), "fit": fit})
