"""A bundle that grades by simple rules, faces that are rendered once, and analyses of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

CONDITIONS = ("dryness", "texture", "wrinkles", "pores", "melasma", "lentigo", "ephelides", "dermatitis")
GRADES = ("None", "Slight", "Moderate", "Marked", "Severe")


@pytest.fixture(scope="session")
def graded_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight conditions in five grades, by the colour of an area; nothing is learnt.

    The score of a condition rises with its own mix of the mean red, green and blue.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from cutis.core.bundle import BundleInfo, Member, TrainingData, Vectors, write_bundle
    from cutis.core.labels import Label, MultiLabel, Ordinal

    mixes = np.zeros((3, 8), np.float32)
    mixes[0] = np.linspace(0.004, 0.03, 8)
    mixes[2] = np.linspace(0.001, -0.012, 8)
    spread = np.repeat(mixes.T[:, :, None, None] / 256, 16, axis=2).repeat(16, axis=3)
    given = {
        "sides": np.array([1, 2]),
        "mixes": mixes,
        "steps": np.arange(5, dtype=np.float32),
        "gain": np.float32(-3.0),
        "last": np.array([2]),
        "flat": np.array([-1, 40]),
        "kernel": spread.astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers", "sides"], ["embedding"], keepdims=0),
        helper.make_node("MatMul", ["embedding", "mixes"], ["scores"]),
        helper.make_node("Unsqueeze", ["scores", "last"], ["apart"]),
        helper.make_node("Sub", ["apart", "steps"], ["gaps"]),
        helper.make_node("Mul", ["gaps", "gaps"], ["squares"]),
        helper.make_node("Mul", ["squares", "gain"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["shares"], axis=-1),
        helper.make_node("Reshape", ["shares", "flat"], ["probabilities"]),
        helper.make_node("Transpose", ["numbers"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "kernel"], ["saliency"], strides=[16, 16]),
    ]
    graph = helper.make_graph(
        nodes,
        "grades",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", "height", "width", 3])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 40]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
            helper.make_tensor_value_info("saliency", TensorProto.FLOAT, ["n", 8, "h", "w"]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in given.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    info = BundleInfo(
        name="grades",
        version="1.0",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="facial",
        title="How marked is it?",
        labels=MultiLabel(
            tuple(Label(name, name.capitalize()) for name in CONDITIONS),
            Ordinal(tuple(Label(str(grade), text) for grade, text in enumerate(GRADES))),
        ),
        modality="clinical",
        size=16,
        members=(Member("colour", "mean", 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),),
        training=TrainingData("none", rendered=True, images=0, groups=0, fingerprint="", split_hash=""),
        licence="Apache-2.0",
    )
    path = tmp_path_factory.mktemp("bundles") / "grades.cutis"
    write_bundle(path, info, model.SerializeToString(), "# Grades\n", Vectors((), "by hand", 1e-3, 0.0))
    return path


@pytest.fixture(scope="session")
def cheeks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int, float], Path]:
    """Photos of somebody's left cheek, each light another photo, as sore as is asked."""
    from cutis.phantoms.facial import draw_person, render_area

    folder = tmp_path_factory.mktemp("cheeks")

    def make(person: int, light: int, sore: float = 0.0) -> Path:
        path = folder / f"p{person}_l{light}_s{sore:g}.png"
        if not path.is_file():
            whose = draw_person(np.random.default_rng(person))
            severity = {"pores": 2.0, "lentigo": 2.0, "dermatitis": sore}
            rng = np.random.default_rng([person, light])
            done = render_area("cheek_left", {}, whose, rng, severity=severity, view="front")
            Image.fromarray(done.image).save(path)
        return path

    return make


@pytest.fixture(scope="session")
def plain_face() -> NDArray[np.uint8]:
    """A photo in which nobody is."""
    rng = np.random.default_rng(0)
    return rng.integers(90, 130, (400, 300, 3)).astype(np.uint8)
