"""Photos of the same study that look alike to a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Analysis, Participant, Photo
from cutis.web.database.analysis import DONE

MOST = 20_000  # photos that are compared, the newest


@dataclass(frozen=True, eq=False)
class Similar:
    """A photo that looks alike.

    Attributes:
        likeness: cosine of the two embeddings, 1 where they are the same.
    """

    photo: Photo
    participant: Participant
    analysis: Analysis
    likeness: float


def similar(session: Session, of: Analysis, most: int = 6) -> list[Similar]:
    """The photos of the same study that look most alike, by the same model.

    Args:
        session: of `Database.reading`.
        of: an analysis that is done.
        most: photos.
    """
    if of.embedding is None:
        return []
    chosen = select(Analysis.id, Analysis.embedding).where(
        Analysis.study_id == of.study_id,
        Analysis.bundle_digest == of.bundle_digest,
        Analysis.state == DONE,
        Analysis.photo_id != of.photo_id,
        Analysis.embedding.is_not(None),
    )
    rows = session.execute(chosen.order_by(Analysis.created.desc()).limit(MOST)).all()
    fitting = [(identity, kept) for identity, kept in rows if kept and len(kept) == len(of.embedding)]
    if not fitting:
        return []
    table = np.frombuffer(b"".join(kept for _, kept in fitting), np.float16)
    own = np.frombuffer(of.embedding, np.float16).astype(np.float32)
    cosines = table.reshape(len(fitting), -1).astype(np.float32) @ own
    best = np.argsort(-cosines, kind="stable")[:most]
    wanted = {fitting[number][0]: float(cosines[number]) for number in best}
    found = session.execute(
        select(Analysis, Photo, Participant)
        .join(Photo, Photo.id == Analysis.photo_id)
        .join(Participant, Participant.id == Photo.participant_id)
        .where(Analysis.id.in_(wanted))
    )
    alike = [Similar(photo, who, one, wanted[one.id]) for one, photo, who in found]
    return sorted(alike, key=lambda one: -one.likeness)
