"""First start, joining by a link, signing in and out, and one's own account."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.bodies import Form
from cutis.web.database import Identity, Invitation, Study, Token, User, WebSession
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people import invitations, passwords, second_factor, sessions, tokens
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.browsers import network_of
from cutis.web.people.roles import Permission, Role
from cutis.web.people.signing_in import go_on, identified, inside, need_unchanged, signed_in
from cutis.web.platform import Held, Platform
from cutis.web.secret import digest
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]
SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


@router.get("/sign-in")
def sign_in_page(request: Request, held: Held, access: Anybody, back: str = "/") -> Response:
    """The page to sign in."""
    if access.user:
        return RedirectResponse(inside(back), 303)
    with held.database.reading() as session:
        empty = session.scalar(select(func.count(User.id))) == 0
    return page(
        request,
        "people/sign_in.html",
        back=inside(back),
        login="",
        empty=empty,
        elsewhere=elsewhere_of(held),
        ended=bool(request.cookies.get(sessions.COOKIE)),  # signing out takes the cookie away
    )


@router.post("/sign-in")
def sign_in(request: Request, held: Held, access: Anybody, form: Filled) -> Response:
    """Sign in; the answer does not tell whether the name or the password was wrong."""
    back, login = inside(form.secret("back")), form.secret("login").strip().lower()[:80]
    try:
        user = identified(request, held, login, form.secret("password"))
    except RefusedError as error:
        return page(
            request,
            "people/sign_in.html",
            status=error.status,
            headers=error.headers,
            back=back,
            login=login,
            empty=False,
            elsewhere=elsewhere_of(held),
            problem=error.words,
        )
    return go_on(request, held, user, back)


@router.post("/sign-out")
def sign_out(request: Request, held: Held, access: SignedIn) -> Response:
    """End the session of this browser."""
    with held.database.writing() as session:
        sessions.end(session, request.cookies.get(sessions.COOKIE, ""))
        held.audit.add(session, "session.ended", who=access.user)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(sessions.COOKIE)
    return answer


@router.get("/join/{link}")
def join_page(request: Request, held: Held, access: Anybody, link: str) -> Response:
    """What a one-time link offers; looking at it does not use it up."""
    held.by_address.count(network_of(request))
    return _join_page(request, held, link)


@router.post("/join/{link}")
def join(request: Request, held: Held, access: Anybody, form: Filled, link: str) -> Response:
    """Use a one-time link: with the account that is signed in, or with a new one."""
    held.by_address.count(network_of(request))
    try:
        with held.database.writing() as session:
            invitation = invitations.find(session, link)
            if invitation.user_id:
                user = _new_password(session, held, invitation, form)
            else:
                user = session.get_one(User, access.user) if access.user else _new_user(session, held, form)
                invitations.accept(session, held.audit, invitation, user)
            back = f"/studies/{invitation.study_id}" if invitation.study_id else "/"
            back += "/readings" if invitation.role == Role.READER else ""  # what a reader is invited for
    except RefusedError as error:
        if error.status != 422:
            raise
        typed = {name: form.secret(name)[:120] for name in ("login", "name")}
        return _join_page(request, held, link, problem=error.words, **typed)
    if access.user == user.id:
        return RedirectResponse(back, 303)
    return go_on(request, held, user, back)  # a new password is not all that somebody may have to show


@router.get("/account")
def account(request: Request, held: Held, access: SignedIn) -> Response:
    """One's own account."""
    return _account_page(request, held, access)


@router.post("/account/password")
def change_password(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """Choose another password; all other browsers are signed out."""
    try:
        user = identified(request, held, access.login, form.secret("password"))
        kept = passwords.hashed(form.secret("new_password"), access.login)
    except RefusedError as error:
        return _account_page(request, held, access, status=error.status, problem=error.words)
    with held.database.writing() as session:
        user = need_unchanged(session, user)
        user.password = kept
        sessions.end_all(session, user.id)
        held.audit.add(session, "password.changed", who=user.id, subject=user.id)
    return signed_in(request, held, user, "/account")


@router.post("/account/sessions/end")
def end_sessions(request: Request, held: Held, access: SignedIn) -> Response:
    """Sign out all other browsers."""
    with held.database.writing() as session:
        count = sessions.end_all(session, access.user, but=request.cookies[sessions.COOKIE])
        held.audit.add(session, "session.others_ended", who=access.user, count=count)
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/{browser}/end")
def end_session(held: Held, access: SignedIn, browser: str) -> Response:
    """Sign out one other browser."""
    with held.database.writing() as session:
        kept = session.scalar(
            select(WebSession).where(WebSession.id == browser, WebSession.user_id == access.user)
        )
        if kept is None:
            raise RefusedError(404)
        session.delete(kept)
        held.audit.add(session, "session.others_ended", who=access.user, count=1)
    return RedirectResponse("/account", 303)


@router.post("/account/tokens")
def make_token(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """A token for a program; this answer is the only place where it is shown."""
    title = form.text("title", most=80)
    with held.database.writing() as session:
        token, text = tokens.make(session, access.user, title)
        held.audit.add(session, "token.made", who=access.user, subject=token.id)
    return _account_page(request, held, access, token=text)


@router.post("/account/tokens/{token}/end")
def end_token(held: Held, access: SignedIn, token: str) -> Response:
    """A token is good no longer."""
    with held.database.writing() as session:
        kept = session.scalar(select(Token).where(Token.id == token, Token.user_id == access.user))
        if kept is None:
            raise RefusedError(404)
        session.delete(kept)
        held.audit.add(session, "token.ended", who=access.user, subject=token)
    return RedirectResponse("/account", 303)


def _new_password(session: Session, held: Platform, invitation: Invitation, form: Form) -> User:
    if form.secret("password") != form.secret("again"):
        raise RefusedError(422, _("The two passwords differ. Type both anew."))
    kept = passwords.hashed(form.secret("password"), "")
    return invitations.choose_password(session, held.audit, invitation, kept)


def _new_user(session: Session, held: Platform, form: Form) -> User:
    login = form.text("login", most=80, called=_("sign-in name")).lower()
    if not _LOGIN.fullmatch(login):
        raise RefusedError(
            422, _("The sign-in name has 2 to 80 letters without accents, digits and . _ @ + - in it.")
        )
    name = form.text("name", called=_("your name"))
    if form.secret("password") != form.secret("again"):
        raise RefusedError(422, _("The two passwords differ. Type both anew."))
    kept = passwords.hashed(form.secret("password"), login)
    if session.scalar(select(User.id).where(User.login == login)):
        raise RefusedError(422, _("That sign-in name is taken. Choose another, or sign in if it is yours."))
    user = User(login=login, name=name, password=kept)
    session.add(user)
    session.flush()
    held.audit.add(session, "account.made", who=user.id, subject=user.id)
    return user


def _join_page(
    request: Request, held: Platform, link: str, *, problem: str = "", login: str = "", name: str = ""
) -> Response:
    with held.database.reading() as session:
        invitation: Invitation = invitations.find(session, link)
        study = session.get(Study, invitation.study_id) if invitation.study_id else None
    status = 422 if problem else 200
    return page(
        request,
        "people/join.html",
        status=status,
        invitation=invitation,
        study=study,
        link=link,
        problem=problem,
        login=login,
        name=name,
        shortest=passwords.SHORTEST,
        elsewhere=elsewhere_of(held),
    )


def elsewhere_of(held: Platform) -> str:
    """What the OpenID provider is called; empty where there is none."""
    return held.settings.oidc_name if held.provider else ""


def _account_page(
    request: Request, held: Platform, access: Access, *, status: int = 200, problem: str = "", token: str = ""
) -> Response:
    with held.database.reading() as session:
        kept = session.scalars(
            select(Token).where(Token.user_id == access.user, Token.expires > now()).order_by(Token.created)
        ).all()
        browsers = session.scalars(
            select(WebSession)
            .where(WebSession.user_id == access.user, WebSession.expires > now())
            .order_by(WebSession.seen.desc())
        ).all()
        identities = session.scalars(select(Identity).where(Identity.user_id == access.user)).all()
        second = second_factor.has(session, access.user)
        held_back = session.get_one(User, access.user).administrator and not access.administrator
    return page(
        request,
        "people/account.html",
        status=status,
        problem=problem,
        tokens=kept,
        token=token,
        browsers=browsers,
        own=digest(request.cookies.get(sessions.COOKIE, "")),
        identities=identities,
        second=second,
        held_back=held_back,
        elsewhere=elsewhere_of(held),
        shortest=passwords.SHORTEST,
    )
