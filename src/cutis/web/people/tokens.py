"""Keys with which programs act for somebody."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cutis.web.database import Token, User
from cutis.web.database.row import now
from cutis.web.secret import digest

DAYS = 365


def make(session: Session, user: str, title: str) -> tuple[Token, str]:
    """A new token: the row, and the text that is shown once."""
    text = f"cutis_{secrets.token_urlsafe(32)}"
    token = Token(user_id=user, digest=digest(text), title=title, expires=now() + timedelta(days=DAYS))
    session.add(token)
    session.flush()
    return token, text


def find(session: Session, text: str) -> User | None:
    """Whose token it is."""
    return session.scalar(
        select(User)
        .join(Token, Token.user_id == User.id)
        .where(Token.digest == digest(text), Token.expires > now(), User.active)
    )


def end_all(session: Session, user: str) -> int:
    """No program acts for somebody any more; how many tokens there were."""
    return len(session.scalars(delete(Token).where(Token.user_id == user).returning(Token.id)).all())
