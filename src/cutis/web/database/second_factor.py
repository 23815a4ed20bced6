"""What somebody shows at sign-in beside a password: the code of an app, or a code kept for its loss."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Row, UserId, UtcTime


class SecondFactor(Row):
    """What the codes of somebody's app are made from.

    Attributes:
        sealed: the shared secret, encrypted with the installation's own.
        confirmed: when a first code was right; before that it counts for nothing.
        last_step: time step (30 seconds) of the last code that was used: no code is good twice.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(String(20), ForeignKey("users.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(200))
    confirmed: Mapped[datetime | None] = mapped_column(UtcTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created: Mapped[Created]


class RecoveryCode(Row):
    """A code that stands in once for a lost app; only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[Id]
    user_id: Mapped[UserId]
    digest: Mapped[Digest]
    used: Mapped[datetime | None] = mapped_column(UtcTime)
