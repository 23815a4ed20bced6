"""A person who can sign in."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row


class User(Row):
    """A person who can sign in.

    Attributes:
        login: what is typed at sign-in, in lower case.
        name: how other members of a study see this person.
        password: argon2 hash.
        administrator: may invite people, make studies and read the audit.
        active: may sign in.
    """

    __tablename__ = "users"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str] = mapped_column(String(200))
    administrator: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[Created]
