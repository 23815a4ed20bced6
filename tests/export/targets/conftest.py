"""Small bundles with random networks: what is exported must be faithful, not clever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle import (
    Bundle,
    BundleInfo,
    Member,
    OperatingPoint,
    TrainingData,
    Vector,
    Vectors,
    write_bundle,
)
from cutis.core.labels import Categorical, Label
from cutis.runtime.engine import Engine

LABELS = Categorical((Label("mel", 'Melanoma, "early"'), Label("nv", "Naevus (n\u00e6vus)"), Label("bcc")))
Photo = Callable[..., NDArray[np.uint8]]


def _graph(outlier: float) -> bytes:
    """Two convolutions and a linear layer; ``outlier`` is a weight that meets only zeros."""
    import onnx

    rng = np.random.default_rng(3)
    first = rng.normal(0, 0.2, (24, 3, 8, 8)).astype(np.float32)
    first -= first.mean((1, 2, 3), keepdims=True)
    second = rng.normal(0, 0.1, (32, 24, 3, 3)).astype(np.float32)
    bias = rng.normal(0, 0.1, 24).astype(np.float32)
    bias[0] = -1e3  # its channel is always cut off
    second[:, 0] = outlier
    head = rng.normal(0, 8, (3, 32)).astype(np.float32)
    values = {
        "gain": np.array([1 / 255], np.float32),
        "first": first,
        "bias": bias,
        "second": second,
        "head": head - head.mean(0),
        "sides": np.array([2, 3]),
        "shape": np.array([0, 3, 1, 1]),
    }
    model = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        small (uint8[n, height, width, 3] image)
            => (float[n, 3] probabilities, float[n, 32] embedding, float[n, 3, 1, 1] saliency) {
            numbers = Cast <to = 1> (image)
            upright = Transpose <perm = [0, 3, 1, 2]> (numbers)
            scaled = Mul (upright, gain)
            a = Conv <strides = [4, 4]> (scaled, first, bias)
            b = Relu (a)
            c = Conv <strides = [2, 2]> (b, second)
            d = Relu (c)
            embedding = ReduceMean <keepdims = 0> (d, sides)
            logits = Gemm <transB = 1> (embedding, head)
            probabilities = Softmax <axis = -1> (logits)
            saliency = Reshape (logits, shape)
        }
    """)
    for node in model.graph.node:
        node.name = f"net_{node.output[0]}" if node.op_type in ("Conv", "Relu") else ""
    model.graph.initializer.extend(onnx.numpy_helper.from_array(v, name) for name, v in values.items())
    return bytes(model.SerializeToString())


@pytest.fixture(scope="session")
def make_bundle(tmp_path_factory: pytest.TempPathFactory, photo: Photo) -> Callable[..., Bundle]:
    """Write a bundle and open it."""

    def make(outlier: float = 0.0, **info: Any) -> Bundle:
        described = BundleInfo(
            name="small",
            version="1.0",
            created="2026-01-01T00:00:00Z",
            cutis="0.1.0",
            task="dermoscopy",
            title="Which of three?",
            labels=LABELS,
            modality="dermoscopic",
            size=64,
            members=(Member("small", "none", 64, (0, 0, 0), (1, 1, 1)),),
            training=TrainingData("tiny set", False, 1, 1, "0", "0", (), "CC BY-NC 4.0"),
            operating_points=(OperatingPoint('Melanoma, "early"', "mel", 0.3, "youden"),),
            licence="CC BY-NC 4.0",
            metrics_on="18 photos",
        )
        path = tmp_path_factory.mktemp("bundle") / "small.cutis"
        model, images = _graph(outlier), [photo(seed, 96, 128) for seed in (100, 101)]
        draft = Bundle(path, described, model, "", Vectors((), "", 0, 0), "")
        cases = [Vector(image, Engine(draft, 1)(image).probabilities) for image in images]
        card = "# small 1.0\n\nWeights are stored as float32.\n"
        vectors = Vectors(tuple(cases), "onnxruntime", 1e-3, 0)
        write_bundle(path, replace(described, **info), model, card, vectors)
        return Bundle.open(path)

    return make


@pytest.fixture(scope="session")
def bundle(make_bundle: Callable[..., Bundle]) -> Bundle:
    return make_bundle()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory, photo: Photo) -> Path:
    """A folder of 40 photos."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(40):
        Image.fromarray(photo(seed, 96, 128)).save(folder / f"{seed}.png")
    return folder
