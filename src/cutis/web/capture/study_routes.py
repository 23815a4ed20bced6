"""Pages of a study with which members make a participant's links, or take the photos themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cutis.web.capture import links
from cutis.web.capture.qr import qr_svg
from cutis.web.capture.routes import begin, language_of
from cutis.web.database import Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.studies.consent import LANGUAGES
from cutis.web.studies.participants import participant_of
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
_PLACE = "/studies/{study}/participants/{participant}"


@router.get(f"{_PLACE}/links")
def links_page(request: Request, held: Held, access: Add, participant: str) -> Response:
    """A participant's links, and the way to take photos here."""
    return _page(request, held, access, participant)


@router.post(f"{_PLACE}/links")
def make_link(request: Request, held: Held, access: Add, form: Filled, participant: str) -> Response:
    """A link for a participant; this answer is the only place where it is shown."""
    with held.database.reading() as session:
        participant_of(session, access.study, participant)
    days, once = days_of(form.text("days", most=4)), form.ticked("once")
    _, link = links.make(held, access, participant, days, once=once)
    address = address_of(request, held, link)
    return _page(request, held, access, participant, link=address, days=days, once=once)


@router.post(f"{_PLACE}/links/{{participant_link}}/end")
def end_link(held: Held, access: Add, participant: str, participant_link: str) -> Response:
    """End a link, and what was opened by it."""
    links.revoke(held, access, participant, participant_link)
    return RedirectResponse(f"/studies/{access.study}/participants/{participant}/links", 303)


@router.post(f"{_PLACE}/capture")
def capture(held: Held, access: Add, form: Filled, participant: str) -> Response:
    """Take the photos of a participant on this phone, in the pages that participants have."""
    return begin(held, links.open_for(held, access, participant, language_of(form)))


def days_of(text: str) -> int:
    """A number of days.

    Raises:
        RefusedError: it is none.
    """
    if not text.isdecimal() or not text.isascii():
        raise RefusedError(422, _("'days' is not a whole number. Choose one of the list."))
    return int(text)


def address_of(request: Request, held: Platform, link: str) -> str:
    """The whole link."""
    return f"{held.settings.public_url or str(request.base_url).rstrip('/')}/c/{link}"


def _page(
    request: Request,
    held: Platform,
    access: Access,
    participant: str,
    *,
    link: str = "",
    days: int = 0,
    once: bool = False,
) -> Response:
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
        there = links.links_of(session, access.study, participant)
        return page(
            request,
            "capture/links.html",
            study=session.get_one(Study, access.study),
            participant=found,
            links=[(one, links.state_of(one)) for one in there],
            link=link,
            picture=qr_svg(link) if link else "",
            days=days,
            once=once,
            choices=links.DAYS,
            tongues=LANGUAGES,
        )
