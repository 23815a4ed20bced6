"""A browser in which somebody is signed in."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, UserId


class WebSession(Row):
    """A browser in which somebody is signed in; the cookie itself is kept nowhere, only its hash.

    Attributes:
        browser: its kind and that of its machine, in words, for its owner to know it again.
        address: from which it was signed in.
    """

    __tablename__ = "web_sessions"

    id: Mapped[Id]
    user_id: Mapped[UserId]
    digest: Mapped[Digest] = mapped_column(unique=True)
    created: Mapped[Created]
    seen: Mapped[Moment]
    expires: Mapped[Moment] = mapped_column(index=True)
    browser: Mapped[str] = mapped_column(String(60), default="", server_default="")
    address: Mapped[str] = mapped_column(String(45), default="", server_default="")
