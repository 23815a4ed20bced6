"""Tables of readings: what is taken, what is refused and how, and what is told of a study."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cutis.core.errors import CutisError, OneClassError, PredictionsError
from cutis.evaluation.evidence.tables import to_csv, to_latex
from cutis.evaluation.reader_plain import plain
from cutis.evaluation.reader_report import write_reader_report
from cutis.evaluation.reader_results import Question
from cutis.evaluation.reader_rows import Columns
from cutis.evaluation.reader_sentences import margins
from cutis.evaluation.reader_study import reader_results
from cutis.evaluation.reader_table import read_readings
from cutis.evaluation.reader_tables import tables
from cutis.stats.comparison import delong_test

Row = dict[str, Any]
Table = Callable[..., Path]


def _rows(readers: int = 3, treatments: int = 2, cases: int = 24, *, binary: bool = False) -> list[Row]:
    rng = np.random.default_rng(0)
    hard = rng.normal(size=cases)
    rows = []
    for r in range(readers):
        for t in range(treatments):
            for c in range(cases):
                value = round(2 * ((1 + 0.4 * t) * (c % 2) + 0.6 * hard[c] + 0.7 * rng.normal()))
                rating = int(value >= 1) if binary else value
                who, how = f"r{r}", ("alone", "aided", "third")[t]
                who_and_what = {"reader": who, "treatment": how, "case": f"c{c}"}
                rows.append(who_and_what | {"truth": c % 2, "rating": rating})
    return rows


@pytest.fixture
def write(tmp_path: Path) -> Table:
    def make(rows: list[Row], name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
        return path

    return make


def test_readers_and_treatments_come_in_their_order_and_numbers_in_theirs(write: Table) -> None:
    found = read_readings(write(_rows()))
    assert (found.asked.readers, found.asked.treatments) == (("r0", "r1", "r2"), ("alone", "aided"))
    assert (found.design, found.given, found.unanswered, found.group) == ("crossed", 144, 0, None)
    numbered = [row | {"reader": 10 - int(row["reader"][1])} for row in _rows()]
    assert read_readings(write(numbered)).asked.readers == ("8", "9", "10")


def test_the_order_of_rows_does_not_matter(write: Table) -> None:
    rows = [row | {"treatment": {"alone": 1, "aided": 2}[row["treatment"]]} for row in _rows()]
    one, other = read_readings(write(rows, "a.csv")), read_readings(write(rows[::-1], "b.csv"))
    assert one.fingerprint == other.fingerprint
    results = [reader_results(each, Question(replicates=100)).auc.main for each in (one, other)]
    assert results[0].differences[0].p == pytest.approx(results[1].differences[0].p, rel=1e-9)


def test_all_wrong_rows_are_told_at_once(write: Table) -> None:
    rows = _rows()
    rows[3]["rating"] = "sure"
    rows[5]["truth"] = "2"
    rows[7]["reader"] = None
    rows[9]["rating"] = "inf"
    with pytest.raises(PredictionsError) as caught:
        read_readings(write(rows))
    assert [problem.split("ratings.csv:")[1][:25] for problem in caught.value.problems] == [
        "5: rating is 'sure', not ",
        "7: truth is '2', not 0 or",
        "9: reader is empty. Fill ",
        "11: rating is 'inf', not ",
    ]


def test_a_case_read_twice_and_a_truth_that_differs_are_told_with_both_rows(write: Table) -> None:
    rows = _rows()
    rows.append(dict(rows[4]))
    rows[30]["truth"] = 1 - rows[30]["truth"]
    with pytest.raises(PredictionsError) as caught:
        read_readings(write(rows))
    told = "\n".join(caught.value.problems)
    assert "ratings.csv:146: reader 'r0' read case 'c4' under treatment 'alone' in row 6 already" in told
    assert "ratings.csv:32: truth of case 'c6' is 1 here and 0 in row 8" in told


def test_a_case_of_two_patients_is_told(write: Table) -> None:
    rows = [row | {"patient_id": row["case"]} for row in _rows()]
    rows[40]["patient_id"] = "another"
    with pytest.raises(PredictionsError, match="case 'c16' is of 'another' here and of 'c16' in row 18"):
        read_readings(write(rows))


def test_misspelt_columns_are_told_with_what_they_may_be(write: Table) -> None:
    rows = [{("raiting" if k == "rating" else k): v for k, v in row.items()} for row in _rows()]
    with pytest.raises(PredictionsError, match=r"no column 'rating'.* Did you mean 'raiting'\? .*--rating"):
        read_readings(write(rows))
    assert read_readings(write(rows), Columns(rating="raiting")).given == 144
    with pytest.raises(PredictionsError, match="no column 'patient'"):
        read_readings(write(rows), Columns(rating="raiting", group="patient"))


def test_without_a_column_of_treatments_there_is_one(write: Table) -> None:
    rows = [{k: v for k, v in row.items() if k != "treatment"} for row in _rows(treatments=1)]
    results = reader_results(read_readings(write(rows)))
    assert (results.auc.main.test, results.auc.main.differences) == (None, ())
    assert len(results.auc.main.areas) == 1
    assert plain(results)["auc"]["components"]["ms_treatment_reason"] == "there is one treatment"


def test_classes_in_words_need_the_one_that_is_looked_for(write: Table) -> None:
    rows = [row | {"truth": ("naevus", "melanoma")[row["truth"]]} for row in _rows(binary=True)]
    with pytest.raises(PredictionsError, match=r"truth is 'naevus', not 0 or 1.*--positive"):
        read_readings(write(rows))
    as_words = [row | {"rating": ("naevus", "melanoma")[row["rating"]]} for row in rows]
    one = read_readings(write(as_words), positive="melanoma")
    other = read_readings(write(_rows(binary=True), "numbers.csv"))
    assert np.array_equal(one.asked.ratings, other.asked.ratings)
    with pytest.raises(PredictionsError, match=r"no class 'melanom'.* Did you mean 'melanoma'\?"):
        read_readings(write(rows), positive="melanom")


def test_one_class_only_is_refused(write: Table) -> None:
    with pytest.raises(OneClassError, match="all 24 cases are negative"):
        read_readings(write([row | {"truth": 0} for row in _rows()]))
    rows = [row for row in _rows() if row["reader"] != "r1" or row["truth"] == 0]
    with pytest.raises(OneClassError, match="reader 'r1' under treatment 'alone' read only negative cases"):
        read_readings(write(rows))


def test_a_reader_who_answered_part_is_taken_with_that_part_or_refused_by_design(write: Table) -> None:
    rows = _rows()
    rows[2]["rating"] = None
    del rows[100]
    found = read_readings(write(rows))
    assert (found.design, found.given, found.unanswered) == ("partly read", 142, 1)
    results = reader_results(found)
    assert "both" in results.auc.analyses
    assert [row.cases for row in results.auc.readers] == [23, 24, 24, 24, 23, 24]
    with pytest.raises(PredictionsError) as caught:
        read_readings(write(rows), design="crossed")
    told = str(caught.value)
    assert "the study is 'partly read', not 'crossed'" in told
    assert "reader 'r0' under treatment 'alone' did not rate 1 of 24 cases" in told


def test_one_reader_has_the_test_of_these_readers_and_a_reason_for_the_rest(write: Table) -> None:
    found = read_readings(write(_rows(readers=1)))
    results = reader_results(found)
    assert set(results.auc.analyses) == {"cases"}
    assert "one reader ('r0') cannot stand for others" in results.auc.refused["both"]
    pair = results.auc.main.differences[0]
    expected = delong_test(found.asked.truth, *found.asked.ratings[0])
    assert (pair.value, pair.p) == pytest.approx((expected.value, expected.p))
    data = plain(results)["auc"]
    assert data["analyses"]["cases"]["differences"][0]["df"] is None
    assert data["analyses"]["cases"]["differences"][0]["df_reason"].startswith("infinite")
    assert data["components"]["cov2_reason"] == "no two readers read under the same treatment"


def test_ties_everywhere_have_a_defined_answer_and_a_warning(write: Table, tmp_path: Path) -> None:
    report = write_reader_report(read_readings(write([row | {"rating": 3} for row in _rows()])), tmp_path)
    area = report.results.auc.main.areas[0]
    assert (area.value, area.low, area.high) == (0.5, 0.5, 0.5)
    assert report.results.auc.main.differences[0].p == 1
    assert any("Nothing varies for" in limit for limit in report.limits)
    assert report.answer.startswith("Readers are the same under “alone” and “aided”")


def test_a_few_cases_that_all_readers_get_right_prove_nothing(write: Table, tmp_path: Path) -> None:
    right = [row | {"rating": row["truth"]} for row in _rows(readers=2, cases=4)]
    report = write_reader_report(read_readings(write(right)), tmp_path, Question(margin=0.05, replicates=50))
    (said,) = margins(report.results)
    assert "is not shown to be non-inferior" in said
    assert "nothing varies between them" in said
    assert json.loads(report.data.read_text())["auc"]["non_inferiority"][0]["low"] is None
    wrong = [row | {"rating": row["truth"] ^ (row["treatment"] == "aided")} for row in right]
    report = write_reader_report(read_readings(write(wrong)), tmp_path, Question(replicates=50))
    assert report.answer.startswith("No sure difference")
    assert any("nothing to test it against" in limit for limit in report.limits)


def test_patients_are_the_units_where_they_are_named(write: Table) -> None:
    rows = _rows()
    twice = [
        row | {"case": f"{row['case']}{side}", "patient_id": row["case"]} for row in rows for side in "lr"
    ]
    once, both = (reader_results(read_readings(write(each))).auc.main for each in (rows, twice))
    assert both.differences[0].low == pytest.approx(once.differences[0].low, rel=1e-9)


def test_two_ratings_are_decisions_and_more_need_a_threshold(write: Table) -> None:
    found = reader_results(read_readings(write(_rows(binary=True))), Question(replicates=100))
    assert found.threshold == 1
    assert [one.figure for one in found.figures] == ["auc", "sensitivity", "specificity"]
    graded = read_readings(write(_rows()))
    assert reader_results(graded, Question(replicates=100)).points == ()
    given = reader_results(graded, Question(threshold=0, replicates=100))
    assert (given.threshold, len(given.points)) == (0, 6)
    rated = graded.asked.ratings[0, 0][graded.asked.truth] >= 0
    assert given.points[0].sensitivity.value == pytest.approx(rated.mean())


def _with_model(rows: list[Row], treatment: str = "model") -> list[Row]:
    rng = np.random.default_rng(1)
    scores = {f"c{c}": 2.0 * (c % 2) + rng.normal() for c in range(24)}
    own = [
        {"reader": "net", "treatment": treatment, "case": c, "truth": int(c[1:]) % 2, "rating": s}
        for c, s in scores.items()
    ]
    return rows + own


def test_a_model_stands_beside_the_readers_of_each_treatment(write: Table) -> None:
    path = write(_with_model(_rows()))
    found = read_readings(path, model="net")
    assert (found.asked.readers, found.model, set(found.scores)) == (
        ("r0", "r1", "r2"),
        "net",
        {"alone", "aided"},
    )
    question = Question(threshold=1, margin=0.2, replicates=100)
    results = reader_results(found, question)
    assert [model.treatment for model in results.models] == ["alone", "aided"]
    first = results.models[0]
    assert [area.treatment for area in first.figure.main.areas] == ["alone", "net"]
    assert len(first.against) == 3
    assert (first.figure.non_inferiority[0].new, first.figure.non_inferiority[0].reference) == (
        "net",
        "alone",
    )
    alone = reader_results(read_readings(write(_with_model(_rows(), "alone")), model="net"))
    assert [model.treatment for model in alone.models] == ["alone", "aided"]
    with pytest.raises(PredictionsError, match=r"no reader 'nut'.* Did you mean 'net'"):
        read_readings(path, model="nut")
    lacking = [row for row in _with_model(_rows()) if (row["reader"], row["case"]) != ("net", "c5")]
    with pytest.raises(PredictionsError, match="the model has no score for case 'c5'"):
        read_readings(write(lacking), model="net")


def test_a_reference_that_is_none_and_a_margin_of_nothing_are_refused(write: Table) -> None:
    found = read_readings(write(_rows()))
    with pytest.raises(CutisError, match="reference 'none' is no treatment; there are alone, aided"):
        reader_results(found, Question(reference="none"))
    with pytest.raises(CutisError, match=r"margin is -0\.1"):
        reader_results(found, Question(margin=-0.1))


def test_van_dykes_published_digits_are_in_the_data(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "readers" / "vandyke.csv"
    if not path.is_file():
        pytest.skip(f"no reader tables at {path.parent}")
    report = write_reader_report(read_readings(path), tmp_path, Question(replicates=100))
    data = json.loads(report.data.read_text())
    both = data["auc"]["analyses"]["both"]
    told = [(f"{a['value']:.7f}", f"{a['low']:.7f}", f"{a['high']:.7f}") for a in both["treatments"]]
    assert told == [("0.8970370", "0.8253461", "0.9687280"), ("0.9408374", "0.8942155", "0.9874592")]
    pair = both["differences"][0]
    assert (f"{pair['value']:.7f}", f"{pair['df']:.5f}", f"{pair['p']:.8f}") == (
        "-0.0438003",
        "15.06611",
        "0.05123303",
    )
    assert set(data["auc"]["analyses"]) == {"both", "cases", "readers"}
    assert "No sure difference between treatment 1 and treatment 2" in report.page.read_text()
    for column, design in (("case2", "cases nested in readers"), ("case3", "cases nested in treatments")):
        assert read_readings(path, Columns(case=column)).design == design


def test_tables_and_figures_are_files_with_every_digit(write: Table, tmp_path: Path) -> None:
    out = tmp_path / "out"
    question = Question(threshold=1, replicates=100)
    report = write_reader_report(read_readings(write(_with_model(_rows())), model="net"), out, question)
    keys = [table.key for table in tables(report.results)]
    assert len(set(keys)) == len(keys)
    for table in tables(report.results):
        assert (out / "tables" / f"{table.key}.csv").read_text() == to_csv(table)
        assert (out / "tables" / f"{table.key}.tex").read_text() == to_latex(table)
    rows = list(csv.DictReader(io.StringIO((out / "tables" / "auc_by_reader.csv").read_text())))
    assert float(rows[0]["under_alone"]) == report.results.auc.readers[0].estimate.value
    drawn = sorted(path.name for path in (out / "figures").iterdir())
    assert drawn == ["auc_by_reader.svg", "roc_1.svg", "roc_2.svg"]
    assert all("var(--" not in path.read_text() for path in (out / "figures").iterdir())
    page = report.page.read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    json.loads(report.data.read_text(), parse_constant=lambda name: pytest.fail(f"{name} in the data"))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_the_page_fits_its_screen_and_asks_for_nothing(
    complaints: Callable[[Path, int, str], list[str]], write: Table, tmp_path: Path, width: int, theme: str
) -> None:
    readings = read_readings(write(_with_model(_rows(treatments=3))), model="net")
    question = Question(threshold=1, margin=0.1, replicates=100)
    assert complaints(write_reader_report(readings, tmp_path, question).page, width, theme) == []
