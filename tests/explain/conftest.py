"""A network whose answer is known to come from one place of the photo, and its real exported bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cutis.core.bundle import BundleInfo, Member, TrainingData, Vectors, write_bundle
from cutis.core.labels import Categorical, Label
from cutis.export.network import network_graph
from cutis.export.onnx import build_graph
from cutis.models.backbones import InputRules
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.models.torchvision_operators import ensure

SIZE = 64
CLASSES = ("red", "green", "blue")
LABELS = Categorical([Label(name, name.title() + " spot") for name in CLASSES])


class ColourDetector(nn.Module):
    """Each of the first three features answers to one colour, cell by cell; a dozen others are noise."""

    num_features = 16

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.detect = nn.Conv2d(3, 16, 1)
        self.mix = nn.Conv2d(16, 16, 1)
        self.pool = nn.AvgPool2d(8)
        with torch.no_grad():
            self.detect.weight.copy_(0.02 * torch.randn(16, 3, 1, 1, generator=generator))
            self.detect.weight[:3, :, 0, 0] = 1.5 * torch.eye(3) - 0.5
            self.detect.bias.fill_(-0.1)
            self.mix.weight.copy_(torch.eye(16)[:, :, None, None])
            self.mix.bias.zero_()

    def forward_features(self, x: Tensor) -> Tensor:
        return self.pool(torch.relu(self.mix(torch.relu(self.detect(x)))))


@pytest.fixture(scope="session")
def network() -> Classifier:
    torch.set_num_threads(1)  # waiting for each other costs more than these small networks gain
    ensure()  # the network is not of timm, and exporting it imports timm
    rules = InputRules(SIZE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    made = Classifier(ColourDetector(), rules, ClassifierSettings("colours", 3, SIZE, dropout=0.0))
    with torch.no_grad():
        made.head.weight.zero_()
        made.head.weight[:, :3] = 60 * torch.eye(3)
        made.head.bias.copy_(torch.tensor([0.0, 0.1, -0.1]))
    return made.eval()


@pytest.fixture(scope="session")
def bundle(network: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rules = network.input_rules
    member = Member("colours", "colours", rules.size, rules.mean, rules.std)
    model = build_graph([(member, network_graph(network))])
    info = BundleInfo(
        name="colours",
        version="1",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="dermoscopy",
        title="Colour of the spot",
        labels=LABELS,
        modality="dermoscopic",
        size=SIZE,
        members=(member,),
        training=TrainingData("painted spots", True, 0, 0, "", ""),
    )
    path = tmp_path_factory.mktemp("bundle") / "colours.cutis"
    write_bundle(path, info, model, "# Colours", Vectors((), "torch", 1e-3, 0.0))
    return path


def paint(
    colour: str, rng: np.random.Generator, height: int = 72, width: int = 96
) -> tuple[NDArray[np.uint8], tuple[slice, slice]]:
    """A grey photo with one coloured spot, and where the spot is: never in the middle."""
    image = rng.normal(120, 6, (height, width, 3))
    side = height // 3
    top = int(rng.choice([4, height - side - 4]))
    left = int(rng.choice([4, width - side - 4]))
    spot = (slice(top, top + side), slice(left, left + side))
    image[spot] = 40
    image[(*spot, CLASSES.index(colour))] = 230
    return image.clip(0, 255).astype(np.uint8), spot


@pytest.fixture(scope="session")
def photos() -> list[tuple[NDArray[np.uint8], tuple[slice, slice], int]]:
    """A dozen painted photos: pixels, where the spot is, index of its colour."""
    rng = np.random.default_rng(5)
    return [(*paint(CLASSES[i % 3], rng), i % 3) for i in range(12)]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 painted photos of 12 patients as files, with a manifest."""
    import polars as pl
    from PIL import Image

    folder = tmp_path_factory.mktemp("painted")
    rng = np.random.default_rng(7)
    rows = []
    for number in range(24):
        patient, colour = number // 2, CLASSES[(number // 2) % 3]
        name = f"photo_{number:02d}.png"
        Image.fromarray(paint(colour, rng)[0]).save(folder / name)
        rows.append({"image": name, "patient_id": f"P{patient:02d}", "colour": colour})
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"
