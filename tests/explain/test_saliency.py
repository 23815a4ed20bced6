from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutis.explain.saliency import Window, both_ways, class_activation_map, enlarge, for_label, window
from cutis.imaging.preprocess import centre_crop
from cutis.models.classifier import Classifier, ClassifierSettings, build
from cutis.runtime.engine import Engine

finite = st.floats(-10, 10, width=32)


@given(
    features=arrays(np.float32, st.tuples(st.just(5), st.integers(1, 6), st.integers(1, 6)), elements=finite),
    weight=arrays(np.float32, (3, 5), elements=finite),
    bias=arrays(np.float32, (3,), elements=finite),
)
def test_the_map_of_a_class_adds_up_to_its_logit(features, weight, bias):
    logits = weight.astype(np.float64) @ features.astype(np.float64).mean((1, 2)) + bias
    maps = class_activation_map(features, weight)
    assert maps.shape == (3, *features.shape[1:])
    np.testing.assert_allclose(maps.sum((1, 2)) + bias, logits, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet"])
def test_the_map_of_a_real_network_adds_up_to_its_logit(backbone: str) -> None:
    torch.manual_seed(0)
    network = build(ClassifierSettings(backbone, 7, 96)).eval()
    with torch.no_grad():
        x = torch.randn(1, 3, 96, 128)
        features, logits = network.features(x)[0].numpy(), network(x)[0].numpy()
    maps = class_activation_map(features, network.head.weight.detach().numpy())
    total = maps.sum((1, 2)) + network.head.bias.detach().numpy()
    np.testing.assert_allclose(total, logits, atol=1e-4)


def test_the_exported_saliency_is_the_class_activation_map(bundle: Path, network: Classifier, photos) -> None:
    engine = Engine.open(bundle, threads=1)
    weight, bias = network.head.weight.detach().numpy(), network.head.bias.detach().numpy()
    for image, _, _ in photos[:3]:
        small = np.ascontiguousarray(image[:64, :85])  # already of the model's size: nothing is resized
        result = engine(small)
        x = torch.from_numpy(small.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        with torch.no_grad():
            features, logits = network.features(x)[0].numpy(), network(x)[0].numpy()
        np.testing.assert_allclose(result.saliency, class_activation_map(features, weight), atol=1e-4)
        np.testing.assert_allclose(result.saliency.sum((1, 2)) + bias, logits, atol=1e-3)


def test_the_exported_saliency_is_brightest_on_the_spot(bundle: Path, photos) -> None:
    engine = Engine.open(bundle, threads=1)
    for image, spot, colour in photos:
        result = engine(image)
        saliency = enlarge(for_label(result.saliency, colour), *image.shape[:2])
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        assert spot[0].start <= row < spot[0].stop
        assert spot[1].start <= column < spot[1].stop


@given(
    maps=arrays(np.float32, (4, 3, 5), elements=finite),
    same=arrays(np.float32, (3, 5), elements=finite),
    label=st.integers(0, 3),
)
def test_what_all_classes_share_speaks_for_none(maps, same, label):
    np.testing.assert_allclose(for_label(maps + same, label), for_label(maps, label), atol=1e-4)


@given(height=st.integers(1, 400), width=st.integers(1, 400))
def test_the_window_is_what_the_graph_crops(height: int, width: int) -> None:
    image = np.arange(height * width, dtype=np.int64).reshape(height, width)
    box = window(height, width)
    expected = centre_crop(image)
    got = image[box.top : box.top + box.height, box.left : box.left + box.width]
    assert got.shape == expected.shape
    assert (got == expected).all()


@pytest.mark.parametrize("fit", ["whole", "native"])
def test_nothing_is_cut_off_photos_that_are_taken_whole(fit):
    assert window(100, 900, fit) == Window(0, 0, 100, 900)


def test_a_network_that_looks_to_one_side_of_its_cells_is_put_right() -> None:
    """Sampling every eighth pixel puts each cell's eye in its corner, as unevenly padded convolutions do."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[25:39, 25:39] = 255  # in the middle

    def looks_into_corners(photo: np.ndarray) -> np.ndarray:
        return photo[::8, ::8, 0].astype(np.float32)

    def middle_of(saliency: np.ndarray) -> tuple[float, float]:
        rows, columns = np.indices(saliency.shape) + 0.5
        return (rows * saliency).sum() / saliency.sum(), (columns * saliency).sum() / saliency.sum()

    assert middle_of(looks_into_corners(image)) != pytest.approx((4, 4), abs=0.2)
    assert middle_of(both_ways(looks_into_corners, image)) == pytest.approx((4, 4), abs=1e-6)


def test_maps_seen_both_ways_still_add_up_to_a_logit(bundle: Path, photos) -> None:
    engine = Engine.open(bundle, threads=1)
    image = photos[0][0]
    turned = np.ascontiguousarray(image[::-1, ::-1])
    mean = both_ways(lambda p: engine(p).saliency, image).sum((1, 2))
    expected = (engine(image).saliency.sum((1, 2)) + engine(turned).saliency.sum((1, 2))) / 2
    np.testing.assert_allclose(mean, expected, atol=1e-4)


def test_enlarging_keeps_the_corner_in_its_corner() -> None:
    coarse = np.zeros((4, 6), np.float32)
    coarse[0, 5] = 1
    fine = enlarge(coarse, 40, 60)
    assert fine.shape == (40, 60)
    assert fine[0, 59] == pytest.approx(1)
    assert fine[:, :40].max() == 0
    assert fine[20:].max() == 0
