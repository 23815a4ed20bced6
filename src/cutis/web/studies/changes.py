"""Changes of a study; each is written with its line of the audit, or not at all."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cutis.web.database import Member, Participant, Site, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import STUDY_ROLES, Role
from cutis.web.platform import Platform


def make_study(held: Platform, access: Access, name: str, about: str, *, keeps_capture_time: bool) -> Study:
    """A new study, whose first investigator is who makes it."""
    with held.database.writing() as session:
        study = Study(name=name, about=about, keeps_capture_time=keeps_capture_time)
        session.add(study)
        session.flush()
        session.add(Member(study_id=study.id, user_id=access.user, role=Role.INVESTIGATOR))
        held.audit.add(
            session,
            "study.made",
            who=access.user,
            study=study.id,
            subject=study.id,
            keeps_capture_time=keeps_capture_time,
        )
    return study


def add_site(held: Platform, access: Access, name: str) -> Site:
    """A new site.

    Raises:
        RefusedError: there is one of this name.
    """
    site = Site(study_id=access.study, name=name)
    _add(held, access, site, "site.added", f"There is a site '{name}' already. Choose another name.")
    return site


def add_participant(held: Platform, access: Access, pseudonym: str, site: str = "") -> Participant:
    """A new participant.

    Args:
        held: the platform.
        access: who adds, and to which study.
        pseudonym: of the study's own making.
        site: identity, or empty.

    Raises:
        RefusedError: the pseudonym is taken, or the site is not of this study.
    """
    if site:
        with held.database.reading() as session:
            if not session.scalar(select(Site.id).where(Site.id == site, Site.study_id == access.study)):
                raise RefusedError(404, "There is no such site in this study.", title="No such site")
    participant = Participant(study_id=access.study, site_id=site or None, pseudonym=pseudonym)
    taken = f"There is a participant '{pseudonym}' already. Choose another pseudonym."
    _add(held, access, participant, "participant.added", taken)
    return participant


def change_role(held: Platform, access: Access, member: str, role: Role) -> None:
    """Give a member another role.

    Raises:
        RefusedError: no such member, or the study would have no investigator.
    """
    with held.database.writing() as session:
        kept = _member(held, session, access.study, member)
        _need_investigator(session, kept, role)
        before, kept.role = kept.role, role
        held.audit.add(
            session,
            "member.role_changed",
            who=access.user,
            study=access.study,
            subject=kept.user_id,
            before=before,
            after=role.value,
        )


def remove_member(held: Platform, access: Access, member: str) -> None:
    """End somebody's membership.

    Raises:
        RefusedError: no such member, or the study would have no investigator.
    """
    with held.database.writing() as session:
        kept = _member(held, session, access.study, member)
        _need_investigator(session, kept, None)
        session.delete(kept)
        held.audit.add(
            session,
            "member.removed",
            who=access.user,
            study=access.study,
            subject=kept.user_id,
            role=kept.role,
        )


def study_role(name: str) -> Role:
    """A role that a member of a study can have.

    Raises:
        RefusedError: it is none.
    """
    if name not in STUDY_ROLES:
        raise RefusedError(422, f"The role is one of {', '.join(STUDY_ROLES)}.")
    return Role(name)


def _add(held: Platform, access: Access, row: Site | Participant, action: str, taken: str) -> None:
    try:
        with held.database.writing() as session:
            session.add(row)
            session.flush()
            held.audit.add(session, action, who=access.user, study=access.study, subject=row.id)
    except IntegrityError as error:
        raise RefusedError(409, taken, title="The name is taken") from error


def _member(held: Platform, session: Session, study: str, member: str) -> Member:
    held.audit.lock(session)  # two investigators must not remove each other at the same time
    kept = session.scalar(select(Member).where(Member.id == member, Member.study_id == study))
    if kept is None:
        raise RefusedError(404)
    return kept


def _need_investigator(session: Session, member: Member, role: Role | None) -> None:
    if member.role != Role.INVESTIGATOR or role is Role.INVESTIGATOR:
        return
    investigators = session.scalar(
        select(func.count(Member.id)).where(
            Member.study_id == member.study_id, Member.role == Role.INVESTIGATOR
        )
    )
    if investigators == 1:
        raise RefusedError(
            409, "A study needs an investigator. Make another member one first.", title="Not possible"
        )
