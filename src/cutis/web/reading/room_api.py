"""The reading room, for programs: the case, the question, nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.reading import room
from cutis.web.reading.answering import Given
from cutis.web.reading.found import Reading, reader_of, reader_study
from cutis.web.reading.room_routes import Place, answer_of, place_of, standing_of
from cutis.web.reading.told import AnsweredOut, PlaceOut, RegionOut, StandingOut

router = APIRouter(prefix="/api")

Read = Annotated[Access, needs(Permission.READ_CASES)]


class AnswerIn(BaseModel):
    """An answer; ``key`` is one's own name for it, the same when it is sent again."""

    place: int = Field(ge=1, le=100_000)
    answer: str = Field("", max_length=40)
    confidence: int | None = None
    seconds: float = Field(ge=0, le=1e6)
    key: str = Field(min_length=8, max_length=64)
    regions: list[RegionOut] = Field(default_factory=list, max_length=100)


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
