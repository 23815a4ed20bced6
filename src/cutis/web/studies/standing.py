"""How a study stands today: what is due, what is missing, how it grew, how good its photos are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Answers, Consent, Participant, Photo, Site, Study
from cutis.web.database.participant import COMPLETED, ENROLLED, WITHDRAWN
from cutis.web.studies.consent import texts_now
from cutis.web.studies.due import DueVisit, days, stands
from cutis.web.studies.protocol import Protocol, View, Visit, protocol_of

SHOWN = 40  # lines of a list on the overview


@dataclass(frozen=True)
class Line:
    """A visit of a participant that lacks something."""

    participant: Participant
    site: str
    visit: DueVisit
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """How many of the participants whose visit was due have a view."""

    visit: Visit
    view: View
    there: int
    asked: int


@dataclass(frozen=True)
class Standing:
    """How a study stands.

    Attributes:
        due: visits that may be now and lack something, those that close first before others.
        missed: visits that closed and lack something, the latest first.
        unsigned: participants who have not signed the consent text that counts.
        counts: participants by state.
        arms: participants by arm.
        growth: day and number of participants from then on.
        cells: photos that are there, by visit and view.
    """

    protocol: Protocol
    due: list[Line]
    missed: list[Line]
    unsigned: list[Participant]
    counts: Counter[str]
    arms: Counter[str]
    growth: list[tuple[date, int]]
    cells: list[Cell]


def standing(session: Session, study: Study, today: date) -> Standing:
    """How a study stands on a day."""
    protocol = protocol_of(session, study)
    people = session.scalars(
        select(Participant).where(Participant.study_id == study.id).order_by(Participant.pseudonym)
    ).all()
    sites = {one.id: one.name for one in session.scalars(select(Site).where(Site.study_id == study.id))}
    seen, said = _done(session, study.id)
    names = names_of(protocol)
    due, missed = list[Line](), list[Line]()
    there, asked = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in people:
        if one.state == WITHDRAWN:
            continue
        for visit in protocol.visits:
            if today >= days(visit, one.first_day)[0]:
                asked.update((visit.key, view) for view in visit.views)
                there.update((visit.key, view) for view in visit.views if (visit.key, view) in seen[one.id])
        if one.state != ENROLLED:
            continue
        for found in (
            stands(protocol, v, one.first_day, today, seen[one.id], said[one.id]) for v in protocol.visits
        ):
            if found.state in ("due", "missed"):
                lacks = tuple(names[key] for key in (*found.views, *found.questionnaires))
                line = Line(one, sites.get(one.site_id or "", ""), found, lacks)
                (due if found.state == "due" else missed).append(line)
    due.sort(key=lambda line: line.visit.closes)
    missed.sort(key=lambda line: line.visit.closes, reverse=True)
    return Standing(
        protocol,
        due,
        missed,
        _unsigned(session, study, people),
        Counter(one.state for one in people),
        Counter(one.arm for one in people if one.arm),
        _growth(people, today),
        [
            Cell(visit, view, there[visit.key, view.key], asked[visit.key, view.key])
            for visit in protocol.visits
            for view in protocol.views
            if view.key in visit.views
        ],
    )


def names_of(protocol: Protocol) -> dict[str, str]:
    """Names of views and questionnaires by their key."""
    views = {one.key: one.name for one in protocol.views}
    return {**{one.key: one.title for one in protocol.questionnaires}, **views}


def _done(
    session: Session, study: str
) -> tuple[dict[str, set[tuple[str | None, str | None]]], dict[str, set[tuple[str, str]]]]:
    """Visits with their views, and with their questionnaires, by participant."""
    seen, said = (
        defaultdict[str, set[tuple[str | None, str | None]]](set),
        defaultdict[str, set[tuple[str, str]]](set),
    )
    photos = select(Photo.participant_id, Photo.visit, Photo.view).where(
        Photo.study_id == study, Photo.visit.is_not(None)
    )
    for person, visit, view in session.execute(photos.distinct()):
        seen[person].add((visit, view))
    answers = select(Answers.participant_id, Answers.visit, Answers.questionnaire).where(
        Answers.study_id == study
    )
    for person, place, questionnaire in session.execute(answers.distinct()):
        said[person].add((place, questionnaire))
    return seen, said


def _unsigned(session: Session, study: Study, people: Iterable[Participant]) -> list[Participant]:
    texts = [one.id for one in texts_now(session, study)]
    if not texts:
        return []
    signed = set(
        session.scalars(
            select(Consent.participant_id).where(Consent.text_id.in_(texts), Consent.withdrawn.is_(None))
        )
    )
    return [one for one in people if one.state == ENROLLED and one.id not in signed]


def _growth(people: Sequence[Participant], today: date) -> list[tuple[date, int]]:
    by_day = Counter(one.first_day for one in people)
    grown, number = list[tuple[date, int]](), 0
    for day in sorted(by_day):
        number += by_day[day]
        grown.append((day, number))
    if grown and grown[-1][0] < today:
        grown.append((today, number))
    return grown


def months(first: date, last: date) -> list[date]:
    """The first days of months between two days, at most seven of them."""
    numbers = range(12 * first.year + first.month - 1, 12 * last.year + last.month)
    found = [day for one in numbers if (day := date(one // 12, one % 12 + 1, 1)) >= first]
    return found[:: -(-len(found) // 7) or 1]


STATES = (ENROLLED, COMPLETED, WITHDRAWN)
