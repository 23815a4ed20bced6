"""A backbone, a global average, one linear layer; and while it trains, a classifier on every stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cutis.models import AuxiliaryUse, Scaling
from cutis.models.backbones import InputRules, as_map, create, stage_names
from cutis.models.ordinal import OrdinalHead, OrdinalHeads


@dataclass(frozen=True)
class ClassifierSettings:
    """Everything that is needed to build the same network again.

    Attributes:
        backbone: timm model name.
        classes: number of outputs; of several questions those of all together.
        size: shorter side of the input, in pixels.
        auxiliary: number of auxiliary classifiers, on the last so many stages; 0 for none.
        auxiliary_use: ``drop`` them at inference, or ``average`` their logits with the main ones.
        dropout: before the last layer.
        scaling: pixel scaling of the weights, see `cutis.models.backbones.create`.
        weights: what training starts from.
        ordinal: classes are grades, lowest first.
        findings: yes-or-no questions that are answered beside the main one.
        questions: how many are asked, each with the same number of classes.
    """

    backbone: str
    classes: int
    size: int
    auxiliary: int = 0
    auxiliary_use: AuxiliaryUse = "drop"
    dropout: float = 0.2
    scaling: Scaling = "auto"
    weights: str = "none"
    ordinal: bool = False
    findings: int = 0
    questions: int = 1


class Answers(NamedTuple):
    """What a network says of a batch while it is trained.

    Attributes:
        logits: (batch, classes), of the main question.
        findings: (batch, findings) log odds, or None where nothing is asked beside.
        auxiliary: one set of logits per stage, shallow to deep.
        places: (batch, conditions, rows, columns), 0 to 1, where each condition is; None where the backbone
            does not say.
    """

    logits: Tensor
    findings: Tensor | None
    auxiliary: list[Tensor]
    places: Tensor | None


class Classifier(nn.Module):
    """Image classifier whose class activation map is exact: the last layer sees only a global average.

    Attributes:
        input_rules: how pixels become the input of `forward`.
        channels: width of the embedding.
    """

    def __init__(self, backbone: nn.Module, input_rules: InputRules, settings: ClassifierSettings) -> None:
        super().__init__()
        self.backbone = backbone
        self.input_rules = input_rules
        self.settings = settings
        self._taps: list[Tensor] = []
        self.stages = stage_names(backbone, settings.auxiliary)
        modules = dict(backbone.named_modules())
        for name in self.stages:
            modules[name].register_forward_hook(self._tap)
        widths, self.channels = self._measure()
        self.dropout = nn.Dropout(settings.dropout)
        self.head = _last(self.channels, settings)
        self.findings = nn.Linear(self.channels, settings.findings) if settings.findings else None
        self.auxiliaries = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(width), _last(width, settings)) for width in widths
        )

    def _tap(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        if self._listening:
            self._taps.append(output)

    _listening = False

    @torch.no_grad()
    def _measure(self) -> tuple[list[int], int]:
        """Widths of the stages and of the embedding, from one empty image."""
        side = 64 if self.input_rules.fit in ("shorter", "whole") else self.input_rules.size
        training = self.training
        self.eval()  # a training pass would move the batch-norm statistics
        features, taps = self._features_and_taps(torch.zeros(1, 3, side, side))
        self.train(training)
        return [tap.shape[1] for tap in taps], features.shape[1]

    def _features_and_taps(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        self._listening = True
        try:
            features = self.features(x)
            return features, [as_map(tap, self.backbone) for tap in self._taps]
        finally:
            self._listening = False
            self._taps = []

    def features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) normalised pixels -> (batch, channels, h, w)."""
        return as_map(self.backbone.forward_features(x), self.backbone)  # type: ignore[operator]

    def pool(self, features: Tensor) -> Tensor:
        """(batch, channels, h, w) -> (batch, channels), the embedding."""
        return features.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) normalised pixels -> (batch, classes) logits for inference."""
        return self.answer(x)[0]

    def answer(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """As `forward`, and (batch, findings) log odds, or None where nothing is asked beside."""
        if self.settings.auxiliary_use == "average" and self.stages:
            said = self.forward_training(x)
            return torch.stack([said.logits, *said.auxiliary]).mean(0), said.findings
        embedding = self.dropout(self.pool(self.features(x)))
        return self.head(embedding), None if self.findings is None else self.findings(embedding)

    def forward_auxiliary(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(batch, 3, height, width) -> main logits and one set of logits per stage, shallow to deep."""
        said = self.forward_training(x)
        return said.logits, said.auxiliary

    def forward_training(self, x: Tensor) -> Answers:
        """(batch, 3, height, width) normalised pixels -> all that the network says."""
        features, taps = self._features_and_taps(x)
        embedding = self.dropout(self.pool(features))
        pooled = [tap.mean((2, 3)) for tap in taps]
        return Answers(
            logits=self.head(embedding),
            findings=self.findings(embedding) if self.findings is not None else None,
            auxiliary=[aux(p) for aux, p in zip(self.auxiliaries, pooled, strict=True)],
            places=self.backbone.where_shown(features) if self.says_where else None,  # type: ignore[operator]
        )

    @property
    def says_where(self) -> bool:
        """Whether the backbone says where on a photo each condition is, so that masks can teach it."""
        return hasattr(self.backbone, "where_shown")


def _last(channels: int, settings: ClassifierSettings) -> Any:
    """The last layer, which is linear whatever it is made of."""
    if not settings.ordinal:
        return nn.Linear(channels, settings.classes)
    if settings.questions == 1:
        return OrdinalHead(channels, settings.classes)
    return OrdinalHeads(channels, settings.questions, settings.classes // settings.questions)


def build(settings: ClassifierSettings) -> Classifier:
    """Build the network and load the weights that training starts from.

    Raises:
        CutisError: see `cutis.models.backbones.create`.
    """
    backbone, rules = create(settings.backbone, settings.weights, settings.size, settings.scaling)
    return Classifier(backbone, rules, settings)
