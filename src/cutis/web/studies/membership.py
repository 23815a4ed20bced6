"""Members of a study: invited, given a role and sites, removed; each with its line of the audit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Member, Site
from cutis.web.errors import RefusedError
from cutis.web.people import invitations
from cutis.web.people.access import Access
from cutis.web.people.roles import STUDY_ROLES, Role
from cutis.web.platform import Platform
from cutis.web.words import _


def change_role(
    held: Platform, access: Access, member: str, role: Role, sites: Sequence[str] | None = None
) -> None:
    """Give a member another role, and bind it to sites.

    Args:
        held: the platform.
        access: who does.
        member: identity.
        role: as it will be.
        sites: identities; none binds to none, and None leaves it as it is.

    Raises:
        RefusedError: no such member or site, or the study would have no investigator of all its sites.
    """
    with held.database.writing() as session:
        kept = _member(held, session, access.study, member)
        if sites is None:
            sites = kept.sites or ()
        bound = need_sites(session, access.study, sites)
        _need_investigator(session, kept, None if bound else role)
        before, kept.role = kept.role, role
        told: dict[str, str | int] = {"sites": ", ".join(bound) or "all"} if bound or kept.sites else {}
        kept.sites = bound or None
        if role is not Role.INVESTIGATOR or bound:  # such a one makes no links
            told["links_ended"] = invitations.recall(session, kept.user_id, study=access.study)
        held.audit.add(
            session,
            "member.role_changed",
            who=access.user,
            study=access.study,
            subject=kept.user_id,
            before=before,
            after=role.value,
            **told,
        )


def need_sites(session: Session, study: str, sites: Sequence[str]) -> list[str]:
    """These sites, each once, in order of their names.

    Raises:
        RefusedError: one is not of this study.
    """
    if not sites:
        return []
    chosen = select(Site.id).where(Site.study_id == study, Site.id.in_(sites)).order_by(Site.name)
    found = list(session.scalars(chosen))
    if len(found) != len(set(sites)):
        raise RefusedError(404, _("There is no such site in this study."), title=_("No such site"))
    return found


def invite(held: Platform, access: Access, role: Role, sites: Sequence[str] = ()) -> str:
    """The last part of a one-time link for a new member.

    Raises:
        RefusedError: a site is not of this study.
    """
    with held.database.writing() as session:
        bound = need_sites(session, access.study, sites)
        identity, link = invitations.invite(
            session,
            role,
            held.settings.invitation_hours,
            study=access.study,
            sites=bound,
            made_by=access.user,
        )
        told = {"sites": ", ".join(bound)} if bound else {}
        held.audit.add(
            session,
            "invitation.made",
            who=access.user,
            study=access.study,
            subject=identity,
            role=role.value,
            **told,
        )
    return link


def remove_member(held: Platform, access: Access, member: str) -> None:
    """End somebody's membership; links that this member made bring nobody in any more.

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
            links_ended=invitations.recall(session, kept.user_id, study=access.study),
        )


def study_role(name: str) -> Role:
    """A role that a member of a study can have.

    Raises:
        RefusedError: it is none.
    """
    if name not in STUDY_ROLES:
        raise RefusedError(422, _("The role is one of %(names)s.") % {"names": ", ".join(STUDY_ROLES)})
    return Role(name)


def _member(held: Platform, session: Session, study: str, member: str) -> Member:
    held.audit.lock(session)  # two investigators must not remove each other at the same time
    kept = session.scalar(select(Member).where(Member.id == member, Member.study_id == study))
    if kept is None:
        raise RefusedError(404)
    return kept


def _need_investigator(session: Session, member: Member, role: Role | None) -> None:
    if member.role != Role.INVESTIGATOR or member.sites or role is Role.INVESTIGATOR:
        return
    investigators = session.scalar(
        select(func.count(Member.id)).where(
            Member.study_id == member.study_id, Member.role == Role.INVESTIGATOR, Member.sites.is_(None)
        )
    )
    if investigators == 1:
        raise RefusedError(
            409, _("A study needs an investigator. Make another member one first."), title=_("Not possible")
        )
