"""A camera's folder: compiled with a C compiler and run against the installed onnxruntime."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from cutis import zoo
from cutis.core.bundle import Bundle, OperatingPoint
from cutis.core.errors import BundleError, CutisError
from cutis.export.targets.camera import header, input_shape
from cutis.export.targets.make import Options, export_target
from cutis.runtime.engine import Engine

LIBRARY = Path(onnxruntime.__file__).parent / "capi"
needs_compiler = pytest.mark.skipif(
    not (shutil.which("cc") and shutil.which("make") and any(LIBRARY.glob("libonnxruntime.so*"))),
    reason="a C compiler, make and onnxruntime's shared library are needed",
)


@pytest.fixture(scope="module", params=["small", "image_quality"])
def folder(request: pytest.FixtureRequest, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a bundle with quotes in its names, and of one with findings and thresholds on sums of grades."""
    source = bundle if request.param == "small" else Bundle.open(zoo.path(request.param))
    out = tmp_path_factory.mktemp("camera") / "with a space"
    export_target(source, out, "camera", Options(shape=(120, 160)))
    return out


@pytest.fixture(scope="module")
def built(folder: Path) -> Path:
    done = _make(folder, "judge")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    return folder


def _make(folder: Path, goal: str) -> subprocess.CompletedProcess[str]:
    command = ["make", f"ORT={LIBRARY}", "CFLAGS=-std=c99 -O1 -Wall -Wextra -Werror", goal]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def _judge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["./judge", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@needs_compiler
def test_the_c_program_gives_the_test_images_answers(built: Path) -> None:
    done = _make(built, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    cases = json.loads((built / "vectors" / "expected.json").read_text())["cases"]
    assert done.stdout.count("largest difference") == len(cases) >= 2


@needs_compiler
def test_it_prints_what_python_says_of_the_same_pixels(built: Path, bundle: Bundle, tmp_path: Path) -> None:
    facts = json.loads((built / "model.json").read_text())
    source = bundle if facts["name"] == "small" else Bundle.open(zoo.path(facts["name"]))
    frame = np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    (tmp_path / "frame.rgb").write_bytes(frame.tobytes())
    done = _judge(built, str(tmp_path / "frame.rgb"))
    assert done.returncode == 0, done.stderr
    said = Engine(source, 1)(frame)
    lines = done.stdout.splitlines()
    for line, (name, share) in zip(lines, {**said.probabilities, **said.findings}.items(), strict=False):
        number, _, printed = line.partition(" ")
        assert printed == name
        assert float(number) == pytest.approx(share, abs=1e-4)
    for point, line in zip(facts["operating_points"], lines[-len(facts["operating_points"]) :], strict=True):
        shares = list(said.probabilities.values())[point["first"] : point["first"] + point["count"]]
        reached = "reached" if sum(shares) >= point["threshold"] else "not reached"
        assert line == f"{point['name']}: {reached}"


@needs_compiler
def test_other_answers_and_wrong_frames_end_with_a_status(built: Path, tmp_path: Path) -> None:
    expected = np.fromfile(built / "vectors" / "1.f32", dtype="<f4")
    for wrong in (0.01, np.nan):
        changed = expected.copy()
        changed[-1] += wrong
        changed.tofile(tmp_path / "changed.f32")
        assert _judge(built, "vectors/1.rgb", str(tmp_path / "changed.f32")).returncode == 1
    (tmp_path / "short.rgb").write_bytes(b"123")
    done = _judge(built, str(tmp_path / "short.rgb"))
    assert done.returncode == 2
    assert "does not hold 57600 bytes" in done.stderr
    assert _judge(built).returncode == 2


@needs_compiler
def test_without_the_library_make_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("judge", "lib*"))
    command = ["make", f"ORT={tmp_path}", "judge"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "make ORT=FOLDER" in done.stdout


def test_the_graph_takes_one_size_and_gives_answers_only(folder: Path) -> None:
    import onnx

    graph = onnx.load(folder / "model.onnx")
    (image,) = graph.graph.input
    assert [side.dim_value for side in image.type.tensor_type.shape.dim] == [1, 120, 160, 3]
    facts = json.loads((folder / "model.json").read_text())
    assert [one.name for one in graph.graph.output] == facts["outputs"]
    assert {one.domain for one in graph.opset_import} == {""}
    assert not any(node.op_type == "Shape" for node in graph.graph.node)  # worked out beforehand
    kinds = {tensor.data_type for tensor in graph.graph.initializer}
    assert onnx.TensorProto.FLOAT16 not in kinds


def test_its_answers_are_the_bundles(folder: Path) -> None:
    parity = json.loads((folder / "figures.json").read_text())["parity"]
    assert parity["answers"] == 1
    assert parity["largest"] <= 1e-3


def test_labels_stand_one_a_line_in_the_graphs_order(folder: Path) -> None:
    facts = json.loads((folder / "model.json").read_text())
    assert (folder / "labels.txt").read_text().splitlines() == facts["probabilities"]


def test_the_usual_size_is_that_of_small_cameras_or_one_patch() -> None:
    assert input_shape(Bundle.open(zoo.path("drug_reaction")).info, None) == (480, 640)
    assert input_shape(Bundle.open(zoo.path("confocal")).info, None) == (192, 192)


@pytest.mark.parametrize(("shape", "said"), [((16, 64), "too small"), ((300, 400), "256 at most")])
def test_sizes_of_no_use_are_refused(bundle: Bundle, shape: tuple[int, int], said: str) -> None:
    with pytest.raises(CutisError, match=said):
        input_shape(bundle.info, shape)


def test_a_threshold_on_an_unknown_label_is_named(make_bundle: Callable[..., Bundle]) -> None:
    info = replace(make_bundle().info, operating_points=(OperatingPoint("Warts", "wart", 0.5, "youden"),))
    with pytest.raises(BundleError, match="'Warts' is on 'wart'"):
        header(info, (64, 64))
