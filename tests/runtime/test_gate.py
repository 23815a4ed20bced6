"""A photo passes, or is looked at again before it is refused; and what is written of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
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
from cutis.core.errors import BundleError, CutisError
from cutis.core.labels import Label, MultiLabel, Ordinal
from cutis.core.predictions import read_predictions
from cutis.phantoms.degradations import HALVES, degrade, render
from cutis.runtime.advice import SENTENCES
from cutis.runtime.check import check_parity
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.runtime.inputs import gather
from cutis.runtime.predict import predict
from cutis.tasks import get_task

POINT = OperatingPoint("Good photo", "good", 0.5, "ppv >= 0.9")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gate that likes detail, and says 'blur' where there is little, else 'not_skin'."""
    import onnx

    graph = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        detail (uint8[n, height, width, 3] image)
            => (float[n, 2] probabilities, float[n, 1] embedding, float[n, 2, 1, 1] saliency,
                float[n, 2] findings, float[n, 2, 1, 1] finding_maps) {
            numbers = Cast <to = 1> (image)
            upright = Transpose <perm = [0, 3, 1, 2]> (numbers)
            smooth = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (upright)
            rough = Sub (upright, smooth)
            size = Abs (rough)
            axes = Constant <value_ints = [1, 2, 3]> ()
            mean = ReduceMean <keepdims = 0> (size, axes)
            two = Constant <value_ints = [-1, 1]> ()
            embedding = Reshape (mean, two)
            scale = Constant <value_floats = [-2.0, 2.0]> ()
            centre = Constant <value_floats = [4.5]> ()
            off = Sub (embedding, centre)
            logits = Mul (off, scale)
            probabilities = Softmax <axis = -1> (logits)
            findings = Identity (probabilities)
            four = Constant <value_ints = [-1, 2, 1, 1]> ()
            saliency = Reshape (logits, four)
            finding_maps = Reshape (logits, four)
        }
    """)
    info = BundleInfo(
        name="detail",
        version="1.0",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="image_quality",
        title="Is there detail?",
        labels=Ordinal((Label("1", "Poor"), Label("2", "Good"))),
        modality="clinical",
        size=64,
        members=(Member("detail", "mean", 64, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), fit="whole"),),
        training=TrainingData("none", rendered=True, images=0, groups=0, fingerprint="", split_hash=""),
        operating_points=(POINT,),
        findings=MultiLabel((Label("blur", "Blurred"), Label("not_skin", "Not skin"))),
        passing="2",
    )
    vectors = Vectors((), "by hand", 1e-3, 0.0)
    path = tmp_path_factory.mktemp("bundles") / "detail.cutis"
    write_bundle(path, info, graph.SerializeToString(), "# Detail\n", vectors)
    return path


def skin(rough: float, rough_lesion: float = 0.0, seed: int = 0) -> np.ndarray:
    """Pale skin with a brown lesion in the middle, each with its own amount of detail."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[0:120, 0:160]
    share = 1 / (1 + np.exp(np.hypot(down - 60, across - 80) - 26))[..., None]
    image = np.array([225.0, 180.0, 160.0]) * (1 - share) + np.array([120.0, 70.0, 50.0]) * share
    deviation = rough * (1 - share) + rough_lesion * share
    return np.clip(image + rng.normal(0, 1, (120, 160, 1)) * deviation, 0, 255).astype(np.uint8)


def test_a_sharp_photo_passes_at_the_first_look(bundle: Path) -> None:
    verdict = Gate(Engine.open(bundle))(skin(25, 25))
    assert verdict.passed
    assert verdict.good > 0.5
    assert verdict.second is None
    assert verdict.reason == "not skin"
    assert verdict.advice == ()


def test_a_soft_photo_with_a_sharp_lesion_passes_at_the_second_look(bundle: Path) -> None:
    verdict = Gate(Engine.open(bundle))(skin(1, 35))
    assert verdict.good < POINT.threshold
    assert verdict.reason == "blur"
    assert verdict.region is not None
    assert verdict.region.what == "lesion"
    assert verdict.good_region is not None
    assert verdict.good_region > verdict.good
    assert verdict.passed


def test_a_soft_photo_fails_both_looks_and_says_so(bundle: Path) -> None:
    verdict = Gate(Engine.open(bundle))(skin(1, 1))
    assert not verdict.passed
    assert verdict.good_region is not None
    assert verdict.advice == (SENTENCES["blur"],)


def test_where_the_user_points_the_gate_looks(bundle: Path) -> None:
    gate = Gate(Engine.open(bundle))
    verdict = gate(skin(1, 35), box=(40, 60, 80, 100))
    assert verdict.region is not None
    assert (verdict.region.what, verdict.region.box) == ("given", (40, 60, 80, 100))
    with pytest.raises(CutisError):
        gate(skin(1, 35), box=(500, 500, 600, 600))


def test_its_predictions_carry_grade_reason_and_both_looks(bundle: Path, tmp_path: Path) -> None:
    photos = {"sharp": skin(25, 25), "lesion": skin(1, 35), "soft": skin(1, 1)}
    for name, image in photos.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    engine = Engine.open(bundle, threads=2)
    for suffix in ("csv", "parquet"):
        out = tmp_path / f"said.{suffix}"
        told = predict(engine, gather([tmp_path / f"{name}.png" for name in photos]), out)
        assert told.passed == 2
        rows = pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)
        assert rows["passed"].to_list() == ["yes", "yes", "no"]
        assert rows["grade"].cast(str).to_list() == ["2", "1", "1"]
        assert rows["reason"].to_list() == ["not skin", "blur", "blur"]
        assert {"p_good", "p_good_region", "p_reason_blur", "p_reason_not_skin"} <= set(rows.columns)
        assert rows["p_good_region"].is_null().to_list() == [True, False, False]
        checked = read_predictions([out])
        assert [name for name in checked.columns if name.startswith("p_")] == ["p_1", "p_2"]


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (64, 64), (40, 2000)])
def test_odd_photos_get_a_grade(bundle: Path, shape: tuple[int, int]) -> None:
    for level in (0, 128, 255):
        assert 0 <= Gate(Engine.open(bundle))(np.full((*shape, 3), level, np.uint8)).good <= 1


def test_a_bundle_that_is_no_gate_is_refused(colour_bundle: Path, bundle: Path) -> None:
    with pytest.raises(BundleError, match="is no gate"):
        Gate(Engine.open(colour_bundle))
    with pytest.raises(BundleError, match=r"has no operating point .youden.\. There are: ppv >= 0\.9"):
        Gate(Engine.open(bundle), "youden")


def test_findings_are_part_of_a_bundles_own_test(bundle: Path) -> None:
    opened = Bundle.open(bundle)
    image = skin(1, 1)
    said = Engine(opened)(image)
    good = Vector(image, said.probabilities, said.findings)
    assert check_parity(replace(opened, vectors=Vectors((good,), "", 1e-4, 0.0))).passed
    wrong = replace(good, findings={"blur": 0.1, "not_skin": 0.9})
    assert not check_parity(replace(opened, vectors=Vectors((wrong,), "", 1e-4, 0.0))).passed


def test_every_reason_has_its_advice() -> None:
    assert set(SENTENCES) == {label.name for label in get_task("image_quality").findings}


@pytest.mark.parametrize("half", HALVES)
def test_the_map_points_at_the_half_that_is_bad(half: str) -> None:
    """Of the shipped gate: a quality map is no use if it lies somewhere else."""
    gate = Gate(Engine.open("image_quality"))
    base = render("4", 192, np.random.default_rng(4)).image
    worse = gate.map(degrade(base, {"blur": 0.9}, np.random.default_rng(5), half=half))
    rows, columns = worse.shape
    sides = {
        "left": worse[:, : columns // 2],
        "right": worse[:, -(columns // 2) :],
        "top": worse[: rows // 2],
        "bottom": worse[-(rows // 2) :],
    }
    other = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[half]
    assert sides[half].mean() > sides[other].mean()


def test_a_jpeg_of_twelve_bits_is_judged_as_any_photo(bundle: Path) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    image = np.kron(skin(12.0), np.ones((2, 2, 1), np.uint8))
    content = imagecodecs.jpeg_encode(image.astype(np.uint16) * 16, level=95, bitspersample=12)
    assert Gate(Engine.open(bundle))(content).whole.label
