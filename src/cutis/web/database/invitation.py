"""A one-time link: to become an administrator or a member of a study, or to choose a new password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, UtcTime


class Invitation(Row):
    """A one-time link; only its hash is kept.

    Attributes:
        study_id: None makes an administrator, or lets a password be chosen.
        role: of the member of the study, or ``administrator``, or ``password``.
        sites: to which the member of the study is bound; None where to none.
        user_id: whose password it is.
        made_by: None where the server itself made it at the first start.
        used: when; it cannot be used again.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(study_id IS NULL) = (role IN ('administrator', 'password'))", name="role_of_study"),
        CheckConstraint("(user_id IS NULL) = (role <> 'password')", name="user_of_password"),
    )

    id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    study_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("studies.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    sites: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    user_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"), index=True)
    made_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"))
    created: Mapped[Created]
    expires: Mapped[Moment]
    used: Mapped[datetime | None] = mapped_column(UtcTime)
