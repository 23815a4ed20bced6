"""Several conditions at once: figures of each and their means, and a page that can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.core.errors import ManifestError, PredictionsError
from cutis.core.labels import Label, MultiLabel, Ordinal
from cutis.evaluation.assessment import Draws
from cutis.evaluation.conditions import asked_at_once, read_conditions
from cutis.evaluation.conditions_report import write_conditions_report
from cutis.evaluation.report import write_report

DRAWS = Draws(replicates=200)
SKIN = MultiLabel((Label("pores"), Label("deep_pores"), Label("wrinkles")), Ordinal(("0", "1", "2")))
HAIR = MultiLabel((Label("hair"), Label("gel")))
PHOTOS = 120


def write_truth(folder: Path, labels: MultiLabel, **columns: list[str]) -> Path:
    """Two photos per patient; every third photo is not graded for the last condition."""
    rng = np.random.default_rng(0)
    grades = np.array(labels.grades.names)[rng.integers(0, len(labels.grades), (PHOTOS, len(labels)))]
    table: dict[str, list[str | None]] = {
        "image": [f"p{k}.png" for k in range(PHOTOS)],
        "patient_id": [f"P{k // 2}" for k in range(PHOTOS)],
    }
    for place, column in enumerate(labels.columns("grade")):
        last = place == len(labels) - 1
        table[column] = [None if last and k % 3 == 0 else str(grades[k, place]) for k in range(PHOTOS)]
    pl.DataFrame(table | columns).write_csv(folder / "truth.csv")
    return folder / "truth.csv"


def write_answers(
    folder: Path, labels: MultiLabel, name: str = "net", noise: float = 2.0, *, reader: bool = False
) -> Path:
    """A model that is mostly right, or a reader, who gives no probabilities."""
    truth, rng = pl.read_csv(folder / "truth.csv", infer_schema=False), np.random.default_rng(1)
    index = {grade: number for number, grade in enumerate(labels.grades.names)}
    p = np.empty((PHOTOS, len(labels), len(index)))
    for place, column in enumerate(labels.columns("grade")):
        true = np.array([index.get(cell, 0) for cell in truth[column].fill_null("")])
        scores = rng.dirichlet(np.ones(len(index)), PHOTOS) * noise + np.eye(len(index))[true]
        p[:, place] = scores / scores.sum(1, keepdims=True)
    flat = p.reshape(PHOTOS, -1)
    said = np.array(labels.grades.names)[labels.decide(flat)]
    rows = pl.DataFrame(
        {
            "image_id": [f"p{k}" for k in range(PHOTOS)],
            "source": name,
            "kind": "reader" if reader else "model",
        }
        | dict(zip(labels.columns("prediction"), said.T, strict=True))
        | ({} if reader else {f"p_{told}": flat[:, place] for told, place in labels.told.items()})
    )
    rows.write_csv(folder / f"{name}.csv")
    return folder / f"{name}.csv"


def test_a_condition_is_judged_on_the_photos_that_are_graded_for_it(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    graded = read_conditions([write_answers(tmp_path, SKIN)], truth, draws=DRAWS)
    (source,) = graded.sources
    assert {name: len(said.truth) for name, said in source.answers.items()} == {
        "pores": 120,
        "deep_pores": 120,
        "wrinkles": 80,
    }
    known = pl.read_csv(truth, infer_schema=False).join(
        pl.read_csv(tmp_path / "net.csv", infer_schema=False),
        left_on=pl.col("image").str.strip_suffix(".png"),
        right_on="image_id",
    )
    right = known.drop_nulls("grade_wrinkles").select(
        pl.col("grade_wrinkles") == pl.col("prediction_wrinkles")
    )
    assert source.figures["accuracy_wrinkles"].value == pytest.approx(right.to_series().mean())
    assert source.confusion["wrinkles"].sum() == 80


def test_the_mean_figure_is_written_beside_those_of_each_condition(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    report = write_conditions_report([write_answers(tmp_path, SKIN)], truth, tmp_path / "out", draws=DRAWS)
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())["sources"]["net"]
    own = [written[f"accuracy_{name}"]["value"] for name in SKIN.names]
    assert written["accuracy"]["value"] == pytest.approx(np.mean(own))
    assert written["accuracy"]["low"] < written["accuracy"]["value"] < written["accuracy"]["high"]
    value = round(100 * written["accuracy"]["value"])
    assert re.match(rf"Of 100 answers, net met the grade in {value} \(.*\), the mean over 3", report.answer)


def test_one_condition_has_the_ordinary_report(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    predictions = [write_answers(tmp_path, SKIN)]
    assert asked_at_once(predictions, None) == "grade"
    assert asked_at_once(predictions, "grade_deep_pores") is None
    together = read_conditions(predictions, truth, draws=DRAWS).sources[0].figures
    report = write_report(predictions, truth, tmp_path / "out", target="grade_deep_pores", draws=DRAWS)
    for figure in ("accuracy", "quadratic_kappa", "mean_absolute_deviation"):
        alone = report.results["sources"]["net"][figure]
        assert alone["value"] == pytest.approx(together[f"{figure}_deep_pores"].value)


def test_without_a_condition_the_ordinary_report_says_what_there_is(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    with pytest.raises(PredictionsError, match="grade pores, deep_pores, wrinkles side by side"):
        write_report([write_answers(tmp_path, SKIN)], truth, tmp_path / "out", target="grade")


def test_what_is_present_or_absent_has_an_area(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, HAIR)
    graded = read_conditions([write_answers(tmp_path, HAIR)], truth, draws=DRAWS)
    assert graded.present
    assert 0.7 < graded.sources[0].figures["auc_hair"].value < 1


def test_a_reader_may_grade_fewer_conditions_and_give_no_probabilities(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    reader = write_answers(tmp_path, SKIN, "Dr A", reader=True)
    pl.read_csv(reader).drop("prediction_wrinkles").write_csv(reader)
    graded = read_conditions([write_answers(tmp_path, SKIN), reader], truth, draws=DRAWS)
    assert [list(source.answers) for source in graded.sources] == [list(SKIN.names), ["pores", "deep_pores"]]


def test_subgroups_are_means_over_the_conditions_that_are_known_of_enough_patients(tmp_path: Path) -> None:
    few = ["nose" if k < 12 else "chin" for k in range(PHOTOS)]  # six patients
    truth = write_truth(tmp_path, SKIN, area=few, view=["left" if k % 2 else "front" for k in range(PHOTOS)])
    (source,) = read_conditions([write_answers(tmp_path, SKIN)], truth, draws=DRAWS).sources
    area, view = source.subgroups
    rows = {row.value: row for row in (*area.rows, *view.rows)}
    assert (rows["nose"].photos, rows["nose"].groups, rows["nose"].figures) == (12, 6, {})
    assert (rows["chin"].photos, rows["chin"].groups, rows["chin"].classes) == (108, 54, 3)
    by_view = [rows[name].figures["accuracy"].value for name in ("front", "left")]
    assert min(by_view) <= source.figures["accuracy"].value <= max(by_view)


def test_truth_that_knows_no_condition_says_which_columns_it_should_have(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, SKIN)
    with pytest.raises(ManifestError, match="none of the columns severity_pores"):
        read_conditions([write_answers(tmp_path, SKIN)], truth, prefix="severity", draws=DRAWS)


@pytest.mark.browser
@pytest.mark.parametrize("labels", [SKIN, HAIR], ids=["grades", "present"])
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1280, "dark")])
def test_the_page_fits_its_screen_and_asks_for_nothing(
    complaints: Callable[[Path, int, str], list[str]],
    tmp_path: Path,
    labels: MultiLabel,
    width: int,
    theme: str,
) -> None:
    truth = write_truth(tmp_path, labels, rendered=["true"] * PHOTOS)
    answers = [
        write_answers(tmp_path, labels),
        write_answers(tmp_path, labels, "a_long_name_of_a_network", 4),
    ]
    report = write_conditions_report(answers, truth, tmp_path / "out", draws=DRAWS)
    assert complaints(report.page, width, theme) == []
