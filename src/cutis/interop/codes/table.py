"""Codes of every label: SNOMED CT, ICD-10, ICD-10-CM and ICD-11, one table with a source in every row.

The table `codes.csv` beside this file has a row for each label and vocabulary. An empty code means that none
was found; a row that could not be verified in a source of its own is kept as a hint for whoever checks it,
and never leaves cutis.

SNOMED CT is (c) SNOMED International. Its codes from the Global Patient Set come under the Creative Commons
Attribution 4.0 licence; for the others a site outside its member countries needs a licence of its own.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# The name of a vocabulary in the table; its address in FHIR, from terminology.hl7.org.
SYSTEMS = {
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd11": "http://id.who.int/icd/release/11/mms",
}
# The same in DICOM, coding scheme designators of PS3.16 table 8-1; the other two are not in it.
DESIGNATORS = {"snomed": "SCT", "icd10": "I10"}
MATCHES = ("equivalent", "broader", "narrower")
TOLD = ("equivalent", "broader")  # a narrower code would say more than the label does
REASONS = "image_quality_reason"
GRADES = {"facial": "facial_grade"}  # tasks that grade several conditions keep the grades apart


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        set: name of a task, or ``image_quality_reason``, ``facial_grade``, ``body_site``, ``laterality``.
        label: name of the label, as in bundles and manifests.
        system: a name in `SYSTEMS`.
        code: empty where none was found.
        display: the vocabulary's own words.
        match: how the code's meaning lies to the label's, one of `MATCHES`; empty without a code.
        verified: it was found, with these words, in ``source``.
        source: where.
    """

    set: str
    label: str
    system: str
    code: str
    display: str
    match: str
    verified: bool
    source: str

    @property
    def told(self) -> bool:
        """The code may leave cutis: verified, and it says no more than the label does."""
        return bool(self.code) and self.verified and self.match in TOLD


@dataclass(frozen=True)
class Code:
    """A code that may leave cutis.

    Attributes:
        system: a name in `SYSTEMS`.
        code: in that vocabulary.
        display: the vocabulary's own words.
        exact: it means the same as the label; otherwise it is wider.
    """

    system: str
    code: str
    display: str
    exact: bool

    @property
    def url(self) -> str:
        """The vocabulary's address in FHIR."""
        return SYSTEMS[self.system]

    @property
    def designator(self) -> str:
        """The vocabulary's name in DICOM; empty where DICOM has none."""
        return DESIGNATORS.get(self.system, "")


@cache
def table() -> tuple[Row, ...]:
    """All rows."""
    text = (files("cutis.interop.codes") / "codes.csv").read_text(encoding="utf-8")
    return tuple(_row(cells) for cells in csv.DictReader(text.splitlines()))


def _row(cells: dict[str, str]) -> Row:
    return Row(**{**cells, "verified": cells["verified"] == "yes"})  # type: ignore[arg-type]


@cache
def _index() -> dict[tuple[str, str], tuple[Row, ...]]:
    found: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in table():
        key = (row.set, row.label)
        found[key] = (*found.get(key, ()), row)
    return found


def rows_of(set_name: str, label: str) -> tuple[Row, ...]:
    """What the table says of a label; empty where it does not know it."""
    return _index().get((set_name, label), ())


def known(set_name: str, label: str) -> bool:
    """The table has the label, with or without codes."""
    return (set_name, label) in _index()


def codes_of(set_name: str, label: str) -> tuple[Code, ...]:
    """The codes of a label that may leave cutis, SNOMED CT first.

    Args:
        set_name: see `Row.set`.
        label: as in bundles and manifests.

    Returns:
        At most one per vocabulary; none where the table has none, or does not know the label.
    """
    best: dict[str, Row] = {}
    for row in rows_of(set_name, label):
        if row.told and (row.system not in best or row.match == "equivalent"):
            best[row.system] = row
    ordered = (best[system] for system in SYSTEMS if system in best)
    return tuple(Code(row.system, row.code, row.display, row.match == "equivalent") for row in ordered)


def body_site(name: str) -> Code | None:
    """The SNOMED CT code of a body site as manifests name it; case and spaces at the ends do not matter."""
    found = codes_of("body_site", name.strip().casefold())
    return found[0] if found else None


def laterality(name: str) -> Code | None:
    """The SNOMED CT code of ``left``, ``right``, ``both`` or ``one``."""
    found = codes_of("laterality", name.strip().casefold())
    return found[0] if found else None


def side_of(site: str) -> str:
    """``left`` or ``right`` where the name of a site ends in it, as those of facial areas do; else empty."""
    ends = site.strip().casefold().rpartition("_")[2]
    return ends if ends in ("left", "right") else ""
