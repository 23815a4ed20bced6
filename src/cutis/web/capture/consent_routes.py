"""Consent on a participant's phone: reading and signing it, reading it again, and withdrawing it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cutis.web.bodies import Form
from cutis.web.capture.pages import participant_page
from cutis.web.capture.stand import stand_of
from cutis.web.errors import RefusedError
from cutis.web.people import taking_part
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import consent as consents
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Taking = Annotated[Access, needs(Permission.TAKE_PART)]


@router.get("/take-part/consent")
def consent_page(request: Request, held: Held, access: Taking) -> Response:
    """The text to sign, with the field for it; or the one that was signed, to read again."""
    return participant_page(request, held, access, "capture/consent.html")


@router.post("/take-part/consent")
def sign(request: Request, held: Held, access: Taking, form: Filled) -> Response:
    """Keep the signature."""
    on_paper = bool(access.user) and form.ticked("paper")
    try:
        consents.sign(
            held,
            access,
            access.participant,
            form.text("text", most=40),
            () if on_paper else _strokes(form),
            kind="paper" if on_paper else "drawn",
            clock=form.text("clock", most=40, needed=False),
        )
    except RefusedError as error:
        return participant_page(
            request, held, access, "capture/consent.html", status=error.status, problem=error.words
        )
    return RedirectResponse(taking_part.PATH, 303)


@router.get("/take-part/withdraw")
def withdraw_page(request: Request, held: Held, access: Taking) -> Response:
    """What withdrawing means."""
    return participant_page(request, held, access, "capture/withdraw.html")


@router.post("/take-part/withdraw")
def withdraw(request: Request, held: Held, access: Taking, form: Filled) -> Response:
    """End the part in the study; the answer is the receipt."""
    if not form.ticked("sure"):
        words = _("Tick the box first, if you are sure.")
        return participant_page(request, held, access, "capture/withdraw.html", status=422, problem=words)
    with held.database.reading() as session:
        study = stand_of(session, access).study
    receipt = consents.withdraw(held, access, access.participant)
    return page(request, "capture/receipt.html", receipt=receipt, study=study)


def _strokes(form: Form) -> list[Any]:
    """A signature's lines as the page sent them; `sign` checks the points."""
    try:
        strokes = json.loads(form.text("strokes", most=600_000, needed=False) or "[]")
    except (ValueError, RecursionError):  # brackets without end are no lines either
        strokes = None
    if not isinstance(strokes, list):
        raise RefusedError(422, _("The signature arrived damaged. Sign again."))
    return strokes
