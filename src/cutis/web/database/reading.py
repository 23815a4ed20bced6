"""What a reader answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row


class Reading(Row):
    """What a reader answered; a row is never changed. A correction is a new row that names the old one.

    Attributes:
        place: 1, 2, 3, ... in the reader's own order.
        session: 0 is training.
        helped: the model's result was shown.
        answer: name of an answer; empty where the photo was withdrawn meanwhile.
        confidence: on the scale of the design; None where it is not asked.
        regions: drawn on the photo, in its pixels.
        seconds: that the case was visible, by the reader's clock.
        plausible: it cannot have been seen for longer since the server first showed it.
        corrects: the row in whose place it stands.
        key: the page's own name of this answer; sent again, it is the same answer.
    """

    __tablename__ = "readings"
    __table_args__ = (
        UniqueConstraint("reader_id", "key"),
        UniqueConstraint("corrects"),
        Index(
            "uq_readings_first",
            "reader_id",
            "place",
            unique=True,
            sqlite_where=text("corrects IS NULL"),
            postgresql_where=text("corrects IS NULL"),
        ),
        Index("ix_readings_case", "case_id"),
        Index("ix_readings_reader_study", "reader_study_id"),
    )

    id: Mapped[Id]
    reader_study_id: Mapped[str] = mapped_column(String(20), ForeignKey("reader_studies.id"))
    reader_id: Mapped[str] = mapped_column(String(20), ForeignKey("readers.id"))
    case_id: Mapped[str] = mapped_column(String(20), ForeignKey("reading_cases.id"))
    place: Mapped[int]
    session: Mapped[int]
    helped: Mapped[bool]
    answer: Mapped[str] = mapped_column(String(40))
    confidence: Mapped[int | None]
    regions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    seconds: Mapped[float]
    plausible: Mapped[bool]
    corrects: Mapped[str | None] = mapped_column(String(20), ForeignKey("readings.id"))
    key: Mapped[str] = mapped_column(String(64))
    created: Mapped[Created]
