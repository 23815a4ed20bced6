"""Signing in, joining and linking an account by an OpenID provider."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Identity, User
from cutis.web.errors import RefusedError
from cutis.web.people import halfway, invitations
from cutis.web.people.access import Access, needs
from cutis.web.people.browsers import network_of
from cutis.web.people.form_tokens import check_form_token
from cutis.web.people.oidc import Provider, Told
from cutis.web.people.roles import Permission
from cutis.web.people.signing_in import NONE, go_on, inside
from cutis.web.platform import Held, Platform
from cutis.web.secret import same
from cutis.web.words import _

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]
SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
COOKIE = "cutis_elsewhere"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


@router.get("/sign-in/elsewhere")
def begin(
    request: Request, held: Held, access: Anybody, back: str = "/", join: str = "", link: str = ""
) -> Response:
    """Send the browser to the provider.

    Args:
        request: of the browser.
        held: the platform.
        access: who asks.
        back: page to go on to.
        join: a one-time link to be used with the identity.
        link: a form's token, with which somebody who is signed in links the identity to the account.
    """
    provider = _provider(held)
    held.by_address.count(network_of(request))
    if link:
        check_form_token(request, held.secret, link)
    begun = provider.begin(_back(request, held))
    answer = RedirectResponse(begun.address, 303)
    kept = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "back": inside(back),
        "join": join[:64],
        "link": access.user if link else "",
    }
    halfway.put(answer, held.secret, COOKIE, kept, encrypted=held.settings.encrypted)
    return answer


@router.get("/sign-in/elsewhere/back")
def finish(
    request: Request, held: Held, access: Anybody, code: str = "", state: str = "", error: str = ""
) -> Response:
    """The browser comes back from the provider."""
    provider = _provider(held)
    held.by_address.count(network_of(request))
    try:
        kept = halfway.take(request, held.secret, COOKIE)
        if error or not code or not same(state, kept["state"]):
            raise RefusedError(
                422,
                _("The provider did not sign you in, or another sign-in was begun in between. Begin anew."),
                title=_("Not signed in"),
            )
        told = provider.finish(code, kept["verifier"], kept["nonce"], _back(request, held))
        user, back = _whose(held, access, told, kept)
    except RefusedError as problem:
        held.audit.note(
            held.database, "session.refused", who=access.user, step="elsewhere", status=problem.status
        )
        raise
    same_person = access.user == user.id
    answer = RedirectResponse(back, 303) if same_person else go_on(request, held, user, back)
    answer.delete_cookie(COOKIE, path="/sign-in")
    return answer


@router.post("/account/identities/{identity}/end")
def unlink(held: Held, access: SignedIn, identity: str) -> Response:
    """An identity opens the account no longer; one that has no password keeps its last one."""
    with held.database.writing() as session:
        kept = session.scalar(
            select(Identity).where(Identity.id == identity, Identity.user_id == access.user)
        )
        if kept is None:
            raise RefusedError(404)
        if session.get_one(User, access.user).password == NONE:
            raise RefusedError(
                409, _("The account has no password: without this identity nobody could open it.")
            )
        session.delete(kept)
        held.audit.add(session, "identity.ended", who=access.user, subject=access.user)
    return RedirectResponse("/account", 303)


def _whose(held: Platform, access: Access, told: Told, kept: dict[str, str]) -> tuple[User, str]:
    """The account that an identity opens, after linking or joining where that was asked for.

    Raises:
        RefusedError: there is none: who may come in is decided by invitation.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        known = session.scalar(
            select(Identity).where(Identity.issuer == told.issuer, Identity.subject == told.subject)
        )
        if kept["link"]:
            return _linked(session, held, access, told, known, kept["link"]), "/account"
        if kept["join"]:
            return _joined(session, held, told, known, kept["join"])
        user = session.get(User, known.user_id) if known else None
        if user is None or not user.active:
            raise RefusedError(
                403,
                _(
                    "No account here is opened by that identity. Ask an investigator of your study for a "
                    "link; or sign in with your password, and link it on the page of your account."
                ),
                title=_("Not invited yet"),
            )
        return user, kept["back"]


def _linked(
    session: Session, held: Platform, access: Access, told: Told, known: Identity | None, user: str
) -> User:
    if access.user != user:
        raise RefusedError(422, _("Sign in first, then link the identity."), title=_("Sign in anew"))
    if known is not None and known.user_id != user:
        raise RefusedError(409, _("That identity opens another account here."), title=_("Not linked"))
    if known is None:
        _link(session, held, told, user)
    return session.get_one(User, user)


def _joined(
    session: Session, held: Platform, told: Told, known: Identity | None, link: str
) -> tuple[User, str]:
    invitation = invitations.find(session, link)
    if invitation.user_id:
        raise RefusedError(422, _("This link is for a new password, not for joining."))
    if known is not None:
        user = session.get_one(User, known.user_id)
        if not user.active:
            raise RefusedError(403, _("This account is closed. Ask an administrator."))
    else:
        user = User(login=_login(session, told), name=told.name or told.login or "–", password=NONE)
        session.add(user)
        session.flush()
        held.audit.add(session, "account.made", who=user.id, subject=user.id)
        _link(session, held, told, user.id)
    invitations.accept(session, held.audit, invitation, user)
    return user, f"/studies/{invitation.study_id}" if invitation.study_id else "/"


def _link(session: Session, held: Platform, told: Told, user: str) -> None:
    session.add(Identity(user_id=user, issuer=told.issuer, subject=told.subject))
    held.audit.add(session, "identity.linked", who=user, subject=user)


def _login(session: Session, told: Told) -> str:
    """The provider's name of somebody as the name here, unless it is taken or does not fit."""
    taken = session.scalar(select(User.id).where(User.login == told.login))
    return told.login if _LOGIN.fullmatch(told.login) and not taken else f"elsewhere-{secrets.token_hex(6)}"


def _provider(held: Platform) -> Provider:
    if held.provider is None:
        raise RefusedError(404)
    return held.provider


def _back(request: Request, held: Platform) -> str:
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return f"{address}/sign-in/elsewhere/back"
