"""The shipped table of drugs, and finding a drug in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.clinical.drugs import NOTORIETY_POINTS, SOURCES, Drug, cited, find, fold, table


@pytest.mark.parametrize("drug", table(), ids=lambda drug: drug.inn)
def test_every_row_says_what_it_must(drug: Drug) -> None:
    assert re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", drug.atc)
    assert drug.group
    assert drug.sjs_ten in ("", *NOTORIETY_POINTS)
    assert drug.dress in ("", "associated", "suspected")
    assert drug.agep in ("", "associated")
    assert drug.sjs_ten or drug.dress or drug.agep or drug.hla or drug.note
    assert re.fullmatch(r"(HLA-[ABC]\*\d\d:\d\d \([^()]+\)(, )?)*", drug.hla)
    assert cited(drug)
    assert set(drug.sources) <= set(SOURCES)


def test_every_source_and_code_belongs_to_the_table() -> None:
    assert {source for drug in table() for source in drug.sources} == set(SOURCES)
    codes = [drug.atc for drug in table()]
    assert len(set(codes)) == len(codes)


def test_every_name_finds_its_own_drug_and_no_other() -> None:
    for drug in table():
        for name in (drug.inn, *drug.names):
            assert find(name).drug is drug, name
            assert find(f"  {name.upper()} ").drug is drug, name


def test_the_strong_associations_of_euroscar_are_high_risk() -> None:
    """Mockenhaupt et al. 2008, abstract."""
    named = "nevirapine lamotrigine allopurinol carbamazepine phenobarbital phenytoin meloxicam cotrimoxazole"
    assert {find(name).drug.sjs_ten for name in named.split()} == {"high_risk"}  # type: ignore[union-attr]
    weaker = {find(name).drug.sjs_ten for name in ("sertraline", "pantoprazole", "tramadol")}  # type: ignore[union-attr]
    assert weaker == {"surveillance"}


@pytest.mark.parametrize(
    ("names", "levels"),
    [
        ("carbamazepine phenobarbital phenytoin piroxicam allopurinol cotrimoxazole", {"high_risk"}),
        ("amoxicillin ampicillin ciprofloxacin ceftriaxone cefixime", {"lower_risk"}),
        ("prednisolone valproate paracetamol", {"surveillance"}),
    ],
)
def test_the_raised_risks_of_the_first_case_control_study_are_graded(names: str, levels: set[str]) -> None:
    """Roujeau et al. 1995, N Engl J Med 333:1600, abstract."""
    rows = [find(name).drug for name in names.split()]
    assert {row.sjs_ten for row in rows if row} == levels
    assert all(row and "roujeau1995" in row.sources for row in rows)


def test_the_strong_associations_of_agep_are_marked() -> None:
    """Sidoroff et al. 2007, abstract."""
    named = "pristinamycin ampicillin amoxicillin ciprofloxacin chloroquine hydroxychloroquine"
    assert all(
        find(name).drug.agep == "associated"
        for name in [*named.split(), "terbinafine", "diltiazem", "Bactrim"]
    )  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("asked", "inn"),
    [
        ("CARBAMAZÉPINE", "carbamazepine"),
        ("Carbamazepine 200 mg", "carbamazepine"),
        ("phenytoin sodium 100mg", "phenytoin"),
        ("カルバマゼピン", "carbamazepine"),
        ("ｶﾙﾊﾞﾏｾﾞﾋﾟﾝ", "carbamazepine"),
        ("別嘌醇", "allopurinol"),
        ("co trimoxazole", "sulfamethoxazole and trimethoprim"),
        ("acide valproique", "valproic acid"),
        ("acetaminophen", "paracetamol"),
    ],
)
def test_spelling_salt_and_dose_do_not_matter(asked: str, inn: str) -> None:
    found = find(asked).drug
    assert found is not None
    assert found.inn == inn


def test_marks_of_kana_are_letters() -> None:
    assert fold("ガ") != fold("カ")
    assert fold("é") == fold("E")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("carbamazapine", "carbamazepine"), ("alopurinol", "allopurinol"), ("lamotrigin", "lamotrigine")],
)
def test_a_name_that_looks_alike_is_suggested_and_not_taken(asked: str, meant: str) -> None:
    found = find(asked)
    assert found.drug is None
    assert meant in found.suggestions
    assert f"Did you mean {found.suggestions[0]}" in found.text


def test_a_drug_that_is_not_in_the_table_is_not_called_safe() -> None:
    assert find("newdrugumab").text == "newdrugumab: not in the table: this says nothing about its safety."


def test_what_is_found_is_said_with_the_name_that_was_asked() -> None:
    text = find("Tegretol").text
    assert text.startswith("Tegretol (carbamazepine): high risk of SJS/TEN in case-control studies")
    assert find("allopurinol").text.startswith("allopurinol: high risk")


@given(st.text(max_size=30))
def test_any_text_may_be_asked_for(name: str) -> None:
    found = find(name)
    assert found.asked == name
    assert (found.drug is None) == ("not in the table" in found.text)
