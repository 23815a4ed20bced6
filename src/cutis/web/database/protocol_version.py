"""A version of a study's protocol."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId, UserId


class ProtocolVersion(Row):
    """A version of a study's protocol; only ever added to, and the highest number counts.

    Attributes:
        number: 1, 2, 3, ... within the study.
        document: as `cutis.web.studies.protocol.Protocol` writes it.
    """

    __tablename__ = "protocol_versions"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[UserId]
    created: Mapped[Created]
