from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutis.core.errors import ManifestError
from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_each_photo_is_a_row_and_a_case_is_a_group(by_id: Rows) -> None:
    rows = by_id("scin")
    assert {name: row["lesion_id"] for name, row in rows.items()} == {
        "-11": "-1001",
        "-12": "-1001",
        "-21": "-1002",
        "-31": "-1003",
        "-41": "-1004",
    }
    assert (rows["-11"]["view"], rows["-12"]["view"]) == ("close up", "at distance")


def test_the_diagnosis_is_the_one_that_leads_the_differential(by_id: Rows) -> None:
    rows = by_id("scin")
    assert rows["-11"]["diagnosis"] == "Eczema"
    assert json.loads(rows["-11"]["differential"]) == {"Eczema": 0.67, "Lichen simplex 'chronicus'": 0.33}
    assert rows["-21"]["diagnosis"] is None  # two share the first place
    assert rows["-31"]["diagnosis"] is None
    assert rows["-31"]["differential"] is None


def test_skin_type_is_the_middle_estimate_and_all_estimates_are_kept(by_id: Rows) -> None:
    rows = by_id("scin")
    assert [rows[name]["skin_type"] for name in ("-11", "-21", "-31", "-41")] == ["4", "3", None, "2"]
    assert [rows["-41"][f"skin_type_rater_{n}"] for n in (1, 2, 3)] == ["1", "6", "2"]
    assert (rows["-11"]["skin_type_self"], rows["-21"]["skin_type_self"]) == ("3", None)


def test_people_as_far_as_they_told(by_id: Rows) -> None:
    rows = by_id("scin")
    assert [rows[name]["sex"] for name in ("-11", "-21", "-31", "-41")] == ["female", "male", None, None]
    assert [rows[name]["age_group"] for name in ("-11", "-21", "-31", "-41")] == ["30-39", "80+", None, None]
    assert [rows[name]["body_site"] for name in ("-11", "-21", "-31")] == ["head or neck", "several", None]
    assert "age" not in rows["-11"]  # a decade is not an age


def test_whether_each_dermatologist_could_grade_it(by_id: Rows) -> None:
    rows = by_id("scin")
    assert [rows[name]["gradable_rater_1"] for name in ("-11", "-31", "-41")] == ["yes", "no", None]
    assert rows["-21"]["gradable_rater_2"] == "no pathology"


@pytest.mark.parametrize("cell", ["__import__('os')", "{'Eczema': 'much'}", "[1]", "{", "{'Eczema'}"])
def test_a_differential_that_is_none_is_refused(
    cell: str, publish: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = publish("scin")
    labels = folder / "dataset" / "scin_labels.csv"
    labels.write_text(labels.read_text().replace("{'Acne': 1.0}", cell))
    with pytest.raises(ManifestError, match=r"scin_labels\.csv:5: weighted_skin_condition_label is"):
        import_set(get_importer("scin"), folder, tmp_path / "m.csv")
