"""The graph says what torch says of the same photo, and keeps its promises about views, members and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle import Member
from cutis.imaging.preprocess import centre_crop, resize_shorter
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.export.assembly import with_int8_weights, with_temperature  # noqa: E402
from cutis.export.network import network_graph  # noqa: E402
from cutis.export.onnx import build_graph  # noqa: E402
from cutis.export.vectors import drawn_images, torch_findings, torch_probabilities  # noqa: E402
from cutis.models import mil  # noqa: E402
from cutis.models.classifier import Classifier, ClassifierSettings  # noqa: E402

MakeNetwork = Callable[..., Classifier]
SHAPES = [(64, 85), (64, 64), (100, 130), (70, 65), (30, 300), (300, 40), (31, 23)]


def member(network: Classifier, temperature: float = 1.0) -> Member:
    rules = network.input_rules
    return Member("run", network.settings.backbone, rules.size, rules.mean, rules.std, temperature, rules.fit)


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 255, (7, 7, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def graph(networks: list[Classifier], **options: Any) -> bytes:
    return build_graph([(member(one), network_graph(one)) for one in networks], **options)


def ask(model: bytes, *photos: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    outputs = ["probabilities", "embedding", "saliency"]
    return list(session(model).run(outputs, {"image": np.stack(photos)}))


def session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("backbone", "settings"),
    [
        ("mobilenetv2_035", {}),
        ("mobilenetv2_035", {"scaling": "tensorflow"}),  # pads by the size of the photo
        ("mobilenetv2_035", {"auxiliary": 7, "auxiliary_use": "average"}),
        ("mobilenetv3_small_050", {}),
        ("resnet18", {}),
        ("test_vit", {"size": 160}),
    ],
)
def test_any_backbone_says_what_it_says_in_torch(
    make_network: MakeNetwork, backbone: str, settings: Any
) -> None:
    network = make_network(backbone, **settings)
    side, model = network.input_rules.size, graph([network])
    shapes = (
        [(1, 1)] if member(network).fit == "square" else [(1, 1), (1, 1.328125), (1.25, 1), (1, 3), (4, 1)]
    )
    for high, wide in shapes:
        image = photo(int(high * side), int(wide * side))
        expected = torch_probabilities([(member(network), network)], image, 1, 1.0)
        np.testing.assert_allclose(ask(model, image)[0][0], expected, atol=2e-5, err_msg=str(image.shape))


@pytest.mark.parametrize("shape", [*SHAPES, (200, 250), (257, 256)])
def test_photos_are_cropped_and_resized_as_pillow_does_it(
    make_network: MakeNetwork, shape: tuple[int, int]
) -> None:
    model = onnx.load_from_string(graph([make_network()]))
    model.graph.output.append(onnx.helper.make_tensor_value_info("m0_resized", onnx.TensorProto.UINT8, None))
    image = photo(*shape)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(["m0_resized"], {"image": image[None]})
    expected = resize_shorter(centre_crop(image), 64)
    assert found[0].shape == expected.shape
    apart = np.abs(found[0].astype(int) - expected)
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.02


@pytest.mark.parametrize("backbone", ["mobilenetv2_035", "resnet18"])
def test_where_nothing_is_resized_it_agrees_to_rounding(make_network: MakeNetwork, backbone: str) -> None:
    network = make_network(backbone)
    image = photo(64, 80)
    expected = torch_probabilities([(member(network, 1.3), network)], image, 4, 1.0)
    model = build_graph([(member(network, 1.3), network_graph(network))], views=4)
    np.testing.assert_allclose(ask(model, image)[0][0], expected, atol=2e-6)


@pytest.mark.parametrize(
    ("backbone", "settings"), [("mobilenetv2_035", {"scaling": "tensorflow"}), ("test_vit", {"size": 160})]
)
def test_the_pictures_of_a_bundles_own_test_are_resized_without_rounding(
    make_network: MakeNetwork, backbone: str, settings: Any
) -> None:
    network = make_network(backbone, **settings)
    whole = member(network)
    images = drawn_images(whole.size, whole.fit)
    assert len(images) >= 3
    assert len({image.shape for image in images}) == len(images)
    for image in images:
        assert image.std() > 10
        expected = torch_probabilities([(whole, network)], image, 2, 1.0)
        np.testing.assert_allclose(ask(graph([network], views=2), image)[0][0], expected, atol=5e-6)


def test_a_photo_taken_whole_is_cut_nowhere_and_never_enlarged() -> None:
    network = judging(size=96)
    assert network.input_rules.fit == "whole"
    model = build_graph([(member(network), network_graph(network))])
    for shape in ((96, 128), (70, 90), (192, 256), (96, 240), (128, 96), (48, 60), (40, 300)):
        image = photo(*shape)
        expected = torch_probabilities([(member(network), network)], image, 1, 1.0)
        np.testing.assert_allclose(ask(model, image)[0][0], expected, atol=2e-3, err_msg=str(shape))
    far_end = photo(96, 240).copy()
    far_end[:, 200:] = 255 - far_end[:, 200:]  # what a centre crop would not see
    assert np.abs(ask(model, far_end)[0] - ask(model, photo(96, 240))[0]).max() > 1e-4


def test_findings_are_those_of_torch_and_their_maps_add_up() -> None:
    networks = [judging(seed) for seed in (0, 1)]
    members = [(member(one), one) for one in networks]
    model = build_graph([(one, network_graph(network)) for one, network in members], views=2)
    image = photo(64, 96)
    found, maps = session(model).run(["findings", "finding_maps"], {"image": image[None]})
    np.testing.assert_allclose(found[0], torch_findings(members, image, 2), atol=1e-5)
    single = build_graph([(members[0][0], network_graph(networks[0]))])
    alone, own = session(single).run(["findings", "finding_maps"], {"image": image[None]})
    log_odds = np.log(alone[0] / (1 - alone[0])) - networks[0].findings.bias.detach().numpy()
    np.testing.assert_allclose(own[0].sum((1, 2)), log_odds, atol=1e-4)
    assert maps.shape[2:] == own.shape[2:]


def judging(seed: int = 0, size: int = 64) -> Classifier:
    """A network that judges photos whole, with findings; its answers differ from photo to photo."""
    torch.manual_seed(seed)
    settings = ClassifierSettings("mobilenetv2_035", classes=4, size=size, ordinal=True, findings=3)
    network = mil.build(settings).eval()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
        embedding = network.pool(network.features(torch.randn(1, 3, 64, 96)))
        for weight in (network.head.score.weight, network.findings.weight, network.backbone.score.weight):
            weight.normal_(0, 2 / float(embedding.norm()))
    return network


def test_batch_norms_are_folded_away(make_network: MakeNetwork) -> None:
    for backbone in ("mobilenetv2_035", "resnet18"):
        kinds = {node.op_type for node in onnx.load_from_string(graph([make_network(backbone)])).graph.node}
        assert "BatchNormalization" not in kinds
        assert "Conv" in kinds


def test_exporting_leaves_the_network_as_it_was(make_network: MakeNetwork) -> None:
    network = make_network("mobilenetv2_035", scaling="tensorflow")
    before = {name: type(layer).__name__ for name, layer in network.named_modules()}
    network_graph(network)
    assert {name: type(layer).__name__ for name, layer in network.named_modules()} == before


def test_saliency_adds_up_to_the_logits_less_the_bias(make_network: MakeNetwork) -> None:
    import torch

    network = make_network()
    image = photo(64, 80)
    _, _, saliency = ask(build_graph([(member(network, 2.0), network_graph(network))]), image)
    mean, std = np.array(network.input_rules.mean), np.array(network.input_rules.std)
    x = torch.from_numpy(((image / 255 - mean) / std).transpose(2, 0, 1)[None].astype(np.float32))
    logits = (network(x) - network.head.bias)[0].detach().numpy() / 2.0
    np.testing.assert_allclose(saliency[0].sum(axis=(1, 2)), logits, atol=1e-4)


@pytest.mark.parametrize(("views", "axes"), [(2, (1,)), (4, (1,)), (4, (0,)), (4, (0, 1))])
def test_a_mirrored_photo_has_the_same_answer_and_a_mirrored_map(
    make_network: MakeNetwork, views: int, axes: tuple[int, ...]
) -> None:
    model = graph([make_network()], views=views)
    image = photo(64, 80)
    straight, mirrored = ask(model, image), ask(model, np.ascontiguousarray(np.flip(image, axes)))
    np.testing.assert_allclose(mirrored[0], straight[0], atol=1e-5)
    np.testing.assert_allclose(mirrored[1], straight[1], atol=1e-4)
    flipped = np.flip(straight[2], tuple(axis + 2 for axis in axes))
    np.testing.assert_allclose(mirrored[2], flipped, atol=1e-4)


def test_an_ensemble_is_the_average_of_its_members(make_network: MakeNetwork) -> None:
    networks = [make_network(seed=1, size=96), make_network(seed=2), make_network("resnet18", seed=3)]
    image = photo(96, 128)
    alone = [ask(graph([network]), image) for network in networks]
    together = ask(graph(networks), image)
    np.testing.assert_allclose(together[0], np.mean([one[0] for one in alone], axis=0), atol=1e-5)
    np.testing.assert_allclose(together[1], np.concatenate([one[1] for one in alone], axis=1), atol=1e-5)
    assert together[2].shape == alone[0][2].shape  # the grid of the first


def test_the_embedding_of_each_member_has_length_one(make_network: MakeNetwork) -> None:
    networks = [make_network(seed=1), make_network("resnet18", seed=2)]
    _, embedding, _ = ask(graph(networks), photo(80, 80))
    parts = np.split(embedding[0], [networks[0].channels])
    assert [np.linalg.norm(part) for part in parts] == pytest.approx([1, 1], abs=1e-5)


def test_a_temperature_softens_the_average(make_network: MakeNetwork) -> None:
    model = graph([make_network(seed=1), make_network(seed=2)])
    image = photo(80, 100)
    before = ask(model, image)[0].astype(np.float64)
    powers = before ** (1 / 1.7)
    after = ask(with_temperature(model, 1.7), image)[0]
    np.testing.assert_allclose(after, powers / powers.sum(), atol=1e-6)
    assert ask(graph([make_network(seed=1)], temperature=1.7), image)[0].sum() == pytest.approx(1, abs=1e-6)


def test_half_precision_weights_halve_the_file_and_keep_the_answers(make_network: MakeNetwork) -> None:
    network = make_network()
    whole, half = graph([network]), graph([network], weights="float16")
    assert len(half) < 0.6 * len(whole)
    for image in drawn_images(64):
        np.testing.assert_allclose(ask(half, image)[0], ask(whole, image)[0], atol=2e-3)


def test_8_bit_weights_quarter_large_kernels_and_hardly_change_the_answers(make_network: MakeNetwork) -> None:
    network = make_network()
    whole, half = graph([network]), graph([network], weights="float16")
    small = with_int8_weights(whole)
    assert len(small) < 0.75 * len(half)
    for image in drawn_images(64):
        (less, _, blurred), (more, _, sharp) = ask(small, image), ask(whole, image)
        np.testing.assert_allclose(less, more, atol=0.03)
        assert np.corrcoef(blurred.ravel(), sharp.ravel())[0, 1] > 0.98


def test_photos_in_a_batch_do_not_see_each_other(make_network: MakeNetwork) -> None:
    model = graph([make_network()], views=2)
    photos = [photo(70, 90, seed) for seed in range(3)]
    together = ask(model, *photos)
    for number, image in enumerate(photos):
        for whole, alone in zip(together, ask(model, image), strict=True):
            np.testing.assert_allclose(whole[number], alone[0], atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (2, 3), (3, 1000)])
def test_no_shape_makes_the_work_explode(make_network: MakeNetwork, shape: tuple[int, int]) -> None:
    probabilities, _, saliency = ask(graph([make_network()]), photo(*shape))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert max(saliency.shape[2:]) <= 1.5 * min(saliency.shape[2:])


def test_only_the_middle_of_a_panorama_is_seen(make_network: MakeNetwork) -> None:
    model = graph([make_network()])
    image = photo(60, 200)
    ends = image.copy()
    ends[:, :50], ends[:, -50:] = 0, 255
    np.testing.assert_array_equal(ask(model, image)[0], ask(model, ends)[0])
