"""A person's role in a study."""

from __future__ import annotations

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId


class Member(Row):
    """A person's role in a study; one for each person and study.

    Attributes:
        sites: identities of the sites to which the person is bound; None where all are seen.
    """

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("study_id", "user_id"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    user_id: Mapped[UserId]
    role: Mapped[str] = mapped_column(String(20))
    sites: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created: Mapped[Created]
