"""Pages of participants: enrolment, the way through the study, questionnaires, consent, withdrawal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import changes, consent, course, overview
from cutis.web.studies.due import this_day
from cutis.web.studies.participants import participant_of
from cutis.web.studies.standing import standing
from cutis.web.templating import page
from cutis.web.words import _, language

router = APIRouter()

SeePhotos = Annotated[Access, needs(Permission.SEE_PHOTOS)]
AddPhotos = Annotated[Access, needs(Permission.ADD_PHOTOS)]


@router.get("/studies/{study}/participants")
def participants(request: Request, held: Held, access: SeePhotos) -> Response:
    """The participants of a study."""
    return _participants_page(request, held, access)


@router.post("/studies/{study}/participants")
def add_participant(request: Request, held: Held, access: AddPhotos, form: Filled) -> Response:
    """A new participant."""
    filled = {name: value for name, value in form.data.multi_items() if isinstance(value, str)}
    try:
        pseudonym = form.text("pseudonym", most=40, called=_("Pseudonym"))
        site = form.text("site", needed=False)
        said = {
            name.removeprefix("criterion."): value
            for name, value in filled.items()
            if name.startswith("criterion.")
        }
        made = changes.add_participant(held, access, pseudonym, site, said)
    except RefusedError as error:
        return _participants_page(request, held, access, error=error, filled=filled)
    with held.database.reading() as session:
        plain = not made.arm and not consent.texts_now(session, access.study)
    # Where chance has nothing to say and nothing is to be signed, photos come next.
    where = f"photos?participant={made.id}" if plain else f"participants/{made.id}"
    return RedirectResponse(f"/studies/{access.study}/{where}", 303)


@router.get("/studies/{study}/participants/{participant}")
def participant_page(
    request: Request, held: Held, access: SeePhotos, participant: str, before: str = "", after: str = ""
) -> Response:
    """A participant's way through the study."""
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found = participant_of(session, access.study, participant)
        shown = course.course_of(session, study, found)
        text = consent.text_now(session, study, language())
        signed = consent.consent_of(session, found.id)
        return page(
            request,
            "studies/participant.html",
            study=study,
            one=found,
            course=shown,
            pair=course.pair(shown, before, after),
            text=text,
            signed=signed,
            newer=text is not None
            and not any(t.number == text.number for c, t in shown.consents if not c.withdrawn),
            receipt=_receipt(session, found),
        )


@router.post("/studies/{study}/participants/{participant}/complete")
def complete(held: Held, access: AddPhotos, participant: str) -> Response:
    """Nothing is due any more."""
    changes.complete(held, access, participant)
    return to_participant(access, participant)


@router.post("/studies/{study}/participants/{participant}/reopen")
def reopen(held: Held, access: AddPhotos, participant: str) -> Response:
    """Visits are due again."""
    changes.reopen(held, access, participant)
    return to_participant(access, participant)


def _receipt(session: Session, participant: Participant) -> consent.Receipt | None:
    """Of a withdrawal; who came as withdrawn by an import has none here."""
    try:
        return consent.receipt_of(session, participant.study_id, participant.id)
    except RefusedError:
        return None


def _participants_page(
    request: Request,
    held: Held,
    access: Access,
    *,
    error: RefusedError | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        stands = standing(session, study, this_day())
        waits: dict[str, Any] = {}
        for line in (*stands.missed, *stands.due):
            waits[line.participant.id] = line
        return page(
            request,
            "studies/participants.html",
            status=error.status if error else 200,
            study=study,
            enrolled=overview.participants_of(session, access.study),
            sites=overview.sites_of(session, access.study),
            protocol=stands.protocol,
            arms={one.key: one.name for one in stands.protocol.arms},
            waits=waits,
            problem=error.words if error else "",
            filled=filled or {},
        )


def to_participant(access: Access, participant: str) -> Response:
    """Go on to the page of a participant."""
    return RedirectResponse(f"/studies/{access.study}/participants/{participant}", 303)
