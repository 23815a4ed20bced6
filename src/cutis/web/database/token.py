"""A key with which a program acts for somebody."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, UserId


class Token(Row):
    """A key with which a program acts for somebody; shown once, and only its hash is kept."""

    __tablename__ = "tokens"

    id: Mapped[Id]
    user_id: Mapped[UserId]
    digest: Mapped[Digest] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(80))
    created: Mapped[Created]
    expires: Mapped[Moment]
