"""A photo that readers are asked about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Id, Row


class ReadingCase(Row):
    """A photo that readers are asked about, by a number that tells nothing.

    Attributes:
        number: 1, 2, 3, ... in the order in which the cases were added.
        photo_id: None once the photo was withdrawn; what was answered stays.
        training: comes first, with feedback, and is not counted.
        truth: name of an answer; empty where it is not known.
        help: what readers are shown with help, from `cutis.web.reading.help`; empty where there is none.
    """

    __tablename__ = "reading_cases"
    __table_args__ = (
        UniqueConstraint("reader_study_id", "number"),
        UniqueConstraint("reader_study_id", "photo_id"),
    )

    id: Mapped[Id]
    reader_study_id: Mapped[str] = mapped_column(String(20), ForeignKey("reader_studies.id"))
    number: Mapped[int]
    photo_id: Mapped[str | None] = mapped_column(
        String(20), ForeignKey("photos.id", ondelete="SET NULL"), index=True
    )
    training: Mapped[bool] = mapped_column(default=False)
    truth: Mapped[str] = mapped_column(String(40), default="")
    help: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
