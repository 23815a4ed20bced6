"""Pages of a participant's consent, and of its withdrawal."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Photo, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import consent
from cutis.web.studies.participant_routes import to_participant
from cutis.web.studies.participants import participant_of
from cutis.web.studies.protocol import protocol_of
from cutis.web.templating import page
from cutis.web.words import _, language

router = APIRouter()

SeePhotos = Annotated[Access, needs(Permission.SEE_PHOTOS)]
AddPhotos = Annotated[Access, needs(Permission.ADD_PHOTOS)]


@router.get("/studies/{study}/participants/{participant}/consent")
def consent_page(
    request: Request, held: Held, access: AddPhotos, participant: str, lang: str = ""
) -> Response:
    """The text, and the field to sign in."""
    return _consent_page(request, held, access, participant, lang)


@router.post("/studies/{study}/participants/{participant}/consent")
def sign(request: Request, held: Held, access: AddPhotos, form: Filled, participant: str) -> Response:
    """Keep a signature, or that there is one on paper."""
    paper = form.ticked("paper")
    try:
        try:
            drawn = json.loads(form.secret("strokes") or "[]")
        except ValueError as error:
            raise RefusedError(422, _("The signature arrived damaged. Sign again.")) from error
        consent.sign(
            held,
            access,
            participant,
            form.text("text"),
            () if paper else drawn,
            kind="paper" if paper else "drawn",
            clock=form.text("clock", most=40, needed=False),
        )
    except RefusedError as error:
        if error.status == 404:
            raise
        return _consent_page(request, held, access, participant, "", error=error)
    return to_participant(access, participant)


@router.get("/studies/{study}/participants/{participant}/withdraw")
def withdraw_page(request: Request, held: Held, access: AddPhotos, participant: str) -> Response:
    """What withdrawal does, before it is done."""
    return _withdraw_page(request, held, access, participant)


@router.post("/studies/{study}/participants/{participant}/withdraw")
def withdraw(request: Request, held: Held, access: AddPhotos, form: Filled, participant: str) -> Response:
    """End a participant's part; to be sure, the pseudonym is typed."""
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
    if form.text("pseudonym", most=40, needed=False) != found.pseudonym:
        words = _("That is not the pseudonym of this participant. Type %(name)s.") % {"name": found.pseudonym}
        return _withdraw_page(request, held, access, participant, RefusedError(422, words))
    consent.withdraw(held, access, participant)
    return RedirectResponse(f"/studies/{access.study}/participants/{participant}/receipt", 303)


@router.get("/studies/{study}/participants/{participant}/receipt")
def receipt(request: Request, held: Held, access: SeePhotos, participant: str) -> Response:
    """What a withdrawal did, to be printed."""
    with held.database.reading() as session:
        return page(
            request,
            "studies/receipt.html",
            study=session.get_one(Study, access.study),
            receipt=consent.receipt_of(session, access.study, participant),
        )


def _consent_page(
    request: Request,
    held: Held,
    access: Access,
    participant: str,
    wanted: str,
    error: RefusedError | None = None,
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found = participant_of(session, access.study, participant)
        return page(
            request,
            "studies/sign.html",
            status=error.status if error else 200,
            study=study,
            one=found,
            text=consent.text_now(session, study, wanted or language()),
            texts=consent.texts_now(session, study),
            called=consent.LANGUAGES,
            problem=error.words if error else "",
        )


def _withdraw_page(
    request: Request, held: Held, access: Access, participant: str, error: RefusedError | None = None
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found: Participant = participant_of(session, access.study, participant)
        if found.state == WITHDRAWN:
            return RedirectResponse(f"/studies/{study.id}/participants/{found.id}/receipt", 303)
        return page(
            request,
            "studies/withdraw.html",
            status=error.status if error else 200,
            study=study,
            one=found,
            protocol=protocol_of(session, study),
            photos=_photos(session, found),
            problem=error.words if error else "",
        )


def _photos(session: Session, participant: Participant) -> int:
    return session.scalar(select(func.count(Photo.id)).where(Photo.participant_id == participant.id)) or 0
