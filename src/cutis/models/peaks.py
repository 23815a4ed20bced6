"""A backbone that says where each condition is, and whose answer loses neither a spot nor fine structure."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documentation uses
from torch import Tensor, nn

from cutis.models import backbones, dense
from cutis.models.classifier import Classifier, ClassifierSettings

_SHOWN = 8.0  # a place that surely shows a condition: one of a photo's eighty can make its grade
_FINEST = 4  # pixels between the cells of the finest level whose structure is told
_STILL = 1e-3  # variance of a level within a cell that is as good as none


class Peaks(nn.Module):
    """A backbone whose map is joined by one of each condition's places, given twice, and by finer levels.

    Where a condition is, 0 to `_SHOWN`, is read off every cell by one linear layer and a sigmoid; masks can
    teach it, see `cutis.models.losses.places_loss`. The map is given as it is and weighted towards where it
    is high: every channel weighs its own cells, by a softmax over them. The average over the first is the
    usual global average (of places: how many show the condition), over the second nearly the channel's
    maximum (whether any does).

    What is fine and everywhere (rough grain, freckles) is hardly left in a map of 32 x 32 pixel cells. So
    each finer level of the backbone tells its mean and the logarithm of its variance within every cell, the
    energy of its responses, each brought to mean 0 and deviation 1.

    All are channels of one map: whatever is linear after a global average (the last layer, class activation
    maps) stays exact.

    Args:
        backbone: of timm.
        conditions: how many.

    Attributes:
        places: the channels that say where each condition is.

    Sources: softmax pooling, Stergiou et al. 2021, arXiv:2101.00440, over the whole map; energies of
    responses, Andrearczyk and Whelan 2016, Pattern Recognition Letters 84:63.
    """

    def __init__(self, backbone: nn.Module, conditions: int) -> None:
        super().__init__()
        self.backbone = backbone
        width = int(backbone.num_features)  # type: ignore[arg-type]
        self.where = nn.Conv2d(width, conditions, 1)
        self.places = slice(width, width + conditions)
        levels = backbones.finer_levels(backbone, _FINEST)
        self._steps = [level.step for level in levels]
        self._told: list[Tensor] = []
        modules = dict(backbone.named_modules())
        for level in levels:
            modules[level.module].register_forward_hook(self._tell)
        told = 2 * sum(level.channels for level in levels)
        self.even = nn.BatchNorm2d(told, affine=False) if told else None
        self.num_features = 2 * self.places.stop + told

    def _tell(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        self._told.append(output)

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, ``num_features``, rows, columns)."""
        self._told = []
        cells = backbones.as_map(self.backbone.forward_features(x), self.backbone)  # type: ignore[operator]
        told, self._told = self._told, []
        cells = torch.cat([cells, _SHOWN * self.where(cells).sigmoid()], 1)
        powers = (cells - cells.amax((2, 3), keepdim=True)).exp()
        maps = [cells, cells * powers / powers.mean((2, 3), keepdim=True)]
        if self.even is not None:
            rows, columns = cells.shape[2:]  # one less than a level's where the backbone drops odd ones out
            levels = [
                _structure(level, step)[:, :, :rows, :columns]
                for level, step in zip(told, self._steps, strict=True)
            ]
            maps.append(self.even(torch.cat(levels, 1)))
        return torch.cat(maps, 1)

    def where_shown(self, features: Tensor) -> Tensor:
        """What `forward_features` gave -> (batch, conditions, rows, columns), 0 to 1: where each is."""
        return features[:, self.places] / _SHOWN


def _structure(level: Tensor, step: int) -> Tensor:
    """(batch, channels, height, width) -> mean and log variance in square cells, side by side."""
    mean = F.avg_pool2d(level, step, ceil_mode=True, count_include_pad=False)
    squared = F.avg_pool2d(level * level, step, ceil_mode=True, count_include_pad=False)
    return torch.cat([mean, ((squared - mean * mean).clamp_min(0) + _STILL).log()], 1)


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
