"""Which visits of a participant are due, and what they still lack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from cutis.web.database import Answers, Participant, Photo
from cutis.web.database.participant import ENROLLED
from cutis.web.studies.protocol import Protocol, Visit

State = Literal["later", "due", "missed", "done"]


@dataclass(frozen=True)
class DueVisit:
    """A visit of a participant.

    Attributes:
        day: on which it should be.
        opens, closes: the first and the last day on which it may be.
        views: keys of needed views of which there is no photo, in the protocol's order.
        questionnaires: keys of those not answered.
        state: ``done`` lacks nothing; else ``later`` before it opens, ``due`` while it may be, ``missed``
            after.
    """

    visit: Visit
    day: date
    opens: date
    closes: date
    views: tuple[str, ...]
    questionnaires: tuple[str, ...]
    state: State

    @property
    def lacks(self) -> bool:
        """Something is missing."""
        return bool(self.views or self.questionnaires)


def this_day() -> date:
    """Today where the server is: visits are of days, and days of places."""
    return datetime.now().astimezone().date()


def due(
    protocol: Protocol,
    participant: Participant,
    photos: Iterable[Photo],
    today: date,
    answers: Iterable[Answers] = (),
) -> list[DueVisit]:
    """Every visit of the protocol, as it stands for one participant; none after withdrawal or completion.

    Args:
        protocol: of the study.
        participant: whose visits they are.
        photos: of this participant.
        today: a day where the server is.
        answers: of this participant.
    """
    if participant.state != ENROLLED:
        return []
    seen = {(one.visit, one.view) for one in photos if one.participant_id == participant.id}
    said = {(one.visit, one.questionnaire) for one in answers if one.participant_id == participant.id}
    return [stands(protocol, visit, participant.first_day, today, seen, said) for visit in protocol.visits]


def days(visit: Visit, first: date) -> tuple[date, date, date]:
    """The first day, the day and the last day of a visit, counted from a participant's first."""
    day = _later(first, visit.day)
    return _later(day, -visit.before), day, _later(day, visit.after)


def _later(day: date, count: int) -> date:
    """So many days later, or earlier; at the calendar's ends the last day that there is."""
    try:
        return day + timedelta(days=count)
    except OverflowError:  # a study with one participant of the year 9999 can still be looked at
        return date.max if count > 0 else date.min


def stands(
    protocol: Protocol,
    visit: Visit,
    first: date,
    today: date,
    seen: set[tuple[str | None, str | None]],
    said: set[tuple[str, str]],
) -> DueVisit:
    """One visit as it stands.

    Args:
        protocol: of the study.
        visit: one of its visits.
        first: the day from which visits are counted.
        today: the day.
        seen: visit and view of the participant's photos.
        said: visit and questionnaire of the participant's answers.
    """
    opens, day, closes = days(visit, first)
    needed = {view.key for view in protocol.views if view.needed}
    views = tuple(key for key in visit.views if key in needed and (visit.key, key) not in seen)
    questionnaires = tuple(key for key in visit.questionnaires if (visit.key, key) not in said)
    state: State = "due"
    if not views and not questionnaires:
        state = "done" if visit.views or visit.questionnaires or today >= opens else "later"
    elif today < opens:
        state = "later"
    elif today > closes:
        state = "missed"
    return DueVisit(visit, day, opens, closes, views, questionnaires, state)
