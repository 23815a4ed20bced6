"""Sign somebody in: who has the name and the password, what else they have to show, and where they go on."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import User
from cutis.web.errors import RefusedError
from cutis.web.people import halfway, passwords, second_factor, sessions
from cutis.web.people.access import Access
from cutis.web.people.browsers import address_of, browser_of, network_of
from cutis.web.platform import Platform
from cutis.web.secret import digest
from cutis.web.words import _

SECOND = "cutis_second"  # of those who have shown their password, and not yet the second thing
NONE = "-"  # in place of a hash: an account that is opened by an OpenID provider only


def identified(request: Request, held: Platform, login: str, password: str) -> User:
    """Who has this name and this password.

    Raises:
        RefusedError: nobody, or too many tries.
    """
    held.by_address.count(network_of(request))
    held.by_login.count(login)
    with held.database.reading() as session:
        user = session.scalar(select(User).where(User.login == login))
    if passwords.fits(password, user.password if user else None) and user and user.active:
        held.by_login.forget(login)
        return user
    held.audit.note(held.database, "session.refused", who=user.id if user else "")
    raise RefusedError(422, _("The name or the password is not right. Try again."))


def signed_in(request: Request, held: Platform, user: User, back: str) -> Response:
    """Start a session, and go on to a page.

    Args:
        request: of the browser.
        held: the platform.
        user: as found when the password or the identity was shown.
        back: page to go on to.

    Raises:
        RefusedError: the account was closed, or got another password, since then.
    """
    hours = held.settings.session_hours
    with held.database.writing() as session:
        need_unchanged(session, user)
        cookie = sessions.start(
            session,
            user,
            hours,
            request.cookies.get(sessions.COOKIE, ""),
            browser=browser_of(request),
            address=address_of(request),
        )
        held.audit.add(session, "session.started", who=user.id)
    answer = RedirectResponse(back, 303)
    answer.set_cookie(
        sessions.COOKIE, cookie, httponly=True, samesite="lax", secure=held.settings.encrypted, path="/"
    )
    return answer


def need_unchanged(session: Session, user: User) -> User:
    """The account as it is now, which nobody changes until the transaction ends.

    Raises:
        RefusedError: it was closed, or got another password, since ``user`` was read: what was shown then
            counts no more.
    """
    now = session.get(User, user.id, with_for_update=True)
    if now is None or not now.active or now.password != user.password:
        raise RefusedError(422, _("Begin anew: sign in with your password."), title=_("Sign in anew"))
    return now


def go_on(request: Request, held: Platform, user: User, back: str) -> Response:
    """Sign in somebody who has shown a first thing, or ask for the second one."""
    with held.database.reading() as session:
        second = second_factor.has(session, user.id)
    if not second:
        return signed_in(request, held, user, back)
    answer = RedirectResponse("/sign-in/code", 303)
    shown = {"user": user.id, "back": back, "password": digest(user.password)}
    halfway.put(answer, held.secret, SECOND, shown, encrypted=held.settings.encrypted)
    return answer


def confirmed(request: Request, held: Platform, access: Access, password: str) -> User:
    """Somebody who is signed in shows once more who they are, before something important is changed.

    Raises:
        RefusedError: the password is not right, or too many tries.
    """
    with held.database.reading() as session:
        user = session.get_one(User, access.user)
    if user.password == NONE:
        return user
    return identified(request, held, user.login, password)


def inside(back: str) -> str:
    """An address of this server to go back to; any other is the home page."""
    sound = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if sound else "/"
