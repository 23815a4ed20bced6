"""Accounts, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import select

from cutis.web.database import User
from cutis.web.people import accounts
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.people.second_steps import end_second_step
from cutis.web.platform import Held, Platform

router = APIRouter(prefix="/api")

SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
ManagePeople = Annotated[Access, needs(Permission.MANAGE_PEOPLE)]


class AccountOut(BaseModel):
    """Whose token it is."""

    id: str
    name: str
    login: str
    administrator: bool


class PersonOut(AccountOut):
    """Somebody who has an account."""

    active: bool
    created: datetime


class LinkOut(BaseModel):
    """A one-time link; it is shown here only."""

    link: str
    hours: float


@router.get("/account")
def account(held: Held, access: SignedIn) -> AccountOut:
    """Whose token this is."""
    return AccountOut(
        id=access.user, name=access.name, login=access.login, administrator=access.administrator
    )


@router.get("/people")
def people(held: Held, access: ManagePeople) -> list[PersonOut]:
    """Everybody who has an account."""
    with held.database.reading() as session:
        return [
            PersonOut(
                id=one.id,
                name=one.name,
                login=one.login,
                administrator=one.administrator,
                active=one.active,
                created=one.created,
            )
            for one in session.scalars(select(User).order_by(User.name))
        ]


@router.post("/people/invitations", status_code=201)
def invite_administrator(request: Request, held: Held, access: ManagePeople) -> LinkOut:
    """A one-time link for another administrator."""
    return link_out(request, held, accounts.make_administrator_link(held, access))


@router.post("/people/{person}/password", status_code=201)
def reset_password(request: Request, held: Held, access: ManagePeople, person: str) -> LinkOut:
    """A one-time link with which somebody chooses a new password."""
    return link_out(request, held, accounts.make_password_link(held, access, person)[0])


@router.post("/people/{person}/close", status_code=204)
def close_account(held: Held, access: ManagePeople, person: str) -> None:
    """Somebody cannot sign in any more."""
    accounts.close_account(held, access, person)


@router.post("/people/{person}/open", status_code=204)
def reopen_account(held: Held, access: ManagePeople, person: str) -> None:
    """Somebody can sign in again."""
    accounts.open_account(held, access, person)


@router.post("/people/{person}/second-step/end", status_code=204)
def end_second_step_of(held: Held, access: ManagePeople, person: str) -> None:
    """End somebody's second step at sign-in."""
    end_second_step(held, access, person)


def link_out(request: Request, held: Platform, link: str) -> LinkOut:
    """A one-time link as people open it."""
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return LinkOut(link=f"{address}/join/{link}", hours=held.settings.invitation_hours)
