"""Cases on which readers disagree, and who settles them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, Select, cast, func, select
from sqlalchemy.orm import Session, aliased

from cutis.web.database import CaseShown, Participant, Photo, Reader, ReaderStudy, Reading, ReadingCase
from cutis.web.database.participant import WITHDRAWN
from cutis.web.reading.design import Design


def next_case(session: Session, reading: ReaderStudy, design: Design, reader: Reader) -> ReadingCase | None:
    """The case that an adjudicator settles next: the first that nobody has, if its photo is there.

    A photo of a site that the adjudicator does not see is left to the others.
    """
    pinned = session.get(CaseShown, (reader.id, reader.done + 1))
    if pinned is not None:
        return session.get(ReadingCase, pinned.case_id)
    taken = (
        select(CaseShown.case_id)
        .join(Reader, Reader.id == CaseShown.reader_id)
        .where(Reader.reader_study_id == reading.id, Reader.adjudicator)
    )
    chosen = (
        select(ReadingCase)
        .join(Photo, Photo.id == ReadingCase.photo_id)
        .join(Participant, Participant.id == Photo.participant_id)
        .where(ReadingCase.id.in_(_disagreed(reading, design)), ReadingCase.id.not_in(taken))
        .where(Participant.state != WITHDRAWN)
        .order_by(ReadingCase.number)
        .limit(1)
    )
    return None if design.disagreement == "none" else session.scalar(chosen)


def disagreed(session: Session, reading: ReaderStudy, design: Design) -> Sequence[str]:
    """Identities of the cases on which readers disagree, settled or not."""
    return [] if design.disagreement == "none" else session.scalars(_disagreed(reading, design)).all()


def answers_of(session: Session, case: ReadingCase) -> dict[str, int]:
    """How often each answer was given to a case by readers."""
    chosen = (
        select(Reading.answer, func.count(Reading.id))
        .join(Reader, Reader.id == Reading.reader_id)
        .where(Reading.case_id == case.id, ~Reader.adjudicator, _stands(), Reading.answer != "")
        .group_by(Reading.answer)
    )
    return dict(session.execute(chosen).all())


def _disagreed(reading: ReaderStudy, design: Design) -> Select[str]:
    answers = (
        select(Reading.case_id)
        .join(Reader, Reader.id == Reading.reader_id)
        .where(
            Reading.reader_study_id == reading.id,
            ~Reader.adjudicator,
            Reading.session > 0,
            Reading.answer != "",
            _stands(),
        )
        .group_by(Reading.case_id)
    )
    if design.disagreement == "apart":
        grade = cast(Reading.answer, Integer)
        return answers.having(func.max(grade) - func.min(grade) > 1)
    return answers.having(func.count(func.distinct(Reading.answer)) > 1)


def _stands() -> ColumnElement[bool]:
    """No other answer corrects it."""
    later = aliased(Reading)
    return ~select(later.id).where(later.corrects == Reading.id).exists()
