"""One-time links: to become an administrator or a member of a study, or to choose a new password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cutis.web.audit.chain import Audit
from cutis.web.database import Database, Invitation, Member, User
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people import sessions, tokens
from cutis.web.people.roles import Role
from cutis.web.secret import digest
from cutis.web.words import _

PASSWORD = "password"  # what a link is for that gives no role


def invite(
    session: Session,
    role: str,
    hours: float,
    *,
    study: str = "",
    sites: Sequence[str] = (),
    user: str = "",
    made_by: str = "",
) -> tuple[str, str]:
    """A new link.

    Args:
        session: of `Database.writing`.
        role: that it gives, or `PASSWORD`.
        hours: for which it is good.
        study: identity, of a role in a study.
        sites: to which the member of the study is bound; all where there are none.
        user: identity, whose password it is.
        made_by: identity; empty for the server itself.

    Returns:
        Its identity, and the last part of the link, which stands nowhere else.
    """
    link = secrets.token_urlsafe(24)
    invitation = Invitation(
        digest=digest(link),
        study_id=study or None,
        sites=list(sites) or None,
        user_id=user or None,
        role=role,
        made_by=made_by or None,
        expires=now() + timedelta(hours=hours),
    )
    session.add(invitation)
    session.flush()
    return invitation.id, link


def find(session: Session, link: str) -> Invitation:
    """The invitation of a link.

    Raises:
        RefusedError: there is none, it was used, or its time is over: said in the same words.
    """
    found = session.scalar(
        select(Invitation).where(
            Invitation.digest == digest(link), Invitation.used.is_(None), Invitation.expires > now()
        )
    )
    if found is None:
        raise RefusedError(
            404,
            _("The link was used already, is too old, or is not complete. Ask for a new one."),
            title=_("This link is not good any more"),
        )
    return found


def accept(session: Session, audit: Audit, invitation: Invitation, user: User) -> None:
    """Use the link up, and give its role.

    Raises:
        RefusedError: somebody used it in between, or the person is a member of the study already.
    """
    _use_up(session, invitation)
    study = invitation.study_id or ""
    if not study:
        user.administrator = True
    elif session.scalar(select(Member.id).where(Member.study_id == study, Member.user_id == user.id)):
        raise RefusedError(409, _("You are a member of this study already."), title=_("Nothing to do"))
    else:
        member = Member(study_id=study, user_id=user.id, role=invitation.role, sites=invitation.sites)
        session.add(member)
    audit.add(
        session, "invitation.accepted", who=user.id, study=study, subject=invitation.id, role=invitation.role
    )


def recall(session: Session, made_by: str, *, study: str = "") -> int:
    """Links that somebody made, who may make none any more, are good no longer.

    Args:
        session: of `Database.writing`.
        made_by: identity.
        study: whose links alone; empty for all.

    Returns:
        How many there were.
    """
    unused = delete(Invitation).where(Invitation.made_by == made_by, Invitation.used.is_(None))
    if study:
        unused = unused.where(Invitation.study_id == study)
    return len(session.scalars(unused.returning(Invitation.id)).all())


def choose_password(session: Session, audit: Audit, invitation: Invitation, kept: str) -> User:
    """Use the link up, and keep the hash of a new password; whoever was signed in with the old one is out.

    Its tokens end too: whoever knew a password that had to be replaced could have made them.

    Raises:
        RefusedError: somebody used it in between.
    """
    _use_up(session, invitation)
    user = session.get_one(User, invitation.user_id)
    user.password = kept
    sessions.end_all(session, user.id)
    ended = tokens.end_all(session, user.id)
    audit.add(session, "password.reset", who=user.id, subject=user.id, tokens_ended=ended)
    return user


def _use_up(session: Session, invitation: Invitation) -> None:
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used.is_(None))
        .values(used=now())
        .returning(Invitation.id)
    )
    if used.first() is None:
        raise RefusedError(
            404, _("The link was used already. Ask for a new one."), title=_("This link is not good any more")
        )


def first_start(database: Database, audit: Audit, hours: float, *, again: bool = False) -> str | None:
    """The link for the first administrator, where there is none yet; earlier ones are no longer good.

    Args:
        database: of the installation.
        audit: of the installation.
        hours: for which it is good.
        again: where there is one too, who may have lost the password.

    Returns:
        The last part of the link.
    """
    with database.writing() as session:
        if not again and session.scalar(select(User.id).where(User.administrator, User.active)):
            return None
        session.execute(delete(Invitation).where(Invitation.made_by.is_(None), Invitation.used.is_(None)))
        identity, link = invite(session, Role.ADMINISTRATOR, hours)
        audit.add(session, "invitation.made", subject=identity, role=Role.ADMINISTRATOR.value)
        return link
