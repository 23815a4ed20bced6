"""What the record says of rashes, drugs and earlier screenings, in the words of `cutis.clinical`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from cutis.clinical.drugs import Drug, fold, table
from cutis.interop.fhir.elements import PART, code_in, mapping, mappings

SNOMED, ICD10 = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
# Eruption of skin, eruption caused by drug, erythema (SNOMED International, Global Patient Set 2020-09), and
# SJS/TEN as in the table of codes.
RASHES = frozenset(("271807003", "28926001", "247441003", "768946000"))
# WHO, ICD-10 version 2019: rash, eruption due to drugs, erythema multiforme with SJS/TEN, other erythema.
RASH_ICD = ("R21", "L27.0", "L27.1", "L51", "L53")
RASH_WORDS = ("rash", "exanthem", "eruption", "éruption", "発疹", "皮疹", "薬疹", "药疹", "藥疹")
_OVER = frozenset(("inactive", "remission", "resolved"))
_UNTRUE = frozenset(("refuted", "entered-in-error"))
_NOT_TAKEN = frozenset(("entered-in-error", "cancelled", "draft", "not-taken", "unknown"))
_WORDS, _LONGEST = 12, 5  # words of a name that are looked at, and words of the longest name in the table
_RECENT = 90  # days; older rashes are another story
_AHEAD = 1  # days: where the record was written it may be tomorrow already


@dataclass(frozen=True)
class Rash:
    """A rash of the patient.

    Attributes:
        began: its first day; None where the record does not say.
    """

    began: date | None


@dataclass(frozen=True)
class Taken:
    """A drug of the table that the patient takes or took.

    Attributes:
        drug: its row.
        began: first day of intake; None where the record does not say.
    """

    drug: Drug
    began: date | None


@dataclass(frozen=True)
class Screened:
    """What an earlier screening of photos said.

    Attributes:
        day: of it.
        probability: of the model.
        threshold: operating point on that; None where it is not told.
        reached: it is at or above.
        made_for: share of such patients that the probability was made for.
        here: probability at another share of them, ``prevalence``, where both are told.
        rendered: the model was trained on rendered images.
    """

    day: date | None
    probability: float
    threshold: float | None
    reached: bool
    made_for: float | None
    here: float | None
    prevalence: float | None
    rendered: bool


def rashes(conditions: Iterator[Mapping[str, Any]], today: date) -> tuple[Rash, ...]:
    """Rashes that are there now, or began lately."""
    found = []
    for one in conditions:
        if _status(one.get("clinicalStatus")) & _OVER or _status(one.get("verificationStatus")) & _UNTRUE:
            continue
        if not _is_rash(one.get("code")):
            continue
        began = day(one.get("onsetDateTime") or _start(one.get("onsetPeriod")) or one.get("recordedDate"))
        if began is None or -_AHEAD <= (today - began).days <= _RECENT:
            found.append(Rash(began))
    return tuple(found)


def taken(requests: Iterator[Mapping[str, Any]]) -> tuple[Taken, ...]:
    """Drugs of the table among orders and statements; each with its first day."""
    first: dict[str, Taken] = {}
    for one in requests:
        if str(one.get("status")) in _NOT_TAKEN or one.get("doNotPerform") is True:
            continue
        drug = drug_of(one)
        if drug is None:
            continue
        now = Taken(drug, _began(one))
        known = first.get(drug.inn)
        if known is None or (now.began and (known.began is None or now.began < known.began)):
            first[drug.inn] = now
    return tuple(first.values())


def drug_of(one: Mapping[str, Any]) -> Drug | None:
    """The row of the table for what an order is of, by ATC code or by name; never by likeness."""
    said = one.get("medicationCodeableConcept") or mapping(one.get("medication")).get("concept")
    concept = mapping(said or _contained(one).get("code"))
    codes, known = _by_code(), _by_name()
    names = [concept.get("text")]
    for code in mappings(concept.get("coding")):
        if code.get("system") == ATC and isinstance(code.get("code"), str) and code["code"] in codes:
            return codes[code["code"]]
        names.append(code.get("display"))
    for name in names:
        if isinstance(name, str):
            for part in _parts(name):
                if part in known:
                    return known[part]
    return None


@cache
def _by_code() -> dict[str, Drug]:
    return {drug.atc: drug for drug in table() if drug.atc}


@cache
def _by_name() -> dict[str, Drug]:
    return {fold(name): drug for drug in table() for name in (drug.inn, *drug.names)}


def _parts(name: str) -> Iterator[str]:
    """Runs of words of a name, the longest first: strength and form stand around the drug's own name."""
    words = [_folded(word) for word in name[:300].split()[:_WORDS]]  # spaces fold to nothing
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            yield "".join(words[start : start + length])


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    return fold(word)


def screened(observations: Iterator[Mapping[str, Any]]) -> Screened | None:
    """The latest screening by cutis among Observations."""
    found = [one for one in map(_screening, observations) if one is not None]
    return max(found, key=lambda one: one.day or date.min, default=None)


def _screening(one: Mapping[str, Any]) -> Screened | None:
    if code_in(mapping(one.get("code")), PART) != "patient-answer":
        return None
    if one.get("status") in ("entered-in-error", "cancelled"):
        return None
    probability = _share(one)
    if probability is None:
        return None
    parts = {
        code_in(mapping(part.get("code")), PART): _share(part) for part in mappings(one.get("component"))
    }
    marks = [code for item in mappings(one.get("interpretation")) for code in mappings(item.get("coding"))]
    notes = " ".join(str(note.get("text", "")) for note in mappings(one.get("note")))
    return Screened(
        day=day(one.get("effectiveDateTime") or one.get("issued")),
        probability=probability,
        threshold=parts.get("threshold"),
        reached=any(mark.get("code") == "POS" for mark in marks),
        made_for=parts.get("made-for"),
        here=parts.get("here"),
        prevalence=parts.get("prevalence"),
        rendered="rendered images" in notes,
    )


def day(said: Any) -> date | None:
    """The day of a FHIR date or dateTime; None where it is missing, or not known to the day."""
    if not isinstance(said, str) or len(said) < 10:
        return None
    try:
        return datetime.fromisoformat(said).date()
    except ValueError:
        return None


def _share(one: Mapping[str, Any]) -> float | None:
    value = mapping(one.get("valueQuantity")).get("value")
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if good and value is not None else None


def _start(period: Any) -> Any:
    return mapping(period).get("start")


def _status(concept: Any) -> frozenset[str]:
    return frozenset(str(code.get("code", "")) for code in mappings(mapping(concept).get("coding")))


def _is_rash(said: Any) -> bool:
    concept = mapping(said)
    texts = [str(concept.get("text") or "")]
    for code in mappings(concept.get("coding")):
        value, system = str(code.get("code", "")), str(code.get("system", ""))
        if system == SNOMED and value in RASHES:
            return True
        if system.startswith(ICD10) and value.startswith(RASH_ICD):
            return True
        texts.append(str(code.get("display") or ""))
    return any(word in text.casefold() for text in texts for word in RASH_WORDS)


def _began(one: Mapping[str, Any]) -> date | None:
    for dosage in mappings(one.get("dosageInstruction")):
        repeat = mapping(mapping(dosage.get("timing")).get("repeat"))
        began = day(_start(repeat.get("boundsPeriod")))
        if began:
            return began
    said = _start(one.get("effectivePeriod")) or one.get("effectiveDateTime") or one.get("authoredOn")
    return day(said)


def _contained(one: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = mapping(one.get("medicationReference") or mapping(one.get("medication")).get("reference"))
    name = str(reference.get("reference", "")).removeprefix("#")
    return next((item for item in mappings(one.get("contained")) if item.get("id") == name), {})
