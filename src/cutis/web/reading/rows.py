"""What readers said, each answer with all that it is about: what every table is written from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Photo, Reader, ReaderStudy, Reading, ReadingCase


@dataclass(frozen=True)
class Row:
    """An answer with all that it is about.

    Attributes:
        number: of the case.
        photo: identity; the case's own where it was withdrawn.
        patient: pseudonym of the participant; the photo where that was withdrawn.
        stands: no other answer corrects it.
    """

    reader: Reader
    number: int
    photo: str
    patient: str
    case: ReadingCase
    reading: Reading
    stands: bool


def rows_of(session: Session, reading: ReaderStudy) -> list[Row]:
    """Every answer, by reader, place and time."""
    readers = {
        one.id: one for one in session.scalars(select(Reader).where(Reader.reader_study_id == reading.id))
    }
    cases = {
        case.id: (case, pseudonym)
        for case, pseudonym in session.execute(
            select(ReadingCase, Participant.pseudonym)
            .outerjoin(Photo, Photo.id == ReadingCase.photo_id)
            .outerjoin(Participant, Participant.id == Photo.participant_id)
            .where(ReadingCase.reader_study_id == reading.id)
        )
    }
    found = session.scalars(select(Reading).where(Reading.reader_study_id == reading.id)).all()
    corrected = {row.corrects for row in found}
    rows = [
        _joined(readers[row.reader_id], *cases[row.case_id], row, row.id not in corrected) for row in found
    ]
    return sorted(
        rows,
        key=lambda row: (row.reader.adjudicator, row.reader.number, row.reading.place, row.reading.created),
    )


def _joined(reader: Reader, case: ReadingCase, pseudonym: str | None, row: Reading, stands: bool) -> Row:
    photo = case.photo_id or case.id
    return Row(reader, case.number, photo, pseudonym or photo, case, row, stands)


def standing(rows: Iterable[Row], *, adjudicators: bool = False) -> list[Row]:
    """The answers that count: not of training, not corrected, of photos that are there."""
    return [
        row
        for row in rows
        if row.stands
        and row.reading.session > 0
        and row.reading.answer
        and row.case.photo_id
        and row.reader.adjudicator == adjudicators
    ]
