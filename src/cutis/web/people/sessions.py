"""Browsers in which somebody is signed in: the server keeps them, the cookie is only a random number."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cutis.web.database import User, WebSession
from cutis.web.database.row import now
from cutis.web.secret import digest

COOKIE = "cutis_session"
_FRESH = timedelta(minutes=5)  # so often, at most, is it written down that a session is used


def start(
    session: Session,
    user: User,
    hours: float,
    old_cookie: str = "",
    *,
    browser: str = "",
    address: str = "",
) -> str:
    """A new session, and the end of the one that this browser had: nobody can plant a cookie beforehand.

    Returns:
        The cookie's value, which stands nowhere else.
    """
    moment = now()
    session.execute(delete(WebSession).where(WebSession.expires < moment))
    if old_cookie:
        end(session, old_cookie)
    cookie = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            user_id=user.id,
            digest=digest(cookie),
            seen=moment,
            expires=moment + timedelta(hours=hours),
            browser=browser,
            address=address,
        )
    )
    return cookie


def find(session: Session, cookie: str) -> tuple[User, bool] | None:
    """Who is signed in by a cookie, and whether it is time to say that the session is used."""
    moment = now()
    found = session.execute(
        select(User, WebSession)
        .join(WebSession, WebSession.user_id == User.id)
        .where(WebSession.digest == digest(cookie), WebSession.expires > moment, User.active)
    ).first()
    return None if found is None else (found[0], found[1].seen < moment - _FRESH)


def keep(session: Session, cookie: str, hours: float) -> None:
    """A session is used, and lasts so many hours from now."""
    kept = session.scalar(select(WebSession).where(WebSession.digest == digest(cookie)))
    if kept is not None:
        kept.seen = now()
        kept.expires = kept.seen + timedelta(hours=hours)


def end(session: Session, cookie: str) -> None:
    """Sign out one browser."""
    session.execute(delete(WebSession).where(WebSession.digest == digest(cookie)))


def end_all(session: Session, user: str, but: str = "") -> int:
    """Sign out all browsers of somebody, but for one cookie.

    Returns:
        How many there were.
    """
    gone = session.scalars(
        delete(WebSession)
        .where(WebSession.user_id == user, WebSession.digest != digest(but))
        .returning(WebSession.id)
    )
    return len(gone.all())
