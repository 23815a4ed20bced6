"""What somebody who knows says of a photo."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, StudyId


class PhotoLabel(Row):
    """The truth about a photo for a task, as far as it is known; the newest counts, earlier ones stay.

    Attributes:
        task: whose labels it is one of.
        label: its name.
        source: where it comes from: ``table``, ``reading``, ...
        made_by: identity of who brought it.
    """

    __tablename__ = "photo_labels"

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    photo_id: Mapped[str] = mapped_column(String(20), ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    task: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(20))
    made_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"))
    created: Mapped[Created]
