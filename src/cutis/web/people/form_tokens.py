"""Forms carry a token that only our own pages can know: a seal of a cookie that other sites cannot read."""

from __future__ import annotations

import secrets

from fastapi import Request

from cutis.web.errors import RefusedError
from cutis.web.people import taking_part
from cutis.web.people.sessions import COOKIE
from cutis.web.secret import same, seal
from cutis.web.words import _

VISITOR = "cutis_visitor"  # of those who are not signed in: the sign-in form has a token too


def form_token(request: Request, secret: bytes) -> str:
    """The token for forms on a page; a stranger's page gets a cookie for it, see `visitor_of`."""
    return seal(secret, "form", _cookie(request) or visitor_of(request))


def visitor_of(request: Request) -> str:
    """The value that the visitor's cookie has, or will have after this answer."""
    kept = request.cookies.get(VISITOR, "") or getattr(request.state, "visitor", "")
    if not kept:
        kept = request.state.visitor = secrets.token_urlsafe(24)
    return kept


def check_form_token(request: Request, secret: bytes, sent: str) -> None:
    """Check a token.

    Raises:
        RefusedError: it is not of this browser, or of an earlier sign-in.
    """
    cookie = _cookie(request) or request.cookies.get(VISITOR, "")
    if not cookie or not same(sent, seal(secret, "form", cookie)):
        raise RefusedError(
            403,
            _("This page was open for too long, or in another sign-in. Load it again, then send the form."),
            title=_("Load the page again"),
        )


def _cookie(request: Request) -> str:
    """The session's cookie, if somebody is signed in by it: one of an ended session is none."""
    access = getattr(request.state, "access", None)
    if access is not None and access.participant:
        return request.cookies.get(taking_part.COOKIE, "")
    return request.cookies.get(COOKIE, "") if access is not None and access.user else ""
