"""What a model says of a photo: asked for, or answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Row, StudyId, UtcTime

WAITING, DONE, FAILED = "waiting", "done", "failed"


class Analysis(Row):
    """A model's answer for a photo; the same model answers for the same photo once.

    It goes with its photo. It is written as ``waiting`` in the transaction that keeps the photo: whoever has
    the photo's acknowledgement has its analysis too, sooner or later.

    Attributes:
        bundle_digest: of the model; a new version is a row beside the old one.
        state: ``waiting``, ``done`` or ``failed``.
        result: see `cutis.web.analyse.result`; None until it is done.
        asked_anyway: a person asked for it, whatever kind of photo it is.
        problem: why it failed, in a sentence.
        embedding: float16 numbers of length 1 together, for similar photos.
        seconds: that it took.
        tries: how often it was begun.
        taken_by: the worker that is at it.
        taken_until: from then on another worker may take it up.
    """

    __tablename__ = "analyses"
    __table_args__ = (UniqueConstraint("photo_id", "bundle_digest"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    photo_id: Mapped[str] = mapped_column(String(20), ForeignKey("photos.id", ondelete="CASCADE"))
    bundle_digest: Mapped[Digest] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10), default=WAITING, index=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    asked_anyway: Mapped[bool] = mapped_column(default=False, server_default=false())
    problem: Mapped[str] = mapped_column(String(500), default="")
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    seconds: Mapped[float | None]
    tries: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str] = mapped_column(String(64), default="")
    taken_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created: Mapped[Created]
    finished: Mapped[datetime | None] = mapped_column(UtcTime)
