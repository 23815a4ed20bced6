"""What a study refused is kept for a while, to be looked at; then its file and whose it was are forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cutis.web.database import Delivery
from cutis.web.database.delivery import FORGOTTEN, REFUSED
from cutis.web.database.row import now
from cutis.web.gateway.gateway import Gateway, sync_folder
from cutis.web.gateway.rules import Keeping

_AT_ONCE = 200


def forget(gateway: Gateway) -> int:
    """Forget refused objects that are too old, or too many; of what is accepted or waits, none.

    Their rows stay, without file and without patient, so that servers are not asked for them over and over.
    Sent once more, such an object is a new one.

    Args:
        gateway: that keeps them.

    Returns:
        How many were forgotten.
    """
    platform = gateway.platform
    with platform.database.reading() as session:
        if not _over(session, gateway.rules.keeping):
            return 0
    with platform.database.writing() as session:
        platform.audit.lock(session)
        found = _over(session, gateway.rules.keeping)
        for row in found:
            row.state, row.finished = FORGOTTEN, now()
            row.problem = "It was refused. Its file and the number of its patient are kept no more."
            row.patient = row.subject = row.issuer = ""
            platform.audit.add(session, "delivery.forgotten", study=row.study_id or "", subject=row.id)
        # Before the rows say so: a gateway that is killed in between finds them to be done again.
        with sync_folder(gateway.arrived):
            for row in found:
                (gateway.arrived / row.place).unlink(missing_ok=True)
    return len(found)


def _over(session: Session, keeping: Keeping) -> list[Delivery]:
    """Refused objects beyond the bounds, the oldest first."""
    newest = select(Delivery.id).where(Delivery.state == REFUSED)
    newest = newest.order_by(Delivery.finished.desc(), Delivery.id.desc()).limit(keeping.refused_most)
    old = Delivery.finished < now() - timedelta(days=keeping.refused_days)
    chosen = select(Delivery).where(Delivery.state == REFUSED, or_(old, Delivery.id.not_in(newest)))
    return list(session.scalars(chosen.order_by(Delivery.finished, Delivery.id).limit(_AT_ONCE)))
