"""Studies, participants and photos, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cutis.web.database import Photo
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.photos.access import PER_PAGE, Skip, photo_of, photos_of, shown
from cutis.web.photos.intake import take_in
from cutis.web.platform import Held
from cutis.web.studies import changes, overview

router = APIRouter(prefix="/api")

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]


class StudyOut(BaseModel):
    """A study that one is a member of."""

    id: str
    name: str
    role: str
    participants: int
    photos: int


class ParticipantIn(BaseModel):
    """A participant to add."""

    pseudonym: str = Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")
    site: str = Field("", max_length=20)
    eligibility: dict[str, str] = Field(default_factory=dict, max_length=40)


class ParticipantOut(BaseModel):
    """A participant."""

    id: str
    pseudonym: str
    site: str
    photos: int
    enrolled: date | None
    arm: str | None
    state: str


class PhotoOut(BaseModel):
    """A photo; ``digest`` is the SHA-256 of the file that ``/file`` gives."""

    id: str
    participant: str
    kind: str
    size: int
    width: int
    height: int
    digest: str
    taken: str | None
    visit: str | None
    view: str | None
    created: datetime


@router.get("/studies")
def studies(held: Held, access: Annotated[Access, needs(Permission.SIGNED_IN)]) -> list[StudyOut]:
    """My studies."""
    with held.database.reading() as session:
        return [
            StudyOut(
                id=one.study.id,
                name=one.study.name,
                role=one.role,
                participants=one.participants,
                photos=one.photos,
            )
            for one in overview.studies_of(session, access.user)
        ]


@router.get("/studies/{study}/participants")
def participants(held: Held, access: See) -> list[ParticipantOut]:
    """The participants of a study."""
    with held.database.reading() as session:
        return [
            ParticipantOut(
                id=one.participant.id,
                pseudonym=one.participant.pseudonym,
                site=one.site,
                photos=one.photos,
                enrolled=one.participant.enrolled,
                arm=one.participant.arm,
                state=one.participant.state,
            )
            for one in overview.participants_of(session, access.study)
        ]


@router.post("/studies/{study}/participants", status_code=201)
def add_participant(held: Held, access: Add, given: ParticipantIn) -> ParticipantOut:
    """A new participant."""
    made = changes.add_participant(held, access, given.pseudonym.strip(), given.site, given.eligibility)
    return ParticipantOut(
        id=made.id,
        pseudonym=made.pseudonym,
        site=given.site,
        photos=0,
        enrolled=made.enrolled,
        arm=made.arm,
        state=made.state,
    )


@router.get("/studies/{study}/photos")
def photos(held: Held, access: See, participant: str = "", skip: Skip = 0) -> list[PhotoOut]:
    """Photos of a study or of one participant, the newest first, 60 at a time."""
    with held.database.reading() as session:
        found = photos_of(session, access.study, participant, skip)
        return [_out(photo) for photo, _ in found[:PER_PAGE]]


@router.post("/studies/{study}/photos", status_code=201)
async def add_photo(response: Response, held: Held, access: Add, form: Filled) -> PhotoOut:
    """Take a photo in: a form with ``photo`` (a file), ``participant``, ``key``, ``visit``, ``view``.

    The key is the sender's own name of the upload: sent again with it, it is the same photo (200, not 201).
    Visit and view are keys of the study's protocol; both are left out for a photo outside of it.
    """
    file = form.file("photo").file
    participant, key = form.text("participant"), form.text("key", most=64, needed=False)
    visit, view = form.text("visit", needed=False), form.text("view", needed=False)
    async with held.decoding:
        arrived = await run_in_threadpool(take_in, held, access, participant, key, file, visit, view)
    response.status_code = 201 if arrived.new else 200
    return _out(arrived.photo)


@router.get("/studies/{study}/photos/{photo}")
def photo(held: Held, access: See, photo: str) -> PhotoOut:
    """What is known of a photo."""
    with held.database.reading() as session:
        return _out(photo_of(session, access.study, photo))


@router.get("/studies/{study}/photos/{photo}/file")
def photo_file(held: Held, access: See, photo: str) -> Response:
    """Its pixels."""
    return shown(held, access, photo, small=False)


def _out(photo: Photo) -> PhotoOut:
    return PhotoOut(
        id=photo.id,
        participant=photo.participant_id,
        kind=photo.kind,
        size=photo.size,
        width=photo.width,
        height=photo.height,
        digest=photo.digest,
        taken=photo.taken,
        visit=photo.visit,
        view=photo.view,
        created=photo.created,
    )
