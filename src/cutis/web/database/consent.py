"""A participant's consent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UtcTime


class Consent(Row):
    """A participant's consent to one text.

    Attributes:
        signature: ``{"kind": "drawn" | "paper", "strokes": [[[x, y], ...], ...]}`` with x and y from 0 to 1
            of the field's width and height; strokes are emptied when the participant withdraws and the
            protocol says that data are deleted.
        signed: by the server's clock.
        signed_by_clock: as the device said, ISO 8601; kept apart, since clocks disagree.
        withdrawn: when, by the server's clock.
        receipt: seal of the audit's line of the withdrawal.
    """

    __tablename__ = "consents"

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"), index=True)
    text_id: Mapped[str] = mapped_column(String(20), ForeignKey("consent_texts.id"))
    signature: Mapped[dict[str, Any]] = mapped_column(JSON)
    signed: Mapped[Created]
    signed_by_clock: Mapped[str | None] = mapped_column(String(40))
    withdrawn: Mapped[datetime | None] = mapped_column(UtcTime)
    receipt: Mapped[str | None] = mapped_column(String(64))
