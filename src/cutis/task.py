"""A task is a value: what is asked of a photo, of which labels, by which network."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutis.core.labels import Label, Labels
from cutis.data.augment import Augmentation


@dataclass(frozen=True)
class Network:
    """The network that a task trains, named but not loaded.

    Attributes:
        builder: ``module:function``; resolved when training, so that listing tasks needs no torch.
        backbone: default timm backbone.
        size: default side of the network's input, in pixels.
        auxiliary: number of auxiliary classifiers on intermediate stages (0: none).
        weights: what training starts from unless told otherwise: ``imagenet`` or ``none``.
        augmentation: how photos of this kind vary.
        sizes, epochs, learning_rate, smoothing: of the training, unless told otherwise; see
            `cutis.training.recipe.Recipe`.
    """

    builder: str
    backbone: str
    size: int
    auxiliary: int = 0
    weights: str = "imagenet"
    augmentation: Augmentation = field(default_factory=Augmentation)
    sizes: tuple[int, ...] = ()
    epochs: int = 12
    learning_rate: float = 1e-3
    smoothing: float = 0.05


@dataclass(frozen=True)
class Screening:
    """What a task must not miss, in patients with several lesions.

    Attributes:
        positive: name of the label that is looked for.
        sensitivity: what the lower end of its interval is to reach, counted in patients; as much specificity
            as that leaves.
        pooling: how lesions become the patient's answer, one of `cutis.core.operating_point.POOLINGS`.
    """

    positive: str
    sensitivity: float = 0.936
    pooling: str = "smooth_max"


@dataclass(frozen=True)
class Task:
    """One question that cutis can learn to answer.

    Attributes:
        name: as on the command line, such as ``dermoscopy``.
        title: for people.
        labels: the published label set; a manifest's own set is used where it differs.
        target: default name of the manifest's target column.
        modality: what the images are: ``dermoscopic``, ``clinical``, ``confocal``.
        network: what is trained.
        source: the published system.
        known: labels that public sets use instead of the published ones, with their titles and codes.
        phantoms: ``module:function`` that renders images of this task with known truth.
        spacing: micrometres per pixel of the images, where their scale is part of what is seen.
        findings: yes-or-no questions answered beside the main one, from columns ``severity_<finding>``.
        passing: the lowest grade that counts as good, where the task is a gate.
        screening: what must not be missed, where patients are screened.
    """

    name: str
    title: str
    labels: Labels
    target: str
    modality: str
    network: Network
    source: str
    phantoms: str
    known: tuple[Label, ...] = ()
    spacing: float | None = None
    findings: tuple[Label, ...] = ()
    passing: str | None = None
    screening: Screening | None = None
