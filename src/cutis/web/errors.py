"""What the platform answers when it does not do what was asked: a page, or problem+json below /api."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from cutis.web.words import _, later, speaking

_log = logging.getLogger("cutis.web")

_WORDS = {
    401: (later("Sign in first"), later("This needs somebody who is signed in.")),
    403: (
        later("Not part of your role"),
        later(
            "This needs another role than yours. An investigator of the study, or an administrator, gives it."
        ),
    ),
    404: (later("Nothing here"), later("There is nothing at this address, or it is not yours to see.")),
    405: (later("Not possible here"), later("This address does not take that kind of request.")),
    408: (
        later("Took too long"),
        later("The data did not arrive in time. Try again on a faster connection."),
    ),
    409: (later("Not possible now"), later("Something has changed meanwhile. Look again, then decide.")),
    410: (later("Not there any more"), later("What was at this address is gone for good.")),
    413: (later("Too large"), later("The data is larger than is taken here.")),
    415: (later("Of another kind"), later("Data of this kind is not taken here.")),
    422: (
        later("Something is to be corrected"),
        later("Some of what was sent does not fit. Correct it and send it again."),
    ),
    429: (later("Too many tries"), later("Wait a minute, then try again.")),
    500: (
        later("Something went wrong here"),
        later("Nothing was changed. Try again; if it stays, tell the administrator."),
    ),
}


class RefusedError(Exception):
    """Something is not done, for a reason that the person can be told.

    Args:
        status: of HTTP.
        words: what is wrong and how to mend it; nothing that the person may not know.
        title: in a few words; by status when empty.
        headers: of the answer.
    """

    def __init__(
        self, status: int, words: str = "", *, title: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        plain = _WORDS.get(status) or (HTTPStatus(status).phrase, "")
        self.status = status
        self.title = title or _(plain[0])
        self.words = words or (_(plain[1]) if plain[1] else "")
        self.headers = dict(headers or {})
        super().__init__(self.words)


class SignInFirstError(RefusedError):
    """A page that needs somebody who is signed in: the browser is sent there, and comes back after.

    Args:
        back: the address to come back to.
    """

    def __init__(self, back: str) -> None:
        super().__init__(401)
        self.back = back


def is_api(request: Request) -> bool:
    """The request is a program's: its answers are JSON."""
    return request.url.path.startswith("/api/") or request.url.path == "/api"


def add_error_pages(app: FastAPI) -> None:
    """Make every error a clear answer in which nothing of the inside stands."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataError, _unheld)
    app.add_exception_handler(UnicodeEncodeError, _unheld)
    app.add_exception_handler(Exception, _unforeseen)


def answer(request: Request, error: RefusedError, reference: str = "") -> Response:
    """The page or the JSON of an error."""
    if is_api(request):
        problem = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.words}
        if reference:
            problem["instance"] = reference
        media = "application/problem+json"
        return JSONResponse(problem, error.status, headers=error.headers, media_type=media)
    from cutis.web.templating import page

    # Who takes part has no account: no way leads from such a page to where one is asked for.
    taking_part = request.url.path.startswith("/take-part")
    own = taking_part or request.url.path.startswith("/c/")
    return page(
        request,
        "capture/error.html" if own else "error.html",
        status=error.status,
        headers=error.headers,
        error=error,
        reference=reference,
        back=taking_part and error.status != 401,
        above=_above(request, error.status),
    )


def _above(request: Request, status: int) -> str:
    """The page that one came from, as far as the address tells: a form's own page, else the next one above.

    It is ``/`` where there is none in between, or nothing of the study may be seen.
    """
    access = getattr(request.state, "access", None)
    if access is None or not access.role:
        return "/"
    place = request.url.path.rstrip("/")
    if request.method == "GET":
        place = place.rpartition("/")[0]
    if status == 404:  # what the address names is not there, or is another study's: only the study is known
        place = "/".join(place.split("/")[:3])
    while place.count("/") > 1:
        scope = {**request.scope, "method": "GET", "path": place}
        fits = (route for route in request.app.routes if route.matches(scope)[0] is Match.FULL)
        if all(access.may(one) for one in _needed(next(fits, None))):
            return place
        place = place.rpartition("/")[0]
    return "/"


def _needed(route: BaseRoute | None) -> list[Any]:
    """What a route's page needs; something that nobody may where there is none."""
    if not isinstance(route, APIRoute):
        return [None]
    asked = (getattr(one.call, "permission", None) for one in route.dependant.dependencies)
    return [one for one in asked if one]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    if isinstance(error, SignInFirstError):
        return RedirectResponse(f"/sign-in?back={quote(error.back)}", 303)
    return answer(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # Its own words are the framework's, and may repeat what was sent.
    return answer(request, RefusedError(error.status_code, headers=error.headers))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not is_api(request):
        return answer(request, RefusedError(422))
    where = "; ".join(
        f"{'.'.join(str(part) for part in one['loc'][1:]) or 'the body'}: {one['msg']}"
        for one in error.errors()[:10]
    )
    return answer(request, RefusedError(422, _("Does not hold: %s.") % where))


async def _unheld(request: Request, error: Exception) -> Response:
    """Text that no database can hold, such as one with a zero byte."""
    return answer(request, RefusedError(422))


async def _unforeseen(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    _log.error("%s %s failed (reference %s)", request.method, _route(request), reference, exc_info=error)
    from cutis.web.headers import strict_headers
    from cutis.web.languages.catalogues import catalogue
    from cutis.web.languages.choice import language_of
    from cutis.web.platform import platform_of

    # This one answer is made outside of all middleware, that of headers and that of languages among it.
    headers = strict_headers(encrypted=platform_of(request).settings.encrypted)
    language = language_of(request)
    with speaking(language, catalogue(language)):
        return answer(request, RefusedError(500, headers=headers), reference)


def _route(request: Request) -> str:
    """The pattern of the address: the address itself may hold a one-time link."""
    return str(getattr(request.scope.get("route"), "path", "an unknown address"))
