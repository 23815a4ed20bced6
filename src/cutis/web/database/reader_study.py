"""A study of readers: one question about the same photos, asked of several people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId, UtcTime


class ReaderStudy(Row):
    """A study of readers.

    Attributes:
        design: of `cutis.web.reading.design.Design`; once opened it does not change.
        digest: SHA-256 of the design and the cases, as they were when it was opened; empty before.
        state: ``draft``, ``open`` or ``closed``; there is no way back.
    """

    __tablename__ = "reader_studies"

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    title: Mapped[str] = mapped_column(String(120))
    design: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10), default="draft")
    made_by: Mapped[UserId]
    created: Mapped[Created]
    opened: Mapped[datetime | None] = mapped_column(UtcTime)
    closed: Mapped[datetime | None] = mapped_column(UtcTime)
