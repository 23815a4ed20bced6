"""A link with which a participant takes part in a study, without an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, StudyId, UserId, UtcTime


class ParticipantLink(Row):
    """A link of one participant; only its hash is kept.

    Attributes:
        made_by: the member of the study who made it.
        once: good for one opening only.
        expires: when it can be opened no longer; a phone that opened it before goes on.
        opened: when it was opened last.
        revoked: when a member ended it, and everything that was opened by it.
    """

    __tablename__ = "participant_links"

    id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"), index=True)
    made_by: Mapped[UserId]
    once: Mapped[bool] = mapped_column(default=False)
    created: Mapped[Created]
    expires: Mapped[Moment]
    opened: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcTime)
