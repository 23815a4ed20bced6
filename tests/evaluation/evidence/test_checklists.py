"""Checklists: complete, each fact known to the run, each pointer to a section that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutis.core.bundle import Bundle
from cutis.evaluation.evidence.checklists import Fact, asked_for, filled
from cutis.evaluation.evidence.content import put_together
from cutis.evaluation.report import Measured, write_report

from ..conftest import Tables
from .conftest import DRAWS, write_answers

STARD = [str(n) for n in range(1, 41)]
for number, letters in ((15, "abcd"), (16, "abc"), (17, "ab"), (26, "ab"), (40, "ab")):
    STARD[STARD.index(str(number)) : STARD.index(str(number)) + 1] = [f"{number}{one}" for one in letters]
TRIPOD = [str(n) for n in range(1, 28)]
for number, letters in (
    (3, "abc"), (5, "ab"), (6, "abc"), (8, "abc"), (9, "abc"), (12, "abcdefg"), (18, "abcdef"),
    (20, "abc"), (23, "ab"), (27, "abc"),
):  # fmt: skip
    TRIPOD[TRIPOD.index(str(number)) : TRIPOD.index(str(number)) + 1] = [f"{number}{one}" for one in letters]


def test_every_item_of_every_guideline_is_there_in_order() -> None:
    numbers = {one.key: [item.number for item in one.items] for one in filled({})}
    assert numbers == {
        "stard_ai": STARD,
        "tripod_ai": TRIPOD,
        "claim": [str(n) for n in range(1, 45)],
        "clear_derm": [str(n) for n in range(1, 26)],
    }
    assert len(STARD) == 48
    assert len(TRIPOD) == 52


def test_without_facts_every_item_is_open_for_the_author() -> None:
    for checklist in filled({}):
        assert checklist.count("open") == len(checklist.items)
        assert all(item.topic and not item.answer and not item.places for item in checklist.items)


def test_a_fact_answers_its_items_and_says_what_is_left() -> None:
    stard = filled({"flow": Fact("A drawing.", "participants"), "size": Fact("9 photos.", "participants")})[0]
    items = {item.number: item for item in stard.items}
    assert (items["24"].status, items["24"].answer) == ("answered", "A drawing.")
    assert items["24"].places == ("participants",)
    assert items["22"].status == "in part"
    assert "how it was found" in items["22"].left
    assert items["36"].status == "open"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Grades, without a split: what the other study has not."""
    tables = Tables(tmp_path_factory.mktemp("graded"))
    tables.write_truth(labels=("0", "1", "2"))
    path = write_answers(tables, "net", 2.0, labels=("0", "1", "2"), kind="model")
    return write_report([path], tables.truth, tables.folder / "out", draws=DRAWS).measured


def test_every_fact_that_is_asked_for_can_be_known(
    measured: Measured, graded: Measured, colour_bundle: Path
) -> None:
    from dataclasses import replace

    from cutis.evaluation.evidence import content

    known: set[str] = set()
    original = content.facts

    def spy(*args: object, **named: object) -> dict[str, Fact]:
        told = original(*args, **named)  # type: ignore[arg-type]
        known.update(told)
        return told

    bundle = Bundle.open(colour_bundle).info
    patch = pytest.MonkeyPatch()
    patch.setattr(content, "facts", spy)
    for one in (measured, graded):
        made = put_together(replace(one, bundle=bundle))
        there = {section.key for section in made.sections}
        for checklist in made.checklists:
            assert {place for item in checklist.items for place in item.places} <= there
    patch.undo()
    assert asked_for() <= known


def test_a_study_with_everything_recorded_leaves_less_to_its_author(
    measured: Measured, graded: Measured
) -> None:
    much, little = (sum(c.count("open") for c in put_together(one).checklists) for one in (measured, graded))
    assert much < little
