"""Take up what waits, and write down what was found out: each analysis once, whoever dies in between.

A worker that takes up a photo has a while to answer; after that another may take it up. What it brings later
is dropped: only who still has the photo may write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cutis.web.audit.chain import Audit
from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import DONE, FAILED, WAITING
from cutis.web.database.row import now

MOST_TRIES = 3
HOLD = timedelta(minutes=10)  # a mosaic of 200 megapixels takes two
ENDED = "The analysis ended three times without an answer. Ask the administrator; the photo itself is kept."


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one analysis.

    Attributes:
        result: None where there is no answer.
        problem: why there is none, in a sentence.
        embedding: see `cutis.web.database.analysis.Analysis`.
        seconds: that it took.
    """

    result: dict[str, Any] | None
    problem: str = ""
    embedding: bytes | None = None
    seconds: float = 0.0


def take_up(session: Session, photo: str, worker: str) -> tuple[Photo, list[Analysis]] | None:
    """Take up all that waits for a photo.

    Args:
        session: of `Database.writing`.
        photo: identity.
        worker: name of who does it.

    Returns:
        The photo and its analyses; None where nothing waits or somebody else is at it.
    """
    found = session.get(Photo, photo)
    if found is None:
        return None
    free = or_(Analysis.taken_until.is_(None), Analysis.taken_until < now())
    chosen = select(Analysis).where(Analysis.photo_id == photo, Analysis.state == WAITING, free)
    rows = list(session.scalars(chosen.order_by(Analysis.id).with_for_update(skip_locked=True)))
    for one in rows:
        one.tries += 1
        if one.tries > MOST_TRIES:  # whoever was at it died of it
            one.state, one.problem, one.finished = FAILED, ENDED, now()
        else:
            one.taken_by, one.taken_until = worker, now() + HOLD
    session.flush()
    taken = [one for one in rows if one.state == WAITING]
    return (found, taken) if taken else None


def write_down(
    session: Session, audit: Audit, photo: Photo, worker: str, outcomes: Mapping[str, Outcome]
) -> int:
    """Write down what was found out, with one line of the audit.

    Args:
        session: of `Database.writing`.
        audit: of the installation.
        photo: whose analyses they are.
        worker: who took them up.
        outcomes: by identity of the analysis.

    Returns:
        How many were written: not those that somebody else took up meanwhile, or whose photo is gone.
    """
    chosen = select(Analysis).where(
        Analysis.id.in_(list(outcomes)), Analysis.state == WAITING, Analysis.taken_by == worker
    )
    rows = session.scalars(chosen.with_for_update()).all()
    for one in rows:
        outcome = outcomes[one.id]
        one.state = FAILED if outcome.result is None else DONE
        one.result, one.problem = outcome.result, outcome.problem[:500]
        one.embedding, one.seconds = outcome.embedding, outcome.seconds
        one.taken_by, one.taken_until, one.finished = "", None, now()
    if rows:
        failed = sum(one.state == FAILED for one in rows)
        audit.add(
            session,
            "photo.analysed",
            study=photo.study_id,
            subject=photo.id,
            models=len(rows),
            failed=failed,
        )
    return len(rows)


def give_back(session: Session, worker: str) -> int:
    """What a worker that is no more had taken up waits again at once.

    Returns:
        How many analyses that was.
    """
    freed = session.scalars(
        update(Analysis)
        .where(Analysis.taken_by == worker, Analysis.state == WAITING)
        .values(taken_by="", taken_until=None)
        .returning(Analysis.id)
    )
    return len(freed.all())


def left_over(session: Session, most: int = 1000) -> list[str]:
    """Photos for which something waits that nobody is at, the longest waiting first."""
    free = or_(Analysis.taken_until.is_(None), Analysis.taken_until < now())
    chosen = select(Analysis.photo_id, Analysis.created).where(Analysis.state == WAITING, free)
    found = session.execute(chosen.order_by(Analysis.created).limit(20 * most))
    return list(dict.fromkeys(photo for photo, _ in found))[:most]
