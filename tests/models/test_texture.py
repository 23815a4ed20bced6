"""The texture network: small, blind to where an image was cut."""

from __future__ import annotations

import pytest
import torch

from cutis.core.errors import CutisError
from cutis.models.classifier import ClassifierSettings
from cutis.models.texture import STRIDE, build

SETTINGS = ClassifierSettings("texture", classes=5, size=128, ordinal=True)


def test_it_has_under_a_million_parameters() -> None:
    assert sum(p.numel() for p in build(SETTINGS).parameters()) < 1_000_000


@torch.no_grad()
def test_a_cells_features_do_not_depend_on_the_cut() -> None:
    torch.manual_seed(0)
    network = build(SETTINGS).eval()
    image = torch.randn(1, 3, 200, 216)
    whole = network.features(image)
    for row, column in ((0, 0), (3, 2), (9, 11)):
        top, left = row * STRIDE, column * STRIDE
        patch = network.features(image[:, :, top : top + 128, left : left + 128])
        rows, columns = patch.shape[2:]
        cut = whole[:, :, row : row + rows, column : column + columns]
        assert torch.allclose(patch, cut, atol=1e-5)


def test_grey_is_all_it_sees() -> None:
    network = build(SETTINGS).eval()
    image = torch.randn(1, 3, 128, 128)
    grey = image.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert torch.allclose(network(image), network(grey), atol=1e-5)


def test_pretrained_weights_are_refused_as_there_are_none() -> None:
    with pytest.raises(CutisError, match="no pretrained weights"):
        build(ClassifierSettings("texture", 5, 128, weights="imagenet"))


def test_other_backbones_answer_the_same_task() -> None:
    network = build(ClassifierSettings("mobilenetv2_035", 5, 64, ordinal=True)).eval()
    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 5)
