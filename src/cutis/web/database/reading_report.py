"""A report of a study of readers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, UserId, UtcTime


class ReadingReport(Row):
    """A making of the reports; the newest that is done counts, the earlier ones stay.

    Attributes:
        state: ``making``, ``done`` or ``failed``.
        said: the answer in a sentence, or why it failed.
    """

    __tablename__ = "reading_reports"

    id: Mapped[Id]
    reader_study_id: Mapped[str] = mapped_column(String(20), ForeignKey("reader_studies.id"), index=True)
    made_by: Mapped[UserId]
    state: Mapped[str] = mapped_column(String(10), default="making")
    said: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[Created]
    finished: Mapped[datetime | None] = mapped_column(UtcTime)


class ReadingFile(Row):
    """A file of a report, such as ``evidence.html``; read only when it is asked for."""

    __tablename__ = "reading_files"
    __table_args__ = (UniqueConstraint("report_id", "name"),)

    id: Mapped[Id]
    report_id: Mapped[str] = mapped_column(String(20), ForeignKey("reading_reports.id"))
    name: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
