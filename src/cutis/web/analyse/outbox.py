"""What is to be analysed stands in the database before anybody is told that a photo is kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import FAILED, WAITING
from cutis.web.models import registry


def ask(session: Session, photo: Photo, digests: Iterable[str] = ()) -> list[Analysis]:
    """Write down that models are to answer for a photo; what they answered before stays.

    Args:
        session: of `Database.writing`, that of the photo where it is new.
        photo: flushed.
        digests: of bundles; those that answer in the study when empty.

    Returns:
        What was written; an analysis that failed waits again.
    """
    wanted = list(digests) or [one.digest for one in registry.active(session, photo.study_id)]
    chosen = select(Analysis).where(Analysis.photo_id == photo.id, Analysis.bundle_digest.in_(wanted))
    there = {one.bundle_digest: one for one in session.scalars(chosen)}
    for one in there.values():
        if one.state == FAILED:
            one.state, one.problem, one.tries, one.taken_until = WAITING, "", 0, None
    made = [
        Analysis(study_id=photo.study_id, photo_id=photo.id, bundle_digest=digest)
        for digest in wanted
        if digest not in there
    ]
    session.add_all(made)
    session.flush()
    return [*made, *(one for one in there.values() if one.state == WAITING)]
