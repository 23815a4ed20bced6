"""A single spot is not lost in an average, and what is linear after the average stays exact."""

from __future__ import annotations

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
