"""What is exported is measured, tested, and written only when it is faithful."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cutis.core.bundle import Bundle
from cutis.core.errors import CutisError, RunError
from cutis.core.manifest import read_manifest
from cutis.models.torchvision_operators import ensure

ensure()

import cutis.export.bundle as module  # noqa: E402
from cutis.export.bundle import Options, Watch, export_bundle  # noqa: E402
from cutis.export.held_out import answers  # noqa: E402
from cutis.runtime.check import check_parity  # noqa: E402
from cutis.runtime.engine import Engine  # noqa: E402
from cutis.stats.calibration import softmax  # noqa: E402

MakeRun = Callable[..., Path]


def test_a_run_becomes_a_bundle_that_passes_its_own_test(make_run: MakeRun, tmp_path: Path) -> None:
    steps = []
    info = export_bundle([make_run()], tmp_path / "net.cutis", watch=Watch(step=steps.append))
    bundle = Bundle.open(tmp_path / "net.cutis")
    assert bundle.info == info
    assert (info.name, info.task, info.modality, info.size) == ("net", "dermoscopy", "dermoscopic", 64)
    assert info.labels.names == ("bcc", "mel", "nv")
    assert info.licence == "CC BY-NC 4.0"
    assert sum(steps) == 24 + 18
    parity = check_parity(bundle)
    assert parity.passed
    assert parity.cases >= 3
    assert parity.difference == pytest.approx(bundle.vectors.difference, abs=1e-6)


def test_figures_are_those_of_the_exported_graph_on_the_test_split(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    info = export_bundle([folder], tmp_path / "net.cutis")
    engine = Engine.open(tmp_path / "net.cutis")
    part = read_manifest(folder / "split.csv", target="dx").part("test")
    right = [engine(path).label == label for path, label in zip(part.paths, part.table["dx"], strict=True)]
    assert info.metrics["accuracy"]["value"] == pytest.approx(np.mean(right))
    assert info.metrics_on == "18 photos (9 by lesion_id) of tiny set that were held out of training"


def test_the_temperature_is_the_likeliest_on_the_tune_split(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    export_bundle([folder], tmp_path / "net.cutis", Options(views=2))
    bundle = Bundle.open(tmp_path / "net.cutis")
    tune = answers(bundle, read_manifest(folder / "split.csv", target="dx").part("tune"))

    def loss(temperature: float) -> float:
        p = softmax(np.log(tune.probabilities), temperature)
        return float(-np.log(p[np.arange(len(tune.truth)), tune.truth]).mean())

    assert bundle.info.temperature != 1
    assert all(loss(1.0) <= loss(other) for other in (0.9, 0.98, 1.02, 1.1))


def test_several_runs_become_one_ensemble(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run("a", seed=1), make_run("b", seed=2, size=96), make_run("c", seed=3)]
    info = export_bundle(runs, tmp_path / "three.cutis", Options(weights="float16", views=2))
    assert [member.run for member in info.members] == ["b", "a", "c"]  # the finest grid first
    assert (info.size, info.views, info.precision) == (96, 2, "float16")
    assert check_parity(Bundle.open(tmp_path / "three.cutis")).passed


def test_members_that_were_split_otherwise_are_refused(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run("a"), make_run("b", hash_="another")]
    with pytest.raises(RunError, match="has another split than"):
        export_bundle(runs, tmp_path / "net.cutis")
    assert not (tmp_path / "net.cutis").exists()


def test_a_run_that_has_not_finished_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    data = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**data, "finished": False}))
    with pytest.raises(RunError, match="training has not finished"):
        export_bundle([folder], tmp_path / "net.cutis")


def test_a_graph_that_is_not_faithful_is_not_written(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faithful = module.build_graph

    def unfaithful(*members: object, **options: object) -> bytes:
        return faithful(*members, **{**options, "temperature": 1.1})  # type: ignore[arg-type]

    monkeypatch.setattr(module, "build_graph", unfaithful)
    with pytest.raises(CutisError, match="not written: the graph's probabilities differ from torch's by"):
        export_bundle([make_run()], tmp_path / "net.cutis")
    assert not (tmp_path / "net.cutis").exists()


def test_photos_that_are_gone_are_named_and_need_not_be_measured(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run()
    table = (folder / "split.csv").read_text().replace("tune3.png", "gone.png")
    (folder / "split.csv").write_text(table)
    with pytest.raises(CutisError, match=r"gone\.png: cannot be opened(.|\n)*--no-measure"):
        export_bundle([folder], tmp_path / "net.cutis")
    info = export_bundle([folder], tmp_path / "net.cutis", Options(measure=False))
    assert (info.metrics, info.temperature) == ({}, 1.0)
    assert "Not measured." in Bundle.open(tmp_path / "net.cutis").card


@pytest.mark.parametrize(
    ("options", "precision", "computed"),
    [(Options(int8=True), "int8", True), (Options(weights="int8"), "int8 weights", False)],
)
def test_an_8_bit_variant_is_small_and_says_so(
    make_run: MakeRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: Options,
    precision: str,
    computed: bool,
) -> None:
    monkeypatch.setattr(module, "LEAST_AGREEMENT", 0.5)  # an untrained network is never sure
    said: list[str] = []
    folder = make_run()
    export_bundle([folder], tmp_path / "float.cutis", Options(measure=False))
    info = export_bundle([folder], tmp_path / "small.cutis", options, Watch(echo=said.append))
    assert info.precision == precision
    assert said[0].startswith("The 8-bit graph gives the same answer as the float graph on ")
    small, whole = Bundle.open(tmp_path / "small.cutis"), Bundle.open(tmp_path / "float.cutis")
    assert len(small.model) < 0.45 * len(whole.model)
    assert (b"QuantizeLinear" in small.model) == computed
    assert "Weights are stored as int8." in small.card
    assert check_parity(small).passed


@pytest.mark.parametrize("options", [Options(int8=True), Options(weights="int8")])
def test_an_8_bit_variant_that_answers_otherwise_is_not_written(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Options
) -> None:
    monkeypatch.setattr(module, "LEAST_AGREEMENT", 1.01)
    with pytest.raises(
        CutisError,
        match=r"not written: the 8-bit graph gives the same answer .* on \d+\.\d% of 24(.|\n)*without 8 bits",
    ):
        export_bundle([make_run()], tmp_path / "small.cutis", options)
    assert not (tmp_path / "small.cutis").exists()


def test_the_card_says_what_one_must_know(make_run: MakeRun, tmp_path: Path) -> None:
    info = export_bundle([make_run(rendered=True)], tmp_path / "net.cutis")
    card = Bundle.open(tmp_path / "net.cutis").card
    accuracy = info.metrics["accuracy"]
    for sentence in (
        "not a medical device",
        "**Trained on rendered images, not for care.**",
        "- tiny set: 12 photos of 6 patients or lesions.",
        "Licence of the data: CC BY-NC 4.0.",
        f"| accuracy | {accuracy['value']:.3f} ({accuracy['low']:.3f}–{accuracy['high']:.3f}) |",
        "| mel | 4 | 8 | 6 |",
        f"Split hash: `{info.training.split_hash}`",
        "mobilenetv2_035, shorter side 64 pixels",
    ):
        assert sentence in card
    assert "**Trained on rendered" not in _card_of_photos(make_run, tmp_path)


def _card_of_photos(make_run: MakeRun, tmp_path: Path) -> str:
    export_bundle([make_run("photos")], tmp_path / "photos.cutis", Options(measure=False))
    return Bundle.open(tmp_path / "photos.cutis").card


def test_another_size_at_inference_is_measured_and_passes_the_bundles_own_test(
    make_run: MakeRun, tmp_path: Path
) -> None:
    info = export_bundle([make_run()], tmp_path / "net.cutis", Options(size=80))
    assert info.size == info.members[0].size == 80
    assert check_parity(Bundle.open(tmp_path / "net.cutis")).passed


@pytest.mark.parametrize(("size", "told"), [(16, "smallest useful size is 32"), (4096, "above 2048 pixels")])
def test_a_size_that_the_network_cannot_use_is_told(
    make_run: Callable[..., Path], tmp_path: Path, size: int, told: str
) -> None:
    with pytest.raises(CutisError, match=f"size {size} is too .*{told}"):
        export_bundle([make_run()], tmp_path / "net.cutis", Options(size=size))
    assert not (tmp_path / "net.cutis").exists()
