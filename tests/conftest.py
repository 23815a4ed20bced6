"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

# A loaded machine is slow at times; how fast an example runs is no promise of the code.
settings.register_profile("cutis", deadline=None)
settings.load_profile("cutis")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real image sets: named by CUTIS_DATA, or shared/data beside the checkout."""
    place = Path(os.environ.get("CUTIS_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "ham10000" / "manifest.csv").is_file():
        pytest.skip(f"no real image sets at {place} (set CUTIS_DATA to their folder)")
    return place


@pytest.fixture(scope="session")
def photo() -> Callable[..., NDArray[np.uint8]]:
    """Make a photo of a spot on skin, another for each seed: (height, width, 3) uint8."""

    def make(seed: int, height: int = 224, width: int = 299) -> NDArray[np.uint8]:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:height, :width] / height
        waves = sum(
            rng.normal() / f * np.cos(2 * np.pi * f * (np.cos(a) * x + np.sin(a) * y) + rng.uniform(0, 6.3))
            for f, a in zip(rng.uniform(1, 40, 30), rng.uniform(0, np.pi, 30), strict=True)
        )
        far = np.hypot(x - rng.uniform(0.4, 0.9), (y - rng.uniform(0.3, 0.7)) * rng.uniform(0.7, 1.4))
        spot = 1 / (1 + np.exp((far + 0.04 * waves - rng.uniform(0.15, 0.3)) * 40))
        skin, lesion = rng.uniform([190, 130, 110], [230, 180, 160]), rng.uniform([60, 30, 20], [140, 90, 70])
        colour = skin + spot[..., None] * (lesion - skin) + 6 * waves[..., None]
        return np.clip(colour + rng.normal(0, 2, colour.shape), 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def colour_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose network says which of red, green and blue a photo has most of; nothing is learnt."""
    import onnx

    from cutis.core.bundle import BundleInfo, Member, TrainingData, Vector, Vectors, write_bundle
    from cutis.core.labels import Categorical, Label

    graph = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        colour (uint8[n, height, width, 3] image)
            => (float[n, 3] probabilities, float[n, 3] embedding, float[n, 3, 1, 1] saliency) {
            numbers = Cast <to = 1> (image)
            sides = Constant <value_ints = [1, 2]> ()
            embedding = ReduceMean <keepdims = 0> (numbers, sides)
            gain = Constant <value_floats = [0.05]> ()
            logits = Mul (embedding, gain)
            probabilities = Softmax <axis = -1> (logits)
            shape = Constant <value_ints = [-1, 3, 1, 1]> ()
            saliency = Reshape (logits, shape)
        }
    """)
    info = BundleInfo(
        name="colour",
        version="1.0",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="dermoscopy",
        title="Which colour is it?",
        labels=Categorical((Label("red", "Red"), Label("green", "Green"), Label("blue", "Blue"))),
        modality="dermoscopic",
        size=16,
        members=(Member("colour", "mean", 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),),
        training=TrainingData("none", rendered=True, images=0, groups=0, fingerprint="", split_hash=""),
        licence="Apache-2.0",
    )
    powers = np.exp(np.array([10.0, 5.0, 0.0]))  # of the mean colour 200, 100, 0
    expected = dict(zip(info.labels.names, (powers / powers.sum()).tolist(), strict=True))
    reddish = np.broadcast_to(np.array([200, 100, 0], dtype=np.uint8), (8, 8, 3)).copy()
    path = tmp_path_factory.mktemp("bundles") / "colour.cutis"
    vectors = Vectors((Vector(reddish, expected),), "by hand", 1e-3, 0.0)
    write_bundle(path, info, graph.SerializeToString(), "# Colour\n", vectors)
    return path
