"""Phones that take photos of a participant: by link, or by a member of the study who is signed in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from cutis.web.database import Member, Participant, ParticipantLink, ParticipantSession, User
from cutis.web.database.row import now
from cutis.web.people.roles import TABLE, Permission, Role
from cutis.web.secret import digest

COOKIE = "cutis_participant"
PATH = "/take-part"  # nothing else ever gets the cookie
_FRESH = timedelta(minutes=5)  # so often, at most, is it written down that a phone is used
_NURSES = [role for role in Role if Permission.ADD_PHOTOS in TABLE[role]]


def start(
    session: Session,
    study: str,
    participant: str,
    days: float,
    *,
    link: str = "",
    user: str = "",
    language: str = "en",
) -> tuple[ParticipantSession, str]:
    """A phone begins to take photos of a participant.

    Args:
        session: of `Database.writing`.
        study: identity.
        participant: identity.
        days: how long, after it was used last.
        link: identity of the link by which it was opened; empty where a user did.
        user: identity of the member of the study who did.
        language: in which the participant reads.

    Returns:
        The row, and the cookie's value, which stands nowhere else.
    """
    moment = now()
    session.execute(delete(ParticipantSession).where(ParticipantSession.expires < moment))
    cookie = secrets.token_urlsafe(32)
    phone = ParticipantSession(
        digest=digest(cookie),
        study_id=study,
        participant_id=participant,
        link_id=link or None,
        user_id=user or None,
        language=language,
        seen=moment,
        expires=moment + timedelta(days=days),
    )
    session.add(phone)
    session.flush()
    return phone, cookie


def find(session: Session, cookie: str, user: str = "") -> tuple[ParticipantSession, bool] | None:
    """The phone of a cookie, and whether it is time to say that it is used.

    Args:
        session: of the database.
        cookie: as it was sent.
        user: who is signed in on the phone. Where a member of the study opened it, only that one goes on with
            it, and only while still a member who may add photos.
    """
    moment = now()
    found = session.scalar(
        select(ParticipantSession)
        .outerjoin(ParticipantLink, ParticipantLink.id == ParticipantSession.link_id)
        .where(
            ParticipantSession.digest == digest(cookie),
            ParticipantSession.expires > moment,
            or_(
                ParticipantSession.user_id.is_not(None),
                and_(ParticipantLink.id.is_not(None), ParticipantLink.revoked.is_(None)),
            ),
        )
    )
    if found is None or (found.user_id and not _still_nurse(session, found, user)):
        return None
    return found, found.seen < moment - _FRESH


def _still_nurse(session: Session, phone: ParticipantSession, user: str) -> bool:
    """The member who opened it is signed in here, and may still add photos of this participant."""
    chosen = select(Member).where(
        Member.study_id == phone.study_id, Member.user_id == phone.user_id, Member.role.in_(_NURSES)
    )
    nurse = session.scalar(chosen.join(User, User.id == Member.user_id).where(User.active))
    if user != phone.user_id or nurse is None:
        return False
    site = select(Participant.site_id).where(Participant.id == phone.participant_id)
    return nurse.sites is None or session.scalar(site) in nurse.sites


def keep(session: Session, phone: str, days: float) -> None:
    """A phone is used, and lasts so many days from now."""
    kept = session.get(ParticipantSession, phone)
    if kept is not None:
        kept.seen = now()
        kept.expires = kept.seen + timedelta(days=days)


def end(session: Session, phone: str) -> None:
    """A phone is done."""
    session.execute(delete(ParticipantSession).where(ParticipantSession.id == phone))


def end_all(session: Session, link: str) -> int:
    """Every phone that was opened by a link is done.

    Returns:
        How many there were.
    """
    gone = session.scalars(
        delete(ParticipantSession).where(ParticipantSession.link_id == link).returning(ParticipantSession.id)
    )
    return len(gone.all())
