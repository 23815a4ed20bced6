"""Who somebody is elsewhere."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, UserId


class Identity(Row):
    """Somebody's identity at an OpenID provider, with which an account here is opened.

    Attributes:
        issuer: of the provider, an address.
        subject: the provider's own unchanging name of the person.
    """

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    user_id: Mapped[UserId]
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created: Mapped[Created]
