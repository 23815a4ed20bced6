"""The flow of photos, as numbers and as a drawing."""

from __future__ import annotations

import re

import pytest

from cutis.evaluation.evidence.flow import draw_flow
from cutis.evaluation.evidence.participants import (
    Step,
    characteristics,
    flow,
    on_several_sides,
    partitions,
)
from cutis.evaluation.gather import read_study
from cutis.evaluation.study import Study

from ..conftest import Tables

TITLES = {"bcc": "Basal cell carcinoma", "mel": "Melanoma", "nv": "Melanocytic nevus"}


def test_the_flow_leads_from_the_table_to_the_answers(study: Study) -> None:
    first, second, last = flow(study, study.sources[0], study.sources[1:], TITLES)
    assert first.lines[0] == "120 photos of 60 patients"
    assert second.less[0] == "20 photos of other splits than test"
    assert second.lines[0] == "100 photos of 50 patients"
    assert last.beside == ("10 readers", "answered 52 to 100 photos each")
    right, wrong = (int(line.split()[0]) for line in last.lines[-2:])
    assert right + wrong == 100


def test_with_two_classes_the_flow_ends_in_a_two_by_two_table(tables: Tables) -> None:
    tables.write_truth(labels=("mild", "severe"))
    study = read_study([tables.write_predictions(labels=("mild", "severe"))], tables.truth)
    last = flow(study, study.sources[0], (), {"mild": "Mild", "severe": "Severe"})[-1]
    numbers = [int(n) for line in last.lines[-2:] for n in re.findall(r"\d+", line)]
    called, hits, alarms, cleared, spared, missed = numbers
    assert (hits + alarms, spared + missed, called + cleared) == (called, cleared, 60)
    assert hits + missed == (study.target == 1).sum()
    assert spared + hits == (study.sources[0].prediction == study.target).sum()


def test_no_text_leaves_its_box() -> None:
    long = Step(("12,345 photos of 9,876 participants", "in a_manifest_with_a_name_that_nobody_wants.csv"))
    drawing = draw_flow(
        [long, Step(("9 photos",), ("12,000 photos without a known diagnosis",), ("2 readers",))]
    )
    for x, text in re.findall(r'<text x="(\d+)"[^>]*>([^<]*)</text>', drawing):
        assert int(x) + 6.3 * len(text) < (221 if int(x) < 100 else 360)
    assert drawing.count("<rect") == 4
    assert "12,000 photos without" in re.search(r'aria-label="([^"]*)"', drawing)[1]  # type: ignore[index]


def test_characteristics_have_a_column_per_split_and_add_up(study: Study) -> None:
    table = characteristics(study, TITLES)
    assert [column.title for column in table.columns[2:]] == ["train", "test (evaluated)"]
    rows = {(row[0], row[1]): row[2:] for row in table.rows}
    assert rows["Photos", ""] == ("20", "100")
    classes = [str(rows["Diagnosis", title][1]) for title in TITLES.values()]
    assert sum(int(cell.split()[0]) for cell in classes) == 100
    assert rows["Skin type", "I"][0] == "4 (40%)"


def test_patients_on_both_sides_of_a_split_are_counted(tables: Tables, study: Study) -> None:
    assert list(partitions(study)) == ["train", "test"]
    assert on_several_sides(study) == 0
    tables.write_truth(split=["train" if k in (0, 3) else "test" for k in range(60)])
    mixed = read_study([tables.write_predictions()], tables.truth)
    assert on_several_sides(mixed) == 2


@pytest.mark.parametrize("labels", [("bcc", "mel", "nv"), ("mild", "severe")])
def test_without_a_split_the_evaluated_photos_are_told_of(tables: Tables, labels: tuple[str, ...]) -> None:
    tables.write_truth(labels=labels)
    study = read_study([tables.write_predictions(labels=labels)], tables.truth)
    table = characteristics(study, {label: label.title() for label in labels})
    assert [c.title for c in table.columns[2:]] == [
        "evaluated",
        *(["Severe", "Mild"] if len(labels) == 2 else []),
    ]
