"""Keep facts beside an answer, and find them again: only ever added to, each with who and when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.clinical.facts import Facts
from cutis.clinical.flags import flags, urgency
from cutis.clinical.record import from_dict, to_dict
from cutis.web.analyse.facts.fields import TASKS
from cutis.web.database import Analysis, ClinicalFacts, Photo, User
from cutis.web.database.analysis import DONE
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.photos.access import photo_of
from cutis.web.platform import Platform
from cutis.web.words import _


@dataclass(frozen=True, eq=False)
class Entry:
    """Facts that somebody entered.

    Attributes:
        row: as it is kept.
        facts: of it.
        who: name of the person.
    """

    row: ClinicalFacts
    facts: Facts
    who: str


def takes_facts(row: Analysis) -> bool:
    """It is an answer beside which clinical facts are asked."""
    said = row.result or {}
    return row.state == DONE and said.get("task") in TASKS and "rule" in said


def answered(session: Session, study: str, photo: str, analysis: str) -> tuple[Photo, Analysis]:
    """An answer beside which clinical facts are asked.

    Raises:
        RefusedError: there is none of that name, or none are asked beside it.
    """
    found = photo_of(session, study, photo)
    row = session.scalar(select(Analysis).where(Analysis.id == analysis, Analysis.photo_id == found.id))
    if row is None:
        raise RefusedError(404)
    if not takes_facts(row):
        raise RefusedError(
            409,
            _("Clinical facts are asked beside the answer of a model for drug reactions, once it is there."),
        )
    return found, row


def entries_of(session: Session, analysis: str) -> list[Entry]:
    """What was entered beside an answer, the newest first."""
    return _entries(session, ClinicalFacts.analysis_id == analysis)


def newest_of_photo(session: Session, photo: str) -> Entry | None:
    """What was entered last beside any answer for a photo: a newer model's form begins with it."""
    return next(iter(_entries(session, ClinicalFacts.photo_id == photo)), None)


def _entries(session: Session, chosen: object) -> list[Entry]:
    rows = session.execute(
        select(ClinicalFacts, User.name)
        .join(User, User.id == ClinicalFacts.made_by)
        .where(chosen)  # type: ignore[arg-type]
        .order_by(ClinicalFacts.created.desc(), ClinicalFacts.id)
    )
    return [Entry(row, from_dict(row.facts), who) for row, who in rows]


def add_facts(held: Platform, access: Access, photo: str, analysis: str, facts: Facts) -> ClinicalFacts:
    """Keep facts; the same ones, sent again by the same person, are those that are there.

    Raises:
        RefusedError: there is no such answer, none are asked beside it, or no fact is known.
    """
    plain = to_dict(facts)
    if not plain:
        raise RefusedError(422, _("No fact is filled in. Fill in what is known."))
    with held.database.writing() as session:
        held.audit.lock(session)
        found, row = answered(session, access.study, photo, analysis)
        before = entries_of(session, row.id)
        if before and before[0].row.facts == plain and before[0].row.made_by == access.user:
            return before[0].row
        kept = ClinicalFacts(
            study_id=access.study, photo_id=found.id, analysis_id=row.id, facts=plain, made_by=access.user
        )
        session.add(kept)
        session.flush()
        held.audit.add(
            session,
            "facts.entered",
            who=access.user,
            study=access.study,
            subject=found.id,
            entry=kept.id,
            analysis=row.id,
            facts=len(plain),
            urgency=urgency(flags(facts)).name.lower(),
        )
    return kept
