"""Find photos within a study, and write down that they were seen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import FileResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Photo
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.words import _

PER_PAGE = 60
Skip = Annotated[int, Query(ge=0, le=1_000_000_000)]


def photo_of(session: Session, study: str, photo: str) -> Photo:
    """A photo, if it is of this study and its participant has not withdrawn.

    Raises:
        RefusedError: it is not.
    """
    found: Photo | None = session.scalar(_visible().where(Photo.id == photo, Photo.study_id == study))
    if found is None:
        raise RefusedError(404)
    return found


def photos_of(
    session: Session, study: str, participant: str = "", skip: int = 0
) -> list[tuple[Photo, Participant]]:
    """Photos of a study or of one participant, the newest first, one page of them and one more."""
    chosen = _visible().add_columns(Participant).where(Photo.study_id == study)
    if participant:
        chosen = chosen.where(Photo.participant_id == participant)
    newest = chosen.order_by(Photo.created.desc(), Photo.id)
    found = session.execute(newest.offset(skip).limit(PER_PAGE + 1))
    return [(photo, participant) for photo, participant in found]


def _visible() -> Select[Any]:
    """Photos of participants who take part: those of the others are deleted, or locked."""
    joined = select(Photo).join(Participant, Participant.id == Photo.participant_id)
    return joined.where(Participant.state != WITHDRAWN)


def shown(held: Platform, access: Access, photo: str, *, small: bool) -> Response:
    """The pixels of a photo, with the line in the audit that they were seen."""
    with held.database.writing() as session:
        found = photo_of(session, access.study, photo)
        size = "preview" if small else "photo"
        held.audit.add(session, f"{size}.seen", who=access.user, study=access.study, subject=found.id)
    place = held.store.preview(found.digest) if small else held.store.photo(found.digest, found.kind)
    if not place.is_file():
        raise RefusedError(
            500, _("The file of this photo is missing. Tell the administrator to restore the backup.")
        )
    media = "image/png" if found.kind == "png" and not small else "image/jpeg"
    name = f"{found.id}.{'jpg' if small else found.kind}"
    headers = {"content-disposition": f'inline; filename="{name}"', "cache-control": "private, no-store"}
    return FileResponse(place, media_type=media, headers=headers)
