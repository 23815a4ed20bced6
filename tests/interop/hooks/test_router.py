"""Who may ask, over HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey

from cutis.interop.hooks.callers import Caller, Callers
from cutis.interop.hooks.cards import Words
from cutis.interop.hooks.router import HookSettings, hooks_router

ADDRESS = "https://cutis.example"
SERVICE = f"{ADDRESS}/cds-services/cutis-rash-patient-view"
PATH = "/cds-services/cutis-rash-patient-view"
Make = Callable[..., dict[str, Any]]
KEY = ECKey.generate_key("P-384")
OTHER = ECKey.generate_key("P-384")


def _public(key: ECKey, kid: str = "key-1") -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": kid}]}


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def web(told: list[Any]) -> Iterator[TestClient]:
    callers = Callers((Caller("https://ehr.example", _public(KEY), frozenset({"clinic-1"})),))
    words = Words("https://cutis.example/launch", prevalence=0.02)
    settings = HookSettings(
        ADDRESS, words, callers, lambda service, found: told.extend(found), lambda: date(2026, 11, 21)
    )
    app = FastAPI()
    app.include_router(hooks_router(settings))
    with TestClient(app) as client:
        yield client


def _signed(key: ECKey = KEY, *, header: dict[str, Any] | None = None, **claims: Any) -> dict[str, str]:
    now = int(time.time())
    own = {
        "iss": "https://ehr.example",
        "aud": SERVICE,
        "iat": now,
        "exp": now + 300,
        "jti": str(time.time_ns()),
    }
    stated = {
        name: value for name, value in (own | {"tenant": "clinic-1"} | claims).items() if value is not None
    }
    told = {"alg": "ES384", "kid": "key-1", "typ": "JWT"} | (header or {})
    return {"Authorization": f"Bearer {jwt.encode(told, stated, key, algorithms=['ES384'])}"}


def test_everybody_may_see_what_is_offered(web: TestClient) -> None:
    assert len(web.get("/cds-services").json()["services"]) == 2


def test_a_signed_request_is_answered(web: TestClient, asked: Make, rash: Make, drug: Make) -> None:
    answer = web.post(PATH, json=asked([rash()], [drug()]), headers=_signed())
    assert answer.status_code == 200 and len(answer.json()["cards"]) == 1
    several = _signed(aud=["https://elsewhere.example", SERVICE])
    assert web.post(PATH, json=asked([], []), headers=several).json() == {"cards": []}


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {},
        lambda: {"Authorization": "Basic bWU6c2VjcmV0"},
        lambda: {"Authorization": "Bearer nonsense"},
        lambda: {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2Voci5leGFtcGxlIn0."},
        lambda: _signed(OTHER),
        lambda: _signed(OTHER, header={"jku": "https://attacker.example/keys"}),
        lambda: _signed(iss="https://elsewhere.example"),
        lambda: _signed(aud="https://cutis.example/cds-services"),
        lambda: _signed(aud=None),
        lambda: _signed(tenant="clinic-2"),
        lambda: _signed(tenant=None),
        lambda: _signed(exp=int(time.time()) - 60),
        lambda: _signed(iat=int(time.time()) + 600, exp=int(time.time()) + 700),
        lambda: _signed(exp=int(time.time()) + 86_400),
        lambda: _signed(exp=None),
        lambda: _signed(jti=None),
    ],
)
def test_whoever_is_not_trusted_gets_nothing(
    web: TestClient, asked: Make, rash: Make, drug: Make, headers: Callable[[], dict[str, str]]
) -> None:
    answer = web.post(PATH, json=asked([rash()], [drug()]), headers=headers())
    assert answer.status_code == 401 and "cards" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_day_of_a_request_is_that_of_the_place_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = HookSettings(ADDRESS, Words("https://cutis.example/launch"), None)
    days = []
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):  # 26 hours apart: it is never the same day in both
        with monkeypatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            days.append(settings.today())
        time.tzset()
    assert 1 <= (days[1] - days[0]).days <= 2


def test_a_statement_is_taken_once(web: TestClient, asked: Make) -> None:
    headers = _signed()
    assert web.post(PATH, json=asked(), headers=headers).status_code == 200
    assert web.post(PATH, json=asked(), headers=headers).status_code == 401


def test_what_does_not_hold_is_refused_over_http_too(web: TestClient, asked: Make, told: list[Any]) -> None:
    answer = web.post(PATH, content=b"{", headers=_signed())
    assert answer.status_code == 400 and answer.json()["detail"] == "the request is no JSON."
    assert web.post(PATH, content=b"a" * (3 << 20), headers=_signed()).status_code == 413
    gone = _signed(aud=f"{ADDRESS}/cds-services/another")
    assert web.post("/cds-services/another", json=asked(), headers=gone).status_code == 404


def test_feedback_reaches_whoever_listens(web: TestClient, told: list[Any]) -> None:
    headers = _signed(aud=f"{SERVICE}/feedback")
    answer = web.post(
        f"{PATH}/feedback", json={"feedback": [{"card": "c", "outcome": "accepted"}]}, headers=headers
    )
    assert answer.status_code == 200 and [one.card for one in told] == ["c"]
    assert (
        web.post(
            f"{PATH}/feedback", json={"feedback": []}, headers=_signed(aud=f"{SERVICE}/feedback")
        ).status_code
        == 400
    )


def test_no_server_is_asked(
    web: TestClient, asked: Make, rash: Make, drug: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = _signed()

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    started = time.process_time()
    assert web.post(PATH, json=asked([rash()], [drug()]), headers=headers).status_code == 200
    assert time.process_time() - started < 0.5
