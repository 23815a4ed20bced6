"""`cutis explain` and `cutis embed`, from the command line to the files they write."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

LABELS = ("psoriasis", "hemangioma", "rosacea")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve photos of six patients, and a manifest with a split."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(12):
        image = rng.normal(120, 30, (64, 80, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"p{number}.png")
        split = "train" if number < 2 else "test"
        patient = f"P{number // 2}"
        rows.append(
            {"image": f"p{number}.png", "patient_id": patient, "dx": LABELS[number % 3], "split": split}
        )
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training run, untrained: its maps point nowhere, and the command must say so."""
    import torch
    from safetensors.torch import save_file

    from cutis.core.bundle import TrainingData
    from cutis.core.labels import Categorical
    from cutis.models.classifier import ClassifierSettings, build
    from cutis.training.recipe import Recipe
    from cutis.training.run import WEIGHTS, Run

    torch.manual_seed(0)
    torch.set_num_threads(1)
    settings = ClassifierSettings("test_efficientnet", 3, 64)
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    data = TrainingData("noise", True, 2, 1, "", "")
    made = Run(
        folder, "dermoscopy", Categorical(LABELS), settings, Recipe(), data, "dx", "patient_id", finished=True
    )
    made.save()
    save_file(build(settings).state_dict(), folder / WEIGHTS)
    return folder


@pytest.fixture(scope="module")
def bundle(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cutis.core.bundle import BundleInfo, Member, Vectors, write_bundle
    from cutis.export.network import network_graph
    from cutis.export.onnx import build_graph
    from cutis.training.run import load_network, load_run

    made = load_run(run)
    network = load_network(made)
    rules = network.input_rules
    member = Member("run", made.settings.backbone, rules.size, rules.mean, rules.std)
    model = build_graph([(member, network_graph(network))])
    info = BundleInfo(
        name="noise", version="1", created="2026-01-01T00:00:00Z", cutis="0.1.0", task="dermoscopy",
        title="Dermoscopic diagnosis", labels=made.labels, modality="dermoscopic", size=64, members=(member,),
        training=made.training,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("bundles") / "noise.cutis"
    write_bundle(path, info, model, "# Noise", Vectors((), "torch", 1e-3, 0.0))
    return path


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def cutis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line in this process, which has torch loaded already."""
    from cutis.cli import main

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["cutis", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
            sys.exit(0)
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return call


def cutis_without_torch(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run in a process of its own, and fail there if torch was loaded."""
    code = (
        "import sys\nfrom cutis.cli import main\n"
        f"sys.argv = ['cutis', *{[str(a) for a in arguments]!r}]\n"
        "try: main()\n"
        "except SystemExit as end:\n"
        "    if end.code: raise\n"
        "sys.exit(' '.join({'torch', 'timm', 'captum', 'lightning'} & set(sys.modules)) or 0)"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_bundle_is_explained_without_torch(bundle: Path, photos: Path, tmp_path: Path) -> None:
    done = cutis_without_torch("explain", bundle, photos, "--out", tmp_path / "out", "--images", 9)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("index.html")
    assert "split 'test'" in done.stderr
    table = pl.read_csv(tmp_path / "out" / "explanations.csv")
    assert table.height == 10  # the two of the training split are left out
    assert table["score"].is_not_null().sum() == 9
    facts = json.loads((tmp_path / "out" / "explain.json").read_text())
    assert facts["faithfulness"]["groups"] == 5
    assert facts["verdict"]["level"] == "unknown"  # five patients are too few to tell
    assert facts["randomised_weights"]["depths"][-1]["share"] == 1


def test_a_full_disk_leaves_no_half_explained_folder_and_harms_none_that_is_there(
    cutis, bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []
    replace = Path.replace

    def full_after_three(self: Path, target: Path) -> Path:
        moved.append(self)
        if len(moved) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full_after_three)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("kept")
    for name, left in (("new", ["mine"]), ("mine", ["mine"])):
        moved.clear()
        done = cutis("explain", bundle, photos, "--out", tmp_path / name, "--images", 0, "--threads", 1)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert (tmp_path / "mine" / "note.txt").read_text() == "kept"
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]


def test_a_bundle_is_embedded_without_torch(bundle: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "embedding.parquet"
    done = cutis_without_torch("embed", bundle, photos, "--out", out, "--split", "all", "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("embedding.html")
    table = pl.read_parquet(out)
    assert table.height == 12
    assert {"image_id", "patient_id", "label", "prediction", "x", "y", "embedding"} <= set(table.columns)
    facts = json.loads(out.with_suffix(".json").read_text())
    assert facts["separation"]["groups"] == 6
    for suffix in (".html", ".svg", ".png"):
        assert out.with_suffix(suffix).stat().st_size > 1000


@pytest.mark.parametrize("method", ["cam", "grad-cam", "integrated-gradients", "occlusion"])
def test_a_run_is_explained_by_every_method(
    cutis, run: Path, photos: Path, tmp_path: Path, method: str
) -> None:
    photo = photos.parent / "p3.png"
    arguments = ("explain", run, photo, "--out", tmp_path / "out", "--method", method, "--images", 0)
    done = cutis(*arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "overlays" / "p3.png").is_file()


def test_a_run_and_its_bundle_show_the_same_maps(run: Path, bundle: Path, photos: Path) -> None:
    from cutis.explain.explainer import bundle_explainer, run_explainer
    from cutis.imaging.read import read_rgb
    from cutis.runtime.engine import Engine

    photo = read_rgb(photos.parent / "p4.png")
    ours, theirs = (
        run_explainer(run).explain(photo, 1),
        bundle_explainer(Engine.open(bundle, 1)).explain(photo, 1),
    )
    np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=2e-3)
    np.testing.assert_allclose(ours.saliency, theirs.saliency, atol=2e-3)


def test_a_file_that_cannot_be_read_ends_in_status_one_after_the_others(
    cutis, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff truncated")
    done = cutis(
        "explain", bundle, photos.parent / "p5.png", broken, "--out", tmp_path / "out", "--images", 0
    )
    assert done.returncode == 1
    assert "broken.jpg" in done.stderr
    assert (tmp_path / "out" / "overlays" / "p5.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--method", "occlusion"), "training run"),
        (("--label", "melanoma"), "'melanoma' is not one of psoriasis, hemangioma, rosacea"),
        (("--split", "validation"), "no split 'validation'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(
    cutis, bundle: Path, photos: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = cutis("explain", bundle, photos, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 1
    assert words in done.stderr


def test_a_table_that_cannot_be_written_is_refused_before_the_work(
    cutis, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    done = cutis("embed", bundle, photos, "--out", tmp_path / "embedding.xlsx")
    assert done.returncode == 1
    assert ".parquet" in done.stderr
    assert list(tmp_path.iterdir()) == []
