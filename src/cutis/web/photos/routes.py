"""Pages of photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from cutis.web.database import Participant, Study, User
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError, answer
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.photos.access import PER_PAGE, Skip, photo_of, photos_of, shown
from cutis.web.photos.intake import take_in
from cutis.web.platform import Held
from cutis.web.studies import overview
from cutis.web.studies.places import places_of
from cutis.web.studies.protocol import protocol_of
from cutis.web.templating import page

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]


@router.get("/studies/{study}/photos")
def photos(
    request: Request,
    held: Held,
    access: See,
    participant: str = "",
    skip: Skip = 0,
    visit: str = "",
    view: str = "",
) -> Response:
    """The photos of a study or of one participant, and the place to add some."""
    with held.database.reading() as session:
        one = None
        if participant:
            chosen = select(Participant).where(Participant.id == participant)
            one = session.scalar(chosen.where(Participant.study_id == access.study))
            if one is None:
                raise RefusedError(404)
        found = photos_of(session, access.study, participant, skip)
        places = places_of(protocol_of(session, access.study))
        return page(
            request,
            "photos/photos.html",
            study=session.get_one(Study, access.study),
            places=places,
            place=f"{visit}:{view}" if visit else places[0].value if len(places) == 1 else "",
            one=one,
            photos=found[:PER_PAGE],
            more=skip + PER_PAGE if len(found) > PER_PAGE else 0,
            enrolled=overview.participants_of(session, access.study),
            key=new_id(),
            limits=held.settings,
        )


@router.post("/studies/{study}/photos")
async def add_photo(request: Request, held: Held, access: Add, form: Filled) -> Response:
    """Take a photo in. Scripts ask for JSON and send a key, so that they can send it again."""
    script = request.headers.get("accept", "") == "application/json"
    try:
        file = form.file("photo").file
        participant, key = form.text("participant"), form.text("key", most=64, needed=False)
        visit, _, view = form.text("place", needed=False).partition(":")
        async with held.decoding:
            arrived = await run_in_threadpool(take_in, held, access, participant, key, file, visit, view)
    except RefusedError as error:
        if not script:
            return answer(request, error)
        return JSONResponse({"title": error.title, "detail": error.words}, error.status)
    where = f"/studies/{access.study}/photos/{arrived.photo.id}"
    if script:
        return JSONResponse({"id": arrived.photo.id, "page": where}, 201 if arrived.new else 200)
    return RedirectResponse(where, 303)


@router.get("/studies/{study}/photos/{photo}")
def photo_page(request: Request, held: Held, access: See, photo: str) -> Response:
    """One photo."""
    with held.database.reading() as session:
        found = photo_of(session, access.study, photo)
        return page(
            request,
            "photos/photo.html",
            study=session.get_one(Study, access.study),
            photo=found,
            participant=session.get_one(Participant, found.participant_id),
            added_by=session.get_one(User, found.added_by) if found.added_by else None,
        )


@router.get("/studies/{study}/photos/{photo}/file")
def photo_file(held: Held, access: See, photo: str) -> Response:
    """Its pixels."""
    return shown(held, access, photo, small=False)


@router.get("/studies/{study}/photos/{photo}/preview")
def photo_preview(held: Held, access: See, photo: str) -> Response:
    """Its pixels, small."""
    return shown(held, access, photo, small=True)
