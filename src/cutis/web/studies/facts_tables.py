"""Clinical facts of a study as tables: what was entered, and what published scores make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.clinical.alden import alden
from cutis.clinical.prognosis import abcd10, scorten
from cutis.clinical.record import from_dict, to_row
from cutis.clinical.regiscar import regiscar
from cutis.web.database import ClinicalFacts, Photo

FACTS = {
    "image_id": "identity of the photo beside whose answer it was entered",
    "patient_id": "pseudonym of the participant",
    "entry": "identity of what was entered together",
    "entered": "when, UTC; of several of one photo the latest counts",
    "entered_by": "identity of the person, as in the audit",
    "counts": "yes for the entry that counts",
    "fact": "name as in docs/clinical.md; what is not known has no line",
    "value": "as it was entered, with its unit",
}
SCORES = {
    "image_id": "identity of the photo",
    "patient_id": "pseudonym of the participant",
    "entry": "identity of what was entered together",
    "counts": "yes for the entry that counts",
    "score": "scorten, abcd10, regiscar or alden",
    "low": "fewest points that the facts allow",
    "high": "most points that the facts allow",
    "published": "points by the publication's own rule for unknown facts, where it has one",
    "drug": "of alden",
    "missing": "parts that are not known, joined by ;",
    "source": "the publication",
}


def facts_of(session: Session, photos: Sequence[Photo]) -> list[ClinicalFacts]:
    """What was entered beside answers for these photos, the oldest first."""
    wanted = {one.id for one in photos}
    studies = {one.study_id for one in photos}
    chosen = select(ClinicalFacts).where(ClinicalFacts.study_id.in_(studies))
    rows = session.scalars(chosen.order_by(ClinicalFacts.created, ClinicalFacts.id))
    return [one for one in rows if one.photo_id in wanted]


def facts_rows(
    entries: Sequence[ClinicalFacts], photos: Sequence[Photo], names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """One line for each fact."""
    for one, head in _heads(entries, photos, names):
        more = {"entered": one.created.isoformat(timespec="seconds"), "entered_by": one.made_by}
        for fact, value in to_row(from_dict(one.facts)).items():
            yield {**head, **more, "fact": fact, "value": value}


def score_rows(
    entries: Sequence[ClinicalFacts], photos: Sequence[Photo], names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """One line for each score."""
    for one, head in _heads(entries, photos, names):
        facts = from_dict(one.facts)
        of_drugs = zip(alden(facts), (drug.name for drug in facts.drugs), strict=True)
        patient = (scorten(facts), None), (abcd10(facts), None), (regiscar(facts), None)
        for score, drug in (*patient, *of_drugs):
            yield {
                **head,
                "score": score.name,
                "low": score.low,
                "high": score.high,
                "published": score.published,
                "drug": drug,
                "missing": ";".join(score.missing) or None,
                "source": score.source,
            }


def _heads(
    entries: Sequence[ClinicalFacts], photos: Sequence[Photo], names: Mapping[str, str]
) -> Iterable[tuple[ClinicalFacts, dict[str, Any]]]:
    whose = {one.id: names[one.participant_id] for one in photos}
    last = {one.photo_id: one.id for one in entries}
    for one in entries:
        yield (
            one,
            {
                "image_id": one.photo_id,
                "patient_id": whose[one.photo_id],
                "entry": one.id,
                "counts": "yes" if last[one.photo_id] == one.id else "no",
            },
        )
