"""A place where a study is run."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId


class Site(Row):
    """A place where a study is run."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("study_id", "name"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    name: Mapped[str] = mapped_column(String(120))
    created: Mapped[Created]
