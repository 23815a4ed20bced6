"""A questionnaire that was filled in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId


class Answers(Row):
    """A questionnaire that was filled in; only ever added to: the latest of a visit counts.

    Attributes:
        visit, questionnaire: keys of the protocol.
        protocol_number: version of the protocol that was answered.
        values: question's key -> text, number, list of choices or True/False; unanswered ones are not there.
        key: the sender's own name of these answers; sent again, they are the same.
    """

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("participant_id", "key"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"))
    visit: Mapped[str] = mapped_column(String(40))
    questionnaire: Mapped[str] = mapped_column(String(40))
    protocol_number: Mapped[int]
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str] = mapped_column(String(64))
    created: Mapped[Created]
