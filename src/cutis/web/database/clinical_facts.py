"""What a person entered beside a model's answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId


class ClinicalFacts(Row):
    """Clinical facts of the patient at one time; only ever added to: the newest of an analysis count.

    Attributes:
        analysis_id: the answer beside which they stand; they go with it.
        facts: as `cutis.clinical.record.to_dict` writes them; what is not known is not there.
        made_by: who entered them.
    """

    __tablename__ = "clinical_facts"

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    photo_id: Mapped[str] = mapped_column(String(20), ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    analysis_id: Mapped[str] = mapped_column(
        String(20), ForeignKey("analyses.id", ondelete="CASCADE"), index=True
    )
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[UserId]
    created: Mapped[Created]
