"""The cases of a study of readers, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.reading import cases
from cutis.web.reading.found import Reading, reader_study

router = APIRouter(prefix="/api")

Manage = Annotated[Access, needs(Permission.MANAGE_READINGS)]
Text = Annotated[str, Field(max_length=40)]


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


class CountOut(BaseModel):
    """How many there are now."""

    count: int


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
