"""Finished runs of small networks, untrained: what is exported must be faithful, not clever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from cutis.core.bundle import TrainingData
from cutis.core.labels import Categorical
from cutis.core.manifest import read_manifest
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.models.classifier import Classifier, ClassifierSettings, build  # noqa: E402
from cutis.training.recipe import Recipe  # noqa: E402
from cutis.training.run import Run  # noqa: E402

torch.set_num_threads(1)  # tests run side by side; threads that wait for a core make small work slow

LABELS = ("bcc", "mel", "nv")
COUNTS = {"train": 12, "tune": 24, "test": 18}


def network(backbone: str = "mobilenetv2_035", seed: int = 0, size: int = 64, **settings: Any) -> Classifier:
    """A network whose answers differ from photo to photo."""
    torch.manual_seed(seed)
    built = build(ClassifierSettings(backbone, classes=len(LABELS), size=size, **settings)).eval()
    with torch.no_grad():
        for layer in built.modules():
            if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) and layer.running_var is not None:
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
        side = size if not built.input_rules.convolutional else 64
        embedding = built.pool(built.features(torch.randn(1, 3, side, side)))
        built.head.weight.normal_(0, 1.5 / float(embedding.norm()))
        built.head.bias.normal_(0, 0.3)
    return built


@pytest.fixture(scope="session")
def make_network() -> Callable[..., Classifier]:
    return network


@pytest.fixture(scope="session")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of small photos with train, tune and test splits."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows = []
    for part, count in COUNTS.items():
        for number in range(count):
            coarse = rng.integers(0, 255, (5, 6, 3), dtype=np.uint8)
            file = f"{part}{number}.png"
            Image.fromarray(coarse).resize((90, 72), Image.Resampling.BICUBIC).save(folder / file)
            row = {
                "image": file,
                "lesion_id": f"{part}{number // 2}",
                "dx": LABELS[number % 3],
                "split": part,
            }
            rows.append(row)
    pl.DataFrame(rows).write_csv(folder / "split.csv")
    return folder / "split.csv"


@pytest.fixture
def make_run(split: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a finished run's folder."""

    def write(name: str = "run", *, hash_: str | None = None, rendered: bool = False, **options: Any) -> Path:
        built = network(**options)
        folder = tmp_path / name
        folder.mkdir()
        table = pl.read_csv(split)
        images = [str(split.parent / image) for image in table["image"]]
        table.with_columns(pl.Series("image", images)).write_csv(folder / "split.csv")
        manifest = read_manifest(folder / "split.csv", target="dx")
        fingerprint, split_hash = manifest.fingerprint, hash_ or manifest.split_hash
        save_file(
            {k: v.contiguous().clone() for k, v in built.state_dict().items()}, folder / "weights.safetensors"
        )
        Run(
            path=folder,
            task="dermoscopy",
            labels=Categorical(LABELS),
            settings=built.settings,
            recipe=Recipe(),
            training=TrainingData("tiny set", rendered, 12, 6, fingerprint, split_hash, (), "CC BY-NC 4.0"),
            target="dx",
            group="lesion_id",
            finished=True,
            temperature=1.5,
        ).save()
        return folder

    return write
