"""Who reads which language: what was chosen, else what the browser asks for."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis.web.errors import RefusedError
from cutis.web.languages.catalogues import LANGUAGES, catalogue
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.words import _, speaking

COOKIE = "cutis_language"
PHONE = "cutis_participant_language"  # of a participant's pages, and sent to no other
_YEAR = 365 * 24 * 3600

router = APIRouter()


@router.post("/language")
def choose(held: Held, access: Annotated[Access, needs(Permission.OPEN)], form: Filled) -> Response:
    """Read everything in this language, on this browser."""
    language = form.text("language", most=8)
    if language not in LANGUAGES:
        raise RefusedError(422, _("There is no such language here."))
    answer = RedirectResponse(_own(form.text("back", most=500, needed=False)), 303)
    answer.set_cookie(
        COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax", secure=held.settings.encrypted
    )
    return answer


def _own(back: str) -> str:
    """A place of ours to go back to; anything else is the first page."""
    parts = urlsplit(back)
    ours = back.startswith("/") and not back.startswith(("//", "/\\")) and not parts.netloc
    return back if ours else "/"


def language_of(request: Request) -> str:
    """The language that a request is answered in."""
    for name in (PHONE, COOKIE):
        if (chosen := request.cookies.get(name, "")) in LANGUAGES:
            return chosen
    wanted: list[tuple[float, int, str]] = []
    for part in request.headers.get("accept-language", "")[:500].split(","):
        name, _semicolon, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), len(wanted), name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for *_order, name in sorted(wanted) if name in LANGUAGES), "en")


class Spoken:
    """Answer each request in the language of who asks.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        language = language_of(Request(scope))

        async def with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("content-language", language)
            await send(message)

        with speaking(language, catalogue(language)):
            await self.app(scope, receive, with_language)
