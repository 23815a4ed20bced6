"""A backbone that says where each condition is, and whose answer does not lose a spot in the average."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cutis.models import backbones, dense
from cutis.models.classifier import Classifier, ClassifierSettings

_SHOWN = 8.0  # a place that surely shows a condition: one of a photo's eighty can make its grade


class Peaks(nn.Module):
    """A backbone whose map is joined by one of each condition's places, and given twice, side by side.

    Where a condition is, 0 to `_SHOWN`, is read off every cell by one linear layer and a sigmoid; masks can
    teach it, see `cutis.models.losses.places_loss`. The first half of the channels is the map as it is, the
    second weighted towards where it is high: every channel weighs its own cells, by a softmax over them. The
    average over the first half is the usual global average (of places: how many show the condition), over the
    second nearly the channel's maximum (whether any does), so that whatever is linear after a global average
    (the last layer, class activation maps) stays exact.

    Args:
        backbone: of timm.
        conditions: how many.

    Attributes:
        places: the channels that say where each condition is.

    Source: softmax pooling, Stergiou et al. 2021, arXiv:2101.00440, over the whole map.
    """

    def __init__(self, backbone: nn.Module, conditions: int) -> None:
        super().__init__()
        self.backbone = backbone
        width = int(backbone.num_features)  # type: ignore[arg-type]
        self.where = nn.Conv2d(width, conditions, 1)
        self.places = slice(width, width + conditions)
        self.num_features = 2 * self.places.stop

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, 2 x (channels + conditions), rows, columns)."""
        cells = backbones.as_map(self.backbone.forward_features(x), self.backbone)  # type: ignore[operator]
        cells = torch.cat([cells, _SHOWN * self.where(cells).sigmoid()], 1)
        powers = (cells - cells.amax((2, 3), keepdim=True)).exp()
        return torch.cat([cells, cells * powers / powers.mean((2, 3), keepdim=True)], 1)

    def where_shown(self, features: Tensor) -> Tensor:
        """What `forward_features` gave -> (batch, conditions, rows, columns), 0 to 1: where each is."""
        return features[:, self.places] / _SHOWN


def build(settings: ClassifierSettings) -> Classifier:
    """A network that sees both how much of a condition there is and whether there is any.

    VGG, whose dense layers have seen all of the photo, is built as it was published.

    Raises:
        CutisError: see `cutis.models.backbones.create`.
    """
    if settings.backbone.startswith("vgg"):
        return dense.build(settings)
    backbone, rules = backbones.create(settings.backbone, settings.weights, settings.size, settings.scaling)
    return Classifier(Peaks(backbone, settings.questions), rules, settings)
