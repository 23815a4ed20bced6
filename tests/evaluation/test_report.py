"""The report holds the figures, says what it stands on, and stays by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from sklearn import metrics

from cutis.core.bundle_info import BundleInfo, Member, TrainingData
from cutis.core.labels import Categorical
from cutis.evaluation.assessment import Draws
from cutis.evaluation.report import Report, write_report

from .conftest import LABELS, Tables

QUICK = Draws(replicates=200)


def _write(tables: Tables, *predictions: Path, **options: object) -> Report:
    return write_report(predictions, tables.truth, tables.folder / "out", draws=QUICK, **options)  # type: ignore[arg-type]


def _bundle(rendered: bool) -> BundleInfo:
    return BundleInfo(
        name="tiny",
        version="3",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="dermoscopy",
        title="Dermoscopic diagnosis",
        labels=Categorical(LABELS),
        modality="dermoscopic",
        size=96,
        members=(Member("run", "mobilenetv2_100", 96, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),),
        training=TrainingData("training set <A & B>", rendered, 100, 50, "f", "s", licence="CC BY-NC 4.0"),
    )


def test_metrics_agree_with_scikit_learn_and_carry_intervals(tables: Tables) -> None:
    tables.write_truth()
    predictions = tables.write_predictions()
    results = json.loads(_write(tables, predictions).metrics.read_text())
    said = pl.read_csv(predictions)
    truth = pl.read_csv(tables.truth)["diagnosis"].to_list()
    scores = said.select([f"p_{label}" for label in LABELS]).to_numpy()
    found = results["sources"]["net"]
    expected = {
        "accuracy": metrics.accuracy_score(truth, said["prediction"]),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said["prediction"]),
        "auc_macro": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
        "sensitivity_mel": metrics.recall_score(truth, said["prediction"], labels=["mel"], average="macro"),
        "log_loss": metrics.log_loss(truth, scores),
    }
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert all(set(figure) == {"value", "low", "high"} for figure in found.values())
    assert (results["n"], results["groups"], results["group"]) == (60, 30, "patient_id")
    matrix = metrics.confusion_matrix(truth, said["prediction"], labels=list(LABELS))
    assert results["confusion"]["net"] == matrix.tolist()


def test_the_page_says_the_answer_and_needs_no_other_file(tables: Tables) -> None:
    tables.write_truth()
    report = _write(tables, tables.write_predictions())
    page = report.page.read_text()
    assert re.match(r"Of 100 photos, net named the right diagnosis for \d+", report.answer)
    assert "60 photos of 30 patients" in page
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']|url\(([^)]+)\)""", page)
    outside = [a or b for a, b in addresses if not (a or b).startswith(("data:", "#"))]
    assert outside == []
    assert not re.search(r"https?://(?!www\.w3\.org/)", page)
    assert page.count("data:image/webp;base64,") == len(
        re.findall(r'<li><button type="button" aria-label="Enl', page)
    )


def test_ids_on_the_page_are_unique_also_with_several_sources(tables: Tables) -> None:
    tables.write_truth()
    one, other = tables.write_predictions("net 1"), tables.write_predictions("net-1", seed=1)
    page = _write(tables, one, other).page.read_text()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_names_from_tables_are_escaped(tables: Tables) -> None:
    tables.write_truth(body_site=["<script>alert(1)</script>" if k % 2 else "arm" for k in range(60)])
    page = _write(tables, tables.write_predictions("<b>net</b>"), bundle=_bundle(False)).page.read_text()
    assert "<script>alert" not in page
    assert "<b>net" not in page
    assert "training set &lt;A &amp; B&gt;" in page


def test_the_same_tables_give_the_same_figures(tables: Tables) -> None:
    tables.write_truth()
    predictions = tables.write_predictions()
    first = _write(tables, predictions).results["sources"]
    assert _write(tables, predictions).results["sources"] == first


def test_another_source_changes_no_figure_of_the_first(tables: Tables) -> None:
    tables.write_truth()
    one, other = tables.write_predictions(), tables.write_predictions("other", seed=4)
    alone = _write(tables, one).results
    together = _write(tables, one, other).results
    assert together["sources"]["net"] == alone["sources"]["net"]
    assert together["subgroups"]["net"] == alone["subgroups"]["net"]


def test_readers_are_measured_without_probabilities(tables: Tables) -> None:
    tables.write_truth()
    model, reader = tables.write_predictions(), tables.write_predictions("Dr A", kind="reader", seed=2)
    report = _write(tables, model, reader)
    found = report.results["sources"]["Dr A"]
    assert {
        "accuracy",
        "balanced_accuracy",
        "sensitivity_mel",
        "specificity_mel",
        "ppv_mel",
        "npv_mel",
    } <= set(found)
    assert not [name for name in found if "auc" in name or "calibration" in name]
    alone = _write(tables, reader)
    assert "ROC" not in alone.page.read_text()


def test_two_classes_are_answered_by_what_was_found_and_what_was_left_alone(tables: Tables) -> None:
    tables.write_truth(labels=("mild", "severe"))
    predictions = tables.write_predictions(labels=("mild", "severe"))
    report = _write(tables, predictions)
    found = report.results["sources"]["net"]
    assert report.results["positive"] == "severe"
    assert "auc" in found and "auc_macro" not in found
    assert found["sensitivity"] == found["sensitivity_severe"]
    assert report.answer.startswith("Of 100 photos that show severe, net found")
    turned = _write(tables, predictions, positive="mild").results["sources"]["net"]
    assert turned["sensitivity"]["value"] == pytest.approx(found["specificity"]["value"])


def test_subgroups_hold_every_photo_once_and_small_ones_get_no_figures(tables: Tables) -> None:
    tables.write_truth(skin_type=["6" if k < 6 else str(1 + (k // 2) % 2) for k in range(60)])
    rows = _write(tables, tables.write_predictions()).results["subgroups"]["net"]
    by_column: dict[str, int] = {}
    for row in rows:
        by_column[row["column"]] = by_column.get(row["column"], 0) + row["n"]
    assert by_column == {"age": 60, "sex": 60, "skin_type": 60}
    six = next(row for row in rows if row["value"] == "6")
    assert (six["groups"], six["metrics"]) == (3, {})
    one = next(row for row in rows if row["value"] == "1")
    assert {"accuracy", "balanced_accuracy", "auc_macro"} <= set(one["metrics"])


def test_a_study_whose_subgroups_are_all_too_small_for_figures_is_reported(tables: Tables) -> None:
    tables.write_truth(sex=["female", "male", None, "other"] * 15, skin_type=[str(k % 6) for k in range(60)])
    columns = ("sex", "skin_type")
    report = _write(tables, tables.write_predictions(keep=lambda row: row < 12), subgroup_columns=columns)
    assert all(not row["metrics"] for row in report.results["subgroups"]["net"])
    assert "Fewer than 10 patients: no figures." in report.page.read_text(encoding="utf-8")


def test_what_is_not_recorded_is_its_own_subgroup(tables: Tables) -> None:
    tables.write_truth(sex=["female" if k < 30 else None for k in range(60)])
    rows = _write(tables, tables.write_predictions(), subgroup_columns=("sex",)).results["subgroups"]["net"]
    assert [(row["value"], row["n"]) for row in rows] == [("female", 30), ("not recorded", 30)]


def test_limits_name_what_was_not_looked_at(tables: Tables) -> None:
    tables.write_truth(labels=("bcc", "mel", "nv", "df"))
    predictions = tables.write_predictions(
        labels=("bcc", "mel", "nv", "vasc"), keep=lambda row: row != 11, accuracy=0.9
    )
    limits = " ".join(_write(tables, predictions).limits)
    assert "gave no answer for 1 of the 60 photos (p11)" in limits
    assert "does not know Dermatofibroma" in limits
    assert "No photo shows Vascular lesion" in limits
    assert "Skin type is not recorded" in limits
    assert "cannot be seen from the tables" in limits


def test_rendered_photos_and_models_are_declared_beside_the_answer(tables: Tables) -> None:
    tables.write_truth(rendered=["true"] * 60)
    report = _write(tables, tables.write_predictions(), bundle=_bundle(True))
    page = report.page.read_text()
    head = page[: page.index('<dl class="tiles">')]
    assert "rendered, not taken of people: this says nothing about care" in head
    assert "Trained on rendered images, not for care" in head
    assert report.results["rendered"] == 60


def test_the_model_card_is_on_the_page(tables: Tables) -> None:
    tables.write_truth()
    page = _write(tables, tables.write_predictions(), bundle=_bundle(False)).page.read_text()
    for fact in (
        "Model card",
        "tiny, version 3",
        "CC BY-NC 4.0",
        "mobilenetv2_100",
        "100 photos of 50 groups",
    ):
        assert fact in page
    assert "not for care" not in page


def test_the_worst_errors_are_the_most_confident_one_per_patient(tables: Tables) -> None:
    tables.write_truth()
    predictions = tables.write_predictions(accuracy=0.3)
    page = _write(tables, predictions).page.read_text()
    shown = re.findall(r'aria-label="Enlarge (p\d\d)"', page)
    said = pl.read_csv(predictions).with_columns(truth=pl.read_csv(tables.truth)["diagnosis"])
    said = said.with_columns(confidence=pl.max_horizontal([f"p_{label}" for label in LABELS]))
    wrong = said.filter(pl.col("prediction") != pl.col("truth")).sort("confidence", descending=True)
    expected, patients = [], set()
    for image in wrong["image_id"]:
        if int(image[1:]) // 2 not in patients:
            patients.add(int(image[1:]) // 2)
            expected.append(image)
    assert shown == expected[:12]


def test_a_photo_that_cannot_be_read_is_said_and_stops_nothing(tables: Tables) -> None:
    tables.write_truth()
    for image in (tables.folder / "images").iterdir():
        image.write_bytes(b"broken")
    assert (
        "The photo could not be read"
        in _write(tables, tables.write_predictions(accuracy=0.2)).page.read_text()
    )


def test_everything_right_on_few_patients_is_not_called_certain(tables: Tables) -> None:
    tables.write_truth()
    found = _write(tables, tables.write_predictions(accuracy=1.0)).results["sources"]["net"]
    assert found["sensitivity_mel"]["value"] == 1.0
    assert found["sensitivity_mel"]["low"] == pytest.approx(0.722, abs=0.001)  # Wilson, 10 of 10 patients


def test_grades_are_judged_by_their_distance_from_the_truth(tables: Tables) -> None:
    grades = ("0", "1", "2")
    tables.write_truth(labels=grades)
    predictions = tables.write_predictions(labels=grades)
    report = _write(tables, predictions, target="diagnosis")
    found = json.loads(report.metrics.read_text())["sources"]["net"]
    truth = pl.read_csv(tables.truth)["diagnosis"].to_numpy()
    said = pl.read_csv(predictions)["prediction"].to_numpy()
    distance = abs(truth - said).mean()
    assert found["mean_absolute_deviation"]["value"] == pytest.approx(distance)
    assert found["mean_absolute_deviation_normalised"]["value"] == pytest.approx(distance / 2)
    expected = metrics.cohen_kappa_score(truth, said, weights="quadratic")
    assert found["quadratic_kappa"]["value"] == pytest.approx(expected)
    assert "of a grade from the truth on average" in report.page.read_text()
