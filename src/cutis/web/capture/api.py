"""Participants' links and a participant's phone, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cutis.web.capture import links, uploads
from cutis.web.capture.routes import told
from cutis.web.capture.stand import stand_of
from cutis.web.capture.study_routes import address_of
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import consent as consents
from cutis.web.studies.answers import add_answers
from cutis.web.studies.participants import participant_of

router = APIRouter(prefix="/api")

Anybody = Annotated[Access, needs(Permission.OPEN)]
Taking = Annotated[Access, needs(Permission.TAKE_PART)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
_PLACE = "/studies/{study}/participants/{participant}/links"


class LinkIn(BaseModel):
    """A link to make."""

    days: int = 30
    once: bool = False


class LinkOut(BaseModel):
    """A participant's link; ``address`` is there only when it is made."""

    id: str
    state: str
    once: bool
    expires: datetime
    opened: datetime | None
    address: str = ""


class OpenIn(BaseModel):
    """A link to open: its last part."""

    link: str = Field(max_length=80)
    language: str = Field("en", max_length=8)


class PhoneOut(BaseModel):
    """A token with which a program takes part for one participant."""

    token: str
    expires: datetime


class SignIn(BaseModel):
    """A signature: each stroke a list of [x, y], from 0 to 1 of the field's width and height."""

    text: str = Field(max_length=20)
    strokes: list[list[tuple[float, float]]]
    clock: str = Field("", max_length=40)


class AnswersIn(BaseModel):
    """Answers to a questionnaire."""

    visit: str = Field(max_length=40)
    questionnaire: str = Field(max_length=40)
    values: dict[str, Any]
    key: str = Field(max_length=64)


@router.get(_PLACE)
def participant_links(held: Held, access: Add, participant: str) -> list[LinkOut]:
    """The links of a participant, the newest first."""
    with held.database.reading() as session:
        participant_of(session, access.study, participant)
        return [_out(one) for one in links.links_of(session, access.study, participant)]


@router.post(_PLACE, status_code=201)
def make_link(request: Request, held: Held, access: Add, given: LinkIn, participant: str) -> LinkOut:
    """A new link for a participant; its address is shown once."""
    made, link = links.make(held, access, participant, given.days, once=given.once)
    with held.database.reading() as session:
        there = links.links_of(session, access.study, participant)
    row = next(one for one in there if one.id == made)
    return _out(row).model_copy(update={"address": address_of(request, held, link)})


@router.post(f"{_PLACE}/{{participant_link}}/end", status_code=204)
def end_link(held: Held, access: Add, participant: str, participant_link: str) -> Response:
    """End a link, and what was opened by it."""
    links.revoke(held, access, participant, participant_link)
    return Response(status_code=204)


@router.post("/take-part/sessions", status_code=201)
def open_link(request: Request, held: Held, access: Anybody, given: OpenIn) -> PhoneOut:
    """Open a participant's link; the token acts for that participant alone."""
    held.by_address.count(request.client.host if request.client else "unknown")
    language = given.language if given.language in consents.LANGUAGES else "en"
    opened = links.open_link(held, given.link, language)
    return PhoneOut(token=opened.cookie, expires=opened.phone.expires)


@router.get("/take-part")
def take_part(held: Held, access: Taking) -> dict[str, Any]:
    """Where the participant stands: the text to sign, visits with what they lack, photos that arrived."""
    with held.database.reading() as session:
        stand = stand_of(session, access)
    text = stand.text and {"id": stand.text.id, "language": stand.text.language, "text": stand.text.text}
    visits = [
        {
            "visit": one.visit.key,
            "state": one.state,
            "opens": one.opens,
            "closes": one.closes,
            "views": one.views,
            "questionnaires": one.questionnaires,
        }
        for one in (*stand.open, *stand.later)
    ]
    state = "withdrawn" if stand.withdrawn else "taking part"
    return {**told(held, stand), "state": state, "consent": text, "visits": visits}


@router.post("/take-part/consent", status_code=201)
def sign(held: Held, access: Taking, given: SignIn) -> dict[str, str]:
    """Sign the consent text."""
    kept = consents.sign(held, access, access.participant, given.text, given.strokes, clock=given.clock)
    return {"id": kept.id}


@router.post("/take-part/answers", status_code=201)
def answer(held: Held, access: Taking, given: AnswersIn) -> dict[str, str]:
    """Answer a questionnaire, exactly once for each key."""
    with held.database.reading() as session:
        stand_of(session, access).need_consent()
    kept = add_answers(
        held, access, access.participant, given.visit, given.questionnaire, given.values, given.key
    )
    return {"id": kept.id}


@router.post("/take-part/photos", status_code=201)
async def send_photo(response: Response, held: Held, access: Taking, form: Filled) -> dict[str, Any]:
    """Take a photo in: ``photo`` (a file), ``key``, ``visit``, ``view``, and perhaps ``taken`` and ``clock``.

    201 is a new photo, 200 one that was there by its key or its content.
    """
    given = uploads.given_of(form)
    async with held.decoding:
        arrived, stand = await run_in_threadpool(uploads.take_photo, held, access, given)
    response.status_code = 201 if arrived.new else 200
    return {"id": arrived.photo.id, **told(held, stand)}


@router.post("/take-part/withdraw")
def withdraw(held: Held, access: Taking) -> dict[str, Any]:
    """End the part in the study; the answer is the receipt."""
    receipt = consents.withdraw(held, access, access.participant)
    return {
        "data": receipt.action,
        "moment": receipt.moment,
        "line": receipt.line,
        "seal": receipt.seal,
        "photos": receipt.photos,
        "answers": receipt.answers,
    }


@router.post("/take-part/finish", status_code=204)
def finish(held: Held, access: Taking) -> Response:
    """The token is good no longer."""
    links.finish(held, access)
    return Response(status_code=204)


def _out(link: Any) -> LinkOut:
    return LinkOut(
        id=link.id, state=links.state_of(link), once=link.once, expires=link.expires, opened=link.opened
    )
