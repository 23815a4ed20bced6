"""How common something is among the patients of a clinic, as its study says."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Id, Moment, Row, StudyId, UserId


class Prevalence(Row):
    """How common a label is among a study's patients; what an answer means depends on it.

    Attributes:
        task: of the models whose answers it is for.
        label: name, as of the bundle's labels.
        share: above 0 and below 1.
    """

    __tablename__ = "prevalences"
    __table_args__ = (UniqueConstraint("study_id", "task", "label"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    task: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(80))
    share: Mapped[float]
    set_by: Mapped[UserId]
    changed: Mapped[Moment]
