from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutis.core.errors import CutisError
from cutis.explain import attribution
from cutis.explain.faithfulness import blurred
from cutis.explain.methods import TITLES
from cutis.explain.saliency import enlarge
from cutis.models.classifier import Classifier, ClassifierSettings, build
from cutis.runtime.engine import Engine

METHODS = sorted(TITLES)


@pytest.fixture(scope="module")
def untrained() -> attribution.Explainable:
    torch.manual_seed(0)
    return attribution.Explainable(build(ClassifierSettings("test_efficientnet", 4, 64)).eval(), 1.3).eval()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_spot(network: Classifier, photos, method: str) -> None:
    model = attribution.Explainable(network).eval()
    for image, spot, colour in photos[:4] if "cam" in method else photos[:1]:
        saliency = enlarge(attribution.attribute(model, image, colour, method), *image.shape[:2])
        inside, outside = saliency[spot].mean(), np.delete(saliency, spot[0], axis=0).mean()
        assert inside > outside + 2 * saliency.std() / 2


def test_grad_cam_is_the_class_activation_map_where_an_average_and_one_layer_follow(
    untrained, photos
) -> None:
    """An independent implementation: captum goes through gradients, ours through the weights."""
    for image, _, label in photos[:3]:
        ours = attribution.attribute(untrained, image, label, "cam")
        theirs = attribution.attribute(untrained, image, label, "grad-cam")
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_integrated_gradients_add_up_to_what_the_photo_changes(untrained, photos) -> None:
    image = photos[0][0]
    rules = untrained.network.input_rules
    with torch.no_grad():
        whole, nothing = (
            untrained(attribution.as_input(i, rules))[0, 2].item() for i in (image, blurred(image))
        )
    saliency = attribution.attribute(untrained, image, 2, "integrated-gradients")
    assert saliency.sum() == pytest.approx(whole - nothing, abs=0.02 * max(1, abs(whole - nothing)))


@given(
    pixels=arrays(
        np.float32, st.tuples(st.integers(1, 90), st.integers(1, 90)), elements=st.floats(-1, 1, width=32)
    )
)
def test_cells_keep_the_sum(pixels: np.ndarray) -> None:
    saliency = attribution.cells(pixels)
    assert min(saliency.shape) <= attribution.CELLS
    assert saliency.sum() == pytest.approx(float(pixels.astype(np.float64).sum()), abs=1e-2)


def test_torch_and_the_bundle_say_the_same(network: Classifier, bundle: Path, photos) -> None:
    engine = Engine.open(bundle, threads=1)
    model = attribution.Explainable(network).eval()
    images = [image for image, _, _ in photos]
    ours = attribution.probabilities(model, images)
    theirs = [list(engine(image).probabilities.values()) for image in images]
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_a_network_that_averages_its_auxiliary_answers_is_asked_as_a_whole(photos) -> None:
    torch.manual_seed(0)
    settings = ClassifierSettings("test_efficientnet", 3, 64, auxiliary=2, auxiliary_use="average")
    network = build(settings).eval()
    model = attribution.Explainable(network).eval()
    x = attribution.as_input(photos[0][0], network.input_rules)
    with torch.no_grad():
        np.testing.assert_allclose(model.logits(x), network(x), atol=1e-6)
    assert attribution.attribute(model, photos[0][0], 1, "grad-cam").ndim == 2


def test_an_unknown_method_is_refused_with_those_there_are(untrained, photos) -> None:
    with pytest.raises(CutisError, match="occlusion"):
        attribution.attribute(untrained, photos[0][0], 0, "lime")
