"""Which bundle answers a task in a study, and from when to when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Id, Moment, Row, StudyId, UtcTime


class StudyModel(Row):
    """A study's choice for a task; at most one per task is in force. Ended ones stay.

    Attributes:
        bundle_digest: None where the study does not want the task asked.
        until: None while it is in force.
        set_by: None where the study was kept to the bundle that it began with, as cutis shipped a newer one.
    """

    __tablename__ = "study_models"
    __table_args__ = (
        Index(
            "ix_study_models_in_force",
            "study_id",
            "task",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    task: Mapped[str] = mapped_column(String(80))
    bundle_digest: Mapped[str | None] = mapped_column(String(64), ForeignKey("bundles.digest"))
    since: Mapped[Moment]
    until: Mapped[datetime | None] = mapped_column(UtcTime)
    set_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"))
