"""A network for texture: how much of each local pattern there is, wherever it lies, at several scales.

Convolutions have no padding, so that what is seen at a place does not depend on where an image was cut: the
answer for every patch of a large image comes from one pass over the whole (`cutis.export.dense`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documentation uses
from torch import Tensor, nn

from cutis.core.errors import CutisError
from cutis.models import classifier
from cutis.models.backbones import InputRules
from cutis.models.classifier import Classifier, ClassifierSettings

NAME = "texture"
STRIDE = 8  # pixels between cells of the features, and between places of a dense map
WIDTHS = (48, 96, 160)  # channels at 2, 4 and 8 pixels
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


class TextureBackbone(nn.Module):
    """Energies of convolution responses at three scales, on one grid of 8 x 8 pixel cells.

    Each scale's responses are averaged over the cells; the last layer then sees their average over the patch:
    the energy layer of Andrearczyk and Whelan (2016, Pattern Recognition Letters 84:63), at three depths.

    Args:
        widths: channels by scale.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.scales = nn.ModuleList()
        before = 1
        for depth, width in enumerate(widths):
            kernel = 5 if depth == 0 else 3
            self.scales.append(
                nn.Sequential(*_layer(before, width, kernel, stride=2), *_layer(width, width, 3, stride=1))
            )
            before = width
        self.energies = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, 2 * width, 1, bias=False), nn.BatchNorm2d(2 * width), nn.ReLU())
            for width in widths
        )
        self.num_features = 2 * sum(widths)

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, channels, rows, columns), one cell per 8 x 8 pixels.

        Neighbouring cells are 8 pixels apart; a patch's own border, which a convolution without padding
        cannot see, has none.
        """
        x = x.mean(1, keepdim=True)  # grey
        maps = []
        for depth, (scale, energy) in enumerate(zip(self.scales, self.energies, strict=True)):
            x = scale(x)
            cell = STRIDE >> (depth + 1)  # responses per side of a cell
            maps.append(F.avg_pool2d(energy(x), cell) if cell > 1 else energy(x))
        rows, columns = maps[-1].shape[2], maps[-1].shape[3]
        return torch.cat([_inner(m, rows, columns, 2 - depth) for depth, m in enumerate(maps)], 1)


def _layer(before: int, width: int, kernel: int, stride: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(before, width, kernel, stride, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _inner(cells: Tensor, rows: int, columns: int, margin: int) -> Tensor:
    """The cells that the deepest scale has too, whose border is wider."""
    return cells[:, :, margin : margin + rows, margin : margin + columns]


def build(settings: ClassifierSettings) -> Classifier:
    """The texture network, or any timm backbone by name.

    Raises:
        CutisError: weights are asked for, of which the texture network has none; or see
            `cutis.models.classifier.build`.
    """
    if settings.backbone != NAME:
        return classifier.build(settings)
    if settings.weights != "none":
        raise CutisError(
            f"the network '{NAME}' has no pretrained weights, but --weights is '{settings.weights}'. "
            "Leave --weights out, or choose a timm --backbone."
        )
    rules = InputRules(settings.size, MEAN, STD, "native")
    # A grade is a sum over many energies: leaving some out at random blurs it more than it helps.
    return Classifier(TextureBackbone(), rules, replace(settings, dropout=0.0))
