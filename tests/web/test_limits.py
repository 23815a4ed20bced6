"""How much one person may ask for, and what every answer tells the browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request

from cutis.web.errors import RefusedError
from cutis.web.people import limits
from cutis.web.people.browsers import network_of
from cutis.web.people.limits import Rate
from cutis.web.people.roles import Role

from .conftest import World, jpeg


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that the test sets."""
    at = [1000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: at[0])
    yield at


def test_what_is_used_up_flows_back(clock: list[float]) -> None:
    rate = Rate(10, 60)
    for _n in range(10):
        rate.count("a")
    with pytest.raises(RefusedError) as caught:
        rate.count("a")
    assert caught.value.status == 429
    assert caught.value.headers["retry-after"] == "6"
    rate.count("b")
    clock[0] += 6
    rate.count("a")
    with pytest.raises(RefusedError):
        rate.count("a")
    clock[0] += 60
    for _n in range(10):
        rate.count("a")


def test_however_many_ask_little_is_remembered(clock: list[float]) -> None:
    rate = Rate(2, 60)
    for n in range(limits._REMEMBERED + 50):
        rate.count(str(n))
    assert len(rate._used) == limits._REMEMBERED


def test_counting_is_exact_when_many_ask_at_once(clock: list[float]) -> None:
    rate, passed = Rate(100, 60), []

    def ask() -> None:
        for _n in range(50):
            try:
                rate.count("a")
                passed.append(1)
            except RefusedError:
                pass

    threads = [threading.Thread(target=ask) for _n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(passed) == 100


def test_one_person_who_asks_too_much_does_not_keep_others_out(world: World) -> None:
    held = world.stranger.platform
    busy, other = world.a.people[Role.CLINICIAN], world.b.people[Role.CLINICIAN]
    before = held.requests
    object.__setattr__(held, "requests", Rate(5, 3600))
    try:
        told = [busy.get("/account").status_code for _n in range(7)]
        assert told == [200] * 5 + [429] * 2
        assert "Wait" in busy.get("/account").text
        assert busy.api("GET", "/api/studies").headers["content-type"] == "application/problem+json"
        assert other.get("/account").status_code == 200
        assert [world.stranger.get("/healthz").status_code for _n in range(9)] == [200] * 9
    finally:
        object.__setattr__(held, "requests", before)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("a socket", "another", False),
    ],
)
def test_addresses_that_one_connection_has_to_itself_are_counted_together(
    one: str, other: str, together: bool
) -> None:
    counted = [network_of(Request({"type": "http", "client": (host, 1)})) for host in (one, other)]
    assert (counted[0] == counted[1]) is together


def test_files_are_counted_by_themselves(world: World) -> None:
    held, someone = world.stranger.platform, world.a.people[Role.CLINICIAN]
    before = held.uploads
    object.__setattr__(held, "uploads", Rate(2, 3600))

    def send(n: int) -> Any:
        return someone.api(
            "POST",
            f"/api/studies/{world.a.id}/photos",
            data={"participant": world.a.names["participant"], "key": f"limit-{n}"},
            files={"photo": ("x.jpg", jpeg(90 + n))},
        )

    try:
        assert [send(n).status_code for n in range(3)] == [201, 201, 429]
        assert someone.get("/account").status_code == 200
    finally:
        object.__setattr__(held, "uploads", before)
    assert send(2).status_code == 201, "sent again later, it is kept"


@pytest.mark.parametrize(
    "path", ["/sign-in", "/account", "/api/account", "/nothing", "/static/web.css", "/models"]
)
def test_every_answer_has_the_headers_that_keep_others_out(world: World, path: str) -> None:
    someone = world.a.people[Role.INVESTIGATOR]
    answer = someone.api("GET", path) if path.startswith("/api") else someone.get(path)
    headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers
