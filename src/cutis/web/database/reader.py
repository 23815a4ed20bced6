"""Somebody who reads in a study of readers."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row, UserId


class Reader(Row):
    """Somebody who reads in a study of readers, or settles what the readers disagree on.

    Attributes:
        pseudonym: ``R01``, ``R02``, ...; of adjudicators ``A01``, ...: by it they stand in every table.
        number: 0, 1, 2, ... among those of the same kind; it fixes the order.
        adjudicator: gets the cases on which readers disagree.
        sees_photos: could see the study's photos, with pseudonyms, when they became a reader.
        order: (places,) [case number, 1 with help else 0, session]; training is session 0. Of adjudicators
            it is empty: their cases are found as they arise.
        done: places answered; the next one is the one after.
    """

    __tablename__ = "readers"
    __table_args__ = (
        UniqueConstraint("reader_study_id", "user_id"),
        UniqueConstraint("reader_study_id", "pseudonym"),
    )

    id: Mapped[Id]
    reader_study_id: Mapped[str] = mapped_column(String(20), ForeignKey("reader_studies.id"))
    user_id: Mapped[UserId]
    pseudonym: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    adjudicator: Mapped[bool] = mapped_column(default=False)
    sees_photos: Mapped[bool] = mapped_column(default=False)
    order: Mapped[list[list[int]]] = mapped_column("places", JSON, default=list)
    done: Mapped[int] = mapped_column(default=0)
    created: Mapped[Created]
