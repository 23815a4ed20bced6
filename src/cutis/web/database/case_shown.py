"""When a reader was first shown a case."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Row


class CaseShown(Row):
    """When the photo of a place was first sent to a reader; of adjudicators it also says which case it is."""

    __tablename__ = "cases_shown"

    reader_id: Mapped[str] = mapped_column(String(20), ForeignKey("readers.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(String(20), ForeignKey("reading_cases.id"))
    created: Mapped[Created]
