"""Links for participants: made by members of the study, opened on a phone, ended by time or by hand."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cutis.web.database import Participant, ParticipantLink, ParticipantSession, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people import taking_part
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.secret import digest
from cutis.web.studies.participants import need_taking_part
from cutis.web.words import _, later

DAYS = (1, 7, 30, 90, 365)  # for which a link can be good
_GONE = later("This link is not good any more")


@dataclass(frozen=True)
class Opened:
    """A phone that was opened for a participant.

    Attributes:
        phone: the row.
        cookie: its secret, which stands nowhere else.
    """

    phone: ParticipantSession
    cookie: str


def make(held: Platform, access: Access, participant: str, days: int, *, once: bool) -> tuple[str, str]:
    """A new link for a participant.

    Args:
        held: the platform.
        access: who makes it, and in which study.
        participant: identity.
        days: for which it can be opened; one of `DAYS`.
        once: for one opening only.

    Returns:
        Its identity, and the last part of the link, which stands nowhere else.

    Raises:
        RefusedError: no such participant in the study, one who withdrew, or other days.
    """
    if days not in DAYS:
        words = _("A link is good for %(days)s days. Choose one of them.")
        raise RefusedError(422, words % {"days": ", ".join(map(str, DAYS))})
    link = secrets.token_urlsafe(24)
    with held.database.writing() as session:
        need_taking_part(session, access.study, participant)
        row = ParticipantLink(
            digest=digest(link),
            study_id=access.study,
            participant_id=participant,
            made_by=access.user,
            once=once,
            expires=now() + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        held.audit.add(
            session,
            "participant_link.made",
            who=access.user,
            study=access.study,
            subject=row.id,
            participant=participant,
            days=days,
            once=once,
        )
    return row.id, link


def find(session: Session, link: str) -> ParticipantLink:
    """The link, if it can be opened now.

    Raises:
        RefusedError: there is none, its time is over, it was used or ended: said in the same words.
    """
    good = or_(ParticipantLink.once.is_(False), ParticipantLink.opened.is_(None))
    found = session.scalar(
        select(ParticipantLink)
        .join(Participant, Participant.id == ParticipantLink.participant_id)
        .where(
            ParticipantLink.digest == digest(link),
            ParticipantLink.expires > now(),
            ParticipantLink.revoked.is_(None),
            Participant.state != WITHDRAWN,
            good,
        )
    )
    if found is None:
        raise RefusedError(
            404,
            _(
                "It was used already, its time is over, or it is not complete. Ask the people of the study "
                "for a new one."
            ),
            title=_(_GONE),
        )
    return found


def open_link(held: Platform, link: str, language: str) -> Opened:
    """Open a link on a phone.

    Raises:
        RefusedError: it is not good; a link that was, and is tried again, stands in the audit.
    """
    try:
        with held.database.writing() as session:
            found = find(session, link)
            _use(session, found)
            opened = taking_part.start(
                session,
                found.study_id,
                found.participant_id,
                held.settings.phone_days,
                link=found.id,
                language=language,
            )
            held.audit.add(
                session,
                "participant_link.opened",
                who=found.participant_id,
                study=found.study_id,
                subject=found.id,
            )
    except RefusedError:
        note_refused(held, link)
        raise
    return Opened(*opened)


def note_refused(held: Platform, link: str) -> None:
    """A link that there is, and that is no longer good, was tried; made-up ones are not to fill the audit."""
    with held.database.writing() as session:
        known = session.scalar(select(ParticipantLink).where(ParticipantLink.digest == digest(link)))
        if known is not None:
            held.audit.add(
                session,
                "participant_link.refused",
                who=known.participant_id,
                study=known.study_id,
                subject=known.id,
            )


def open_for(held: Platform, access: Access, participant: str, language: str) -> Opened:
    """A member of the study takes the photos of a participant, on this phone.

    Raises:
        RefusedError: no such participant in the study, or one who withdrew.
    """
    with held.database.writing() as session:
        need_taking_part(session, access.study, participant)
        opened = taking_part.start(
            session,
            access.study,
            participant,
            held.settings.phone_days,
            user=access.user,
            language=language,
        )
        held.audit.add(
            session, "participant.photographed_by", who=access.user, study=access.study, subject=participant
        )
    return Opened(*opened)


def finish(held: Platform, access: Access) -> None:
    """This phone is done with the participant."""
    with held.database.writing() as session:
        taking_part.end(session, access.phone)
        held.audit.add(
            session, "participant.finished", who=access.who, study=access.study, subject=access.participant
        )


def speak(held: Platform, access: Access, language: str) -> None:
    """The participant reads this language from now on, on this phone."""
    with held.database.writing() as session:
        phone = session.get(ParticipantSession, access.phone)
        if phone is not None:
            phone.language = language


def revoke(held: Platform, access: Access, participant: str, link: str) -> None:
    """End a link, and every phone that was opened by it.

    Raises:
        RefusedError: there is no such link of this participant in the study.
    """
    with held.database.writing() as session:
        found = session.scalar(
            select(ParticipantLink).where(
                ParticipantLink.id == link,
                ParticipantLink.participant_id == participant,
                ParticipantLink.study_id == access.study,
            )
        )
        if found is None:
            raise RefusedError(404)
        found.revoked = found.revoked or now()
        phones = taking_part.end_all(session, found.id)
        held.audit.add(
            session,
            "participant_link.revoked",
            who=access.user,
            study=access.study,
            subject=found.id,
            participant=participant,
            phones=phones,
        )


def links_of(session: Session, study: str, participant: str) -> Sequence[ParticipantLink]:
    """The links of a participant, the newest first."""
    chosen = select(ParticipantLink).where(
        ParticipantLink.study_id == study, ParticipantLink.participant_id == participant
    )
    return session.scalars(chosen.order_by(ParticipantLink.created.desc(), ParticipantLink.id)).all()


def state_of(link: ParticipantLink) -> str:
    """``good``, ``ended`` by hand, ``over`` by time, or ``used``."""
    if link.revoked:
        return "ended"
    if link.expires <= now():
        return "over"
    return "used" if link.once and link.opened else "good"


def study_of(session: Session, link: ParticipantLink) -> Study:
    """The study of a link."""
    return session.get_one(Study, link.study_id)


def _use(session: Session, link: ParticipantLink) -> None:
    """Write down that a link is opened; of two at once, a link for one opening lets one in."""
    used = update(ParticipantLink).where(ParticipantLink.id == link.id)
    if link.once:
        used = used.where(ParticipantLink.opened.is_(None))
    if session.execute(used.values(opened=now()).returning(ParticipantLink.id)).first() is None:
        raise RefusedError(
            404, _("It was used already. Ask the people of the study for a new one."), title=_(_GONE)
        )
