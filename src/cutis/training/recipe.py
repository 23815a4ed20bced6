"""How a network is trained, as one frozen value that is written into the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from typing import Any, Literal

from cutis.core.errors import CutisError
from cutis.data.augment import Augmentation
from cutis.models import Imbalance

Precision = Literal["auto", "float32", "bfloat16", "float16"]

_LEASTS = {
    "epochs": 1,
    "batch": 2,
    "checkpoint_steps": 1,
    "devices": 1,
    "nodes": 1,
    "workers": 0,
    "freeze": 0,
}
_RANGES = {
    "sampling_power": (0, inf),
    "smoothing": (0, 1),
    "mixup": (0, inf),
    "average_decay": (0, 1),
    "seed": (0, 2**32),  # as numpy takes them
}


@dataclass(frozen=True)
class Recipe:
    """Training settings.

    Attributes:
        epochs: passes over the training photos.
        batch: photos per step.
        learning_rate: peak, of AdamW; the new layers learn ``head_rate`` times faster.
        layer_decay: learning rate of a stage relative to the next deeper one.
        weight_decay: of matrices and kernels; biases and normalisation are left free.
        warmup: share of all steps over which the rate rises; it then falls as a cosine to zero.
        sizes: shorter side by training phase of equal length; small photos first cost a fraction of the time
            (progressive resizing). Empty: the network's own size throughout.
        imbalance: see `cutis.models.losses.classification_loss`; ``balanced-sampling`` draws rare classes
            more often, and so does ``logit-adjusted``, which corrects the loss for what is left.
        sampling_power: 1 draws every class equally often, 0 as it comes.
        smoothing: label smoothing.
        mixup: parameter of the beta distribution that pairs are mixed by (Zhang et al. 2018); 0: off.
        auxiliary_weight: weight of the auxiliary losses together, beside 1 for the main one. Deeper stages
            count more, in proportion to their depth.
        places_weight: weight of the loss of where each condition is, learnt from masks where the manifest has
            any, beside 1 for the main one.
        average_decay: of the exponential moving average of the weights, which is what is kept; 0: off.
        precision: ``auto`` is bfloat16 where the device has it, else float32.
        workers: processes that prepare photos; 0 prepares them in the training process.
        seed: of everything random.
        freeze: so many first stages of the backbone keep their pretrained weights and statistics. They know
            edges and colours already, and on their large maps they cost a good part of a step.
        checkpoint_steps: steps between checkpoints, the most that a kill can lose.
        devices, nodes: how many; several train data-parallel.
        augmentation: see `cutis.data.augment.Augmentation`.
    """

    epochs: int = 12
    batch: int = 32
    learning_rate: float = 1e-3
    head_rate: float = 3.0
    layer_decay: float = 0.85
    weight_decay: float = 0.02
    warmup: float = 0.05
    sizes: tuple[int, ...] = ()
    imbalance: Imbalance = "balanced-sampling"
    sampling_power: float = 0.5
    smoothing: float = 0.05
    mixup: float = 0.0
    auxiliary_weight: float = 0.3
    places_weight: float = 1.0
    average_decay: float = 0.998
    precision: Precision = "auto"
    workers: int = 0
    seed: int = 0
    freeze: int = 0
    checkpoint_steps: int = 50
    devices: int = 1
    nodes: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name, least in _LEASTS.items():
            if getattr(self, name) < least:
                raise CutisError(f"{name} is {getattr(self, name)}, expected at least {least}.")
        for name, (least, below) in _RANGES.items():
            if not least <= getattr(self, name) < below:  # nor what is no number
                most = f" and below {below}" if isfinite(below) else ""
                raise CutisError(f"{name} is {getattr(self, name)}, expected at least {least}{most}.")
        if not 0 < self.learning_rate < inf:
            raise CutisError(f"learning_rate is {self.learning_rate}, expected above 0, such as 0.001.")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``run.json``."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Recipe:
        """The inverse of `to_dict`."""
        varied: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data["augmentation"].items()
        }
        rest = {k: v for k, v in data.items() if k != "augmentation"}
        return Recipe(**{**rest, "sizes": tuple(rest["sizes"])}, augmentation=Augmentation(**varied))

    def size_at(self, epoch: int, final: int) -> int:
        """Shorter side in that epoch (from 0), in pixels."""
        if not self.sizes:
            return final
        return self.sizes[min(len(self.sizes) - 1, epoch * len(self.sizes) // self.epochs)]
