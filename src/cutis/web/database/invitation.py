"""A one-time link that makes somebody an administrator or a member of a study."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, UtcTime


class Invitation(Row):
    """A one-time link; only its hash is kept.

    Attributes:
        study_id: None makes an administrator.
        role: of the member of the study, or ``administrator``.
        made_by: None where the server itself made it at the first start.
        used: when; it cannot be used again.
    """

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("(study_id IS NULL) = (role = 'administrator')", name="role_of_study"),)

    id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    study_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("studies.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    made_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"))
    created: Mapped[Created]
    expires: Mapped[Moment]
    used: Mapped[datetime | None] = mapped_column(UtcTime)
