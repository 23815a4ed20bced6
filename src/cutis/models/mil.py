"""Multiple-instance learning: a photo is a bag of regions, of which some matter more than others."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from cutis.core.errors import CutisError
from cutis.models import backbones
from cutis.models.classifier import Classifier, ClassifierSettings

_HIDDEN = 64  # channels that attention is decided in


class Bag(nn.Module):
    """A backbone whose regions are weighted by attention.

    Each cell of the backbone's last map is a region, an instance of the bag. The map is given twice, side by
    side: weighted by attention, and as it is. The average over the first half is the bag's attention-pooled
    embedding, over the second its mean, so that whatever is linear after a global average (the last layer,
    class activation maps) stays exact.

    Args:
        backbone: of timm.

    Source: Ilse et al. 2018, arXiv:1802.04712 (gated attention).
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        if hasattr(backbone, "pre_logits"):  # VGG's dense layers, nine tenths of it, come after its regions
            backbone.pre_logits = nn.Identity()
        channels = int(backbone.num_features)  # type: ignore[arg-type]
        self.what = nn.Conv2d(channels, _HIDDEN, 1)
        self.gate = nn.Conv2d(channels, _HIDDEN, 1)
        self.score = nn.Conv2d(_HIDDEN, 1, 1, bias=False)
        self.num_features = 2 * channels

    def forward_features(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, 2 x channels, rows, columns)."""
        regions = backbones.as_map(self.backbone.forward_features(x), self.backbone)  # type: ignore[operator]
        return torch.cat([regions * self.attention(regions), regions], 1)

    def attention(self, regions: Tensor) -> Tensor:
        """(batch, channels, rows, columns) -> (batch, 1, rows, columns) weights, 1 on average."""
        scores = self.score(torch.tanh(self.what(regions)) * torch.sigmoid(self.gate(regions)))
        powers = (scores - scores.amax((2, 3), keepdim=True)).exp()
        weights: Tensor = powers / powers.mean((2, 3), keepdim=True)
        return weights


def build(settings: ClassifierSettings) -> Classifier:
    """A network that judges photos whole, region by region.

    Raises:
        CutisError: see `cutis.models.backbones.create`; or the backbone takes square photos only.
    """
    backbone, rules = backbones.create(settings.backbone, settings.weights, settings.size, settings.scaling)
    if not rules.convolutional:
        raise CutisError(
            f"{settings.backbone} takes square photos only, and quality is judged on whole ones. "
            "Choose a convolutional --backbone, such as mobilenetv2_100 or vgg16."
        )
    return Classifier(Bag(backbone), replace(rules, fit="whole"), settings)
