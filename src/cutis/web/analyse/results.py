"""What was found out about photos, for whoever shows or exports it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import WAITING


def results_of(session: Session, photo: Photo) -> list[Analysis]:
    """All analyses of a photo, the oldest first; those of several versions of a model stand side by side."""
    chosen = select(Analysis).where(Analysis.photo_id == photo.id)
    return list(session.scalars(chosen.order_by(Analysis.created, Analysis.id)))


def results_of_each(session: Session, photos: Iterable[Photo]) -> dict[str, list[Analysis]]:
    """As `results_of`, by identity of the photo, for many photos at once."""
    wanted = [photo.id for photo in photos]
    found: dict[str, list[Analysis]] = {identity: [] for identity in wanted}
    for start in range(0, len(wanted), 500):
        chosen = select(Analysis).where(Analysis.photo_id.in_(wanted[start : start + 500]))
        for one in session.scalars(chosen.order_by(Analysis.created, Analysis.id)):
            found[one.photo_id].append(one)
    return found


def waiting(session: Session, study: str = "") -> int:
    """How many analyses wait, in a study or everywhere."""
    chosen = select(func.count(Analysis.id)).where(Analysis.state == WAITING)
    return session.scalar(chosen.where(Analysis.study_id == study) if study else chosen) or 0
