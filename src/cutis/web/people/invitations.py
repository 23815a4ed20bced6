"""One-time links that make somebody an administrator or a member of a study."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cutis.web.audit.chain import Audit
from cutis.web.database import Database, Invitation, Member, User
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.roles import Role
from cutis.web.secret import digest


def invite(
    session: Session, role: Role, hours: float, *, study: str = "", made_by: str = ""
) -> tuple[str, str]:
    """A new invitation.

    Returns:
        Its identity, and the last part of the link, which stands nowhere else.
    """
    link = secrets.token_urlsafe(24)
    invitation = Invitation(
        digest=digest(link),
        study_id=study or None,
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
            "The link was used already, is too old, or is not complete. Ask for a new one.",
            title="This link is not good any more",
        )
    return found


def accept(session: Session, audit: Audit, invitation: Invitation, user: User) -> None:
    """Use the link up, and give its role.

    Raises:
        RefusedError: somebody used it in between, or the person is a member of the study already.
    """
    used = session.execute(
        update(Invitation).where(Invitation.id == invitation.id, Invitation.used.is_(None)).values(used=now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise RefusedError(
            404, "The link was used already. Ask for a new one.", title="This link is not good any more"
        )
    study = invitation.study_id or ""
    if not study:
        user.administrator = True
    elif session.scalar(select(Member.id).where(Member.study_id == study, Member.user_id == user.id)):
        raise RefusedError(409, "You are a member of this study already.", title="Nothing to do")
    else:
        session.add(Member(study_id=study, user_id=user.id, role=invitation.role))
    audit.add(
        session, "invitation.accepted", who=user.id, study=study, subject=invitation.id, role=invitation.role
    )


def first_start(database: Database, audit: Audit, hours: float) -> str | None:
    """The link for the first administrator, where there is none yet; earlier ones are no longer good.

    Returns:
        The last part of the link.
    """
    with database.writing() as session:
        if session.scalar(select(User.id).where(User.administrator, User.active)):
            return None
        session.execute(delete(Invitation).where(Invitation.made_by.is_(None), Invitation.used.is_(None)))
        identity, link = invite(session, Role.ADMINISTRATOR, hours)
        audit.add(session, "invitation.made", subject=identity, role=Role.ADMINISTRATOR.value)
        return link
