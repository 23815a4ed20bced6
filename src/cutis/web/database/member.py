"""A person's role in a study."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId


class Member(Row):
    """A person's role in a study; one for each person and study."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("study_id", "user_id"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    user_id: Mapped[UserId]
    role: Mapped[str] = mapped_column(String(20))
    created: Mapped[Created]
