"""What every route declares: the permission that it needs. One place checks it, and forms with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.web.bodies import Form, read_form
from cutis.web.database import Member, User, within
from cutis.web.errors import RefusedError, SignInFirstError, is_api
from cutis.web.people import second_factor, sessions, taking_part, tokens
from cutis.web.people.browsers import network_of
from cutis.web.people.form_tokens import check_form_token
from cutis.web.people.roles import OF_A_STUDY, OF_EVERY_SITE, TABLE, Permission, Role
from cutis.web.platform import Platform, platform_of
from cutis.web.words import _

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Access:
    """Who asks, and in which study.

    Attributes:
        user: identity; empty for strangers.
        study: identity of the study that the address names; empty elsewhere.
        role: of the user in that study.
        bounds: the studies in which the user is bound to sites, and these; see `cutis.web.database.within`.
        participant: identity of whom a phone takes photos; nothing else is open to it.
        phone: identity of what that phone was opened as.
        language: in which the participant reads.
    """

    user: str = ""
    name: str = ""
    login: str = ""
    administrator: bool = False
    study: str = ""
    role: Role | None = None
    participant: str = ""
    phone: str = ""
    language: str = ""
    bounds: within.Bounds = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Identity for the audit: of the user, or of the participant who has no account."""
        return self.user or self.participant

    def may(self, permission: Permission) -> bool:
        """The person may do this, in this study."""
        if permission in OF_EVERY_SITE and self.study in self.bounds:
            return False
        roles = [self.role] if self.role else []
        if self.administrator:
            roles.append(Role.ADMINISTRATOR)
        if permission is Permission.OPEN or (permission is Permission.SIGNED_IN and self.user):
            return True
        return any(permission in TABLE[role] for role in roles)


def needs(permission: Permission) -> Any:
    """A dependency that lets only those pass who have a permission, and says who it is.

    A permission of a study needs ``{study}`` in the route's address. Forms are read here, once it is known
    who sends them, and pages' forms have their token checked; programs send a token of their own with each
    request, and no cookie counts for them.
    """

    async def check(request: Request) -> Access:
        platform = platform_of(request)
        study = request.path_params.get("study", "") if permission in OF_A_STUDY else ""
        identify = _whose_phone if permission is Permission.TAKE_PART else _who
        access = await run_in_threadpool(identify, request, platform, study)
        request.state.access = access
        within.bind(access.bounds)  # here, since what a thread sets is gone with it
        _count(request, platform, access)
        if permission is not Permission.OPEN:
            await run_in_threadpool(_pass, platform, access, permission, request)
        if request.method not in SAFE:
            try:
                await _read_form(request, platform)
            except RefusedError as error:
                await run_in_threadpool(_note_form, platform, access, error)
                raise
        return access

    check.permission = permission  # type: ignore[attr-defined]
    return Depends(check)


def _who(request: Request, platform: Platform, study: str) -> Access:
    """Who asks, by the token of a program or by the cookie of a browser."""
    api = is_api(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(sessions.COOKIE, "")
    stale = False
    with platform.database.reading() as session:
        user: User | None = None
        if api and kind.lower() == "bearer":
            user = tokens.find(session, token.strip())
        elif not api and cookie and (found := sessions.find(session, cookie)):
            user, stale = found
        if user is None:
            return Access(study=study)
        held = session.execute(
            select(Member.study_id, Member.role, Member.sites).where(Member.user_id == user.id)
        ).all()
        role = next((Role(one.role) for one in held if one.study_id == study), None)
        bounds = {one.study_id: tuple(one.sites) for one in held if one.sites}
        administrator = user.administrator and _shown_enough(session, platform, user.id)
        access = Access(user.id, user.name, user.login, administrator, study, role, bounds=bounds)
    if stale:
        with platform.database.writing() as session:
            sessions.keep(session, cookie, platform.settings.session_hours)
    return access


def _count(request: Request, platform: Platform, access: Access) -> None:
    """Nobody keeps the server busy alone.

    Raises:
        RefusedError: too many requests, or too many files.
    """
    if request.url.path == "/healthz":
        return
    who = access.who or network_of(request)
    platform.requests.count(who)
    kind = request.headers.get("content-type", "")
    if request.method not in SAFE and kind.startswith("multipart/form-data"):
        platform.uploads.count(who)


def _shown_enough(session: Session, platform: Platform, user: str) -> bool:
    """An administrator without the second step that the installation asks for is none until it is set up."""
    return platform.settings.second_factor == "optional" or second_factor.has(session, user)


def _whose_phone(request: Request, platform: Platform, study: str) -> Access:
    """Of whom a phone takes photos, by its own cookie, or by its token for a program."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = token.strip() if is_api(request) and kind.lower() == "bearer" else ""
    user = Access()
    if not is_api(request):
        cookie = request.cookies.get(taking_part.COOKIE, "")
        user = _who(request, platform, "")
    with platform.database.reading() as session:
        found = taking_part.find(session, cookie, user.user) if cookie else None
    if found is None:
        return Access()
    phone, stale = found
    if stale:
        with platform.database.writing() as session:
            taking_part.keep(session, phone.id, platform.settings.phone_days)
    nurse = user if phone.user_id else Access()
    return Access(
        nurse.user,
        nurse.name,
        nurse.login,
        study=phone.study_id,
        role=Role.PARTICIPANT,
        participant=phone.participant_id,
        phone=phone.id,
        language=phone.language,
    )


def _pass(platform: Platform, access: Access, permission: Permission, request: Request) -> None:
    """Let somebody pass.

    Raises:
        RefusedError: not signed in; not a member, in the words of a study not there; not in this role.
    """
    if permission is Permission.TAKE_PART:
        if not access.participant:
            raise RefusedError(
                401,
                _("Open your link or scan your code again. Photos that wait on this phone are sent then."),
                title=_("This phone is not taking part now"),
            )
        return
    if not access.user:
        if is_api(request):
            raise RefusedError(
                401, "Send a token: Authorization: Bearer ...", headers={"www-authenticate": "Bearer"}
            )
        raise SignInFirstError(request.url.path if request.method in SAFE else "/")
    if access.may(permission):
        return
    hidden = permission in OF_A_STUDY and access.role is None
    # A study that is not theirs is no subject that strangers can fill the audit's columns with.
    platform.audit.note(
        platform.database,
        "access.refused",
        who=access.user,
        study="" if hidden else access.study,
        needed=permission.name,
        asked=access.study[:40] if hidden else "",
    )
    raise RefusedError(404 if hidden else 403)


async def _read_form(request: Request, platform: Platform) -> None:
    """Read a form, and check that a page's form came from one of our own pages.

    Raises:
        RefusedError: it came from elsewhere, or cannot be read.
    """
    if is_api(request):
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            request.state.form = await read_form(request)
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError(403, _("The form came from another site. Open the page here, and send it again."))
    sent = request.headers.get("x-form-token", "")
    if sent:  # by a script: checked before the body is read
        check_form_token(request, platform.secret, sent)
    form = await read_form(request)
    if not sent:
        check_form_token(request, platform.secret, form.secret("form_token"))
    request.state.form = form


def _note_form(platform: Platform, access: Access, error: RefusedError) -> None:
    """What members send and is not read stands in the audit; strangers are not to fill it."""
    if access.who:
        platform.audit.note(
            platform.database,
            "form.refused",
            who=access.who,
            study=access.study if access.role else "",
            status=error.status,
            reason=error.words,
        )


def form_of(request: Request) -> Form:
    """The form that came with a request.

    Raises:
        RefusedError: there came none.
    """
    form = getattr(request.state, "form", None)
    if not isinstance(form, Form):
        raise RefusedError(
            415, _("This takes a form of the kind multipart/form-data."), title=_("Not a form")
        )
    return form


Filled = Annotated[Form, Depends(form_of)]


@dataclass(frozen=True)
class Declared:
    """A route and what it needs."""

    method: str
    path: str
    permission: Permission


class UndeclaredRouteError(Exception):
    """A route does not say who may use it: a mistake of the program, met when it starts."""


def declared(app: FastAPI) -> list[Declared]:
    """Every route with the permission it declares.

    Raises:
        UndeclaredRouteError: one declares none, several, or one of a study without naming the study.
    """
    return list(_declared(app))


def _declared(app: FastAPI) -> Iterator[Declared]:
    for route in app.routes:
        if not isinstance(route, APIRoute):
            raise UndeclaredRouteError(f"{route} is no route that can declare a permission")
        asked = (getattr(one.call, "permission", None) for one in route.dependant.dependencies)
        found = [one for one in asked if isinstance(one, Permission)]
        if len(found) != 1:
            raise UndeclaredRouteError(f"{route.path} declares {len(found)} permissions, not one")
        if (found[0] in OF_A_STUDY) != ("{study}" in route.path):
            raise UndeclaredRouteError(f"{route.path} needs to {found[0]}, which does not fit its address")
        for method in sorted(route.methods or ()):
            yield Declared(method, route.path, found[0])
