"""Every answer has the headers that browsers need, and errors tell what to do and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from cutis.web import app as application
from cutis.web.app import create_app, open_platform
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.settings import Settings


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An installation by https, with a route that fails."""
    router = APIRouter()

    @router.get("/fails")
    @router.get("/api/fails")
    def fails(access: Annotated[Access, needs(Permission.OPEN)]) -> None:
        raise RuntimeError("the inside: /secret/path")

    folder = tmp_path_factory.mktemp("answers")
    platform = open_platform(Settings(data_folder=folder, public_url="https://skin.example.org"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "PARTS", (*application.PARTS, router))
        app = create_app(platform)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client
    platform.database.close()


@pytest.mark.parametrize(
    "path", ["/healthz", "/sign-in", "/nothing", "/static/page.css", "/", "/fails", "/api/studies"]
)
def test_every_answer_is_strict_with_the_browser(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "cache-control" in headers


def test_pages_have_no_script_or_style_of_their_own(client: TestClient) -> None:
    text = client.get("/sign-in").text
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*(?:\bsrc=|application/json))", text)
    for template in Path(application.__file__).parent.glob("templates/**/*.html"):
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|<script(?![^>]*(?:\bsrc=|application/json))", template.read_text()
        ), template


@pytest.mark.parametrize(
    ("path", "status"), [("/api/nothing", 404), ("/api/studies", 401), ("/api/fails", 500)]
)
def test_programs_get_problems_as_json(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"]
    assert answer.json()["detail"]


def test_what_fails_inside_is_told_by_a_reference_and_nothing_else(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/fails", "/api/fails"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "RuntimeError" not in answer.text
        assert re.search(r"reference (\w{8})", caplog.text)
        assert re.findall(r"reference (\w{8})", caplog.text)[-1] in answer.text


@pytest.mark.parametrize("path", ["/nothing/<script>alert(1)</script>", "/join/<script>", "/static/<b>"])
def test_an_address_is_not_repeated(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "path", ["../app.py", "..%2fapp.py", "%2e%2e/settings.py", "/etc/passwd", "web.css/../../app.py", "x.css"]
)
def test_only_static_files_are_static_files(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_a_wrong_method_and_a_body_of_the_wrong_kind_are_told(client: TestClient) -> None:
    assert client.delete("/sign-in").status_code == 405
    assert client.post("/sign-in", json={"a": 1}).status_code == 415
    assert client.post("/sign-in", content=b"x" * 2_000_000).status_code == 413
    broken = client.post("/sign-in", content=b"--", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 422


def test_cookies_are_for_the_server_alone_and_for_https(client: TestClient) -> None:
    cookie = client.get("/sign-in").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" in cookie


def test_styles_come_from_the_tokens_that_all_pages_share(client: TestClient) -> None:
    shared = client.get("/static/page.css").text
    own = client.get("/static/web.css").text
    assert "--accent: #0b6e6e" in shared
    assert not re.search(r"--[a-z]+:|#[0-9a-f]{3,6}\b|rgb\(", own), "colours and sizes are tokens of page.css"
