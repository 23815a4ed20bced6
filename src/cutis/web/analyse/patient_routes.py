"""All photos of a patient together, by a model that looks at single lesions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.analyse import outbox
from cutis.web.analyse.meaning import need_share, prevalences
from cutis.web.analyse.results import results_of_each
from cutis.web.analyse.view import with_prevalence
from cutis.web.analyse.view_patient import patient
from cutis.web.database import Analysis, Participant, Photo, Study
from cutis.web.database.analysis import DONE, WAITING
from cutis.web.errors import RefusedError
from cutis.web.models import registry
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Percent = Annotated[float | None, Query(gt=0, lt=100)]
OF_PATIENT = 12  # newest photos that are looked at together


@router.get("/studies/{study}/participants/{participant}/screening")
def screening_page(
    request: Request, held: Held, access: See, participant: str, prevalence: Percent = None
) -> Response:
    """What a model that looks at single lesions says of a patient, by all photos."""
    with held.database.reading() as session:
        values = screened(session, access.study, participant, prevalence)
        study = session.get_one(Study, access.study)
        return page(request, "analyse/screening.html", said=_, study=study, **values)


def screened(session: Session, study: str, participant: str, prevalence: float | None) -> dict[str, Any]:
    """The lesions of a patient's newest photos, and what they say together.

    Raises:
        RefusedError: no such participant.
    """
    whose = session.scalar(
        select(Participant).where(Participant.id == participant, Participant.study_id == study)
    )
    if whose is None:
        raise RefusedError(404)
    if prevalence is not None:
        need_share(prevalence / 100)
    chosen = select(Photo).where(Photo.participant_id == whose.id).order_by(Photo.created.desc())
    photos = list(session.scalars(chosen.limit(OF_PATIENT)))
    results = results_of_each(session, photos)
    active = {one.digest for one in registry.active(session, study)}
    rows: list[tuple[Photo, Analysis]] = [
        (photo, row)
        for photo in photos
        for row in results[photo.id]
        if row.bundle_digest in active and row.state == DONE and "rule" in (row.result or {})
        if not outbox.answered_anyway(row)
    ]
    one = patient([row for _photo, row in rows])
    if one is not None and one.asked[0]:
        one = with_prevalence(
            one, prevalences(session, study), None if prevalence is None else prevalence / 100
        )
    return {
        "participant": whose,
        "one": one,
        "rows": rows,
        "waiting": sum(row.state == WAITING for each in results.values() for row in each),
        "photos": photos,
        "tried": prevalence,
        "most": OF_PATIENT,
    }
