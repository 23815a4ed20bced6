"""What of a study DICOMweb finds: the database is asked for what an address names, and for no more of it.

A participant is one DICOM study of one series. UIDs are hashes of identities, so that they stand in no table:
who is meant is found by going through identities alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.interop.dicom.uids import uid_of
from cutis.web.database import Participant, Photo
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError


@dataclass(frozen=True)
class Occasion:
    """A participant of whom there are photos, and how many."""

    participant: Participant
    photos: int


def study_uid(participant: str) -> str:
    """UID of all photos of a participant."""
    return uid_of("cutis study", participant)


def series_uid(participant: str) -> str:
    """UID of the one series of a participant."""
    return uid_of("cutis series", participant)


def instance_uid(photo: str) -> str:
    """UID of a photo."""
    return uid_of("cutis photo", photo)


def occasions(
    session: Session, study: str, *, pseudonym: str = "", uid: str = "", skip: int = 0, most: int
) -> list[Occasion]:
    """Participants of a study of whom there are photos, the one with the newest photo first.

    Args:
        session: of the database.
        study: identity.
        pseudonym: of the one that is asked for; empty for all.
        uid: likewise, as `study_uid` gives it.
        skip: how many to pass over.
        most: how many to find.
    """
    chosen = (
        select(Participant, func.count(Photo.id))
        .join(Photo, Photo.participant_id == Participant.id)
        .where(Participant.study_id == study, Participant.state != WITHDRAWN)
        .group_by(Participant.id)
        .order_by(func.max(Photo.created).desc(), Participant.id)
    )
    if pseudonym:
        chosen = chosen.where(Participant.pseudonym == pseudonym)
    if uid:
        chosen = chosen.where(Participant.id == _meant(session, study, uid))
    found = session.execute(chosen.offset(skip).limit(most))
    return [Occasion(participant, photos) for participant, photos in found]


def occasion(session: Session, study: str, uid: str, series: str = "") -> Occasion:
    """The participant that an address names.

    Raises:
        RefusedError: it names none of this study.
    """
    found = occasions(session, study, uid=uid, most=1)
    if not found or (series and series != series_uid(found[0].participant.id)):
        raise RefusedError(404)
    return found[0]


def photos(session: Session, participant: str, *, skip: int = 0, most: int) -> Sequence[Photo]:
    """Photos of a participant, the newest first."""
    chosen = select(Photo).where(Photo.participant_id == participant)
    newest = chosen.order_by(Photo.created.desc(), Photo.id)
    return session.scalars(newest.offset(skip).limit(most)).all()


def photo(session: Session, participant: str, uid: str) -> Photo:
    """The photo of a participant that an address names.

    Raises:
        RefusedError: it names none.
    """
    every = session.scalars(select(Photo.id).where(Photo.participant_id == participant))
    meant = next((one for one in every if instance_uid(one) == uid), None)
    if meant is None:
        raise RefusedError(404)
    return session.get_one(Photo, meant)


def _meant(session: Session, study: str, uid: str) -> str:
    """Identity of the participant of a UID; empty where it is none's."""
    every = session.scalars(select(Participant.id).where(Participant.study_id == study))
    return next((one for one in every if study_uid(one) == uid), "")
