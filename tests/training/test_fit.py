"""Training from a manifest to a finished run, through the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from cutis.models.torchvision_operators import ensure

ensure()

from cutis.core.predictions import read_predictions  # noqa: E402
from cutis.models.classifier import ClassifierSettings, build  # noqa: E402

SMALL = ["--backbone", "mobilenetv3_small_050", "--weights", "none", "--size", "32", "--batch", "6"]


def cutis(
    *arguments: object, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cutis", *map(str, arguments)]
    around = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", **(environment or {})}
    return subprocess.run(command, capture_output=True, text=True, env=around, check=False)


@pytest.fixture(scope="module")
def run(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "first"
    done = cutis("train", "dermoscopy", manifest, "--out", out, "--epochs", 6, *SMALL)
    assert done.returncode == 0, done.stderr
    (out.parent / "said.txt").write_text(done.stdout)
    return out


def test_the_last_table_writes_figures_as_reports_do(run: Path) -> None:
    said = (run.parent / "said.txt").read_text()
    found = json.loads((run / "run.json").read_text())["metrics"]["balanced_accuracy"]
    interval = f"{found['low']:.3f}–{found['high']:.3f}"
    assert re.search(rf"balanced accuracy +{found['value']:.3f} +{interval}", said)
    assert said.splitlines()[-1] == f"Run: {run}. Next: cutis export {run} --out NAME.cutis"


def test_a_run_says_what_was_trained_on_what(run: Path, manifest: Path) -> None:
    told = json.loads((run / "run.json").read_text())
    assert [item["name"] for item in told["labels"]["items"]] == [
        "melanocytic_nevus",
        "hemangioma",
        "psoriasis",
    ]
    assert told["finished"] is True
    assert told["steps"] == 6 * (27 // 6)
    assert told["training"]["images"] == 27
    assert told["training"]["groups"] == 18
    assert len(told["epoch_metrics"]) == 6
    assert told["metrics"]["auc_macro"]["low"] <= told["metrics"]["auc_macro"]["value"]


def test_its_predictions_cover_tune_and_test_and_are_probabilities(run: Path, manifest: Path) -> None:
    table = read_predictions([run / "predictions.csv"])
    wanted = pl.read_csv(manifest).filter(pl.col("split") != "train").height
    assert table.height == wanted
    sums = table.select(pl.sum_horizontal(pl.col("^p_.*$").cast(pl.Float64))).to_series()
    assert np.allclose(sums, 1, atol=1e-4)


def test_the_same_run_is_not_overwritten(run: Path, manifest: Path) -> None:
    again = cutis("train", "dermoscopy", manifest, "--out", run, *SMALL)
    assert again.returncode == 1
    assert "holds a run already" in again.stderr
    assert "Traceback" not in again.stderr
    kept = (run / "weights.safetensors").read_bytes()
    probed = cutis("train", "dermoscopy", manifest, "--out", run, "--probe", "--resume", *SMALL)
    assert "is finished already" in probed.stderr + probed.stdout
    assert (run / "weights.safetensors").read_bytes() == kept


def test_the_table_that_is_trained_on_is_not_replaced(manifest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "split.csv").write_text(manifest.read_text())
    failed = cutis("train", "dermoscopy", folder / "split.csv", "--out", folder, "--epochs", 1, *SMALL)
    assert failed.returncode == 1
    assert "split.csv: is there already and would be replaced" in failed.stderr
    assert (folder / "split.csv").read_text() == manifest.read_text()


def test_frozen_stages_keep_weights_and_statistics_and_the_others_learn(
    manifest: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    network = build(ClassifierSettings("mobilenetv2_035", classes=3, size=32))
    start = network.backbone.state_dict()
    save_file(start, tmp_path / "start.safetensors")
    options = [*SMALL, "--backbone", "mobilenetv2_035", "--epochs", 1, "--freeze", 2]
    options += ["--weights", tmp_path / "start.safetensors"]
    done = cutis("train", "dermoscopy", manifest, "--out", tmp_path / "run", *options)
    assert done.returncode == 0, done.stderr
    end = load_file(tmp_path / "run" / "weights.safetensors")
    counted = [name for name in start if start[name].is_floating_point()]
    kept = {name for name in counted if torch.equal(start[name], end[f"backbone.{name}"])}
    assert kept == {n for n in counted if n.startswith(("conv_stem", "bn1", "blocks.0.", "blocks.1."))}


def test_what_could_not_begin_leaves_no_run_behind_so_that_the_command_can_be_corrected(
    manifest: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    for wrong in (
        ["--freeze", 99],
        ["--backbone", "mobilenetv9"],
        ["--weights", tmp_path / "no.safetensors"],
    ):
        failed = cutis("train", "dermoscopy", manifest, "--out", out, "--epochs", 1, *SMALL, *wrong)
        assert failed.returncode == 1
        assert "Traceback" not in failed.stderr
        assert not out.exists()


def test_every_photo_that_cannot_be_read_is_named_at_once(manifest: Path, tmp_path: Path) -> None:
    shutil.copytree(manifest.parent, tmp_path / "photos")
    for name in ("00_0.png", "01_1.png"):
        (tmp_path / "photos" / name).write_bytes(b"no photo")
    table = tmp_path / "photos" / manifest.name
    options = ["--out", tmp_path / "run", "--allow", "duplicates", *SMALL]
    failed = cutis("train", "dermoscopy", table, *options)
    assert failed.returncode == 1
    assert "00_0.png" in failed.stderr
    assert "01_1.png" in failed.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_killed_in_mid_epoch_it_resumes_to_the_same_steps_and_the_same_weights(
    run: Path, manifest: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    out = tmp_path / "killed"
    command = [sys.executable, "-m", "cutis", "train", "dermoscopy", str(manifest), "--out", str(out)]
    options = ["--epochs", "6", "--checkpoint-steps", "2", *SMALL]
    process = subprocess.Popen([*command, *options], env={**os.environ, "OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not (out / "checkpoints" / "last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((out / "run.json").read_text())["finished"] is False

    resumed = cutis("train", "dermoscopy", manifest, "--out", out, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    first, second = (json.loads((r / "run.json").read_text()) for r in (run, out))
    assert first["steps"] == second["steps"]
    for one, other in zip(first["epoch_metrics"], second["epoch_metrics"], strict=True):
        assert one == pytest.approx(other, rel=1e-3)
    weights = [load_file(r / "weights.safetensors") for r in (run, out)]
    for name, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][name], rtol=1e-2, atol=1e-3)


@pytest.fixture(scope="module")
def probe(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("probes") / "first"
    done = cutis("train", "dermoscopy", manifest, "--out", out, "--probe", "--seed", 1, *SMALL)
    assert done.returncode == 0, done.stderr
    return out


def test_a_probe_tells_easy_classes_apart_without_training_the_backbone(probe: Path) -> None:
    assert json.loads((probe / "run.json").read_text())["metrics"]["accuracy"]["value"] > 0.6


def test_a_probe_of_the_same_seed_is_the_same_probe(probe: Path, manifest: Path, tmp_path: Path) -> None:
    for seed, same in ((1, True), (2, False)):
        out = tmp_path / str(seed)
        done = cutis("train", "dermoscopy", manifest, "--out", out, "--probe", "--seed", seed, *SMALL)
        assert done.returncode == 0, done.stderr
        first, other = (
            read_predictions([folder / "predictions.csv"]).drop("source") for folder in (probe, out)
        )
        assert first.equals(other) is same


def test_weights_that_nobody_asked_for_are_not_fetched(manifest: Path, tmp_path: Path) -> None:
    # Python runs this file before anything else: a host that is asked for is written down.
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, pathlib\n"
        "def asked(host, *_, **__):\n"
        f"    pathlib.Path({str(tmp_path / 'hosts')!r}).write_text(str(host))\n"
        "    raise socket.gaierror(-2, 'Name or service not known')\n"
        "socket.getaddrinfo = asked\n"
    )
    places = {"PYTHONPATH": str(tmp_path), "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0"}
    options = ["--out", tmp_path / "r", "--backbone", "resnet18"]
    done = cutis("train", "dermoscopy", manifest, *options, environment=places)
    assert done.returncode == 1
    assert "nothing is fetched unasked. Ask for it with --weights imagenet." in done.stderr
    assert "--weights FILE.safetensors" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "hosts").exists()
    asked = cutis("train", "dermoscopy", manifest, *options, "--weights", "imagenet", environment=places)
    assert asked.returncode == 1
    assert "could not be fetched" in asked.stderr
    assert len(asked.stderr.splitlines()) == 1
    assert (tmp_path / "hosts").read_text() == "huggingface.co"


def test_a_lesion_on_both_sides_stops_training_and_its_rows_are_named(manifest: Path, tmp_path: Path) -> None:
    folder = manifest.parent
    table = pl.read_csv(manifest)
    first = table["patient_id"][0]
    rows = table.with_row_index("row", offset=2).filter(pl.col("patient_id") == first)["row"].to_list()
    moved = table.with_columns(
        pl.when(pl.int_range(pl.len()) == table.height - 1)
        .then(pl.lit(first))
        .otherwise("patient_id")
        .alias("patient_id")
    )
    leaking = folder / "leaking.csv"
    moved.write_csv(leaking)
    done = cutis("train", "dermoscopy", leaking, "--out", tmp_path / "r", *SMALL)
    assert done.returncode == 1
    where = ", ".join(map(str, rows))
    assert f"patient_id '{first}' is in train in row" in done.stderr
    assert f"{where}; test in row {table.height + 1}" in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_copy_on_both_sides_stops_training_unless_that_is_allowed_by_name(
    manifest: Path, tmp_path: Path
) -> None:
    folder = manifest.parent
    table = pl.read_csv(manifest)
    copied = folder / "a copy.png"
    copied.write_bytes((folder / table["image"][0]).read_bytes())
    extra = {"image": copied.name, "patient_id": "P99", "diagnosis": table["diagnosis"][0], "split": "test"}
    pl.concat([table, pl.DataFrame([extra])]).write_csv(folder / "copied.csv")
    done = cutis("train", "dermoscopy", folder / "copied.csv", "--out", tmp_path / "r", *SMALL)
    assert done.returncode == 1
    assert "a copy" in done.stderr
    assert "'a copy' in test is the same photo of" in done.stderr
    allowed = ["--allow", "duplicates", "--probe", *SMALL]
    done = cutis("train", "dermoscopy", folder / "copied.csv", "--out", tmp_path / "r", *allowed)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r" / "run.json").read_text())["training"]["overrides"] == ["duplicates"]


def test_an_empty_group_and_an_empty_class_in_a_split_stop_training_with_their_rows(
    manifest: Path, tmp_path: Path
) -> None:
    table = pl.read_csv(manifest)
    row = pl.int_range(pl.len()) + 2
    nobody = pl.when(row == 7).then(None).otherwise("patient_id").alias("patient_id")
    table.with_columns(nobody).write_csv(manifest.parent / "nobody.csv")
    lost = (pl.col("split") == "test") & (pl.col("diagnosis") == "psoriasis")
    table.filter(~lost).write_csv(manifest.parent / "lost.csv")
    for name, told in (
        ("nobody.csv", f"{manifest.parent / 'nobody.csv'}:7: patient_id is empty"),
        ("lost.csv", f"{manifest.parent / 'lost.csv'}: no row of split 'test' has diagnosis 'psoriasis'."),
    ):
        done = cutis("train", "dermoscopy", manifest.parent / name, "--out", tmp_path / "r", *SMALL)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(told)
        assert done.stderr.count(str(manifest.parent)) == 1
        assert not (tmp_path / "r").exists()


def test_a_full_disk_is_one_message_and_the_run_goes_on_when_there_is_room(
    manifest: Path, tmp_path: Path
) -> None:
    # Python runs this file before anything else: moving a checkpoint into the run fails as on a full disk.
    (tmp_path / "sitecustomize.py").write_text(
        "import errno, os, shutil\n"
        "move = shutil.move\n"
        "def full(source, target, *more, **named):\n"
        "    if str(target).endswith('.ckpt'):\n"
        "        open(target, 'wb').write(open(source, 'rb').read()[:1000])\n"
        "        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)\n"
        "    return move(source, target, *more, **named)\n"
        "shutil.move = full\n"
    )
    out = tmp_path / "run"
    options = ["--out", out, "--allow", "duplicates", "--epochs", 1, *SMALL]
    failed = cutis("train", "dermoscopy", manifest, *options, environment={"PYTHONPATH": str(tmp_path)})
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    told = f"{out}: the disk is full. What was written before is whole: make room, then go on with --resume."
    assert failed.stderr.splitlines()[-1] == told
    assert not list(out.rglob("*.part"))
    assert not list(out.rglob("*.ckpt"))  # one that is cut off could not be gone on from


def test_a_stopped_probe_goes_on_as_one_whatever_the_command_says(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "cutis", "train", "dermoscopy", str(manifest), "--out", str(out)]
    process = subprocess.Popen([*command, "--probe", *SMALL], env={**os.environ, "OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not (out / "run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((out / "run.json").read_text())["finished"] is False
    done = cutis("train", "dermoscopy", manifest, "--out", out, "--resume")
    assert done.returncode == 0, done.stderr
    assert "Linear layer fitted" in done.stderr
    told = json.loads((out / "run.json").read_text())
    assert (told["finished"], told["steps"]) == (True, 0)


def test_training_that_diverges_is_told_with_its_learning_rate(manifest: Path, tmp_path: Path) -> None:
    options = ["--learning-rate", "1e9", "--epochs", 1, "--allow", "duplicates", *SMALL]
    done = cutis("train", "dermoscopy", manifest, "--out", tmp_path / "run", *options)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"{tmp_path / 'run'}: training diverged")
    assert told.endswith("lower --learning-rate; here it was 1e+09.")
    assert "Traceback" not in done.stderr


def test_what_comes_next_can_be_copied_and_colleagues_can_read_the_run(
    manifest: Path, tmp_path: Path
) -> None:
    out = tmp_path / "first run #1"
    done = cutis("train", "dermoscopy", manifest, "--out", out, "--probe", *SMALL)
    assert done.stdout.splitlines()[-1].endswith(f"Next: cutis export '{out}' --out NAME.cutis")
    assert (out / "weights.safetensors").stat().st_mode == (out / "run.json").stat().st_mode
