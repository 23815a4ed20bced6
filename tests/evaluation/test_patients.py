"""Patients in place of photos: one row each, the same figures however often they were photographed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.core.errors import CutisError
from cutis.core.operating_point import FittedOn, OperatingPoint, PatientRule, Pooling
from cutis.evaluation.assessment import Draws
from cutis.evaluation.gather import read_study
from cutis.evaluation.patients import by_patient, rules_for
from cutis.evaluation.reading import prevalences_from
from cutis.evaluation.report import Report, write_report

from .conftest import Tables

DRAWS = Draws(replicates=200)
POINT = OperatingPoint("severe", "severe", 0.4, "bound", FittedOn("tune", "hash", 300, 60), note="A note.")
RULE = PatientRule("severe", Pooling("smooth_max", sharpness=2.0, slope=1.3, offset=0.2), 0.3, POINT)


def _write(folder: Path, times: int = 1, *, run: PatientRule | None = None) -> tuple[Path, Path]:
    """40 patients with three lesions each, each photographed so often, and a model and a reader."""
    rng = np.random.default_rng(4)
    folder.mkdir(exist_ok=True)
    truth, rows = [], []
    for patient in range(40):
        severe = patient % 3 == 0
        for lesion in range(3):
            shows = severe and lesion < 2
            score = 1 / (1 + np.exp(-(rng.normal(-1, 1) + 2.5 * shows)))
            called = "severe" if rng.random() < (0.8 if shows else 0.2) else "mild"
            for photo in range(times):
                name = f"{patient:02}-{lesion}-{photo}"
                truth.append(
                    {
                        "image": f"{name}.png",
                        "patient_id": f"P{patient:02}",
                        "state": "severe" if shows else "mild",
                        "age": 20 + patient,
                        "sex": "female" if patient % 2 else "male",
                        "body_site": ("arm", "leg", "trunk")[lesion] if patient < 20 else "arm",
                    }
                )
                model = {"image_id": name, "source": "net", "kind": "model"}
                said = {"prediction": "severe" if score > 0.5 else "mild", "p_severe": score}
                rows.append(model | said | {"p_mild": 1 - score})
                rows.append({"image_id": name, "source": "Dr A", "kind": "reader", "prediction": called})
    pl.DataFrame(truth).write_csv(folder / "truth.csv")
    pl.DataFrame(rows).write_csv(folder / "predictions.csv")
    if run is not None:
        (folder / "run.json").write_text(json.dumps({"patient": asdict(run)}))
    return folder / "truth.csv", folder


def _report(folder: Path, times: int = 1, run: PatientRule | None = None) -> Report:
    truth, predictions = _write(folder, times, run=run)
    return write_report(
        [predictions],
        truth,
        folder / "out",
        target="state",
        positive="severe",
        patients=True,
        prevalences=(0.01,),
        draws=DRAWS,
    )


def test_doubling_every_photo_changes_no_figure_and_no_interval(tmp_path: Path) -> None:
    once, twice = (_report(tmp_path / str(times), times, RULE).results for times in (1, 2))
    for part in ("sources", "operating_point", "at_prevalence", "subgroups", "confusion", "n"):
        assert once[part] == twice[part], part
    assert once["pooled"]["rules"] == twice["pooled"]["rules"] != {}
    assert (once["pooled"]["photos"], twice["pooled"]["photos"]) == (120, 240)


def test_a_runs_own_rule_makes_the_patients_answer(tmp_path: Path) -> None:
    report = _report(tmp_path / "run", run=RULE)
    said = pl.read_csv(tmp_path / "run" / "predictions.csv").filter(pl.col("source") == "net")
    patients = said.with_columns(patient=pl.col("image_id").str.slice(0, 2)).group_by(
        "patient", maintain_order=True
    )
    called = []
    for _, rows in patients:
        odds = np.log(rows["p_severe"].to_numpy() / (1 - rows["p_severe"].to_numpy()))
        pooled = np.log(np.exp(2 * odds).mean()) / 2
        called.append(1 / (1 + np.exp(-(1.3 * pooled + 0.2))) >= 0.4)
    severe = np.arange(40) % 3 == 0
    point = report.results["operating_point"]["net"]
    assert point["counts"]["true_positives"] == int((severe & called).sum())
    assert point["counts"]["false_positives"] == int((~severe & called).sum())
    assert (point["threshold"], point["rule"], point["note"], point["unit"]) == (
        0.4,
        "bound",
        "A note.",
        "patient",
    )
    assert report.results["n"] == report.results["groups"] == 40
    page = report.page.read_text()
    assert "40 patients, from 120 photos" in page
    assert "chosen on 60 patients of the tune split. A note." in page
    assert "Where 1% have severe" in page
    assert "net, where its threshold was chosen: A note." in report.limits
    assert report.answer.startswith("Of 100 patients with severe, net found ")


def test_a_reader_calls_a_patient_by_half_of_the_photos(tmp_path: Path) -> None:
    report = _report(tmp_path / "r")
    said = pl.read_csv(tmp_path / "r" / "predictions.csv").filter(pl.col("source") == "Dr A")
    called = (said["prediction"] == "severe").to_numpy().reshape(40, 3).mean(axis=1) >= 0.5
    severe = np.arange(40) % 3 == 0
    counts = report.results["operating_point"]["Dr A"]["counts"]
    assert counts["true_positives"] == int((severe & called).sum())
    assert counts["true_negatives"] == int((~severe & ~called).sum())
    assert report.results["operating_point"]["Dr A"]["threshold"] is None


def test_without_a_rule_the_mean_is_taken_and_the_page_says_so(tmp_path: Path) -> None:
    report = _report(tmp_path / "m")
    assert report.results["pooled"]["rules"] == {}
    assert "no pooling was fitted" in report.page.read_text()
    assert any("nothing was fitted to patients" in limit for limit in report.limits)


def test_a_patient_stands_for_the_most_telling_photo_and_what_all_photos_agree_in(tmp_path: Path) -> None:
    truth, predictions = _write(tmp_path / "t")
    study = by_patient(read_study([predictions], truth, target="state", positive="severe"), {})
    table = study.truth.table
    assert table["image_id"].to_list() == [f"P{n:02}" for n in range(40)]
    assert table["age"].to_list() == [20 + n for n in range(40)]
    assert table["body_site"].to_list() == ["several"] * 20 + ["arm"] * 20
    said = pl.read_csv(tmp_path / "t" / "predictions.csv").filter(pl.col("source") == "net")
    best = said.sort("p_severe", descending=True).filter(pl.col("image_id").str.starts_with("07"))[
        "image_id"
    ][0]
    assert table["image"][7] == f"{best}.png"


def test_patients_without_an_answered_photo_are_named(tmp_path: Path) -> None:
    truth, folder = _write(tmp_path / "gaps")
    said = pl.read_csv(folder / "predictions.csv")
    said.filter(~pl.col("image_id").str.starts_with("05")).write_csv(folder / "predictions.csv")
    study = by_patient(read_study([folder], truth, target="state", positive="severe"), {})
    assert study.sources[0].missing == ("P05",)
    assert len(study.sources[0].rows) == 39


def test_what_has_no_patients_or_looks_for_another_class_is_refused(tables: Tables) -> None:
    tables.write_truth(labels=("mild", "severe"))
    path = tables.write_predictions(labels=("mild", "severe"))
    with pytest.raises(CutisError, match="says of no photo"):
        by_patient(read_study([path], tables.truth, group="image_id"), {})
    other = PatientRule("mel", Pooling(), 0.3, POINT)
    with pytest.raises(CutisError, match="'mel', which is not one of"):
        by_patient(read_study([path], tables.truth), {"net": other})


def test_prevalences_are_read_as_shares_or_percent() -> None:
    assert prevalences_from("0.01, 5%") == (0.01, 0.05)
    assert prevalences_from(None) == ()
    for wrong in ("5", "-0.1", "many", "0"):
        with pytest.raises(CutisError, match="no share between 0 and 1"):
            prevalences_from(wrong)


def test_each_model_answers_by_its_own_rule(tmp_path: Path) -> None:
    truth, folder = _write(tmp_path / "own")
    said = pl.read_csv(folder / "predictions.csv")
    other = said.filter(pl.col("source") == "net").with_columns(source=pl.lit("other"))
    pl.concat([said, other]).write_csv(folder / "predictions.csv")
    study = read_study([folder], truth, target="state", positive="severe")
    strict = replace(RULE, point=replace(POINT, threshold=0.99))
    pooled = by_patient(study, {"net": RULE, "other": strict})
    net, _, same = pooled.sources
    assert (net.name, same.name) == ("net", "other")
    np.testing.assert_array_equal(net.probabilities, same.probabilities)
    assert net.prediction.sum() != same.prediction.sum()
    alone = by_patient(study, {"net": RULE})
    assert set(alone.pooled.rules) == {"net"}  # type: ignore[union-attr]
    assert not np.array_equal(alone.sources[2].probabilities, net.probabilities)


@pytest.mark.parametrize("text", ["{", "[]", '{"patient": {"positive": "sick"}}'])
def test_a_damaged_run_is_told_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CutisError, match="is damaged"):
        rules_for([tmp_path], None)
