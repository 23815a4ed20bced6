"""Who may do what: every route is tried by every role, in its own study and in another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import select

from cutis.web.app import PARTS
from cutis.web.database import Site
from cutis.web.people.access import Declared, UndeclaredRouteError, declared, needs
from cutis.web.people.matrix import access_matrix
from cutis.web.people.roles import OF_A_STUDY, OF_EVERY_SITE, STUDY_ROLES, TABLE, Permission, Role

from .conftest import jpeg


def _routes() -> list[Declared]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for part in PARTS:
        app.router.routes.extend(part.routes)
    return declared(app)


ROUTES = _routes()
IN_A_STUDY = [one for one in ROUTES if one.permission in OF_A_STUDY]
ELSEWHERE = [one for one in ROUTES if one.permission not in OF_A_STUDY]


def _named(route: Declared) -> str:
    return f"{route.method} {route.path}"


def _asked(browser: Any, route: Declared, names: dict[str, str]) -> Any:
    """Ask for a route, with a form that holds wherever one is wanted."""
    path, api = route.path.replace(":path", "").format(**names), route.path.startswith("/api/")
    if route.method == "GET":
        return browser.api("GET", path) if api else browser.get(path)
    if api and not path.endswith("/photos"):
        return browser.api("POST", path, json={"pseudonym": "P-1", "facts": {}})
    form = {
        "role": "reader",
        "name": "A place",
        "pseudonym": "P-2",
        "participant": names.get("participant", ""),
    }
    files = {"photo": ("x.jpg", jpeg(5))} if path.endswith("/photos") else None
    return browser.api("POST", path, data=form, files=files) if api else browser.post(path, form, files=files)


@pytest.mark.parametrize("route", IN_A_STUDY, ids=_named)
def test_each_role_passes_where_the_table_says_so_and_nowhere_else(route: Declared, world: Any) -> None:
    for role, browser in world.a.people.items():
        status = _asked(browser, route, world.a.names).status_code
        if route.permission in TABLE[role]:
            assert status not in (401, 403, 404, 500), (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize("route", IN_A_STUDY, ids=_named)
def test_nobody_reaches_anything_of_another_study(route: Declared, world: Any) -> None:
    outsiders = [*world.a.people.values(), world.administrator]
    for browser in outsiders:
        answer = _asked(browser, route, world.b.names)
        assert answer.status_code == 404
        assert not [word for word in world.b.secrets if word.strip() in answer.text]
    answer = _asked(world.stranger, route, world.b.names)
    assert answer.status_code == (401 if route.path.startswith("/api/") else 303)
    assert not [word for word in world.b.secrets if word.strip() in answer.text]


@pytest.mark.parametrize("route", IN_A_STUDY, ids=_named)
def test_a_participant_reaches_nothing_of_any_study_not_even_of_the_own_one(
    route: Declared, world: Any
) -> None:
    phone = world.a.phone(world.a.names["participant"])
    for study in (world.a, world.b):
        answer = _asked(phone, route, study.names)
        assert answer.status_code == (401 if route.path.startswith("/api/") else 303)
        assert not [word for word in study.secrets if word.strip() in answer.text]


@pytest.mark.parametrize("route", [r for r in IN_A_STUDY if r.path.count("{") > 1], ids=_named)
def test_what_is_of_another_study_is_not_found_through_ones_own(route: Declared, world: Any) -> None:
    mixed = {**world.b.names, "study": world.a.id}
    answer = _asked(world.a.people[Role.INVESTIGATOR], route, mixed)
    assert answer.status_code == 404
    assert not [word for word in world.b.secrets if word.strip() in answer.text]


# Of whom the address names nothing, but the answer is about.
_OBJECTS = "POST /api/studies/{study}/dicomweb/studies"  # these may be of participants of any site
_OF_ONE = ("{participant", "{photo}", "{analysis}", "{dicom_")


@pytest.mark.parametrize("route", IN_A_STUDY, ids=_named)
def test_who_is_bound_to_a_site_reaches_nobody_of_another_one(route: Declared, world: Any) -> None:
    study = world.a
    hidden = [study.names["participant"], study.names["photo"], "Amber-001"]
    for role, browser in study.bound.items():
        answer = _asked(browser, route, study.names)
        whole = route.permission in OF_EVERY_SITE or _named(route) == _OBJECTS
        if route.permission not in TABLE[role] or whole:
            assert answer.status_code == 403, role
        elif any(one in route.path for one in _OF_ONE) or _adds_a_photo(route):
            assert answer.status_code == 404, role
        elif route.path.endswith("/places/{place}/photo"):  # a reader is told why this case has no photo
            assert answer.status_code != 403 or "site" in _words(answer), role
        else:
            assert answer.status_code not in (401, 403, 500), role
        assert not [word for word in hidden if word in _words(answer)], role


def _adds_a_photo(route: Declared) -> bool:
    return route.method == "POST" and route.path.endswith("/photos")


def _words(answer: Any) -> str:
    """What an answer says, inside of a zip too."""
    if answer.headers.get("content-type", "") != "application/zip":
        return str(answer.text)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        return " ".join(f"{name} {zipped.read(name).decode('latin-1')}" for name in zipped.namelist())


def test_who_is_bound_to_a_site_works_there(world: Any) -> None:
    study, someone = world.b, world.b.bound[Role.CLINICIAN]
    made = someone.api("POST", f"/api/studies/{study.id}/participants", json={"pseudonym": "Hill-1"})
    assert made.status_code == 201, made.text
    sent = someone.api(
        "POST",
        f"/api/studies/{study.id}/photos",
        data={"participant": made.json()["id"], "key": "hill"},
        files={"photo": ("x.jpg", jpeg(9))},
    )
    assert sent.status_code == 201, sent.text
    listed = someone.api("GET", f"/api/studies/{study.id}/participants").json()
    assert [one["pseudonym"] for one in listed] == ["Hill-1"]
    photos = someone.api("GET", f"/api/studies/{study.id}/photos").json()
    assert [one["id"] for one in photos] == [sent.json()["id"]]
    assert someone.get(f"/studies/{study.id}/photos/{sent.json()['id']}/file").status_code == 200
    assert "1 participant, 1 photo" in someone.get("/").text
    exported = study.bound[Role.INVESTIGATOR].api("GET", f"/api/studies/{study.id}/export")
    assert "Hill-1" in _words(exported)
    assert (
        study.people[Role.CLINICIAN].get(f"/studies/{study.id}/photos/{sent.json()['id']}").status_code == 200
    )


def test_forms_and_questions_cannot_name_what_is_of_another_study(world: Any) -> None:
    someone, study, other = world.a.people[Role.INVESTIGATOR], world.a.id, world.b.names
    form = {"participant": other["participant"]}
    sent = {"photo": ("x.jpg", jpeg(6))}
    assert someone.post(f"/studies/{study}/photos", form, files=sent).status_code == 404
    assert someone.api("POST", f"/api/studies/{study}/photos", data=form, files=sent).status_code == 404
    assert someone.get(f"/studies/{study}/photos?participant={other['participant']}").status_code == 404
    listed = someone.api("GET", f"/api/studies/{study}/photos?participant={other['participant']}")
    assert listed.json() == []
    with world.administrator.platform.database.reading() as session:
        site = session.scalar(select(Site.id).where(Site.study_id == world.b.id))
    made = someone.post(f"/studies/{study}/participants", {"pseudonym": "P-3", "site": site})
    assert made.status_code == 404


@pytest.mark.parametrize("route", ELSEWHERE, ids=_named)
def test_outside_studies_too_each_role_passes_only_where_the_table_says_so(
    route: Declared, world: Any
) -> None:
    if route.path == "/sign-out":
        pytest.skip("signs the role out that later tests need; tested with sessions")
    names = {
        "link": "none",
        "token": "none",
        "person": "none",
        "name": "page.css",
        "digest": "none",
        "browser": "none",
        "identity": "none",
        "visit": "none",
        "questionnaire": "none",
        "letter": "none",
        "delivery": "none",
        "service": "none",
    }
    investigator = world.a.people[Role.INVESTIGATOR]
    everybody = {
        Role.ADMINISTRATOR: world.administrator,
        Role.INVESTIGATOR: investigator,
        Role.PARTICIPANT: world.a.phone(),
        None: world.stranger,
    }
    for role, browser in everybody.items():
        answer = _asked(browser, route, names)
        sent_away = answer.headers.get("location", "").startswith("/sign-in")
        needed = route.permission
        passes = needed is Permission.OPEN or (
            role is not None
            and ((needed is Permission.SIGNED_IN and role is not Role.PARTICIPANT) or needed in TABLE[role])
        )
        assert (sent_away or answer.status_code in (401, 403)) != passes, (role, answer.status_code)
        if role in (Role.INVESTIGATOR, Role.PARTICIPANT):
            assert not [word for word in world.b.secrets if word.strip() in answer.text]


def test_the_administrator_sees_what_happened_but_not_what_studies_are_called(world: Any) -> None:
    shown = world.administrator.get("/audit").text
    assert "photo.added" in shown
    for study in (world.a, world.b):
        assert study.name not in shown
        assert f"{study.name.split()[0]}-001" not in shown


def test_programs_cannot_use_cookies_and_browsers_cannot_use_tokens(world: Any) -> None:
    someone = world.a.people[Role.INVESTIGATOR]
    assert someone.get("/api/studies").status_code == 401
    assert someone.api("GET", "/").status_code == 303


@pytest.mark.parametrize("extra", ["nothing", "two", "no study", "study"])
def test_a_route_that_does_not_say_who_may_use_it_stops_the_start(extra: str) -> None:
    router = APIRouter()

    if extra == "nothing":

        @router.get("/x")
        def undeclared() -> None: ...

    elif extra == "two":

        @router.get("/x")
        def twice(
            a: Annotated[Any, needs(Permission.OPEN)], b: Annotated[Any, needs(Permission.SIGNED_IN)]
        ) -> None: ...

    elif extra == "no study":

        @router.get("/x")
        def studyless(a: Annotated[Any, needs(Permission.SEE_PHOTOS)]) -> None: ...

    else:

        @router.get("/studies/{study}/x")
        def free(a: Annotated[Any, needs(Permission.SIGNED_IN)]) -> None: ...

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend(router.routes)
    with pytest.raises(UndeclaredRouteError):
        declared(app)


def test_every_permission_is_given_to_somebody_and_needed_by_some_route() -> None:
    given = {Permission.OPEN, Permission.SIGNED_IN} | {one for role in TABLE for one in TABLE[role]}
    assert given == set(Permission)
    assert {one.permission for one in ROUTES} == set(Permission)
    assert set(TABLE) == {Role.ADMINISTRATOR, *STUDY_ROLES, Role.PARTICIPANT}


def test_the_matrix_in_the_documentation_is_that_of_the_routes() -> None:
    page = Path(__file__).parents[2] / "docs" / "access.md"
    assert page.read_text() == access_matrix(ROUTES), "write it anew: python -m cutis.web.people.matrix"
