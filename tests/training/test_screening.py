"""A screening task's operating point keeps its promise by patient, and says where it could not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.labels import Categorical, Label
from cutis.core.manifest import Manifest
from cutis.core.operating_point import POOLINGS, PatientRule
from cutis.stats.pooling import pooled
from cutis.task import Screening
from cutis.training.screening import lesion_points, lesions_of, patient_rule
from cutis.training.worth import patient_metrics

LABELS = Categorical((Label("mild", "Mild"), Label("severe", "Severe")))
Part = tuple[Manifest, NDArray[np.float64], NDArray[np.int64], Categorical]


def _part(patients: int, seed: int = 0, times: int = 1) -> Part:
    """Patients with five lesions, one in three severe; a severe patient's lesions score higher."""
    rng = np.random.default_rng(seed)
    severe = np.repeat(np.arange(patients) % 3 == 0, 5)
    odds = rng.normal(-1, 1, 5 * patients) + 3 * severe
    score = 1 / (1 + np.exp(-odds))
    truth, names = severe.astype(np.int64), [f"P{k // 5}" for k in range(5 * patients)]
    table = pl.DataFrame({"image_id": [f"i{k}" for k in range(5 * patients)], "patient_id": names})
    table = table.with_columns(split=pl.lit("tune"), grade=pl.Series(np.array(LABELS.names)[truth]))
    table = pl.concat([table] * times)
    score, truth = np.tile(score, times), np.tile(truth, times)
    manifest = Manifest(Path("split.csv"), table, "patient_id", ("grade",))
    return manifest, np.stack([1 - score, score], axis=1), truth, LABELS


def _rule(part: Part, screening: Screening) -> PatientRule:
    rule = patient_rule(*part, screening)
    assert rule is not None
    return rule


@pytest.mark.parametrize("method", POOLINGS)
def test_the_operating_point_bounds_the_sensitivity_by_patient(method: str) -> None:
    part = _part(300)
    rule = _rule(part, Screening("severe", 0.9, method))
    lesions = lesions_of(*part, "severe")
    called = pooled(lesions.score, lesions.groups, rule.pooling) >= rule.point.threshold
    found = rule.point.found
    assert called[lesions.patients].mean() == pytest.approx(found["sensitivity"]["value"])
    assert (~called)[~lesions.patients].mean() == pytest.approx(found["specificity"]["value"])
    assert found["sensitivity"]["low"] >= 0.9
    assert rule.point.note == ""
    assert rule.point.fitted_on is not None
    assert (rule.point.fitted_on.n, rule.point.fitted_on.groups) == (1500, 300)
    assert rule.prevalence == pytest.approx(1 / 3)


def test_photos_taken_twice_change_neither_rule_nor_figures() -> None:
    screening = Screening("severe")
    rules = [_rule(_part(200, times=times), screening) for times in (1, 2)]
    points = [rule.point for rule in rules]
    assert rules[0].pooling == rules[1].pooling
    assert (points[0].threshold, points[0].found) == (points[1].threshold, points[1].found)
    tests = [lesions_of(*_part(90, seed=1, times=times), "severe") for times in (1, 2)]
    assert patient_metrics(tests[0], rules[0]) == patient_metrics(tests[1], rules[1])
    lesions = [lesion_points(*_part(200, times=times), screening)[0] for times in (1, 2)]
    assert (lesions[0].threshold, lesions[0].found) == (lesions[1].threshold, lesions[1].found)


def test_with_few_patients_every_positive_one_is_found_and_the_point_says_what_is_missing() -> None:
    rule = _rule(_part(60), Screening("severe"))
    assert rule.point.found["sensitivity"]["value"] == 1.0
    assert "there are 20 positive patients, and it takes 57" in rule.point.note


def test_one_lesion_has_a_threshold_of_its_own() -> None:
    part = _part(300)
    (point,) = lesion_points(*part, Screening("severe", 0.85))
    assert point.label == "severe"
    assert point.found["sensitivity"]["low"] >= 0.85
    assert point.found["specificity"]["value"] > 0.5


def test_there_is_no_rule_without_a_screening_task_its_label_or_both_kinds_of_patients() -> None:
    part = _part(30)
    healthy = (part[0], part[1], np.zeros_like(part[2]), LABELS)
    for where, screening in (
        (part, None),
        ((*part[:3], Categorical(("mild", "severe", "other"))), Screening("melanoma")),
        (healthy, Screening("severe")),
    ):
        assert patient_rule(*where, screening) is None
        assert lesion_points(*where, screening) == ()


def test_figures_of_other_patients_are_named_for_patients() -> None:
    rule = _rule(_part(300), Screening("severe"))
    found = patient_metrics(lesions_of(*_part(120, seed=2), "severe"), rule)
    assert set(found) == {f"{name}_patient" for name in ("auc", "sensitivity", "specificity", "ppv", "npv")}
    certain = replace(rule, point=replace(rule.point, threshold=0.0))
    all_called = patient_metrics(lesions_of(*_part(120, seed=2), "severe"), certain)
    assert all_called["sensitivity_patient"]["value"] == 1.0
    assert all_called["ppv_patient"]["value"] == pytest.approx(40 / 120)


def test_of_two_labels_of_its_own_the_second_is_looked_for() -> None:
    assert _rule(_part(300), Screening("melanoma", 0.9)).positive == "severe"


@pytest.mark.slow
def test_a_run_of_a_screening_task_answers_for_patients_and_is_evaluated_by_patient(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for patient in range(36):
        severe = bool(patient % 2)
        for number in range(2):
            photo = rng.normal((150, 40, 60) if severe else (230, 180, 170), 20, (40, 40, 3))
            Image.fromarray(photo.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{patient}_{number}.png")
            split = "train" if patient < 12 else "tune" if patient < 24 else "test"
            row = {"image": f"{patient}_{number}.png", "patient_id": f"P{patient}", "split": split}
            rows.append(row | {"reaction": "severe" if severe else "not_severe"})
    pl.DataFrame(rows).write_csv(tmp_path / "manifest.csv")
    small = ("--probe", "--backbone", "mobilenetv3_small_050", "--weights", "none", "--size", "32")
    run = tmp_path / "run"
    _cutis("train", "drug_reaction", tmp_path / "manifest.csv", "--out", run, *small)
    said = json.loads((run / "run.json").read_text())
    assert said["patient"]["positive"] == "severe"
    assert "there are 6 positive patients, and it takes 57" in said["patient"]["point"]["note"]
    assert "sensitivity_patient" in said["metrics"]
    options = ("--truth", run / "split.csv", "--by", "patient", "--replicates", "100")
    _cutis("evaluate", run, "--out", tmp_path / "out", *options)
    found = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (found["n"], found["unit"]) == (12, "patient")
    point = found["operating_point"]["run"]
    assert point["threshold"] == said["patient"]["point"]["threshold"]
    for name in ("sensitivity", "specificity", "ppv", "npv"):
        assert point.get(name) == said["metrics"].get(f"{name}_patient"), name


def _cutis(*arguments: object) -> None:
    around = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "cutis", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=around, check=False)
    assert done.returncode == 0, done.stderr
