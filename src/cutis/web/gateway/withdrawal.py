"""Who withdraws leaves nothing in the gateway: no file, no number, nothing that is still to be sent."""

from __future__ import annotations

import shutil

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cutis.web.database import Delivery, Dispatch, Participant, PatientIdentity, Photo
from cutis.web.database.delivery import DEAD, DONE, MADE, TAKEN, WAITING, WITHDRAWN
from cutis.web.database.participant import WITHDRAWN as GONE
from cutis.web.database.row import now
from cutis.web.gateway.gateway import Gateway


def withdraw(gateway: Gateway, delivery: str, study: str = "") -> bool:
    """Send nothing of somebody who withdrew, and keep nothing of it.

    Args:
        gateway: that keeps it.
        delivery: identity.
        study: that it was for, where the delivery does not say so yet.
    """
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get_one(Delivery, delivery)
        row.state, row.finished, row.due = WITHDRAWN, now(), None
        row.problem = "The participant withdrew. Nothing of it is sent, and its file is removed."
        row.patient = row.subject = row.issuer = ""
        row.study_id = row.study_id or study or None
        dispatches = session.scalars(select(Dispatch).where(Dispatch.delivery_id == delivery)).all()
        for one in dispatches:
            if one.state == WAITING:
                one.state, one.problem, one.finished = DEAD, "The participant withdrew.", now()
        platform.audit.add(session, "delivery.withdrawn", study=row.study_id or "", subject=row.id)
        # Before the row says so: a gateway that is killed in between finds it to be done again.
        (gateway.arrived / row.place).unlink(missing_ok=True)
        for folder in (gateway.results(delivery), *(gateway.dead(one.id) for one in dispatches)):
            shutil.rmtree(folder, ignore_errors=True)
    return False


def withdrawn(session: Session, most: int = 200) -> list[str]:
    """Deliveries of participants who withdrew, of which files are still kept."""
    chosen = (
        select(Delivery.id)
        .outerjoin(Photo, Photo.id == Delivery.photo_id)
        .outerjoin(Participant, Participant.id == Photo.participant_id)
        .where(Delivery.state.in_((TAKEN, MADE, DONE, DEAD)))
        .where(Photo.id.is_(None) | (Participant.state == GONE))
    )
    return list(session.scalars(chosen.limit(most)))


def forget(gateway: Gateway) -> None:
    """Remove what people who withdrew have left here: files, and their numbers."""
    database = gateway.platform.database
    with database.reading() as session:
        gone = withdrawn(session)
    for delivery in gone:
        withdraw(gateway, delivery)
    theirs = PatientIdentity.participant_id.in_(select(Participant.id).where(Participant.state == GONE))
    named = (PatientIdentity.patient != "") | (PatientIdentity.subject != "")
    with database.reading() as session:
        if session.scalar(select(PatientIdentity.id).where(theirs, named).limit(1)) is None:
            return
    with database.writing() as session:  # the key stays: by it the patient is known to have withdrawn
        blank = {"issuer": "", "patient": "", "record": "", "subject": ""}
        session.execute(update(PatientIdentity).where(theirs, named).values(blank))


def has_withdrawn(session: Session, delivery: Delivery) -> bool:
    """The participant of a delivery that was taken withdrew, or the photo is no more."""
    chosen = (
        select(Participant.state)
        .join(Photo, Photo.participant_id == Participant.id)
        .where(Photo.id == delivery.photo_id)
    )
    return session.scalar(chosen) in (None, GONE)
