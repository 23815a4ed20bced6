"""Protocols, visits, answers, consent, withdrawal, export and import, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from cutis.core.errors import ManifestError
from cutis.web.database import Photo, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import changes, consent, versions
from cutis.web.studies.answers import add_answers, answers_of
from cutis.web.studies.due import due, this_day
from cutis.web.studies.export_routes import TITLE, taken_in, zip_of
from cutis.web.studies.participants import participant_of
from cutis.web.studies.protocol import latest, protocol_of, read_protocol
from cutis.web.studies.standing import standing
from cutis.web.words import _

router = APIRouter(prefix="/api")

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
Export = Annotated[Access, needs(Permission.EXPORT_STUDY)]


class ProtocolIO(BaseModel):
    """A protocol; ``number`` is the version that counts, or the one that was changed."""

    number: int = Field(ge=0, le=1_000_000)
    document: dict[str, Any]


class TextOut(BaseModel):
    """A consent text of the version that counts."""

    id: str
    number: int
    language: str
    text: str


class TextsIn(BaseModel):
    """A new version of the consent texts: by language; ``number`` is the version that was changed."""

    number: int = Field(ge=0, le=1_000_000)
    texts: dict[str, str] = Field(max_length=10)


class VisitOut(BaseModel):
    """A visit of a participant: ``state`` is ``later``, ``due``, ``missed`` or ``done``."""

    participant: str
    visit: str
    day: date
    opens: date
    closes: date
    state: str
    views: list[str]
    questionnaires: list[str]


class AnswersIn(BaseModel):
    """A questionnaire that was filled in; the same ``key``, sent again, is the same answers."""

    visit: str = Field("", max_length=40)
    questionnaire: str = Field("", max_length=40)
    values: dict[str, Any] = Field(default_factory=dict, max_length=200)
    key: str = Field("", max_length=64)


class AnswersOut(BaseModel):
    """Answers as they are kept."""

    id: str
    visit: str
    questionnaire: str
    protocol: int
    values: dict[str, Any]
    key: str
    created: datetime


class ConsentIn(BaseModel):
    """A signature under a text: strokes of [x, y] from 0 to 1, or on paper."""

    text: str = Field("", max_length=20)
    kind: Literal["drawn", "paper"] = "drawn"
    strokes: list[list[tuple[float, float]]] = Field(default_factory=list, max_length=2000)
    clock: str = Field("", max_length=40)


class ConsentOut(BaseModel):
    """A consent."""

    id: str
    text: str
    signed: datetime


class WithdrawIn(BaseModel):
    """A withdrawal; the pseudonym is given to be sure."""

    pseudonym: str = Field(max_length=40)


class ReceiptOut(BaseModel):
    """What a withdrawal did; ``seal`` is that of its line of the audit."""

    participant: str
    action: str
    moment: datetime
    line: int
    seal: str
    photos: int
    answers: int
    analyses: int
    shared: int


class ImportOut(BaseModel):
    """What came in."""

    photos: int
    there: int
    participants: int
    answers: int


@router.get("/studies/{study}/protocol")
def protocol(held: Held, access: See) -> ProtocolIO:
    """The protocol that counts."""
    with held.database.reading() as session:
        newest = latest(session, access.study)
        document = protocol_of(session, access.study).document()
    return ProtocolIO(number=newest.number if newest else 0, document=document)


@router.post("/studies/{study}/protocol")
def save_protocol(held: Held, access: Manage, given: ProtocolIO) -> ProtocolIO:
    """A new version; 409 where ``number`` is not the version that counts."""
    checked = read_protocol(given.document)
    made = versions.save_protocol(held, access, checked, given.number)
    return ProtocolIO(number=made.number if made else given.number, document=checked.document())


@router.get("/studies/{study}/consent-texts")
def consent_texts(held: Held, access: See) -> list[TextOut]:
    """The consent text that counts, in all its languages."""
    with held.database.reading() as session:
        return [
            TextOut(id=one.id, number=one.number, language=one.language, text=one.text)
            for one in consent.texts_now(session, access.study)
        ]


@router.post("/studies/{study}/consent-texts")
def save_texts(held: Held, access: Manage, given: TextsIn) -> list[TextOut]:
    """A new version, in all its languages at once."""
    versions.save_texts(held, access, given.texts, given.number)
    return consent_texts(held, access)


@router.get("/studies/{study}/due")
def due_now(held: Held, access: See) -> list[VisitOut]:
    """Visits of the study that are due or closed, and lack something."""
    with held.database.reading() as session:
        stands = standing(session, session.get_one(Study, access.study), this_day())
    return [_visit(line.participant.id, line.visit) for line in (*stands.due, *stands.missed)]


@router.get("/studies/{study}/participants/{participant}/visits")
def visits(held: Held, access: See, participant: str) -> list[VisitOut]:
    """Every visit of a participant, as it stands today."""
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
        photos = session.scalars(select(Photo).where(Photo.participant_id == found.id)).all()
        said = answers_of(session, access.study, found.id)
        stands = due(protocol_of(session, access.study), found, photos, this_day(), said)
    return [_visit(found.id, one) for one in stands]


@router.get("/studies/{study}/participants/{participant}/answers")
def answers(held: Held, access: See, participant: str) -> list[AnswersOut]:
    """A participant's answers, the oldest first; of one who withdrew there are none."""
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
        kept = answers_of(session, access.study, found.id) if found.state != "withdrawn" else []
    return [_answers(one) for one in kept]


@router.post("/studies/{study}/participants/{participant}/answers", status_code=201)
def add(held: Held, access: Add, participant: str, given: AnswersIn) -> AnswersOut:
    """Keep a questionnaire's answers."""
    kept = add_answers(held, access, participant, given.visit, given.questionnaire, given.values, given.key)
    return _answers(kept)


@router.post("/studies/{study}/participants/{participant}/consent", status_code=201)
def sign(held: Held, access: Add, participant: str, given: ConsentIn) -> ConsentOut:
    """Keep a signature."""
    kept = consent.sign(
        held, access, participant, given.text, given.strokes, kind=given.kind, clock=given.clock
    )
    return ConsentOut(id=kept.id, text=kept.text_id, signed=kept.signed)


@router.post("/studies/{study}/participants/{participant}/complete", status_code=204)
def complete(held: Held, access: Add, participant: str) -> None:
    """Nothing is due any more."""
    changes.complete(held, access, participant)


@router.post("/studies/{study}/participants/{participant}/reopen", status_code=204)
def reopen(held: Held, access: Add, participant: str) -> None:
    """Visits are due again."""
    changes.reopen(held, access, participant)


@router.post("/studies/{study}/participants/{participant}/withdraw")
def withdraw(held: Held, access: Add, participant: str, given: WithdrawIn) -> ReceiptOut:
    """End a participant's part; the data are deleted or locked, as the protocol says."""
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
    if given.pseudonym != found.pseudonym:
        raise RefusedError(422, _("The pseudonym is not that of this participant. Nothing was changed."))
    return _receipt(consent.withdraw(held, access, participant))


@router.get("/studies/{study}/participants/{participant}/receipt")
def receipt(held: Held, access: See, participant: str) -> ReceiptOut:
    """What a withdrawal did."""
    with held.database.reading() as session:
        return _receipt(consent.receipt_of(session, access.study, participant))


@router.get("/studies/{study}/export")
def export(held: Held, access: Export, images: bool = True) -> Response:
    """The study as a zip."""
    return zip_of(held, access, images=images)


@router.post("/studies/{study}/import")
async def import_zip(held: Held, access: Manage, form: Filled) -> ImportOut:
    """Take a zip in: a form with ``zip`` (a file). All of it comes in, or nothing."""
    try:
        done = await taken_in(held, access, form)
    except ManifestError as error:
        raise RefusedError(422, "\n".join(map(str, error.problems[:100])), title=TITLE) from error
    return ImportOut(
        photos=done.photos, there=done.there, participants=done.participants, answers=done.answers
    )


def _visit(participant: str, one: Any) -> VisitOut:
    return VisitOut(
        participant=participant,
        visit=one.visit.key,
        day=one.day,
        opens=one.opens,
        closes=one.closes,
        state=one.state,
        views=list(one.views),
        questionnaires=list(one.questionnaires),
    )


def _answers(one: Any) -> AnswersOut:
    return AnswersOut(
        id=one.id,
        visit=one.visit,
        questionnaire=one.questionnaire,
        protocol=one.protocol_number,
        values=one.values,
        key=one.key,
        created=one.created,
    )


def _receipt(one: consent.Receipt) -> ReceiptOut:
    return ReceiptOut(
        participant=one.participant,
        action=one.action,
        moment=one.moment,
        line=one.line,
        seal=one.seal,
        photos=one.photos,
        answers=one.answers,
        analyses=one.analyses,
        shared=one.shared,
    )
