"""Pages of the second step: showing a code at sign-in, setting it up, ending it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from cutis.web.database import User
from cutis.web.errors import RefusedError
from cutis.web.people import halfway, second_factor
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.browsers import network_of
from cutis.web.people.roles import Permission
from cutis.web.people.signing_in import SECOND, confirmed, inside, signed_in
from cutis.web.platform import Held, Platform
from cutis.web.secret import digest
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]
SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
Manage = Annotated[Access, needs(Permission.MANAGE_PEOPLE)]


@router.get("/sign-in/code")
def code_page(request: Request, held: Held, access: Anybody) -> Response:
    """The page that asks for the code, of somebody whose password was right."""
    halfway.take(request, held.secret, SECOND)
    return page(request, "people/code.html")


@router.post("/sign-in/code")
def show_code(request: Request, held: Held, access: Anybody, form: Filled) -> Response:
    """Sign in with the code too."""
    shown = halfway.take(request, held.secret, SECOND)
    held.by_address.count(network_of(request))
    held.by_login.count(f"code {shown['user']}")
    try:
        with held.database.writing() as session:
            user = session.get_one(User, shown["user"])
            if not user.active or digest(user.password) != shown["password"]:
                raise RefusedError(422, _("Begin anew: sign in with your password."))
            how = second_factor.use(session, held.secret, user.id, form.secret("code")[:40])
            held.audit.add(session, "session.second_step", who=user.id, how=how)
    except RefusedError as error:
        held.audit.note(held.database, "session.refused", who=shown["user"], step="second")
        return page(
            request, "people/code.html", status=error.status, headers=error.headers, problem=error.words
        )
    held.by_login.forget(f"code {shown['user']}")
    answer = signed_in(request, held, user, inside(shown["back"]))
    answer.delete_cookie(SECOND, path="/sign-in")
    return answer


@router.get("/account/second-step")
def second_step(request: Request, held: Held, access: SignedIn) -> Response:
    """The second step of one's own sign-in."""
    return _page(request, held, access)


@router.post("/account/second-step")
def begin(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """Begin to set it up: the picture for the app."""
    try:
        user = confirmed(request, held, access, form.secret("password"))
        with held.database.writing() as session:
            shared = second_factor.begin(session, held.secret, user)
    except RefusedError as error:
        return _page(request, held, access, problem=error)
    return _page(request, held, access, shared=shared)


@router.post("/account/second-step/confirm")
def confirm(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """The app shows the right code; this answer is the only place where the codes for its loss are shown."""
    held.by_login.count(f"code {access.user}")
    shared = ""
    try:
        with held.database.reading() as session:
            shared = second_factor.begun(session, held.secret, access.user)
        with held.database.writing() as session:
            codes = second_factor.confirm(session, held.secret, access.user, form.secret("code")[:40])
            held.audit.add(session, "second_step.made", who=access.user, subject=access.user)
    except RefusedError as error:
        return _page(request, held, access, shared=shared, problem=error)
    return _page(request, held, access, codes=codes)


@router.post("/account/second-step/codes")
def new_codes(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """New codes for the loss of the app."""
    try:
        user = confirmed(request, held, access, form.secret("password"))
        with held.database.writing() as session:
            if not second_factor.has(session, user.id):
                raise RefusedError(409, _("Begin anew: set up the second step on the page of your account."))
            codes = second_factor.new_codes(session, held.secret, user.id)
            held.audit.add(session, "second_step.codes_made", who=user.id, subject=user.id)
    except RefusedError as error:
        return _page(request, held, access, problem=error)
    return _page(request, held, access, codes=codes)


@router.post("/account/second-step/end")
def end(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """End the second step of one's own sign-in."""
    try:
        user = confirmed(request, held, access, form.secret("password"))
        with held.database.writing() as session:
            if second_factor.end(session, user.id):
                held.audit.add(session, "second_step.ended", who=user.id, subject=user.id)
    except RefusedError as error:
        return _page(request, held, access, problem=error)
    return RedirectResponse("/account/second-step", 303)


@router.post("/people/{person}/second-step/end")
def end_of(held: Held, access: Manage, person: str) -> Response:
    """End somebody's second step, who has lost both the app and the codes."""
    end_second_step(held, access, person)
    return RedirectResponse("/people", 303)


def end_second_step(held: Platform, access: Access, person: str) -> None:
    """End somebody's second step.

    Raises:
        RefusedError: there is no such person, or no second step.
    """
    with held.database.writing() as session:
        if session.get(User, person) is None:
            raise RefusedError(404)
        if not second_factor.end(session, person):
            raise RefusedError(409, _("This person has no second step."), title=_("Nothing to do"))
        held.audit.add(session, "second_step.ended", who=access.user, subject=person)


def _page(
    request: Request,
    held: Platform,
    access: Access,
    *,
    shared: str = "",
    codes: list[str] | None = None,
    problem: RefusedError | None = None,
) -> Response:
    with held.database.reading() as session:
        user = session.get_one(User, access.user)
        return page(
            request,
            "people/second_step.html",
            status=problem.status if problem else 200,
            headers=problem.headers if problem else None,
            problem=problem.words if problem else "",
            has=second_factor.has(session, access.user),
            left=second_factor.codes_left(session, access.user),
            shared=shared,
            picture=Markup(second_factor.picture(shared, access.login)) if shared else "",
            codes=codes or [],
            needed=user.administrator and held.settings.second_factor == "administrators",
        )
