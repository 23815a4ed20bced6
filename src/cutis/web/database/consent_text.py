"""What participants of a study agree to, in one language."""

from __future__ import annotations

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId


class ConsentText(Row):
    """What participants agree to; only ever added to, and the highest number counts, in all its languages.

    Attributes:
        number: of the version, 1, 2, 3, ... within the study; one version has a text for each language.
        language: ``en``, ``ja``, ``zh`` or ``fr``.
    """

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("study_id", "number", "language"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    number: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    made_by: Mapped[UserId]
    created: Mapped[Created]
