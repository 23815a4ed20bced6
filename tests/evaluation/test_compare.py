"""Sources are compared on the same photos, with the right tests."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from cutis.core.errors import PredictionsError
from cutis.core.operating_point import FittedOn, OperatingPoint, PatientRule, Pooling
from cutis.evaluation.assessment import Draws
from cutis.evaluation.compare import Comparison, write_comparison
from cutis.stats.comparison import delong_test, holm

from .conftest import LABELS, Tables

QUICK = Draws(replicates=300)


def _compare(tables: Tables, *predictions: Path, **options: object) -> Comparison:
    return write_comparison(predictions, tables.truth, tables.folder / "out", draws=QUICK, **options)  # type: ignore[arg-type]


def test_a_clearly_better_source_is_found_and_named(tables: Tables) -> None:
    tables.write_truth()
    good, bad = (
        tables.write_predictions("good", accuracy=0.95),
        tables.write_predictions("bad", accuracy=0.2, seed=1),
    )
    found = _compare(tables, bad, good)
    assert "good found most" in found.answer
    assert "Its lead over bad is sure" in found.answer
    tests = json.loads(found.data.read_text())["pairs"][0]["tests"]
    assert tests["balanced_accuracy"]["difference"] < 0  # first minus second: bad minus good
    assert tests["balanced_accuracy"]["high"] < 0
    assert found.page.read_text().count("good") > 3


def test_the_same_answers_do_not_differ(tables: Tables) -> None:
    tables.write_truth()
    one = tables.write_predictions("one")
    other = tables.folder / "other.csv"
    pl.read_csv(one).with_columns(source=pl.lit("other")).write_csv(other)
    found = _compare(tables, one, other)
    assert found.answer.startswith("one and other do not differ: they gave the same answers.")
    assert "0.0 to" not in found.answer
    assert "most" not in found.answer
    assert found.page.read_text().count("no difference</small>") == len(found.pairs[0].tests)
    for test in found.pairs[0].tests:
        assert (test.difference.value, test.difference.p, test.corrected) == (0.0, 1.0, 1.0), test.measure


def test_sources_that_are_alike_in_part_are_said_to_be_alike_in_that_part(tables: Tables) -> None:
    tables.write_truth()
    one, bad = tables.write_predictions("one"), tables.write_predictions("bad", accuracy=0.1, seed=1)
    surer, table = tables.folder / "surer.csv", pl.read_csv(one)
    squares = table.select(pl.col("^p_.*$") ** 2)
    total = squares.sum_horizontal()
    table.with_columns(pl.lit("surer").alias("source"), *[c / total for c in squares]).write_csv(surer)
    said = "in what they found: they named the same diagnosis for every photo."
    assert _compare(tables, one, surer).answer.startswith(f"one and surer do not differ {said}")
    answer = _compare(tables, one, surer, bad).answer
    assert answer.startswith("Averaged over diagnoses, one and surer found most, ")
    assert answer.endswith(f" each; they do not differ {said}")


def test_tests_agree_with_their_own_libraries(tables: Tables) -> None:
    tables.write_truth()
    files = [
        tables.write_predictions(name, accuracy=a, seed=s)
        for name, a, s in (("a", 0.9, 1), ("b", 0.6, 2), ("c", 0.5, 3))
    ]
    found = _compare(tables, *files, group="image_id")
    truth = np.array(pl.read_csv(tables.truth)["diagnosis"])
    said = {path.stem: pl.read_csv(path) for path in files}
    raw, corrected = [], []
    for pair in found.pairs:
        tests = {test.measure: test for test in pair.tests}
        first, second = said[pair.first], said[pair.second]
        right = [first["prediction"].to_numpy() == truth, second["prediction"].to_numpy() == truth]
        table = [
            [np.sum(right[0] & right[1]), np.sum(right[0] & ~right[1])],
            [np.sum(~right[0] & right[1]), 0],
        ]
        assert tests["accuracy"].difference.p == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-9)
        for label in LABELS:
            expected = delong_test(
                truth == label, first[f"p_{label}"].to_numpy(), second[f"p_{label}"].to_numpy()
            )
            assert tests[f"auc_{label}"].difference == expected
            raw.append(expected.p)
            corrected.append(tests[f"auc_{label}"].corrected)
    assert corrected == pytest.approx(holm(raw))


def test_two_are_compared_on_the_photos_that_both_answered(tables: Tables) -> None:
    tables.write_truth()
    model = tables.write_predictions("model")
    reader = tables.write_predictions("Dr A", kind="reader", seed=1, keep=lambda row: row < 40)
    found = _compare(tables, model, reader)
    pair = found.pairs[0]
    assert (pair.photos, pair.groups) == (40, 20)
    assert {test.measure for test in pair.tests} == {"balanced_accuracy", "accuracy"}
    assert "no two sources surely differ" in found.answer or "1 of 1 pairs" in found.answer


def test_predictions_in_another_order_give_the_same_comparison(tables: Tables) -> None:
    tables.write_truth()
    one, other = tables.write_predictions("one"), tables.write_predictions("other", seed=1)
    first = _compare(tables, one, other).pairs
    pl.read_csv(other).reverse().write_csv(other)
    assert _compare(tables, one, other).pairs == first


def test_what_cannot_be_compared_is_refused(tables: Tables) -> None:
    tables.write_truth()
    with pytest.raises(PredictionsError, match="one source only, net"):
        _compare(tables, tables.write_predictions())
    early = tables.write_predictions("early", keep=lambda row: row < 30)
    late = tables.write_predictions("late", keep=lambda row: row >= 30)
    with pytest.raises(PredictionsError, match="answered no photo in common"):
        _compare(tables, early, late)


def test_photos_of_one_patient_are_no_comparison(tables: Tables) -> None:
    tables.write_truth()
    whose = pl.read_csv(tables.truth)["patient_id"].to_list()
    files = [
        tables.write_predictions("a", keep=lambda row: whose[row] in whose[:30]),
        tables.write_predictions("b", keep=lambda row: whose[row] in (whose[0], *whose[30:])),
    ]
    with pytest.raises(PredictionsError, match=r"all photos that a and b answered in common .*patient_id"):
        _compare(tables, *files)


def test_areas_that_do_not_vary_are_not_tested_and_the_page_says_so(tables: Tables) -> None:
    tables.write_truth(12, labels=("mel", "nv"))
    perfect, even = (
        tables.write_predictions("perfect", labels=("mel", "nv"), accuracy=1.0),
        tables.folder / "even.csv",
    )
    table = pl.read_csv(perfect)
    says = pl.lit("even").alias("source"), pl.lit(0.5).alias("p_mel"), pl.lit(0.5).alias("p_nv")
    table.with_columns(*says).write_csv(even)
    found = _compare(tables, perfect, even, positive="mel")
    assert "auc_mel" not in {test.measure for test in found.pairs[0].tests}
    assert [label for label, _ in found.pairs[0].untested] == ["mel"]
    lead = {test.measure: test.difference for test in found.pairs[0].tests}["auc"]
    assert lead.value == 0.5
    assert 0.5 - lead.low > 0.1 < lead.high - 0.5  # of a few patients, though it is the same in every draw
    assert "is not tested: the difference of the areas 1 and 0.5 does not vary" in found.page.read_text()
    assert "mel" in json.loads(found.data.read_text())["pairs"][0]["untested"]


def _severe(tables: Tables, name: str, *, patients: int = 40, seed: int = 0, source: str = "") -> Path:
    """Probabilities of three photos of each patient, every third of whom is severe on all of them."""
    rng = np.random.default_rng(seed)
    shows = np.repeat(np.arange(patients) % 3 == 0, 3)
    score = 1 / (1 + np.exp(-(rng.normal(-1, 1.2, len(shows)) + 2 * shows)))
    names = [f"{patient:02}-{photo}" for patient in range(patients) for photo in range(3)]
    state = np.where(shows, "severe", "mild")
    owner = [one.split("-")[0] for one in names]
    images = [f"{one}.png" for one in names]
    pl.DataFrame({"image": images, "patient_id": owner, "state": state}).write_csv(tables.truth)
    folder = tables.folder / name
    folder.mkdir(exist_ok=True)
    rows = {"image_id": names, "source": source or name, "kind": "model"}
    said = {"prediction": np.where(score > 0.5, "severe", "mild"), "p_mild": 1 - score, "p_severe": score}
    pl.DataFrame(rows | said).write_csv(folder / "predictions.csv")
    return folder


def test_patients_are_compared_as_they_would_be_one_photo_each(tables: Tables) -> None:
    """Mean probabilities written as one photo per patient give the same comparison, figure by figure."""
    folders = [_severe(tables, "one"), _severe(tables, "other", seed=1)]
    options = {"target": "state", "positive": "severe"}
    found = _compare(tables, *folders, patients=True, **options)
    whole = pl.read_csv(tables.truth).unique("patient_id", keep="first", maintain_order=True)
    by_hand = []
    for folder in folders:
        table = pl.read_csv(folder / "predictions.csv").with_columns(pl.col("image_id").str.head(2))
        mean = table.group_by("image_id", maintain_order=True).agg(
            pl.col("source", "kind").first(), pl.col("p_mild", "p_severe").mean()
        )
        called = pl.when(pl.col("p_severe") >= 0.5).then(pl.lit("severe")).otherwise(pl.lit("mild"))
        by_hand.append(tables.folder / f"{folder.name}.csv")
        mean.with_columns(prediction=called).write_csv(by_hand[-1])
    owner = pl.col("patient_id").cast(pl.String).str.zfill(2)
    whole.with_columns(image=owner + ".png", patient_id=owner).write_csv(tables.truth)
    expected = _compare(tables, *by_hand, **options)
    assert [t.difference for t in found.pairs[0].tests] == pytest.approx(
        [t.difference for t in expected.pairs[0].tests]
    )
    assert (found.pairs[0].photos, found.pairs[0].groups) == (40, 40)


def test_a_comparison_of_patients_says_patients(tables: Tables) -> None:
    folders = [_severe(tables, "one"), _severe(tables, "other", seed=1)]
    rule = PatientRule(
        "severe",
        Pooling("mean"),
        0.3,
        OperatingPoint("severe", "severe", 0.3, "bound", FittedOn("tune", "hash", 300, 60)),
    )
    (folders[0] / "run.json").write_text(json.dumps({"patient": asdict(rule)}))
    found = _compare(tables, *folders, patients=True, target="state", positive="severe")
    html, data = found.page.read_text(), json.loads(found.data.read_text())
    assert "compared on 40 patients, from 120 photos" in html
    assert "40 patients that both answered" in html
    assert "called from 0.300 on (bound), chosen on 60 patients of the tune split" in html
    assert (data["unit"], data["n"], data["pooled"]["photos"]) == ("patient", 40, 120)
    assert list(data["pooled"]["rules"]) == ["one"]
    photos = _compare(tables, *folders, target="state", positive="severe")
    assert "120 photos of 40 patients that both answered" in photos.page.read_text()
    assert json.loads(photos.data.read_text())["pooled"] is None
