"""A single spot is not lost in an average, and what is linear after the average stays exact."""

from __future__ import annotations

from typing import ClassVar

import pytest

torch = pytest.importorskip("torch")

from cutis.models import peaks  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402


class _Given(torch.nn.Module):
    """A backbone that says what it is shown."""

    num_features = 3

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_one_high_cell_among_many_shows_in_the_second_half_and_hardly_in_the_first() -> None:
    cells = torch.zeros(1, 3, 7, 9)
    cells[0, 1, 2, 5] = 6.0
    pooled = peaks.Peaks(_Given(), 2).forward_features(cells).mean((2, 3))[0].detach()
    assert pooled[1] == pytest.approx(6 / 63)
    assert 5.0 < pooled[6] <= 6.0
    assert pooled[[0, 2, 5, 7]].abs().max() == 0


def test_an_even_map_has_no_peaks() -> None:
    cells = torch.full((2, 3, 4, 4), 1.7)
    found = peaks.Peaks(_Given(), 2).forward_features(cells)
    assert torch.allclose(found[:, :5], found[:, 5:])


def test_places_are_read_off_each_cell_and_count_in_the_answer() -> None:
    network = peaks.Peaks(_Given(), 2)
    with torch.no_grad():
        network.where.weight.zero_()
        network.where.weight[1, 0] = 4.0
        network.where.bias[:] = torch.tensor([-20.0, -10.0])
    cells = torch.zeros(1, 3, 4, 5)
    cells[0, 0, 3, 2] = 5.0
    features = network.forward_features(cells).detach()
    shown = network.where_shown(features)
    assert shown.shape == (1, 2, 4, 5)
    assert shown[0, 1, 3, 2] > 0.99
    assert shown.sum() == pytest.approx(1, abs=0.01)
    pooled = features.mean((2, 3))[0]
    assert pooled[4] == pytest.approx(8 / 20, rel=0.01)  # how many show it
    assert pooled[9] > 7.5  # whether any does


class _Fine(torch.nn.Module):
    """A backbone with one finer level, which is lost in its last."""

    num_features = 1
    feature_info: ClassVar = [
        {"module": "level", "reduction": 4, "num_chs": 3},
        {"module": "last", "reduction": 16, "num_chs": 1},
    ]

    def __init__(self) -> None:
        super().__init__()
        self.level = torch.nn.AvgPool2d(4)
        self.last = torch.nn.AvgPool2d(4, ceil_mode=True)

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.level(x)).mean(1, keepdim=True)


def test_fine_structure_that_the_last_map_has_lost_counts_in_the_answer() -> None:
    network = peaks.Peaks(_Fine(), 2).eval()
    flat = torch.full((1, 3, 80, 96), 0.5)
    grained = flat.clone()
    grained[0, 1] += torch.tensor([-0.4, 0.4]).repeat(20, 12).repeat_interleave(4, 0).repeat_interleave(4, 1)
    without, with_grain = (network.forward_features(x).detach().mean((2, 3))[0] for x in (flat, grained))
    assert without.shape == (2 * 3 + 2 * 3,)
    differ = (with_grain - without).abs()
    assert differ[10] > 3  # log variance of the channel that has grain: from 0.001 to 0.16
    assert torch.cat([differ[:10], differ[11:]]).max() < 1e-4


def test_levels_are_brought_to_the_deviation_that_a_last_layer_expects() -> None:
    torch.manual_seed(0)
    network = peaks.Peaks(_Fine(), 2).train()
    with torch.no_grad():
        told = network.forward_features(torch.rand(8, 3, 80, 96))[:, 6:]
    assert told.mean((0, 2, 3)) == pytest.approx(torch.zeros(6), abs=1e-4)
    assert told.std((0, 2, 3)) == pytest.approx(torch.ones(6), abs=0.05)


@pytest.mark.parametrize("backbone", ["densenet121", "resnet18", "mobilenetv2_100", "vit_tiny_patch16_224"])
def test_any_backbone_tells_its_levels_at_any_size_that_it_takes(backbone: str) -> None:
    side = 224 if backbone.startswith("vit") else 96
    network = peaks.build(ClassifierSettings(backbone, classes=6, size=side, questions=2)).eval()
    with torch.no_grad():
        features = network.features(torch.rand(1, 3, side, 224 if side == 224 else 121))
    assert features.shape[1] == network.channels
    assert features.isfinite().all()


def test_maps_add_up_to_the_answer() -> None:
    settings = ClassifierSettings("mobilenetv3_small_050", classes=6, size=64, ordinal=True, questions=2)
    network = peaks.build(settings).eval()
    with torch.no_grad():
        x = torch.randn(1, 3, 64, 96)
        features = network.features(x)
        maps = torch.einsum("oc,chw->ohw", network.head.weight, features[0])
        assert torch.allclose(maps.mean((1, 2)) + network.head.bias, network(x)[0], atol=1e-4)


def test_vgg_keeps_its_dense_layers() -> None:
    with torch.device("meta"):
        network = peaks.build(ClassifierSettings("vgg11", classes=10, size=224, ordinal=True, questions=2))
    assert network.channels == 4096
    assert network.input_rules.fit == "square"
