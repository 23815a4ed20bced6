"""Signing in by an OpenID provider: a real one on this machine, with signed tokens, that checks PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr
from sqlalchemy import select

from cutis.web.database import AuditEntry, Identity, Member, User
from cutis.web.people import invitations, sessions
from cutis.web.people.oidc import Provider
from cutis.web.people.roles import Role

from .conftest import Browser, World

CLIENT, SECRET = "cutis-tests", "between us"


@dataclass(eq=False)
class OpenId:
    """A provider: discovery, keys, authorisation and token endpoint."""

    address: str
    key: RSAKey
    person: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any]], str] | None = None

    def token(self, asked: dict[str, str]) -> str:
        at = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        claims = self.change(claims)
        if self.sign:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def _answer(provider: OpenId, path: str, form: dict[str, str], basic: str) -> tuple[int, Any]:
    if path == "/.well-known/openid-configuration":
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return 200, {
            "issuer": provider.address,
            **{name: f"{provider.address}/{name}" for name in names},
        }
    if path == "/jwks_uri":
        return 200, KeySet([provider.key]).as_dict(private=False)
    if path == "/token_endpoint":
        asked = provider.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        sound = (
            asked is not None
            and challenge.rstrip(b"=").decode() == asked["code_challenge"]
            and form["redirect_uri"] == asked["redirect_uri"]
            and base64.b64decode(basic).decode() == f"{CLIENT}:{SECRET}"
        )
        return (200, {"id_token": provider.token(asked)}) if sound and asked else (400, {"error": "no"})
    return 404, {}


@pytest.fixture(scope="module")
def openid() -> Iterator[OpenId]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._do({name: values[0] for name, values in parse_qs(body).items()})

        def _do(self, form: dict[str, str]) -> None:
            basic = self.headers.get("authorization", "").removeprefix("Basic ")
            status, told = _answer(provider, urlsplit(self.path).path, form, basic)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_more: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OpenId(
        f"http://127.0.0.1:{server.server_port}",
        RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"}),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def configured(world: World, openid: OpenId) -> Iterator[None]:
    held = world.stranger.platform
    before = held.settings
    settings = before.model_copy(
        update={
            "oidc_issuer": openid.address,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(SECRET),
            "oidc_name": "Clinic",
        }
    )
    object.__setattr__(held, "settings", settings)
    object.__setattr__(held, "provider", Provider(settings))
    openid.change, openid.sign = lambda claims: claims, None
    openid.person = {"sub": "p-1", "name": "Pia Clinic", "email": "pia@clinic.test"}
    yield
    object.__setattr__(held, "settings", before)
    object.__setattr__(held, "provider", None)


def _begin(browser: Browser, **asked: str) -> tuple[dict[str, str], str]:
    """What is asked of the provider, and the browser's cookie."""
    begun = browser.get(f"/sign-in/elsewhere?{urlencode(asked)}")
    assert begun.status_code == 303, begun.text
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}, begun.cookies["cutis_elsewhere"]


def _finish(browser: Browser, openid: OpenId, asked: dict[str, str], cookie: str, **other: str) -> Any:
    code = secrets.token_hex(8)
    openid.codes[code] = asked
    query = urlencode({"code": code, "state": asked["state"], **other})
    browser.client.cookies.clear()
    own = f"{sessions.COOKIE}={browser.cookie}; " if browser.cookie else ""
    return browser.client.get(
        f"/sign-in/elsewhere/back?{query}", headers={"cookie": f"{own}cutis_elsewhere={cookie}"}
    )


def _invitation(world: World, role: Role = Role.CLINICIAN) -> str:
    with world.stranger.platform.database.writing() as session:
        return invitations.invite(session, role, 1, study=world.a.id)[1]


def _through(browser: Browser, openid: OpenId, **asked: str) -> Any:
    return _finish(browser, openid, *_begin(browser, **asked))


def test_who_is_not_invited_does_not_come_in_by_the_provider_either(world: World, openid: OpenId) -> None:
    openid.person["sub"] = "nobody-1"
    answer = _through(world.stranger, openid)
    assert answer.status_code == 403
    assert "No account here is opened by that identity" in answer.text
    assert sessions.COOKIE not in answer.cookies


def test_an_invited_person_joins_with_the_provider_and_comes_back_without_a_password(
    world: World, openid: OpenId
) -> None:
    link = _invitation(world)
    assert "Join with Clinic" in world.stranger.get(f"/join/{link}").text
    joined = _through(world.stranger, openid, join=link)
    assert (joined.status_code, joined.headers["location"]) == (303, f"/studies/{world.a.id}"), joined.text
    held = world.stranger.platform
    with held.database.reading() as session:
        user = session.scalar(select(User).join(Identity).where(Identity.subject == "p-1"))
        assert user is not None
        assert (user.name, user.login) == ("Pia Clinic", "pia@clinic.test")
        role = session.scalar(select(Member.role).where(Member.user_id == user.id))
        assert role == Role.CLINICIAN
    assert (
        world.stranger.post(
            "/sign-in", {"login": "pia@clinic.test", "password": "-", "back": "/"}
        ).status_code
        == 422
    ), "an account without a password is not opened by any"
    back = _through(world.stranger, openid, back="/account")
    assert (back.status_code, back.headers["location"]) == (303, "/account")
    assert sessions.COOKIE in back.cookies
    used = _finish(world.stranger, openid, *_begin(world.stranger, join=link))
    assert used.status_code == 404, "a link is good once"


def test_somebody_with_an_account_links_an_identity_to_it_and_ends_it(world: World, openid: OpenId) -> None:
    openid.person = {"sub": "linked-1"}
    someone = world.a.people[Role.INVESTIGATOR]
    assert "Link Clinic" in someone.get("/account").text
    assert someone.get("/sign-in/elsewhere?link=forged").status_code == 403
    linked = _finish(someone, openid, *_begin(someone, link=someone.form_token))
    assert (linked.status_code, linked.headers["location"]) == (303, "/account"), linked.text
    signed_in = _through(world.stranger, openid)
    with someone.platform.database.reading() as session:
        found = session.scalar(select(Identity).where(Identity.subject == "linked-1"))
        assert found is not None and found.user_id == someone.user
        identity = found.id
    cookie = signed_in.cookies[sessions.COOKIE]
    assert (
        "Amber investigator person" in Browser(someone.client, someone.platform, cookie).get("/account").text
    )
    other = world.b.people[Role.INVESTIGATOR]
    taken = _finish(other, openid, *_begin(other, link=other.form_token))
    assert taken.status_code == 409
    assert other.post(f"/account/identities/{identity}/end").status_code == 404
    with someone.platform.database.writing() as session:
        session.get_one(User, someone.user).password = "something"
    assert someone.post(f"/account/identities/{identity}/end").status_code == 303
    assert _through(world.stranger, openid).status_code == 403


def test_an_answer_to_another_browser_or_another_sign_in_counts_for_nothing(
    world: World, openid: OpenId
) -> None:
    asked, cookie = _begin(world.stranger)
    assert _finish(world.stranger, openid, asked, "").status_code == 422
    assert _finish(world.stranger, openid, asked, cookie, state="other").status_code == 422
    assert _finish(world.stranger, openid, asked, cookie, code="").status_code == 422
    assert _finish(world.stranger, openid, asked, cookie, error="access_denied").status_code == 422
    other, _cookie = _begin(world.stranger)
    crossed = _finish(world.stranger, openid, other, cookie, state=asked["state"])
    assert crossed.status_code == 422, "PKCE: the code was made for another sign-in"


def _unsigned(claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def _by_another(claims: dict[str, Any]) -> str:
    key = RSAKey.generate_key(2048, parameters={"kid": "one"})
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "another"},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"nonce": "another"},
        {"sub": ""},
        {"sub": 7},
        {"exp": None},
        _unsigned,
        _by_another,
        lambda claims: "rubbish",
    ],
)
def test_a_token_that_does_not_hold_signs_nobody_in(world: World, openid: OpenId, wrong: Any) -> None:
    if callable(wrong):
        openid.sign = wrong
    else:
        openid.change = lambda claims: {**claims, **wrong}
    answer = _through(world.stranger, openid, join=_invitation(world))
    assert answer.status_code == 422, answer.text
    assert "does not hold" in answer.text
    with world.stranger.platform.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.action, last.details["step"]) == ("session.refused", "elsewhere")


@pytest.mark.parametrize("minutes", [-60, 10])
def test_clocks_that_disagree_are_named_as_such(world: World, openid: OpenId, minutes: int) -> None:
    openid.change = lambda claims: {
        **claims,
        "iat": claims["iat"] + 60 * minutes,
        "exp": claims["exp"] + 60 * minutes,
    }
    answer = _through(world.stranger, openid)
    assert answer.status_code == 422
    assert f"differ by {abs(minutes)} minutes" in answer.text
    openid.change = lambda claims: {**claims, "iat": claims["iat"] + 60}
    openid.person["sub"] = "nobody-2"
    assert _through(world.stranger, openid).status_code == 403, "a minute is no reason"


def test_new_keys_of_the_provider_are_read(world: World, openid: OpenId) -> None:
    openid.person["sub"] = "nobody-3"
    assert _through(world.stranger, openid).status_code == 403
    openid.key = RSAKey.generate_key(2048, parameters={"kid": "two", "use": "sig"})
    assert _through(world.stranger, openid).status_code == 403


def test_a_provider_that_is_away_is_said_in_words(world: World, openid: OpenId) -> None:
    held = world.stranger.platform
    gone = held.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    object.__setattr__(held, "provider", Provider(gone))
    answer = world.stranger.get("/sign-in/elsewhere")
    assert answer.status_code == 502
    assert "The provider does not answer" in answer.text
    plain = held.settings.model_copy(update={"oidc_issuer": "http://provider.test"})
    object.__setattr__(held, "provider", Provider(plain))
    assert world.stranger.get("/sign-in/elsewhere").status_code == 422, "never without https"


def test_where_none_is_configured_there_is_nothing(world: World) -> None:
    object.__setattr__(world.stranger.platform, "provider", None)
    assert world.stranger.get("/sign-in/elsewhere").status_code == 404
    assert "Sign in with" not in world.stranger.get("/sign-in").text
