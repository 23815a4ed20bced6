"""A backbone whose answer does not lose a single spot in the average over a photo."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cutis.models import backbones, dense
from cutis.models.classifier import Classifier, ClassifierSettings


class Peaks(nn.Module):
    """A backbone whose map is given twice, side by side: as it is, and weighted towards where it is high.

    Every channel weighs its own cells, by a softmax over them. The average over the first half is the usual
    global average, over the second nearly the channel's maximum, so that whatever is linear after a global
    average (the last layer, class activation maps) stays exact.

    Args:
        backbone: of timm.

    Source: softmax pooling, Stergiou et al. 2021, arXiv:2101.00440, over the whole map.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.num_features = 2 * int(backbone.num_features)  # type: ignore[arg-type]

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, 2 x channels, rows, columns)."""
        cells = backbones.as_map(self.backbone.forward_features(x), self.backbone)  # type: ignore[operator]
        powers = (cells - cells.amax((2, 3), keepdim=True)).exp()
        return torch.cat([cells, cells * powers / powers.mean((2, 3), keepdim=True)], 1)


def build(settings: ClassifierSettings) -> Classifier:
    """A network that sees both how much of a condition there is and whether there is any.

    VGG, whose dense layers have seen all of the photo, is built as it was published.

    Raises:
        CutisError: see `cutis.models.backbones.create`.
    """
    if settings.backbone.startswith("vgg"):
        return dense.build(settings)
    backbone, rules = backbones.create(settings.backbone, settings.weights, settings.size, settings.scaling)
    return Classifier(Peaks(backbone), rules, settings)
