"""The graph of several graded conditions: each has a softmax of its own, in all views and ensembles."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from cutis.core.bundle import Member
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.export.network import network_graph  # noqa: E402
from cutis.export.onnx import build_graph  # noqa: E402
from cutis.export.vectors import torch_probabilities  # noqa: E402
from cutis.models.classifier import Classifier, ClassifierSettings, build  # noqa: E402

CONDITIONS, GRADES = 3, 4


def network(seed: int, *, ordinal: bool = True) -> Classifier:
    torch.manual_seed(seed)
    settings = ClassifierSettings(
        "mobilenetv3_small_050", CONDITIONS * GRADES, 64, ordinal=ordinal, questions=CONDITIONS
    )
    made = build(settings).eval()
    with torch.no_grad():
        for parameter in made.head.parameters():
            parameter.normal_(0, 0.3)
    return made


def member(made: Classifier, temperature: float = 1.0) -> Member:
    rules = made.input_rules
    return Member("run", made.settings.backbone, rules.size, rules.mean, rules.std, temperature, rules.fit)


def photo() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (64, 80, 3), dtype=np.uint8)


def ask(model: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    probabilities, saliency = session.run(["probabilities", "saliency"], {"image": np.stack([photo()] * 2)})
    return probabilities[1], saliency[1]


@pytest.mark.parametrize("views", [1, 4])
@pytest.mark.parametrize("count", [1, 2])
def test_it_says_what_torch_says_and_each_condition_adds_up_to_one(views: int, count: int) -> None:
    members = [(member(network(seed), 1.3), network(seed)) for seed in range(count)]
    model = build_graph(
        [(one, network_graph(made)) for one, made in members], views=views, temperature=0.8, weights="float32"
    )
    said, saliency = ask(model)
    np.testing.assert_allclose(said, torch_probabilities(members, photo(), views, 0.8), atol=1e-5)
    np.testing.assert_allclose(said.reshape(CONDITIONS, GRADES).sum(1), 1, atol=1e-5)
    assert saliency.shape[0] == CONDITIONS


def test_the_map_of_a_condition_adds_up_to_its_score() -> None:
    made = network(0)
    torch.nn.init.zeros_(made.head.own)  # all grades on one score
    _, saliency = ask(build_graph([(member(made), network_graph(made))]))
    pixels = torch.from_numpy(photo().astype(np.float32)).permute(2, 0, 1)[None] / 255
    rules = made.input_rules
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (rules.mean, rules.std))
    with torch.no_grad():
        embedding = made.pool(made.features((pixels - mean) / std))
        scores = torch.cat([head.score(embedding) for head in made.head.heads], 1)[0]
    np.testing.assert_allclose(saliency.sum((1, 2)), scores.numpy(), rtol=1e-3, atol=1e-4)


def test_a_plain_layers_map_is_the_slope_of_its_logits_over_the_grades() -> None:
    made = network(0, ordinal=False)
    weight = made.head.weight.detach().numpy().reshape(CONDITIONS, GRADES, -1)
    slopes = np.stack([np.polyfit(np.arange(GRADES), weight[k], 1)[0] for k in range(CONDITIONS)])
    np.testing.assert_allclose(network_graph(made).map_weight, slopes, atol=1e-5)
