"""The reading room: the case, the question, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from cutis.web.database import ReaderStudy
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.reading import answering, forms, room
from cutis.web.reading.answering import Given
from cutis.web.reading.found import Reading, design_of, reader_of, reader_study
from cutis.web.reading.told import (
    AnsweredOut,
    PlaceOut,
    StandingOut,
    answered_out,
    place_out,
    standing_out,
)
from cutis.web.templating import page

router = APIRouter()

Read = Annotated[Access, needs(Permission.READ_CASES)]
Place = Annotated[int, Path(ge=1, le=100_000)]


@router.get("/studies/{study}/readings/{reading}/room")
def room_page(request: Request, held: Held, access: Read, reading: Reading) -> Response:
    """The room."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        return page(
            request,
            "reading/room.html",
            reading=found,
            design=design_of(found),
            reader=reader,
            standing=room.standing(session, found, reader),
        )


@router.get("/studies/{study}/readings/{reading}/standing", response_model=None)
def standing(held: Held, access: Read, reading: Reading) -> JSONResponse:
    """Where I stand."""
    return JSONResponse(standing_of(held, access, reading).model_dump(mode="json"))


@router.get("/studies/{study}/readings/{reading}/places/{place}", response_model=None)
def place(held: Held, access: Read, reading: Reading, place: Place) -> JSONResponse:
    """A case of mine."""
    return script(lambda: place_of(held, access, reading, place))


@router.get("/studies/{study}/readings/{reading}/places/{place}/photo")
def place_photo(held: Held, access: Read, reading: Reading, place: Place) -> Response:
    """Its pixels."""
    return room.photo(held, access, reading, place)


@router.post("/studies/{study}/readings/{reading}/answers", response_model=None)
def answer(held: Held, access: Read, reading: Reading, form: Filled) -> JSONResponse:
    """Keep an answer."""

    def kept() -> AnsweredOut:
        return answer_of(held, access, reading, forms.given_from(form))

    return script(kept)


def script(work: Callable[[], BaseModel]) -> JSONResponse:
    """What a script is told: the answer, or what is wrong in words for its page."""
    try:
        told = work()
    except RefusedError as error:
        return JSONResponse({"title": error.title, "detail": error.words}, error.status)
    new = isinstance(told, AnsweredOut) and told.new
    return JSONResponse(told.model_dump(mode="json"), 201 if new else 200)


def standing_of(held: Platform, access: Access, reading: str) -> StandingOut:
    """Where somebody stands."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        return standing_out(reader, room.standing(session, found, reader))


def place_of(held: Platform, access: Access, reading: str, place: int) -> PlaceOut:
    """A case of somebody's."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        return place_out(session, found, reader, room.shown(session, found, reader, place))


def answer_of(held: Platform, access: Access, reading: str, given: Given) -> AnsweredOut:
    """Keep an answer, and say where its reader stands."""
    kept = answering.answer(held, access, reading, given)
    with held.database.reading() as session:
        found: ReaderStudy = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        return answered_out(found, reader, kept, room.standing(session, found, reader))
