"""VGG as it was published, with its dense layers; any other backbone as it is.

timm keeps VGG's first two dense layers apart from its convolutions, and networks that average the last map
do without them. Here they stay: VGG16 has thirteen convolutional layers and, with the last one, three dense
ones. Its photos are stretched to a square, whose side is fixed in training.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from cutis.models import backbones, classifier
from cutis.models.classifier import Classifier, ClassifierSettings


class WithDenseLayers(nn.Module):
    """A VGG of timm whose features are those behind its dense layers.

    These are convolutions as large as their input, so that a photo of the published 224 x 224 pixels has
    features of one cell: its class maps say nothing of places.

    Args:
        backbone: of timm, with ``pre_logits``.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.num_features = int(backbone.head_hidden_size)  # type: ignore[arg-type]

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, channels, rows, columns)."""
        dense: Tensor = self.backbone.pre_logits(self.backbone.forward_features(x))  # type: ignore[operator]
        return dense


def build(settings: ClassifierSettings) -> Classifier:
    """A network with a dense part where its backbone was published with one.

    Raises:
        CutisError: see `cutis.models.backbones.create`.
    """
    if not settings.backbone.startswith("vgg"):
        return classifier.build(settings)
    backbone, rules = backbones.create(settings.backbone, settings.weights, settings.size, settings.scaling)
    return Classifier(WithDenseLayers(backbone), replace(rules, fit="square"), settings)
