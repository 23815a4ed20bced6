"""A phone on which photos of one participant are taken."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Moment, Row, StudyId


class ParticipantSession(Row):
    """A phone on which photos of one participant are taken; of its cookie only the hash is kept.

    Attributes:
        link_id: by which it was opened; None where a member of the study takes the photos.
        user_id: that member, who must be signed in on the same phone.
        language: in which the participant reads.
    """

    __tablename__ = "participant_sessions"

    id: Mapped[Id]
    digest: Mapped[Digest] = mapped_column(unique=True)
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"), index=True)
    link_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("participant_links.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"), index=True)
    language: Mapped[str] = mapped_column(String(8), default="en")
    created: Mapped[Created]
    seen: Mapped[Moment]
    expires: Mapped[Moment] = mapped_column(index=True)
