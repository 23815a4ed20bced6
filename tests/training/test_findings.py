"""What is known of findings, and what a run learns of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.bundle import Bundle
from cutis.core.errors import ManifestError
from cutis.core.labels import Label
from cutis.core.manifest import Manifest, read_manifest
from cutis.models.torchvision_operators import ensure
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.tasks import get_task

ensure()

from cutis.export.bundle import export_bundle  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402
from cutis.training.findings import finding_targets, findings_in  # noqa: E402
from cutis.training.fit import describe_data, fit, start_run  # noqa: E402
from cutis.training.preparation import prepare  # noqa: E402
from cutis.training.recipe import Recipe  # noqa: E402
from cutis.training.run import load_run  # noqa: E402


def table(tmp_path: Path, **columns: list[object]) -> Manifest:
    count = len(next(iter(columns.values())))
    images = [f"{number}.png" for number in range(count)]
    pl.DataFrame({"image": images, **columns}).write_csv(tmp_path / "manifest.csv")
    return read_manifest(tmp_path / "manifest.csv", find_images=False)


def test_what_is_plain_counts_and_what_is_faint_or_empty_is_not_known(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=["0", "0.2", "0.3", "0.4", "1", None])
    found = finding_targets(manifest, ("blur", "noise"))
    np.testing.assert_array_equal(found[:, 0], [0, 0, np.nan, 1, 1, np.nan])
    assert np.isnan(found[:, 1]).all()  # nobody looked for noise


def test_every_wrong_severity_is_named_with_its_row(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=["0.5", "much", "1.5"])
    with pytest.raises(ManifestError) as told:
        finding_targets(manifest, ("blur",))
    assert "manifest.csv:3: severity_blur is 'much', not a number from 0 to 1" in str(told.value)
    assert "manifest.csv:4: severity_blur is '1.5'" in str(told.value)


def test_only_findings_that_have_a_column_are_asked_about(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=[0.1])
    assert findings_in(manifest, (Label("blur"), Label("noise"))) == (Label("blur"),)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 photos of 30 lesions: half of them flat and dark, which is what is wrong with them."""
    folder = tmp_path_factory.mktemp("graded")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(60):
        lesion, bad = number // 2, number % 2 == 1
        split = "train" if lesion < 18 else "tune" if lesion < 24 else "test"
        wide, high = (64, 80) if number % 3 else (80, 64)
        image = rng.normal(40 if bad else 190, 4 if bad else 40, (high, wide, 3))
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"{number:02d}.png")
        rows.append(
            {
                "image": f"{number:02d}.png",
                "lesion_id": f"L{lesion:02d}",
                "quality": ["4", "3", "2", "1"][2 * bad + lesion % 2],
                "severity_dark": "0.9" if bad else "0.0",
                "severity_blur": None,
                "split": split,
            }
        )
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


def test_a_run_learns_grade_and_findings_and_becomes_a_gate(graded: Path, tmp_path: Path) -> None:
    task = get_task("image_quality")
    prepared = prepare(task, graded, target=None, seed=0, allow=("duplicates",))
    settings = ClassifierSettings("mobilenetv2_035", classes=4, size=64, ordinal=True)
    recipe = Recipe(epochs=6, batch=8, smoothing=0.0, augmentation=task.network.augmentation)
    start_run(task, prepared, tmp_path / "run", settings, recipe, describe_data(prepared, "drawn", "CC0"))
    run = fit(tmp_path / "run")
    assert run.finished
    assert run.findings is not None
    assert run.findings.names == ("blur", "dark")
    assert load_run(tmp_path / "run").findings == run.findings

    info = export_bundle([tmp_path / "run"], tmp_path / "gate.cutis")
    assert info.passing == "3"
    assert info.good == ("3", "4")
    assert [point.rule for point in info.operating_points[:2]] == ["ppv >= 0.9", "youden"]
    assert {"auc_good", "ppv_good"} <= set(info.metrics)
    for point in info.operating_points[:2]:
        for kind in ("sensitivity", "specificity"):
            assert point.found[kind]["low"] <= point.found[kind]["value"] <= point.found[kind]["high"]

    card = Bundle.open(tmp_path / "gate.cutis").card
    for sentence in (
        "| AUC, good or not |",
        "Grades from `3` up pass.",
        "| 85% |",
        "`blur` (blurred), `dark` (too dark)",
    ):
        assert sentence in card

    gate = Gate(Engine.open(tmp_path / "gate.cutis", threads=1))
    test = read_manifest(graded, target="quality").part("test")
    said = [verdict for _, verdict in gate.stream(test.paths)]
    dark = [verdict.whole.findings["dark"] for verdict in said]
    bad = (test.table["severity_dark"] == "0.9").to_numpy()
    assert np.mean(np.array(dark)[bad]) > np.mean(np.array(dark)[~bad]) + 0.2
