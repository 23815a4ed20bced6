"""The owners' words and the manifest's."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cutis.core.errors import ManifestError
from cutis.data.importers import _columns
from cutis.data.importers._columns import Column, Kind, Source, codes, known, one_hot, one_of, take, words

KINDS = {name: kind for name, kind in vars(_columns).items() if isinstance(kind, Kind)} | {
    "codes": codes("nv", "mel"),
    "one_of": one_of({"a": "b", "c": None}),
}
unknown = st.sampled_from(
    ["", " ", "NA", "n/a", "N/A", "nan", "NaN", "NULL", "unknown", "UNK", " Unknown ", None]
)


def table(**columns: list[str | None]) -> Source:
    rows = len(next(iter(columns.values())))
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Source(Path("owners.csv"), frame.with_columns(row=pl.Series(range(2, rows + 2))))


def read(kind: Kind, *cells: str | None) -> list[object]:
    return take(table(cell=list(cells)), value=Column("cell", kind))["value"].to_list()


@pytest.mark.parametrize("name", sorted(KINDS))
@given(cells=st.lists(unknown, min_size=1, max_size=5))
def test_unknown_stays_missing_whatever_the_column(name: str, cells: list[str | None]) -> None:
    assert read(KINDS[name], *cells) == [None] * len(cells)


@pytest.mark.parametrize("name", sorted(KINDS))
@given(cell=st.text(max_size=8))
def test_a_cell_is_read_or_refused_but_never_crashes_nor_becomes_empty_text(name: str, cell: str) -> None:
    try:
        (value,) = read(KINDS[name], cell)
    except ManifestError as error:
        assert known(cell) is not None
        assert str(error).startswith("owners.csv:2: cell is ")
    else:
        assert value != ""


@given(st.integers(0, 120))
def test_an_age_is_its_number(years: int) -> None:
    assert read(_columns.YEARS, str(years), f"{years}.0", f" {years} ") == [years] * 3


@given(st.one_of(st.integers(max_value=-1), st.integers(min_value=121)))
def test_an_age_outside_a_life_is_refused(years: int) -> None:
    with pytest.raises(ManifestError, match="a number of years from 0 to 120"):
        read(_columns.YEARS, str(years))


def test_where_0_stands_for_an_unknown_age_it_becomes_missing() -> None:
    assert read(_columns.YEARS_ABOVE_0, "0.0", "5.0", None) == [None, 5.0, None]
    assert read(_columns.YEARS, "0") == [0.0]


@pytest.mark.parametrize("cell", ["5_5", "inf", "1e", "forty", "4O"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    for kind in (_columns.YEARS, _columns.NUMBER, _columns.SKIN_TYPE):
        with pytest.raises(ManifestError, match=f"cell is '{cell}'"):
            read(kind, cell)


@given(st.integers(1, 6))
def test_a_skin_type_is_1_to_6_however_it_is_written(number: int) -> None:
    roman = ("I", "II", "III", "IV", "V", "VI")[number - 1]
    ways = [str(number), f"{number}.0", f"FST{number}", f"Type {roman}", roman, roman.lower()]
    assert read(_columns.SKIN_TYPE, *ways) == [number] * len(ways)


@pytest.mark.parametrize("cell", ["0", "7", "2.5", "12", "VII", "dark"])
def test_other_skin_types_are_refused(cell: str) -> None:
    with pytest.raises(ManifestError, match="a Fitzpatrick type from 1 to 6"):
        read(_columns.SKIN_TYPE, cell)


def test_a_skin_type_that_nobody_could_tell_is_missing() -> None:
    assert read(_columns.SKIN_TYPE, "-1", "NONE_SELECTED") == [None, None]


def test_sexes() -> None:
    cells = ("Male", "FEMALE", "m", "f", "OTHER_OR_UNSPECIFIED", "prefer not to say")
    assert read(_columns.SEX, *cells) == ["male", "female", "male", "female", None, None]


@given(st.text(alphabet="aB /_-", max_size=12))
def test_words_are_the_same_when_read_again(cell: str) -> None:
    assume(known(cell) is not None)
    once = words(cell)
    assert words(once) == once
    assert once == once.lower() and "  " not in once and "/" not in once and "_" not in once


@pytest.mark.parametrize(
    ("cell", "site"),
    [("head/neck", "head neck"), ("lower_extremity", "lower extremity"), ("HEAD OR NECK", "head or neck")],
)
def test_body_sites_are_lower_case_words(cell: str, site: str) -> None:
    assert read(_columns.WORDS, cell) == [site]


labels = ("a", "b", "c")


@given(st.lists(st.sampled_from(labels), min_size=1, max_size=9), st.sampled_from(["0", "0.0"]))
def test_one_hot_gives_back_the_label(chosen: list[str], zero: str) -> None:
    marks = {label: ["1.0" if label == one else zero for one in chosen] for label in labels}
    assert one_hot(table(**marks), dict(zip(labels, labels, strict=True))).to_list() == chosen


def test_rows_with_no_label_or_with_two_are_all_named() -> None:
    source = table(a=["1", "0", "1"], b=["0", "0", "1"])
    with pytest.raises(ManifestError) as told:
        one_hot(source, {"a": "a", "b": "b"})
    assert told.value.problems == (
        "owners.csv:3: has no label; exactly one of a, b has to be 1.",
        "owners.csv:4: has 2 labels (a, b); exactly one of a, b has to be 1.",
    )


def test_none_of_the_others_is_no_label_and_need_not_be_a_column() -> None:
    scheme = {"a": "a", "UNK": None}
    assert one_hot(table(a=["1", "0"], UNK=["0", "1"]), scheme).to_list() == ["a", None]
    assert one_hot(table(a=["1"]), scheme).to_list() == ["a"]


def test_a_key_may_not_repeat_nor_be_empty() -> None:
    with pytest.raises(ManifestError) as told:
        take(table(id=["x", "x", None]), "key", key=Column("id", _columns.TEXT))
    assert told.value.problems == (
        "owners.csv:3: id is 'x', which row 2 has already. Drop one.",
        "owners.csv:4: id is empty. Fill it in, or drop the row.",
    )
