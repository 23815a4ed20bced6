"""A photo of a participant."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Row, StudyId


class Photo(Row):
    """A photo of a participant; its pixels are in the store, under their hash.

    Attributes:
        added_by: None where the participant did.
        key: the sender's own name of this upload; sent again, it is the same photo.
        arrived_digest: of the file as it came, so that the same file is one photo.
        digest: of the file as it is kept, without EXIF and GPS data.
        kind: ``jpg`` or ``png``.
        taken: local time by the camera's clock, ISO 8601, where the study keeps it.
        visit, view: keys of the study's protocol; None for a photo outside of it.
    """

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("participant_id", "key"),
        UniqueConstraint("participant_id", "arrived_digest"),
    )

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"))
    added_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    arrived_digest: Mapped[Digest]
    digest: Mapped[Digest] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(4))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    taken: Mapped[str | None] = mapped_column(String(32))
    visit: Mapped[str | None] = mapped_column(String(40))
    view: Mapped[str | None] = mapped_column(String(40))
    created: Mapped[Created]
