"""A participant of a study, by pseudonym."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId

ENROLLED, WITHDRAWN, COMPLETED = "enrolled", "withdrawn", "completed"


class Participant(Row):
    """A participant of a study; who it is stands nowhere here.

    Attributes:
        enrolled: the day from which visits are counted; the day of ``created`` where it is empty.
        arm: key of the protocol's arm, drawn at enrolment.
        state: ``enrolled``, ``withdrawn`` or ``completed``.
        eligibility: key of a criterion -> yes or no, as answered at enrolment.
    """

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("study_id", "pseudonym"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    site_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("sites.id"), index=True)
    pseudonym: Mapped[str] = mapped_column(String(40))
    enrolled: Mapped[date | None] = mapped_column(Date)
    arm: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default=ENROLLED, server_default=ENROLLED)
    eligibility: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    created: Mapped[Created]

    @property
    def first_day(self) -> date:
        """The day from which visits are counted."""
        return self.enrolled or self.created.date()
