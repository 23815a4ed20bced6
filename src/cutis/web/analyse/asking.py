"""Ask models about a photo, and find an answer that is there."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.analyse import outbox
from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import DONE
from cutis.web.errors import RefusedError
from cutis.web.models import registry
from cutis.web.people.access import Access
from cutis.web.photos.access import photo_of
from cutis.web.platform import Platform
from cutis.web.words import _


def ask(held: Platform, access: Access, photo: str, digests: list[str], *, anyway: bool = False) -> int:
    """Ask models about a photo.

    Args:
        held: the platform.
        access: who asks, and in which study.
        photo: identity.
        digests: of models; those of the study when empty.
        anyway: also where the photo is of another kind than a model is for.

    Returns:
        How many analyses wait now.

    Raises:
        RefusedError: no such photo, or no such model.
    """
    with held.database.writing() as session:
        found = photo_of(session, access.study, photo)
        for digest in digests:
            registry.bundle_of(session, digest)
        asked = outbox.ask(session, found, digests, anyway=anyway)
        held.audit.add(
            session,
            "analysis.asked",
            who=access.user,
            study=access.study,
            subject=found.id,
            models=len(asked),
            **({"anyway": True} if anyway else {}),
        )
    held.queue.wake(photo)
    return len(asked)


def analysis_of(session: Session, study: str, photo: str, analysis: str) -> tuple[Photo, Analysis]:
    """An analysis of a photo of a study, that is done.

    Raises:
        RefusedError: there is none, or it is not done.
    """
    found = photo_of(session, study, photo)
    chosen = select(Analysis).where(Analysis.id == analysis, Analysis.photo_id == found.id)
    row = session.scalar(chosen)
    if row is None:
        raise RefusedError(404)
    if row.state != DONE:
        raise RefusedError(409, _("This analysis is not done. Look again in a moment."))
    return found, row
