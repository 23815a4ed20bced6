"""Several graded conditions, from a manifest to a bundle, its predictions and their evaluation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from cutis.models.torchvision_operators import ensure

ensure()

from cutis.core.bundle import Bundle  # noqa: E402
from cutis.core.errors import CutisError, ManifestError  # noqa: E402
from cutis.core.predictions import conditions_in, of_condition, read_predictions  # noqa: E402
from cutis.explain.explainer import bundle_explainer, run_explainer  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402
from cutis.models.dense import build  # noqa: E402
from cutis.runtime.check import check_parity  # noqa: E402
from cutis.runtime.engine import Engine  # noqa: E402
from cutis.tasks import get_task  # noqa: E402
from cutis.training.preparation import prepare  # noqa: E402
from cutis.training.run import load_network, load_run  # noqa: E402

SMALL = ["--backbone", "mobilenetv3_small_050", "--weights", "none", "--size", "32", "--batch", "8"]
REDNESS, LINES = "dermatitis", "wrinkles"


def cutis(*arguments: object) -> str:
    command = [sys.executable, "-m", "cutis", *map(str, arguments)]
    around = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=around, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """96 photos of 48 people, two areas each, red and lined by grade; a third was not graded for lines.

    Where lines are is drawn on some of them.
    """
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(96):
        red, lined = (int(grade) for grade in rng.integers(0, 5, 2))
        shade = np.kron(rng.normal(0, 14, (6, 6)), np.ones((6, 8)))  # or photos of a grade were copies
        image = rng.normal(200, 5, (36, 48, 3)) + shade[..., None]
        image[..., 1:] -= 22 * red
        image[::6] -= 20 * lined
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
        row = {
            "image": f"{number}.png",
            "patient_id": f"P{number // 2}",
            "area": ("nose", "chin")[number % 2],
            f"grade_{REDNESS}": str(red),
            f"grade_{LINES}": None if number % 3 == 0 else str(lined),
            "grade_pores": "0",
            f"mask_{LINES}": f"{number}_lines.png" if lined and number % 2 else None,
        }
        if row[f"mask_{LINES}"]:
            mask = np.zeros((36, 48), np.uint8)
            mask[::6] = 255
            Image.fromarray(mask).save(folder / f"{number}_lines.png")
        rows.append(row)
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def run(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "both"
    cutis("train", "facial", manifest, "--out", out, "--epochs", 2, *SMALL)
    return out


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    out = run.parent / "faces.cutis"
    cutis("export", run, "--out", out)
    return out


def test_a_run_keeps_its_conditions_and_what_each_is_worth(run: Path) -> None:
    read = load_run(run)
    assert read.labels.names == (LINES, REDNESS)  # in the task's order; pores are graded alike
    assert read.labels.answers == get_task("facial").labels.answers
    assert (read.settings.classes, read.settings.questions) == (10, 2)
    for name in (LINES, REDNESS):
        assert f"quadratic_kappa_{name}" in read.metrics
    means = [read.metrics[f"accuracy_{name}"]["value"] for name in (LINES, REDNESS)]
    assert read.metrics["accuracy"]["value"] == pytest.approx(np.mean(means))
    assert load_network(read).head.weight.shape[0] == 10


def test_no_patient_is_in_two_splits_and_each_shows_several_grades(run: Path) -> None:
    split = pl.read_csv(run / "split.csv", infer_schema=False)
    assert split.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() == 1
    for part in ("train", "tune", "test"):
        rows = split.filter(pl.col("split") == part)
        assert all(rows[f"grade_{name}"].drop_nulls().n_unique() > 1 for name in (LINES, REDNESS))


def test_a_bundle_answers_for_every_condition_as_torch_does(bundle: Path, manifest: Path) -> None:
    opened = Bundle.open(bundle)
    assert check_parity(opened).passed
    answer = Engine(opened, threads=1)(manifest.parent / "0.png")
    assert set(answer.grades) == set(answer.expected) == {LINES, REDNESS}
    p = np.array([answer.probabilities[f"{LINES}_{grade}"] for grade in range(5)])
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert answer.expected[LINES] == pytest.approx(float(p @ np.arange(5)), abs=1e-4)
    assert answer.grades[LINES] == str(int((p.cumsum() < 0.5).sum()))
    assert answer.saliency.shape[0] == 2


def test_a_conditions_map_adds_up_to_its_slope_over_the_grades(
    run: Path, bundle: Path, manifest: Path
) -> None:
    head = load_network(load_run(run)).head
    engine = Engine.open(bundle, threads=1)
    one, other = (engine(manifest.parent / f"{number}.png") for number in (0, 1))
    for place, name in enumerate((LINES, REDNESS)):
        p, q = (np.log([a.probabilities[f"{name}_{grade}"] for grade in range(5)]) for a in (one, other))
        moved = np.polyfit(np.arange(5), p - q, 1)[0]  # of the logits over the grades: what grading goes by
        summed = one.saliency[place].sum() - other.saliency[place].sum()
        temperature = engine.info.temperature
        assert summed == pytest.approx(moved * temperature, rel=0.05, abs=0.02)
    assert len(head.weight) == 10


def test_the_card_counts_grades_and_names_conditions(bundle: Path) -> None:
    card = Bundle.open(bundle).card
    assert "how marked each of 2 conditions is" in card
    assert "graded 0 / 1 / 2 / 3 / 4" in card
    assert "| Wrinkles |" in card


def test_what_explains_one_answer_says_that_there_are_several(bundle: Path, run: Path) -> None:
    for explained in (lambda: bundle_explainer(Engine.open(bundle)), lambda: run_explainer(run)):
        with pytest.raises(CutisError, match="grades 2 conditions side by side"):
            explained()


def test_predictions_are_read_and_evaluated(bundle: Path, run: Path, manifest: Path) -> None:
    table = run.parent / "faces.csv"
    cutis("predict", bundle, run / "split.csv", "--out", table, "--threads", 1)
    rows = read_predictions([table])
    assert conditions_in(rows) == (LINES, REDNESS)
    assert of_condition(rows, LINES).height == 96
    said = cutis("evaluate", table, run, "--truth", run / "split.csv", "--out", run.parent / "report")
    found = json.loads((run.parent / "report" / "metrics.json").read_text())
    assert set(found["sources"]) == {"faces", "both"}
    assert found["known"][LINES] < found["known"][REDNESS] == found["n"]
    # torch and the exported graph see the same photos
    ours, theirs = (found["sources"][name]["mean_absolute_deviation"]["value"] for name in ("faces", "both"))
    assert ours == pytest.approx(theirs, abs=0.25)
    assert "conditions" in said


def test_a_probe_fits_a_layer_of_all_conditions(manifest: Path, tmp_path: Path) -> None:
    cutis("train", "facial", manifest, "--out", tmp_path / "probe", "--probe", *SMALL)
    read = load_run(tmp_path / "probe")
    assert read.metrics[f"quadratic_kappa_{REDNESS}"]["value"] > 0.3
    assert load_network(read).head.weight.shape[0] == 10


def test_only_the_rows_that_are_asked_for_are_trained_on(manifest: Path) -> None:
    prepared = prepare(get_task("facial"), manifest, target=None, seed=3, where={"area": ["nose"]})
    assert set(prepared.manifest.table["area"]) == {"nose"}
    assert prepared.target == "grade"


def test_one_condition_can_be_trained_as_a_question_of_its_own(manifest: Path) -> None:
    prepared = prepare(get_task("facial"), manifest, target=f"grade_{REDNESS}", seed=0)
    assert not prepared.labels.several
    assert prepared.labels.names == ("0", "1", "2", "3", "4")


def test_a_manifest_may_have_conditions_and_grades_of_its_own(manifest: Path, tmp_path: Path) -> None:
    table = pl.read_csv(manifest, infer_schema=False).drop(pl.selectors.starts_with("grade_"))
    images = [str(manifest.parent / image) for image in table["image"]]
    shown = [("absent", "present")[k // 2 % 2] for k in range(len(table))]
    table.with_columns(pl.Series("image", images), pl.Series("grade_hair", shown)).write_csv(
        tmp_path / "m.csv"
    )
    prepared = prepare(get_task("facial"), tmp_path / "m.csv", target=None, seed=0)
    assert prepared.labels.outputs == ("hair_absent", "hair_present")


def test_words_that_have_no_order_are_no_grades(manifest: Path, tmp_path: Path) -> None:
    table = pl.read_csv(manifest, infer_schema=False)
    images = [str(manifest.parent / image) for image in table["image"]]
    odd = [("mild", "bad")[k % 2] for k in range(len(table))]
    table.with_columns(pl.Series("image", images), pl.Series("grade_pores", odd)).write_csv(
        tmp_path / "m.csv"
    )
    with pytest.raises(ManifestError, match="bad, mild are no grades"):
        prepare(get_task("facial"), tmp_path / "m.csv", target=None, seed=0)


def test_a_manifest_without_any_condition_says_which_columns_it_needs(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image,dx\na.png,nv\n")
    with pytest.raises(ManifestError, match="none of the columns grade_dryness"):
        prepare(get_task("facial"), tmp_path / "m.csv", target=None, seed=0)


@pytest.mark.slow
def test_vgg16_has_thirteen_convolutions_and_three_dense_layers() -> None:
    with torch.device("meta"):
        network = build(ClassifierSettings("vgg16", 40, 64, ordinal=True, questions=8))
    kinds = [layer for layer in network.backbone.modules() if isinstance(layer, torch.nn.Conv2d)]
    dense = [layer for layer in kinds if layer.out_channels == 4096]
    assert (len(kinds) - len(dense), len(dense) + 1) == (13, 3)  # the head is the third
    assert network.channels == 4096
