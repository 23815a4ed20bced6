"""Studies of readers, for programs: the twins of the pages."""

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
from cutis.web.platform import Held
from cutis.web.reading import agreement, cases, changes, reports, room
from cutis.web.reading.answering import Given
from cutis.web.reading.design import checked
from cutis.web.reading.downloads import file_of
from cutis.web.reading.found import Reading, design_of, reader_of, reader_study
from cutis.web.reading.room_routes import Place, answer_of, place_of, standing_of
from cutis.web.reading.routes import beginning
from cutis.web.reading.told import AnsweredOut, PlaceOut, RegionOut, StandingOut

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


class CaseIn(BaseModel):
    """A photo to be read; what is left out stays as it is."""

    photo: Text
    truth: Text | None = None
    training: bool | None = None


class CasesIn(BaseModel):
    """Photos to be read."""

    cases: list[CaseIn] = Field(min_length=1, max_length=cases.MOST)


class CaseOut(BaseModel):
    """A case."""

    id: str
    number: int
    photo: str | None
    truth: str
    training: bool


class ReadersIn(BaseModel):
    """Members to be made readers, by the identity of the person; none: all readers of the study."""

    users: list[Text] = Field(max_length=2000)
    adjudicator: bool = False


class CountOut(BaseModel):
    """How many there are now."""

    count: int


class ReaderOut(BaseModel):
    """A reader and how far he or she is; ``of`` is 0 for an adjudicator."""

    id: str
    pseudonym: str
    adjudicator: bool
    sees_photos: bool
    done: int
    of: int
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


class AnswerIn(BaseModel):
    """An answer; ``key`` is one's own name for it, the same when it is sent again."""

    place: int = Field(ge=1, le=100_000)
    answer: Text = ""
    confidence: int | None = None
    seconds: float = Field(ge=0, le=1e6)
    key: str = Field(min_length=8, max_length=64)
    regions: list[RegionOut] = Field(default_factory=list, max_length=100)


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
    with held.database.reading() as session:
        return _out(reader_study(session, access.study, reading), whole=True)


@router.post("/studies/{study}/readings/{reading}/design")
def design(held: Held, access: Manage, reading: Reading, given: DesignIn) -> ReadingStudyOut:
    """Another design of a draft."""
    changes.redesign(held, access, reading, given.title.strip(), checked(given.design))
    with held.database.reading() as session:
        return _out(reader_study(session, access.study, reading), whole=True)


@router.get("/studies/{study}/readings/{reading}/cases")
def list_cases(held: Held, access: Manage, reading: Reading) -> list[CaseOut]:
    """The cases, by number."""
    with held.database.reading() as session:
        found = cases.cases_of(session, reader_study(session, access.study, reading))
        return [
            CaseOut(id=one.id, number=one.number, photo=one.photo_id, truth=one.truth, training=one.training)
            for one in found
        ]


@router.get("/studies/{study}/readings/{reading}/cases.csv")
def cases_table(held: Held, access: Manage, reading: Reading) -> Response:
    """All photos of the study as a table, to be filled in."""
    with held.database.reading() as session:
        text = cases.table_to_fill_in(session, reader_study(session, access.study, reading))
    return Response(text, media_type="text/csv")


@router.post("/studies/{study}/readings/{reading}/cases")
def put_cases(held: Held, access: Manage, reading: Reading, given: CasesIn) -> CountOut:
    """Add cases to a draft, or change those that are there."""
    asked = [cases.Asked(one.photo, one.truth, one.training) for one in given.cases]
    return CountOut(count=cases.put(held, access, reading, asked))


@router.post("/studies/{study}/readings/{reading}/cases/{case}/drop", status_code=204)
def drop_case(held: Held, access: Manage, reading: Reading, case: str) -> None:
    """Take a case out of a draft."""
    cases.drop(held, access, reading, case)


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
    with held.database.reading() as session:
        return _out(reader_study(session, access.study, reading), whole=True)


@router.post("/studies/{study}/readings/{reading}/close")
def close(held: Held, access: Manage, reading: Reading) -> ReadingStudyOut:
    """End the reading."""
    changes.close(held, access, reading)
    with held.database.reading() as session:
        return _out(reader_study(session, access.study, reading), whole=True)


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


@router.get("/studies/{study}/readings/{reading}/standing")
def standing(held: Held, access: Read, reading: Reading) -> StandingOut:
    """Where I stand."""
    return standing_of(held, access, reading)


@router.get("/studies/{study}/readings/{reading}/places/{place}")
def place(held: Held, access: Read, reading: Reading, place: Place) -> PlaceOut:
    """A case of mine."""
    return place_of(held, access, reading, place)


@router.get("/studies/{study}/readings/{reading}/places/{place}/photo")
def place_photo(held: Held, access: Read, reading: Reading, place: Place) -> Response:
    """Its pixels."""
    return room.photo(held, access, reading, place)


@router.post("/studies/{study}/readings/{reading}/answers", status_code=201)
def answer(response: Response, held: Held, access: Read, reading: Reading, given: AnswerIn) -> AnsweredOut:
    """Keep an answer; 200 for one that was kept before."""
    with held.database.reading() as session:  # who is no reader is told so before anything else
        reader_of(session, reader_study(session, access.study, reading), access.user)
    regions = [one.model_dump() for one in given.regions]
    told = answer_of(
        held,
        access,
        reading,
        Given(given.place, given.answer, given.confidence, given.seconds, given.key, regions),
    )
    response.status_code = 201 if told.new else 200
    return told


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
