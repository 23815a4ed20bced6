"""Studies of readers, for the programs of who makes and follows them: the twins of the pages."""

from __future__ import annotations

from datetime import datetime
from math import isnan
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from cutis.web.database import Reader, ReaderStudy
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.reading import agreement, changes, reports
from cutis.web.reading.cases_api import CountOut
from cutis.web.reading.design import checked
from cutis.web.reading.downloads import file_of
from cutis.web.reading.found import Reading, design_of, reader_study
from cutis.web.reading.routes import beginning

router = APIRouter(prefix="/api")

Read = Annotated[Access, needs(Permission.READ_CASES)]
Manage = Annotated[Access, needs(Permission.MANAGE_READINGS)]
Text = Annotated[str, Field(max_length=40)]


class ReadingStudyOut(BaseModel):
    """A study of readers; ``design`` only for who manages it."""

    id: str
    title: str
    state: str
    digest: str
    created: datetime
    design: dict[str, Any] | None = None


class NewReadingIn(BaseModel):
    """A study of readers to make: with a design, or beginning as ``measure``, ``rate``, ``measure:TASK``."""

    title: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    begin: str = Field("measure", max_length=60)
    design: dict[str, Any] | None = None


class DesignIn(BaseModel):
    """Another design of a draft, whole."""

    title: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    design: dict[str, Any]


class ReadersIn(BaseModel):
    """Members to be made readers, by the identity of the person; none: all readers of the study."""

    users: list[Text] = Field(max_length=2000)
    adjudicator: bool = False


class ReaderOut(BaseModel):
    """A reader and how far he or she is; ``of`` is 0 for an adjudicator, ``unseen`` are of other sites."""

    id: str
    pseudonym: str
    adjudicator: bool
    sees_photos: bool
    done: int
    of: int
    unseen: int
    seconds: float | None


class AgreementOut(BaseModel):
    """A figure of agreement; ``arm`` is empty where there is one."""

    arm: str
    figure: str
    cases: int
    value: float
    low: float | None
    high: float | None


class ProgressOut(BaseModel):
    """How a study of readers goes; accuracy is in none of it."""

    state: str
    lacking: list[str]
    readers: list[ReaderOut]
    agreement: list[AgreementOut]
    disagreed: int
    settled: int


class ReportOut(BaseModel):
    """The reports: ``making``, ``done``, ``failed``, or ``none``."""

    state: str
    said: str
    files: list[str]


@router.get("/studies/{study}/readings")
def readings(held: Held, access: Read) -> list[ReadingStudyOut]:
    """Studies of readers: all of them for who manages them, else one's own."""
    with held.database.reading() as session:
        chosen = select(ReaderStudy).where(ReaderStudy.study_id == access.study)
        if not access.may(Permission.MANAGE_READINGS):
            own = select(Reader.reader_study_id).where(Reader.user_id == access.user)
            chosen = chosen.where(ReaderStudy.id.in_(own), ReaderStudy.state != "draft")
        found = session.scalars(chosen.order_by(ReaderStudy.created.desc()))
        return [_out(one, whole=False) for one in found]


@router.post("/studies/{study}/readings", status_code=201)
def make(held: Held, access: Manage, given: NewReadingIn) -> ReadingStudyOut:
    """A new study of readers."""
    design = checked(given.design) if given.design is not None else beginning(given.begin)
    return _out(changes.make(held, access, given.title.strip(), design), whole=True)


@router.get("/studies/{study}/readings/{reading}")
def reading(held: Held, access: Manage, reading: Reading) -> ReadingStudyOut:
    """A study of readers with its design."""
    return _whole(held, access, reading)


@router.post("/studies/{study}/readings/{reading}/design")
def design(held: Held, access: Manage, reading: Reading, given: DesignIn) -> ReadingStudyOut:
    """Another design of a draft."""
    changes.redesign(held, access, reading, given.title.strip(), checked(given.design))
    return _whole(held, access, reading)


@router.post("/studies/{study}/readings/{reading}/readers")
def add_readers(held: Held, access: Manage, reading: Reading, given: ReadersIn) -> CountOut:
    """Make members readers; the count is of those who came anew."""
    count = changes.add_readers(held, access, reading, given.users, adjudicator=given.adjudicator)
    return CountOut(count=count)


@router.post("/studies/{study}/readings/{reading}/readers/{reader}/remove", status_code=204)
def remove_reader(held: Held, access: Manage, reading: Reading, reader: str) -> None:
    """Take a reader out of a draft."""
    changes.remove_reader(held, access, reading, reader)


@router.post("/studies/{study}/readings/{reading}/open")
def open_(held: Held, access: Manage, reading: Reading) -> ReadingStudyOut:
    """Freeze the design, and let the readers in."""
    changes.open_(held, access, reading)
    return _whole(held, access, reading)


@router.post("/studies/{study}/readings/{reading}/close")
def close(held: Held, access: Manage, reading: Reading) -> ReadingStudyOut:
    """End the reading."""
    changes.close(held, access, reading)
    return _whole(held, access, reading)


@router.get("/studies/{study}/readings/{reading}/progress")
def progress(held: Held, access: Manage, reading: Reading) -> ProgressOut:
    """How it goes."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        queue = agreement.queue(session, found)
        return ProgressOut(
            state=found.state,
            lacking=changes.lacking(session, found) if found.state == "draft" else [],
            readers=[
                ReaderOut(
                    id=one.reader.id,
                    pseudonym=one.reader.pseudonym,
                    adjudicator=one.reader.adjudicator,
                    sees_photos=one.reader.sees_photos,
                    done=one.reader.done,
                    of=one.of,
                    unseen=one.unseen,
                    seconds=one.seconds,
                )
                for one in agreement.progress(session, found)
            ],
            agreement=[
                AgreementOut(
                    arm=one.arm,
                    figure=one.figure,
                    cases=one.cases,
                    value=one.estimate.value,
                    low=_number(one.estimate.low),
                    high=_number(one.estimate.high),
                )
                for one in agreement.agreement(session, found)
            ],
            disagreed=queue.cases,
            settled=queue.settled,
        )


@router.post("/studies/{study}/readings/{reading}/report", status_code=202)
def make_report(held: Held, access: Manage, reading: Reading) -> ReportOut:
    """Make the reports; ask for them at the same address."""
    made, _thread = reports.begin(held, access, reading)
    return ReportOut(state=made.state, said=made.said, files=[])


@router.get("/studies/{study}/readings/{reading}/report")
def report(held: Held, access: Manage, reading: Reading) -> ReportOut:
    """The reports."""
    with held.database.reading() as session:
        made = reports.newest(session, reader_study(session, access.study, reading))
        if made is None:
            return ReportOut(state="none", said="", files=[])
        names = [name for name, _size in reports.file_names(session, made)]
        return ReportOut(state=made.state, said=made.said, files=names)


@router.get("/studies/{study}/readings/{reading}/files/{file}")
def file(held: Held, access: Manage, reading: Reading, file: str) -> Response:
    """A table, a report, the design (``design.json``), or all tables (``tables.zip``)."""
    return file_of(held, access, reading, file)


def _whole(held: Platform, access: Access, reading: str) -> ReadingStudyOut:
    with held.database.reading() as session:
        return _out(reader_study(session, access.study, reading), whole=True)


def _out(reading: ReaderStudy, *, whole: bool) -> ReadingStudyOut:
    return ReadingStudyOut(
        id=reading.id,
        title=reading.title,
        state=reading.state,
        digest=reading.digest,
        created=reading.created,
        design=design_of(reading).model_dump(mode="json") if whole else None,
    )


def _number(value: float) -> float | None:
    return None if isnan(value) else value  # which is not JSON
