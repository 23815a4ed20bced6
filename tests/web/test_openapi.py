"""What programs are told of the API: complete, named for good, and all that the pages do is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from cutis.web.api.openapi import document, operation_name
from cutis.web.app import PARTS, open_platform
from cutis.web.database import Member, Study, User
from cutis.web.people import tokens
from cutis.web.people.roles import Role
from cutis.web.settings import Settings

from .conftest import Start, World, jpeg

_APP = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
for _part in PARTS:
    _APP.router.routes.extend(_part.routes)
ROUTES = tuple(one for one in _APP.routes if isinstance(one, APIRoute))
TOLD = document(ROUTES)
OPERATIONS = [(m, path, one) for path, methods in TOLD["paths"].items() for m, one in methods.items()]

BROWSER = "belongs to a browser: it sets or ends its cookie"
OWNER = "belongs to who holds the password: a token that could change it could outlive itself"
# Actions of pages whose twin has another address, or that have none, and why.
OTHERWISE = {
    "/sign-in": BROWSER,
    "/sign-in/code": BROWSER,
    "/sign-out": BROWSER,
    "/smart/patient": "belongs to a browser: the record opened it there",
    "/smart/report": "belongs to a browser: the record opened it there",
    "/language": BROWSER,
    "/join/{link}": "a one-time link is opened by a person, who chooses a password",
    "/account/password": OWNER,
    "/account/second-step": OWNER,
    "/account/second-step/confirm": OWNER,
    "/account/second-step/codes": OWNER,
    "/account/second-step/end": OWNER,
    "/account/sessions/end": OWNER,
    "/account/sessions/{browser}/end": OWNER,
    "/account/identities/{identity}/end": OWNER,
    "/account/tokens": OWNER,
    "/account/tokens/{token}/end": OWNER,
    "/c/{link}": "POST /api/take-part/sessions",
    "/take-part/language": "POST /api/take-part/sessions",
    "/studies/{study}/members/{member}/role": "POST /api/studies/{study}/members",
    "/studies/{study}/members/{member}/remove": "POST /api/studies/{study}/members",
    "/studies/{study}/analyse": "POST /api/studies/{study}/photos",
    "/studies/{study}/photos/{photo}/analysis": "POST /api/studies/{study}/photos/{photo}/analyses",
    "/studies/{study}/export": "GET /api/studies/{study}/export",
    "/studies/{study}/protocol/edit": "POST /api/studies/{study}/protocol",
    "/studies/{study}/participants/{participant}/capture": (
        "POST /api/studies/{study}/participants/{participant}/links"
    ),
    "/take-part/visits/{visit}/questions/{questionnaire}": "POST /api/take-part/answers",
    "/take-part/advice": "advice while the camera runs, for phones that cannot compute it themselves",
}


def test_all_that_the_pages_do_can_be_done_by_programs() -> None:
    every = {f"{method} {one.path}" for one in ROUTES for method in one.methods}
    acts = {one.path for one in ROUTES if "POST" in one.methods and not one.path.startswith("/api/")}
    assert set(OTHERWISE) <= acts, "what is no action any more is listed"
    missing = [path for path in sorted(acts) if f"POST /api{path}" not in every and path not in OTHERWISE]
    assert missing == []
    twins = [other for other in OTHERWISE.values() if " /api/" in other]
    assert [one for one in twins if one not in every] == []


def test_every_operation_has_a_name_of_its_own_made_from_its_address() -> None:
    names = [one["operationId"] for _m, _p, one in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"(get|post)_[a-z_]+", name) for name in names), names
    below = {(m.lower(), one.path) for one in ROUTES for m in one.methods if one.path.startswith("/api/")}
    assert {(m, path) for m, path, _one in OPERATIONS} == below - {("get", "/api/openapi.json")}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/api/studies", "get_studies"),
        ("GET", "/api/studies/{study}", "get_study"),
        ("POST", "/api/studies/{study}/photos", "post_study_photos"),
        ("GET", "/api/studies/{study}/photos/{photo}", "get_study_photo"),
        ("GET", "/api/studies/{study}/photos/{photo}/file", "get_study_photo_file"),
        (
            "GET",
            "/api/studies/{study}/photos/{photo}/analyses/{analysis}/tile",
            "get_study_photo_analysis_tile",
        ),
        ("GET", "/api/models/{digest}", "get_model"),
    ],
)
def test_names_that_programs_rely_on_stay(method: str, path: str, name: str) -> None:
    assert operation_name(method, path) == name


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [one for each in value.values() for one in _references(each)]
    return [one for each in value for one in _references(each)] if isinstance(value, list) else []


def test_the_description_is_whole() -> None:
    assert TOLD["openapi"].startswith("3.1")
    for reference in _references(TOLD):
        place: Any = TOLD
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for method, path, one in OPERATIONS:
        named = [p["name"] for p in one.get("parameters", []) if p["in"] == "path"]
        assert sorted(named) == sorted(re.findall(r"{(\w+)}", path)), path
        assert "application/problem+json" in one["responses"]["default"]["content"]
        assert "422" not in one["responses"]
        assert one["summary"], path
        assert one["x-permission"]
        if method == "post":
            assert one.get("security", TOLD["security"]) in ([{"token": []}], []), path
    assert TOLD["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_it_is_served_to_programs_and_shown_to_people(world: World) -> None:
    told = world.stranger.api("GET", "/api/openapi.json")
    assert told.status_code == 200
    assert told.json()["paths"].keys() == TOLD["paths"].keys()
    shown = world.stranger.get("/programs")
    assert shown.status_code == 200
    assert "get_study_photos" in shown.text
    assert not re.findall(r'(?:src|href)="https?://', shown.text), "nothing from another host"


def test_what_the_description_promises_of_errors_is_so(world: World) -> None:
    someone = world.a.people[Role.READER]
    for answer in (
        someone.api("GET", "/api/studies/none/photos"),
        someone.api("POST", f"/api/studies/{world.a.id}/sites", json={"name": "x"}),
        world.a.people[Role.INVESTIGATOR].api("POST", f"/api/studies/{world.a.id}/sites", json={}),
        world.stranger.client.get("/api/account"),
        someone.api("GET", "/api/nothing"),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == answer.status_code
        assert {"type", "title", "detail"} <= set(told)


def test_studies_members_and_accounts_are_managed_by_programs(world: World) -> None:
    administrator, investigator = world.administrator, world.a.people[Role.INVESTIGATOR]
    assert administrator.api("GET", "/api/account").json()["administrator"] is True
    made = administrator.api("POST", "/api/studies", json={"name": "By a program"})
    assert made.status_code == 201, made.text
    where = f"/api/studies/{made.json()['id']}"
    assert administrator.api("GET", where).json()["name"] == "By a program"
    site = administrator.api("POST", f"{where}/sites", json={"name": "North"})
    assert administrator.api("GET", f"{where}/sites").json() == [site.json()]
    link = administrator.api("POST", f"{where}/invitations", json={"role": "reader"}).json()["link"]
    joined = investigator.post(f"/join/{link.split('/join/')[1]}")
    assert joined.status_code == 303
    member = next(
        one
        for one in administrator.api("GET", f"{where}/members").json()
        if one["person"] == investigator.user
    )
    chosen = {"member": member["id"], "role": "clinician"}
    elsewhere = administrator.api("POST", f"/api/studies/{world.a.id}/members", json=chosen)
    assert elsewhere.status_code == 404
    theirs = investigator.api("POST", f"/api/studies/{world.a.id}/members", json=chosen)
    assert theirs.status_code == 404, "a member of another study is not found through one's own"
    raised = administrator.api("POST", f"{where}/members", json=chosen).json()
    assert {one["person"]: one["role"] for one in raised}[investigator.user] == "clinician"
    ended = administrator.api("POST", f"{where}/members", json={**chosen, "role": ""}).json()
    assert investigator.user not in {one["person"] for one in ended}
    audit = administrator.api("GET", f"{where}/audit").json()
    assert audit["whole"]
    assert [one["action"] for one in audit["lines"]][:2] == ["member.removed", "member.role_changed"]
    people = administrator.api("GET", "/api/people").json()
    other = next(one for one in people if one["id"] == world.b.people[Role.READER].user)
    assert administrator.api("POST", f"/api/people/{other['id']}/close").status_code == 204
    assert world.b.people[Role.READER].api("GET", "/api/account").status_code == 401
    assert administrator.api("POST", f"/api/people/{other['id']}/open").status_code == 204
    assert "/join/" in administrator.api("POST", f"/api/people/{other['id']}/password").json()["link"]
    assert administrator.api("GET", "/api/audit").json()["whole"]


def test_the_example_of_the_documentation_runs(start: Start, tmp_path: Path, tmp_path_factory: Any) -> None:
    platform = open_platform(Settings(data_folder=tmp_path))
    with platform.database.writing() as session:
        user, study = User(login="nia", name="Nia", password="-"), Study(name="Amber")
        session.add_all([user, study])
        session.flush()
        session.add(Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN))
        _, token = tokens.make(session, user.id, "tests")
    platform.database.close()
    server = start()
    photos = tmp_path_factory.mktemp("photos")
    for n in range(2):
        (photos / f"{n}.jpg").write_bytes(jpeg(n, 320, 240))
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    ended = subprocess.run(
        [sys.executable, "-c", code[1]],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "CUTIS_ADDRESS": server.address,
            "CUTIS_TOKEN": token,
            "PHOTOS": str(photos),
        },
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("320 x 240") == 2
    assert "is answered by dermoscopy" in ended.stdout
