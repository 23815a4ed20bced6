"""A participant of a study, by pseudonym."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId


class Participant(Row):
    """A participant of a study; who it is stands nowhere here."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("study_id", "pseudonym"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    site_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("sites.id"), index=True)
    pseudonym: Mapped[str] = mapped_column(String(40))
    created: Mapped[Created]
