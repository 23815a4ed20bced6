"""Facts from dictionaries, rows and files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cutis.clinical.facts import Exposure, Facts
from cutis.clinical.record import from_dict, from_row, read_facts, to_dict, to_row
from cutis.clinical.units import Amount
from cutis.core.errors import FactsError

CASE = Facts(
    age=57,
    malignancy=False,
    examined=date(2026, 3, 4),
    temperature=38.9,
    mucosal_sites=("mouth", "eyes"),
    organs=(),
    urea=Amount(30, "mg/dL BUN"),
    drugs=(Exposure("Tegretol", start=date(2026, 2, 20), ongoing=True), Exposure("aspirin", suspected=False)),
)


def test_plain_data_is_json_and_comes_back() -> None:
    assert from_dict(json.loads(json.dumps(to_dict(CASE)))) == CASE
    assert set(to_dict(Facts(age=3))) == {"age"}


def test_a_row_comes_back() -> None:
    row = to_row(CASE)
    assert row["mucosal_sites"] == "mouth;eyes"
    assert row["organs"] == "none"
    assert row["drug_1"] == "Tegretol"
    assert row["drug_2_suspected"] == "no"
    assert from_row(row) == CASE


@pytest.mark.parametrize("unknown", [None, "", " ", "unknown", "?"])
def test_not_known_stays_not_known(unknown: str | None) -> None:
    assert from_dict({"age": unknown, "skin_pain": unknown, "urea": unknown, "organs": unknown}) == Facts()


def test_an_empty_list_is_not_an_unknown_one() -> None:
    assert from_dict({"mucosal_sites": []}).mucosal_sites == ()
    assert from_row({"mucosal_sites": "none"}).mucosal_sites == ()
    assert from_row({"mucosal_sites": ""}).mucosal_sites is None


def test_laboratory_values_are_read_in_every_form() -> None:
    for given in ("12 mmol/L", {"value": 12, "unit": "mmol/l"}, Amount(12, "mmol/L")):
        assert from_dict({"urea": given}).urea == Amount(12, "mmol/L")
    for given in ("28 mg/dL", 28, {"value": 28, "unit": "mg/dL BUN"}, {"value": 28}):
        assert from_dict({"bun": given}).urea == Amount(28, "mg/dL BUN")


def test_drugs_may_be_names_alone() -> None:
    assert from_dict({"drugs": ["x", {"name": "y"}]}).drugs == (Exposure("x"), Exposure("y"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"heart_rat": 80}, "'heart_rat' is no fact that is known here. Did you mean 'heart_rate'?"),
        ({"age": "38,9"}, "age is '38,9', not a number. Did you mean 38.9?"),
        ({"age": "old"}, "age is 'old', not a number."),
        ({"age": True}, "age is True, not a number."),
        ({"days_since_rash": 1.5}, "days_since_rash is 1.5, not a whole number."),
        ({"skin_pain": "a bit"}, "skin_pain is 'a bit', neither yes nor no."),
        ({"examined": "4.3.2026"}, "not a date. Write it as year-month-day"),
        ({"urea": "high"}, "urea is 'high', not a value with a unit"),
        ({"urea": {"value": 12}}, "urea is given without a unit."),
        ({"urea": {"amount": 12}}, "Write it as 12 mmol/L"),
        ({"urea": 12}, "urea is given without a unit."),
        ({"urea": "12 mmol/L", "bun": 28}, "urea and bun are both given."),
        ({"organs": {"liver": True}}, "not a list of names"),
        ({"drugs": "x"}, "drugs is no list."),
        ({"drugs": [{"dose": 3}]}, "drug 1 has no name."),
        ({"drugs": [{"name": "x", "star_day": -3}]}, "drug 'x': 'star_day' is no fact that is known here."),
        ({"drugs": [{"name": "x", "start_day": "last week"}]}, "drug 'x': start_day is 'last week'"),
    ],
)
def test_what_cannot_be_read_is_told(data: dict[str, object], said: str) -> None:
    with pytest.raises(FactsError) as caught:
        from_dict(data, "case.json")
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("case.json: ")
    assert said in caught.value.problems[0]


def test_unreadable_values_and_contradictions_are_told_together() -> None:
    with pytest.raises(FactsError) as caught:
        from_dict({"age": "old", "temperature": 370, "colour": "red"})
    assert len(caught.value.problems) == 3


def test_patients_come_from_json_and_csv(tmp_path: Path) -> None:
    one, several, table = tmp_path / "one.json", tmp_path / "several.json", tmp_path / "several.csv"
    one.write_text('{"patient_id": "P1", "age": 40}')
    several.write_text('[{"age": 40}, {"patient_id": "P2", "age": 50}]')
    table.write_text("patient_id,age,drug_1,drug_1_start_day\nP1,40,Tegretol,-3\n,,,\n\nP2,50,,\n")
    assert read_facts(one) == (("P1", Facts(age=40)),)
    assert [name for name, _ in read_facts(several)] == [f"{several}:1", "P2"]
    first, second = read_facts(table)
    assert first == ("P1", Facts(age=40, drugs=(Exposure("Tegretol", start_day=-3),)))
    assert second == ("P2", Facts(age=50))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_every_spreadsheet_are_read(tmp_path: Path, separator: str) -> None:
    lines = (("patient_id", "mucosal_sites", "temperature"), ("P1", '"mouth;eyes"', "38.5"))
    (tmp_path / "p.csv").write_text("\r\n".join(separator.join(line) for line in lines), newline="")
    read = read_facts(tmp_path / "p.csv")
    assert read == (("P1", Facts(mucosal_sites=("mouth", "eyes"), temperature=38.5)),)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "is no JSON"),
        ("a.json", b"[]", "holds no facts"),
        ("a.json", b"3", "holds no facts"),
        ("a.json", b"\xff\xfe{}", "is no JSON text"),
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"age\n", "has no rows"),
        ("a.csv", b"age\n3,4\n", "more cells than the header"),
        ("a.csv", b"age\n\xff\n", "is not UTF-8"),
        ("a.csv", b"age\n" + b"3" * 200_000, "is no row of a table"),
    ],
)
def test_files_that_hold_no_facts_are_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FactsError, match=said):
        read_facts(tmp_path / name)


def test_problems_name_the_file_and_the_line_of_every_patient(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("age,temperature\n200,37\n40,370\n")
    with pytest.raises(FactsError) as caught:
        read_facts(path)
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [f"{path}:2", f"{path}:3"]
    with pytest.raises(FactsError, match="no such file"):
        read_facts(tmp_path / "none.json")
