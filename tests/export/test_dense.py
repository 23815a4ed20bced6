"""The dense graph says of every patch what the patch network says of it."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from cutis.core.bundle_info import Member
from cutis.export.dense import dense_graph
from cutis.export.network import network_graph
from cutis.export.onnx import build_graph
from cutis.export.vectors import torch_probabilities
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.models.texture import MEAN, STD, STRIDE, build

TEMPERATURES = (1.4, 0.7)
AFTERWARDS = 0.8


def trained_looking(seed: int) -> Classifier:
    """A network whose norms and scores are not those that it starts from."""
    torch.manual_seed(seed)
    network = build(ClassifierSettings("texture", 5, 128, ordinal=True)).eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    network.head.score.weight.data.normal_(0, 0.5)
    return network


@torch.no_grad()
def one_patch(networks: list[Classifier], pixels: np.ndarray) -> np.ndarray:
    x = torch.from_numpy((pixels / 255 - MEAN[0]) / STD[0]).float().expand(1, 3, -1, -1)
    said = [torch.softmax(n(x) / t, 1) for n, t in zip(networks, TEMPERATURES, strict=False)]
    return torch.softmax(torch.stack(said).mean(0).log() / AFTERWARDS, 1)[0].numpy()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("height", "width"), [(128, 128), (135, 200), (173, 151)])
def test_every_place_is_the_patch_that_begins_there(count: int, height: int, width: int) -> None:
    networks = [trained_looking(seed) for seed in range(count)]
    members = [
        (Member(f"m{i}", "texture", 128, MEAN, STD, TEMPERATURES[i], "native"), network)
        for i, network in enumerate(networks)
    ]
    session = onnxruntime.InferenceSession(dense_graph(members, stride=STRIDE, temperature=AFTERWARDS))
    image = np.random.default_rng(1).uniform(0, 255, (height, width)).astype(np.float32)
    (found,) = session.run(None, {"image": image[None, None]})
    assert found.shape == (5, (height - 128) // STRIDE + 1, (width - 128) // STRIDE + 1)
    expected = np.empty_like(found)
    for i in range(found.shape[1]):
        for j in range(found.shape[2]):
            top, left = i * STRIDE, j * STRIDE
            expected[:, i, j] = one_patch(networks, image[top : top + 128, left : left + 128])
    assert np.abs(found - expected).max() < 1e-5


def test_the_bundles_graph_takes_images_pixel_by_pixel() -> None:
    network = trained_looking(3)
    member = Member("m", "texture", 128, MEAN, STD, 1.4, "native")
    session = onnxruntime.InferenceSession(build_graph([(member, network_graph(network))]))
    image = np.random.default_rng(2).integers(0, 256, (150, 401, 3), dtype=np.uint8)  # no 4:3, no resizing
    (found,) = session.run(["probabilities"], {"image": image[None]})
    expected = torch_probabilities([(member, network)], image, 1, 1.0)
    assert np.abs(found[0] - expected).max() < 1e-5
