"""One table, three ways."""

from __future__ import annotations

import csv
import io

import numpy as np

from cutis.evaluation.evidence.tables import Column, Table, cells, to_csv, to_latex, without_empty_columns
from cutis.stats.comparison import Difference
from cutis.stats.intervals import Estimate

TABLE = Table(
    "some",
    "A & B, 100%",
    (
        Column("by", "By"),
        Column("group", "Group_1"),
        Column("photos", "Photos", "count"),
        Column("accuracy", "Accuracy, %", "share"),
        Column("gap", "Gap", "points"),
        Column("p", "p", "p"),
    ),
    (
        ("sex", "female", 1234, Estimate(1 / 3, 0.1, 0.5), Difference(-0.1, -0.2, 0.05, 0.2), 0.2),
        ("sex", "male #2", 5, None, None, 1e-9),
    ),
    note="p < 0.05",
    grouped=True,
)


def test_csv_has_every_figure_in_full() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(TABLE))))
    assert float(rows[0]["accuracy"]) == 1 / 3
    assert (rows[0]["accuracy_low"], rows[0]["accuracy_high"], rows[0]["photos"]) == ("0.1", "0.5", "1234")
    assert (rows[1]["by"], rows[1]["accuracy"], float(rows[1]["p"])) == ("sex", "", 1e-9)


def test_people_see_rounded_figures_with_intervals_and_each_group_once() -> None:
    assert cells(TABLE) == [
        ["sex", "female", "1,234", "33 (10–50)", "−10.0 (−20.0 to +5.0)", "0.200"],
        ["", "male #2", "5", "", "", "<0.001"],
    ]


def test_latex_has_rules_and_no_sign_that_latex_would_read() -> None:
    text = to_latex(TABLE)
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"A \& B, 100\%", r"Group\_1", r"male \#2"):
        assert part in text
    assert r"33 (10--50)" in text
    assert r"\ensuremath{-}10.0" in text
    assert r"\ensuremath{<}0.001" in text
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    assert {line.count(" & ") for line in body.splitlines() if line.endswith(r"\\")} == {5}


def test_columns_in_which_nobody_says_anything_are_left_out() -> None:
    columns, rows = without_empty_columns((Column("a", "A"), Column("b", "B")), (("x", None), ("y", None)))
    assert [column.key for column in columns] == ["a"]
    assert rows == (("x",), ("y",))


def test_what_is_not_a_number_is_an_empty_cell() -> None:
    table = Table("t", "T", (Column("p", "p", "p"),), ((np.nan,),))
    assert to_csv(table).splitlines()[1] in ("", '""')
