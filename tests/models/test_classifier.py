"""The classifier: any backbone, its auxiliary classifiers, and an exact activation map."""

from __future__ import annotations

import pytest
import torch

from cutis.core.errors import CutisError
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.models.backbones import create, first_stages, is_tensorflow, stage_names  # noqa: E402
from cutis.models.classifier import Classifier, ClassifierSettings, build  # noqa: E402


def small(backbone: str = "mobilenetv3_small_050", **options: object) -> Classifier:
    torch.manual_seed(0)
    return build(ClassifierSettings(backbone=backbone, classes=5, size=64, **options)).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("backbone", "size", "stages"),
    [
        ("efficientnet_b0", 64, 7),
        ("mobilenetv2_050", 64, 7),
        ("resnet18", 64, 5),
        ("vit_tiny_patch16_224", 64, 7),
    ],
)
def test_auxiliary_classifiers_attach_to_any_backbone(backbone: str, size: int, stages: int) -> None:
    network = build(ClassifierSettings(backbone, classes=5, size=size, auxiliary=7))
    logits, auxiliary = network.forward_auxiliary(torch.randn(2, 3, size, size))
    assert logits.shape == (2, 5)
    assert [a.shape for a in auxiliary] == [(2, 5)] * stages


def test_efficientnet_b4_has_one_auxiliary_classifier_on_each_of_its_seven_block_groups() -> None:
    from cutis.models.backbones import stage_names

    backbone, _ = create("efficientnet_b4", "none", 64)
    assert stage_names(backbone, 7) == tuple(f"blocks.{i}" for i in range(7))


def test_auxiliary_losses_reach_the_first_stage() -> None:
    network = small(auxiliary=6).train()
    _, auxiliary = network.forward_auxiliary(torch.randn(4, 3, 64, 64))
    auxiliary[0].sum().backward()
    first = network.backbone.get_parameter("conv_stem.weight").grad
    assert first is not None
    assert first.abs().sum() > 0
    assert network.head.weight.grad is None


def test_the_class_activation_map_adds_up_to_the_logit() -> None:
    network = small()
    x = torch.randn(2, 3, 96, 64)
    with torch.no_grad():
        features = network.features(x)
        cam = torch.einsum("nchw,kc->nkhw", features, network.head.weight)
        torch.testing.assert_close(cam.mean((2, 3)) + network.head.bias, network(x))


def test_dropped_auxiliary_classifiers_do_not_change_the_answer_and_averaged_ones_do() -> None:
    x = torch.randn(2, 3, 64, 64)
    dropped, averaged = small(auxiliary=3), small(auxiliary=3, auxiliary_use="average")
    averaged.load_state_dict(dropped.state_dict())
    with torch.no_grad():
        main, extra = dropped.forward_auxiliary(x)
        torch.testing.assert_close(dropped(x), main)
        torch.testing.assert_close(averaged(x), torch.stack([main, *extra]).mean(0))


def test_measuring_a_backbone_leaves_its_statistics_alone() -> None:
    network = small(auxiliary=3)
    statistics = [b for n, b in network.backbone.named_buffers() if n.endswith("running_mean")]
    assert all(bool((s == 0).all()) for s in statistics)


def test_an_unknown_backbone_is_named_with_its_neighbours() -> None:
    with pytest.raises(CutisError, match="timm has no model 'resnet51'"):
        create("resnet51", "none", 64)


def test_weights_of_another_backbone_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from safetensors.torch import save_file

    file = tmp_path / "weights.safetensors"
    save_file({"conv_stem.weight": torch.zeros(1)}, file)
    with pytest.raises(CutisError, match="does not fit this backbone"):
        create("resnet18", str(file), 64)
    with pytest.raises(CutisError, match="no such weights file"):
        create("resnet18", str(tmp_path / "none.safetensors"), 64)


def test_tensorflow_weights_are_known_by_the_tag_of_their_file() -> None:
    assert is_tensorflow("mobilenetv2_100.tflite_in1k.safetensors", "auto")
    assert not is_tensorflow("mobilenetv2_100.ra_in1k.safetensors", "auto")
    assert not is_tensorflow("imagenet", "auto")
    assert is_tensorflow("imagenet", "tensorflow")


@pytest.mark.parametrize("backbone", ["mobilenetv2_035", "resnet18", "vgg11", "densenet121"])
def test_the_first_stages_are_what_leads_to_them_and_nothing_deeper(backbone: str) -> None:
    network = build(ClassifierSettings(backbone, classes=2, size=32)).backbone.eval()
    stages = stage_names(network, 100)
    frozen = first_stages(network, 2)
    for module in frozen:
        module.requires_grad_(False)
    modules = dict(network.named_modules())
    outputs = {}
    for name in stages[:3]:
        modules[name].register_forward_hook(lambda _m, _i, out, name=name: outputs.update({name: out}))
    network(torch.zeros(1, 3, 64, 64))
    assert not outputs[stages[1]].requires_grad
    assert outputs[stages[2]].requires_grad
    with pytest.raises(CutisError, match="the backbone has"):
        first_stages(network, 100)
