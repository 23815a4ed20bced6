from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutis.core.bundle import Member
from cutis.explain import attribution, sanity_graph
from cutis.explain.explainer import bundle_explainer
from cutis.explain.sanity import STAGES, Stage, compare, rank_correlation, similarity
from cutis.export.network import network_graph
from cutis.export.onnx import build_graph
from cutis.models.classifier import Classifier, ClassifierSettings, build
from cutis.runtime.engine import Engine

maps_of = arrays(np.float32, (6, 7), elements=st.integers(-20, 20).map(float))


@given(first=maps_of, second=maps_of)
def test_rank_correlation_is_spearmans(first: np.ndarray, second: np.ndarray) -> None:
    from scipy.stats import spearmanr

    assume(np.ptp(first) > 0 and np.ptp(second) > 0)
    expected = spearmanr(first.ravel(), second.ravel()).statistic
    assert rank_correlation(first, second) == pytest.approx(expected, abs=1e-9)


def test_a_flat_map_is_like_no_other() -> None:
    assert rank_correlation(np.zeros((3, 3), np.float32), np.eye(3, dtype=np.float32)) == 0


def test_similarity_is_that_of_torchmetrics() -> None:
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    rng = np.random.default_rng(0)
    first = rng.random((64, 64)).astype(np.float32)
    second = (0.6 * first + 0.4 * rng.random((64, 64))).astype(np.float32)
    stretched = [(m - m.min()) / (m.max() - m.min()) for m in (first, second)]
    tensors = [torch.from_numpy(m)[None, None] for m in stretched]
    expected = float(structural_similarity_index_measure(*tensors, data_range=1.0, sigma=1.5))
    assert similarity(first, second) == pytest.approx(expected, abs=0.01)


@given(saliency=maps_of)
def test_a_map_is_wholly_similar_to_itself(saliency: np.ndarray) -> None:
    assert similarity(saliency, saliency) == pytest.approx(1, abs=1e-6)


def smooth_maps(seed: int, count: int = 12) -> list[np.ndarray]:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    return [gaussian_filter(rng.normal(size=(7, 9)), 1).astype(np.float32) for _ in range(count)]


def test_a_map_that_ignores_the_weights_fails() -> None:
    trained = smooth_maps(0)
    same = [Stage("head", 0.5, trained), Stage("stem", 1.0, trained)]
    outcome = compare(trained, [same, same], [str(i) for i in range(12)], np.random.default_rng(0))
    assert outcome.final.spearman.value == pytest.approx(1)
    assert not outcome.passed


def test_maps_that_change_with_the_weights_pass() -> None:
    cascades = [
        [Stage("head", 0.5, smooth_maps(k)), Stage("stem", 1.0, smooth_maps(9 + k))] for k in (1, 2, 3)
    ]
    outcome = compare(smooth_maps(0), cascades, [str(i) for i in range(12)], np.random.default_rng(0))
    assert outcome.passed
    assert [depth.layer for depth in outcome.depths] == ["head", "stem"]
    assert (outcome.photos, outcome.seeds) == (12, 3)


def test_the_graphs_weights_are_shuffled_from_the_answer_to_the_pixels(bundle: Path, photos) -> None:
    import onnx

    engine = Engine.open(bundle, threads=1)
    before = engine.bundle.model
    layers = sanity_graph.weight_names(onnx.load_from_string(before).graph)
    assert [len(names) > 0 for names in layers] == [True] * 3  # head, mix, detect
    assert "map_weight" in layers[0][0]
    explainer = bundle_explainer(engine)
    images = [image[:64, :85] for image, _, _ in photos[:4]]
    labels = [colour for _, _, colour in photos[:4]]
    trained = [explainer.explain(image, label).saliency for image, label in zip(images, labels, strict=True)]

    def run(seed: int) -> list[Stage]:
        return list(explainer.cascade(images, labels, np.random.default_rng(seed)))

    stages = run(0)
    assert [round(stage.share, 2) for stage in stages] == [0.33, 0.67, 1.0]
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(trained, stages[-1].maps, strict=True))
    for first, again in zip(stages, run(0), strict=True):
        for a, b in zip(first.maps, again.maps, strict=True):
            np.testing.assert_array_equal(a, b)
    assert engine.bundle.model == before


def test_the_members_of_an_ensemble_are_shuffled_together() -> None:
    import onnx

    network = build(ClassifierSettings("test_efficientnet", 3, 64)).eval()
    rules = network.input_rules
    member = Member("run", "test_efficientnet", 64, rules.mean, rules.std)
    model = build_graph([(member, network_graph(network))] * 2, weights="float16")
    layers = sanity_graph.weight_names(onnx.load_from_string(model).graph)
    half = [names[0].split("_")[0] for names in layers[: len(layers) // 2]]
    assert abs(half.count("m0") - half.count("m1")) <= 1


def test_shuffling_a_torch_network_leaves_the_original_alone(network: Classifier, photos) -> None:
    model = attribution.Explainable(network).eval()
    images, labels = [photos[0][0]], [photos[0][2]]
    before = attribution.attribute(model, images[0], labels[0], "cam")
    stages = list(attribution.cascade(model, images, labels, "cam", np.random.default_rng(0)))
    assert stages[0].layer == "head"
    assert stages[-1].share == 1
    assert len(stages) <= STAGES
    assert np.abs(stages[-1].maps[0] - before).max() > 1e-3
    np.testing.assert_array_equal(attribution.attribute(model, images[0], labels[0], "cam"), before)
