"""A study: its people, its participants and their photos are nobody else's."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Id, Row


class Study(Row):
    """A study.

    Attributes:
        about: what it is for, in a sentence or two.
        keeps_capture_time: the moment a photo was taken, from its EXIF data, is kept.
    """

    __tablename__ = "studies"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    keeps_capture_time: Mapped[bool] = mapped_column(default=False)
    created: Mapped[Created]
