"""The administrator's page of accounts: new passwords, closed accounts, other administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import SecondFactor, User
from cutis.web.errors import RefusedError
from cutis.web.people import invitations, sessions
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission, Role
from cutis.web.platform import Held, Platform
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Manage = Annotated[Access, needs(Permission.MANAGE_PEOPLE)]


@router.get("/people")
def people(request: Request, held: Held, access: Manage) -> Response:
    """Everybody who has an account; of which studies they are is not there."""
    return _page(request, held)


@router.post("/people/invitations")
def invite(request: Request, held: Held, access: Manage) -> Response:
    """A one-time link for another administrator; this answer is the only place where it is shown."""
    return _page(request, held, link=make_administrator_link(held, access))


@router.post("/people/{person}/password")
def reset(request: Request, held: Held, access: Manage, person: str) -> Response:
    """A one-time link with which somebody chooses a new password; the old one stays good until then."""
    link, of = make_password_link(held, access, person)
    return _page(request, held, link=link, of=of)


@router.post("/people/{person}/close")
def close(held: Held, access: Manage, person: str) -> Response:
    """Somebody cannot sign in any more, and is signed out everywhere; what they did stays."""
    close_account(held, access, person)
    return RedirectResponse("/people", 303)


@router.post("/people/{person}/open")
def reopen(held: Held, access: Manage, person: str) -> Response:
    """Somebody can sign in again."""
    open_account(held, access, person)
    return RedirectResponse("/people", 303)


def make_administrator_link(held: Platform, access: Access) -> str:
    """The last part of a one-time link for another administrator."""
    with held.database.writing() as session:
        identity, link = invitations.invite(
            session, Role.ADMINISTRATOR, held.settings.invitation_hours, made_by=access.user
        )
        held.audit.add(session, "invitation.made", who=access.user, subject=identity, role="administrator")
    return link


def make_password_link(held: Platform, access: Access, person: str) -> tuple[str, str]:
    """The last part of a one-time link for a new password, and the name of whose it is.

    Raises:
        RefusedError: there is no such person.
    """
    with held.database.writing() as session:
        user = _user(session, person)
        hours = held.settings.invitation_hours
        _, link = invitations.invite(session, invitations.PASSWORD, hours, user=user.id, made_by=access.user)
        held.audit.add(session, "password.link_made", who=access.user, subject=user.id)
    return link, user.name


def close_account(held: Platform, access: Access, person: str) -> None:
    """Close an account, and sign it out everywhere; links that it made bring nobody in any more.

    Raises:
        RefusedError: there is no such person, or it is oneself.
    """
    if person == access.user:
        raise RefusedError(409, _("Another administrator can close your account."), title=_("Not possible"))
    with held.database.writing() as session:
        _user(session, person).active = False
        sessions.end_all(session, person)
        links = invitations.recall(session, person)
        held.audit.add(session, "account.closed", who=access.user, subject=person, links_ended=links)


def open_account(held: Platform, access: Access, person: str) -> None:
    """Open an account again.

    Raises:
        RefusedError: there is no such person.
    """
    with held.database.writing() as session:
        _user(session, person).active = True
        held.audit.add(session, "account.opened", who=access.user, subject=person)


def _user(session: Session, person: str) -> User:
    user = session.get(User, person)
    if user is None:
        raise RefusedError(404)
    return user


def _page(request: Request, held: Platform, *, link: str = "", of: str = "") -> Response:
    with held.database.reading() as session:
        everybody = session.scalars(select(User).order_by(User.name)).all()
        second = session.scalars(select(SecondFactor.user_id).where(SecondFactor.confirmed.is_not(None)))
        with_second = set(second.all())
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return page(
        request,
        "people/people.html",
        everybody=everybody,
        second=with_second,
        link=f"{address}/join/{link}" if link else "",
        of=of,
        hours=held.settings.invitation_hours,
    )
