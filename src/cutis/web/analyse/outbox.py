"""What is to be analysed stands in the database before anybody is told that a photo is kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import DONE, FAILED, WAITING
from cutis.web.models import registry

_NOT_ASKED = ("kind", "colour", "grey")  # why a model was not asked, of which a person may think otherwise


def ask(
    session: Session, photo: Photo, digests: Iterable[str] = (), *, anyway: bool = False
) -> list[Analysis]:
    """Write down that models are to answer for a photo; what they answered before stays.

    Args:
        session: of `Database.writing`, that of the photo where it is new.
        photo: flushed.
        digests: of bundles; those that answer in the study when empty.
        anyway: ask them whatever kind of photo it is; one that was not asked for that waits again.

    Returns:
        What was written; an analysis that failed waits again.
    """
    wanted = list(digests) or [one.digest for one in registry.active(session, photo.study_id)]
    chosen = select(Analysis).where(Analysis.photo_id == photo.id, Analysis.bundle_digest.in_(wanted))
    there = {one.bundle_digest: one for one in session.scalars(chosen)}
    for one in there.values():
        if one.state == FAILED:
            one.state, one.problem, one.tries, one.taken_until = WAITING, "", 0, None
            one.asked_anyway = one.asked_anyway or anyway
        elif anyway and may_be_asked_anyway(one):
            one.state, one.tries, one.taken_until, one.result = WAITING, 0, None, None
            one.asked_anyway = True
    made = [
        Analysis(
            study_id=photo.study_id,
            photo_id=photo.id,
            bundle_digest=digest,
            asked_anyway=anyway,
        )
        for digest in wanted
        if digest not in there
    ]
    session.add_all(made)
    session.flush()
    return [*made, *(one for one in there.values() if one.state == WAITING)]


def may_be_asked_anyway(row: Analysis) -> bool:
    """The model was not asked since the photo is of another kind, or of other colours, than it is for."""
    return row.state == DONE and _of_another_kind(row) and not row.asked_anyway


def answered_anyway(row: Analysis) -> bool:
    """Somebody asked for it, and the photo is of another kind, or of other colours, than the model is for."""
    return row.state == DONE and _of_another_kind(row) and row.asked_anyway


def _of_another_kind(row: Analysis) -> bool:
    suits = (row.result or {}).get("suits", {"suits": True})
    return not suits["suits"] and suits["why"] in _NOT_ASKED
