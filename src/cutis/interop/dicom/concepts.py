"""Codes of what cutis says: of the standard where it has them, and else our own (99CUTIS)."""

from __future__ import annotations

from typing import Any

from cutis.interop.codes.table import codes_of
from cutis.interop.fhir.results import Outcome

SCHEME = "99CUTIS"
PROBABILITY, LOW, HIGH = "p:", "low:", "high:"
EXPECTED, POINT, REACHED, IN_SET, COVERAGE = "expected", "point:", "reached:", "in_set", "coverage"
GOOD, GOOD_FROM, PASSED, REASON = "good", "good_from", "passed", "reason:"
_MOST = 64  # characters of a meaning


def own(value: str, meaning: str) -> Any:
    """A code of cutis's own."""
    from highdicom.sr import CodedConcept

    return CodedConcept(value, SCHEME, _short(meaning))


def scheme() -> Any:
    """What a document says of our coding scheme (PS3.3 C.12.1)."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeName = SCHEME, "Names of labels and numbers in cutis"
    item.CodingSchemeResponsibleOrganization = "cutis"
    return item


def label_concept(task: str, outcome: Outcome) -> Any:
    """The code of a label: SNOMED CT or ICD-10 where it is known, always with the label's own name.

    Args:
        task: the table of codes to look in.
        outcome: whose label.
    """
    from highdicom.sr import CodedConcept

    mine = own(outcome.name, outcome.title or outcome.name)
    for code in codes_of(task, outcome.name):
        if code.designator:
            concept = CodedConcept(code.code, code.designator, _short(code.display))
            concept.EquivalentCodeSequence = [mine]
            return concept
    return mine


def own_value(concept: Any) -> str | None:
    """The value of cutis's own code in a concept, or in what it says is equivalent."""
    for item in (concept, *(concept.get("EquivalentCodeSequence") or ())):
        if item.get("CodingSchemeDesignator") == SCHEME:
            return str(item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue"))
    return None


def _short(text: str) -> str:
    text = " ".join(text.replace("\\", "/").split()) or "-"
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
