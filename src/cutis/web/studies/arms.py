"""Which arm chance gives a participant: in blocks, by site, and known to nobody before enrolment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Participant
from cutis.web.secret import seal
from cutis.web.studies.protocol import Arm

_LARGEST = 3  # a block holds each arm up to so many times its weight: which place is the last, nobody knows


def sequence(arms: Sequence[Arm], seed: str) -> Iterator[str]:
    """Keys of arms without an end: random blocks of random size, each with every arm by its weight.

    Args:
        arms: of the protocol.
        seed: hexadecimal; the same seed and arms give the same sequence.

    Source: permuted blocks of random size, Matts & Lachin 1988, Control Clin Trials 9:327.
    """
    rng = np.random.default_rng(int(seed, 16))
    once = [arm.key for arm in arms for _ in range(arm.weight)]
    while True:
        block = once * int(rng.integers(1, _LARGEST + 1))
        yield from (block[place] for place in rng.permutation(len(block)))


def draw(session: Session, secret: bytes, study: str, site: str, arms: Sequence[Arm]) -> str | None:
    """The arm of the next participant of a site; None where the study has no arms.

    Call it under the lock of the audit, so that no two participants take one place of the sequence.

    Args:
        session: of `Database.writing`.
        secret: of the installation: without it nobody can know what comes next.
        study: identity.
        site: identity, or empty.
        arms: of the protocol.
    """
    if not arms:
        return None
    taken = select(func.count(Participant.id)).where(
        Participant.study_id == study, Participant.arm.is_not(None), Participant.site_id == (site or None)
    )
    place = session.scalar(taken) or 0
    drawn = sequence(arms, seal(secret, "arms", f"{study}:{site}"))
    return next(islice(drawn, place, None))


def drawn(session: Session, study: str) -> dict[str, int]:
    """How many participants each arm has; empty while chance has assigned nobody."""
    chosen = select(Participant.arm, func.count(Participant.id)).where(Participant.study_id == study)
    found = session.execute(chosen.where(Participant.arm.is_not(None)).group_by(Participant.arm))
    return {arm: number for arm, number in found if arm}
