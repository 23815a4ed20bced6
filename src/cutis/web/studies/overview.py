"""What is in a study, as its pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Member, Participant, Photo, Site, Study, User


@dataclass(frozen=True)
class Listed:
    """A study in somebody's list."""

    study: Study
    role: str
    participants: int
    photos: int


@dataclass(frozen=True)
class Person:
    """A member of a study."""

    member: Member
    user: User


@dataclass(frozen=True)
class Enrolled:
    """A participant of a study."""

    participant: Participant
    site: str
    photos: int


def studies_of(session: Session, user: str) -> list[Listed]:
    """The studies that somebody is a member of, by name."""
    found = session.execute(
        select(Study, Member.role)
        .join(Member, Member.study_id == Study.id)
        .where(Member.user_id == user)
        .order_by(Study.name)
    ).all()
    return [
        Listed(study, role, count(session, Participant, study.id), count(session, Photo, study.id))
        for study, role in found
    ]


def count(session: Session, table: type[Participant] | type[Photo], study: str) -> int:
    """How many participants or photos a study has."""
    return session.scalar(select(func.count(table.id)).where(table.study_id == study)) or 0


def members_of(session: Session, study: str) -> list[Person]:
    """The members of a study, by name."""
    found = session.execute(
        select(Member, User)
        .join(User, User.id == Member.user_id)
        .where(Member.study_id == study)
        .order_by(User.name)
    )
    return [Person(member, user) for member, user in found]


def sites_of(session: Session, study: str) -> Sequence[Site]:
    """The sites of a study, by name."""
    return session.scalars(select(Site).where(Site.study_id == study).order_by(Site.name)).all()


def participants_of(session: Session, study: str) -> list[Enrolled]:
    """The participants of a study, by pseudonym."""
    found = session.execute(
        select(Participant, Site.name, func.count(Photo.id))
        .outerjoin(Site, Site.id == Participant.site_id)
        .outerjoin(Photo, Photo.participant_id == Participant.id)
        .where(Participant.study_id == study)
        .group_by(Participant.id, Site.name)
        .order_by(Participant.pseudonym)
    )
    return [Enrolled(participant, site or "", photos) for participant, site, photos in found]
