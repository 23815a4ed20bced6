"""Any convolutional backbone of timm, VGG16 among them, becomes a bag of regions."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import CutisError  # noqa: E402
from cutis.models import mil  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402


def test_vgg16_keeps_its_thirteen_convolutions_and_leaves_its_dense_layers() -> None:
    with torch.device("meta"):  # shapes without numbers: drawing its weights would take seconds
        network = mil.build(ClassifierSettings("vgg16", classes=4, size=64, ordinal=True, findings=11)).eval()
        features = network.features(torch.zeros(1, 3, 64, 96))
    bag = network.backbone
    kinds = [layer for layer in bag.backbone.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(kinds) == 13
    assert sum(weights.numel() for weights in bag.backbone.parameters()) < 15_000_000
    assert features.shape == (1, 2 * 512, 2, 3)


def test_attention_weighs_regions_by_one_on_average() -> None:
    bag = mil.build(ClassifierSettings("mobilenetv3_small_050", classes=4, size=32)).eval().backbone
    with torch.no_grad():
        weights = bag.attention(torch.randn(2, bag.num_features // 2, 3, 5))
    assert torch.allclose(weights.mean((2, 3)), torch.ones(2, 1), atol=1e-5)
    assert (weights > 0).all()


def test_a_backbone_for_square_photos_is_refused() -> None:
    with pytest.raises(CutisError, match="vgg16"):
        mil.build(ClassifierSettings("vit_tiny_patch16_224", classes=4, size=224))
