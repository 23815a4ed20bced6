from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.core.labels import MultiLabel
from cutis.interop.codes.table import (
    GRADES,
    MATCHES,
    REASONS,
    SYSTEMS,
    body_site,
    codes_of,
    known,
    laterality,
    rows_of,
    side_of,
    table,
)

FORMS = {
    "snomed": re.compile(r"\d{6,18}"),
    "icd10": re.compile(r"[A-Z]\d\d(\.\d)?"),
    "icd10cm": re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?"),
    "icd11": re.compile(r"[0-9A-HJ-NP-Z]{4}(\.[0-9A-HJ-NP-Z]{1,2})?"),
}


@pytest.mark.parametrize("name", zoo.names())
def test_every_label_of_every_shipped_bundle_is_in_the_table(name: str) -> None:
    info = Bundle.open(zoo.path(name)).info
    assert [label for label in info.labels.names if not known(info.task, label)] == []
    if info.findings is not None:
        assert [finding for finding in info.findings.names if not known(REASONS, finding)] == []
    if isinstance(info.labels, MultiLabel):
        assert [grade for grade in info.labels.grades.names if not known(GRADES[info.task], grade)] == []


def test_labels_of_the_tasks_are_in_the_table_too() -> None:
    from cutis.tasks import dermoscopy

    assert all(known("dermoscopy", label) for label in dermoscopy.LABELS.names)
    assert len(dermoscopy.LABELS) == 14


def test_every_row_with_a_code_says_where_it_was_found() -> None:
    for row in table():
        assert row.system in SYSTEMS
        if row.code:
            assert row.source and row.display and row.match in MATCHES, row
            assert FORMS[row.system].fullmatch(row.code), row
        else:
            assert not (row.display or row.match or row.verified or row.source), row


def test_no_row_stands_twice() -> None:
    keys = [(row.set, row.label, row.system, row.code) for row in table()]
    assert len(keys) == len(set(keys))


def _verhoeff(number: str) -> bool:
    """Every SNOMED CT identifier ends in a check digit of the dihedral group (Verhoeff 1969)."""
    turn = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    times = (
        "0123456789",
        "1234067895",
        "2340178956",
        "3401289567",
        "4012395678",
        "5987604321",
        "6598710432",
        "7659821043",
        "8765932104",
        "9876543210",
    )
    check = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = turn[value]
        check = int(times[check][value])
    return check == 0


def test_every_snomed_code_has_a_right_check_digit() -> None:
    assert _verhoeff("73211009") and not _verhoeff("73211008")
    assert [
        row.code for row in table() if row.system == "snomed" and row.code and not _verhoeff(row.code)
    ] == []


def test_sites_agree_with_dicoms_own_table() -> None:
    concepts = pytest.importorskip("pydicom.sr._concepts_dict").concepts["SCT"]
    meanings: dict[str, set[str]] = {}
    for found in concepts.values():
        for code, (meaning, _) in found.items():
            meanings.setdefault(code, set()).add(meaning.casefold())
    for row in table():
        if row.code and row.source.startswith("DICOM"):
            said = row.display.casefold().removesuffix(" (disorder)")
            assert any(said in meaning for meaning in meanings[row.code]), row


def test_names_of_snomed_ct_are_its_own() -> None:
    text = (Path(__file__).parent / "global_patient_set.csv").read_text(encoding="utf-8")
    names = {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}
    rows = [row for row in table() if row.source.startswith("SNOMED International")]
    assert len(rows) >= 20
    for row in rows:
        assert names[row.code] == row.display, row


def test_what_was_not_verified_never_leaves() -> None:
    doubtful = [row for row in table() if row.code and not row.verified]
    assert doubtful
    for row in doubtful:
        assert row.code not in {
            code.code for code in codes_of(row.set, row.label) if code.system == row.system
        }


def test_a_code_that_says_more_than_its_label_never_leaves() -> None:
    assert any(row.match == "narrower" for row in rows_of("dermoscopy", "akiec"))
    assert codes_of("dermoscopy", "akiec") == ()


def test_the_severe_reaction_is_the_whole_spectrum() -> None:
    told = {code.system: code.code for code in codes_of("drug_reaction", "severe")}
    assert told == {"snomed": "768946000", "icd11": "EB13"}


def test_sites_are_found_however_they_are_written() -> None:
    assert body_site(" Back ") == body_site("back")
    found = body_site("cheek_left")
    assert found is not None and found.code == "36141000"
    assert side_of("cheek_left") == "left" and side_of("nose") == ""
    assert body_site("unknown") is None and body_site("elsewhere") is None
    left = laterality("left")
    assert left is not None and left.code == "7771000"
