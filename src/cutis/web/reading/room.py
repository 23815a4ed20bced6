"""Where a reader stands, and what a reader sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import CaseShown, Participant, Photo, Reader, ReaderStudy, Reading, ReadingCase
from cutis.web.database.participant import WITHDRAWN
from cutis.web.database.row import now
from cutis.web.database.within import EVERYWHERE
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading.adjudication import next_case
from cutis.web.reading.design import Design
from cutis.web.reading.found import OPEN, design_of, reader_of, reader_study
from cutis.web.words import _

AHEAD = 2  # places that may be fetched before the one before them is answered


@dataclass(frozen=True)
class Standing:
    """Where a reader stands.

    Attributes:
        state: ``reading``, ``pause`` (until `opens`), ``waiting`` (an adjudicator without a case),
            ``done``, or ``closed``.
        place: of the next case; 1, 2, 3, ...
        of: places there are; 0 where that is not known.
    """

    state: str
    place: int
    of: int
    opens: datetime | None = None


@dataclass(frozen=True)
class Shown:
    """A case as a reader sees it.

    Attributes:
        hidden: why there is no photo: ``withdrawn``, or ``site`` where it is of one that the reader does not
            see; empty where there is a photo.
    """

    place: int
    case: ReadingCase
    photo: Photo | None
    helped: bool
    session: int
    answered: Reading | None = None
    hidden: str = ""


def standing(session: Session, reading: ReaderStudy, reader: Reader) -> Standing:
    """Where a reader stands: one indexed look-up at most."""
    place = reader.done + 1
    if reading.state != OPEN:
        return Standing("closed", place, len(reader.order))
    if reader.adjudicator:
        found = next_case(session, reading, design_of(reading), reader)
        return Standing("reading" if found else "waiting", place, 0)
    if place > len(reader.order):
        return Standing("done", place, len(reader.order))
    opens = _opens(session, reading, reader, place)
    if opens is not None and opens > now():
        return Standing("pause", place, len(reader.order), opens)
    return Standing("reading", place, len(reader.order))


def _opens(session: Session, reading: ReaderStudy, reader: Reader, place: int) -> datetime | None:
    """When the second session begins, if the place is of it."""
    days = int(reading.design["washout_days"])
    if not days or reader.order[place - 1][2] != 2:
        return None
    last = max(n for n, (_number, _helped, part) in enumerate(reader.order, 1) if part != 2)
    if reader.done < last:
        return now() + timedelta(days=days)
    ended = session.scalar(
        select(Reading.created).where(
            Reading.reader_id == reader.id, Reading.place == last, Reading.corrects.is_(None)
        )
    )
    return ended + timedelta(days=days) if ended else None


def shown(session: Session, reading: ReaderStudy, reader: Reader, place: int) -> Shown:
    """The case of a place.

    Raises:
        RefusedError: it is not the reader's turn to see it.
    """
    if reading.state != OPEN:
        raise RefusedError(409, _("The reading is not open."), title=_("Not possible now"))
    design = design_of(reading)
    _check_turn(session, design, reading, reader, place)
    if reader.adjudicator:
        found = _adjudicated(session, reading, design, reader, place)
        helped, part = 0, 1
    else:
        number, helped, part = reader.order[place - 1]
        found = session.scalar(
            select(ReadingCase).where(ReadingCase.reader_study_id == reading.id, ReadingCase.number == number)
        )
    if found is None:
        raise RefusedError(404)
    answered = _head(session, reader, place) if place <= reader.done else None
    photo = _photo(session, found)
    hidden = "" if photo else _why_hidden(session, found)
    return Shown(place, found, photo, bool(helped), part, answered, hidden)


def _check_turn(session: Session, design: Design, reading: ReaderStudy, reader: Reader, place: int) -> None:
    """Refuse a place of another turn."""
    if place < 1 or (not reader.adjudicator and place > len(reader.order)):
        raise RefusedError(404)
    if place > reader.done + 1 + (0 if reader.adjudicator else AHEAD):
        raise RefusedError(409, _("The cases before it come first."), title=_("Not possible now"))
    if place <= reader.done and not may_go_back(design, reader, place, reader.done):
        raise RefusedError(409, _("This case is answered."), title=_("Not possible now"))
    if not reader.adjudicator and (opens := _opens(session, reading, reader, place)) and opens > now():
        raise RefusedError(409, _("The second session is not open yet."), title=_("Not possible now"))


def may_go_back(design: Design, reader: Reader, place: int, done: int) -> bool:
    """An answered case may be looked at and answered anew: where the design allows it, within the session.

    Never in training, whose truth was told, nor where the same case came again at once with help.

    Args:
        done: the last place that is answered, or will be when this is asked of a case that was fetched ahead.
    """
    if not design.back or design.help == "sequential" or not 1 <= place <= done:
        return False
    if reader.adjudicator:
        return True
    part = reader.order[place - 1][2]
    return part != 0 and part == reader.order[min(done, len(reader.order) - 1)][2]


def _adjudicated(
    session: Session, reading: ReaderStudy, design: Design, reader: Reader, place: int
) -> ReadingCase | None:
    pinned = session.get(CaseShown, (reader.id, place))
    if pinned is not None:
        return session.get(ReadingCase, pinned.case_id)
    return next_case(session, reading, design, reader)


def _photo(session: Session, case: ReadingCase) -> Photo | None:
    """The photo, unless its participant withdrew, or is of a site that whoever asks does not see."""
    if case.photo_id is None:
        return None
    return session.scalar(
        select(Photo)
        .join(Participant, Participant.id == Photo.participant_id)
        .where(Photo.id == case.photo_id, Participant.state != WITHDRAWN)
    )


def _why_hidden(session: Session, case: ReadingCase) -> str:
    chosen = select(Participant.state).join(Photo, Photo.participant_id == Participant.id)
    state = session.scalar(chosen.where(Photo.id == case.photo_id), execution_options=EVERYWHERE)
    return "withdrawn" if state in (None, WITHDRAWN) else "site"


def photo(held: Platform, access: Access, reading: str, place: int) -> Response:
    """The pixels of a case, with the line in the audit that they were seen; nothing says whose.

    Raises:
        RefusedError: it is not the reader's turn to see it, the photo was withdrawn, or is of another site.
    """
    with held.database.writing() as session:
        found = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        seen = shown(session, found, reader, place)
        if seen.photo is None:
            raise _hidden(seen.hidden)
        held.audit.add(
            session,
            "case.seen",
            who=access.user,
            study=access.study,
            subject=seen.case.id,
            reading=found.id,
            photo=seen.photo.id,
            place=place,
            helped=seen.helped,
        )
        if session.get(CaseShown, (reader.id, place)) is None:
            session.add(CaseShown(reader_id=reader.id, place=place, case_id=seen.case.id))
        digest, kind = seen.photo.digest, seen.photo.kind
    file = held.store.photo(digest, kind)
    if not file.is_file():
        raise RefusedError(
            500, _("The file of this photo is missing. Tell the administrator to restore the backup.")
        )
    headers = {
        "content-disposition": f'inline; filename="case.{kind}"',
        "cache-control": "private, no-store",
    }
    media = "image/png" if kind == "png" else "image/jpeg"
    answer = FileResponse(file, media_type=media, headers=headers, stat_result=file.stat())
    del answer.headers["last-modified"], answer.headers["etag"]  # when it came is not theirs to know
    return answer


def _hidden(why: str) -> RefusedError:
    if why == "site":
        words = _("The photo is of a site that you do not see. Ask an investigator to change your sites.")
        return RefusedError(403, words, title=_("Of another site"))
    return RefusedError(410, _("The photo was withdrawn."), title=_("Withdrawn"))


def _head(session: Session, reader: Reader, place: int) -> Reading | None:
    """The answer of a place that stands: the one that no other corrects."""
    rows = session.scalars(
        select(Reading).where(Reading.reader_id == reader.id, Reading.place == place)
    ).all()
    corrected = {one.corrects for one in rows}
    return next((one for one in rows if one.id not in corrected), None)
