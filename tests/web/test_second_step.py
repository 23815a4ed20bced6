"""The second step at sign-in: setting it up, showing it, losing it, clocks that disagree."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from cutis.web.database import AuditEntry, RecoveryCode, SecondFactor, User
from cutis.web.people import passwords, second_factor, sessions, tokens
from cutis.web.people.roles import Role

from .conftest import Browser, World

GOOD = "seven quiet herons at dusk"
LOGIN = "otto"


@pytest.fixture
def otto(world: World) -> Iterator[Browser]:
    """Somebody with a password who is signed in, without a second step."""
    held = world.stranger.platform
    with held.database.writing() as session:
        user = session.scalar(select(User).where(User.login == LOGIN))
        if user is None:
            user = User(login=LOGIN, name="Otto", password=passwords.hashed(GOOD, LOGIN))
            session.add(user)
            session.flush()
        second_factor.end(session, user.id)
        user.administrator = False
        cookie = sessions.start(session, user, 1)
    yield Browser(world.stranger.client, held, cookie, user=user.id)


def _set_up(otto: Browser) -> tuple[pyotp.TOTP, list[str]]:
    begun = otto.post("/account/second-step", {"password": GOOD})
    assert begun.status_code == 200, begun.text
    assert "<svg" in begun.text
    shared = re.search(r'<span class="mono">([A-Z2-7]{32})</span>', begun.text)
    assert shared
    app = pyotp.TOTP(shared[1])
    done = otto.post("/account/second-step/confirm", {"code": app.now()})
    assert done.status_code == 200, done.text
    codes = re.findall(r"<li>([a-z2-9]{5}-[a-z2-9]{5})</li>", done.text)
    assert len(codes) == second_factor.CODES
    return app, codes


def _next(app: pyotp.TOTP) -> str:
    """The code to come, which is taken too: the one of now may be used, or run out before it arrives."""
    return app.at(time.time() + second_factor.STEP)


def _password(browser: Browser) -> Any:
    return browser.post("/sign-in", {"login": LOGIN, "password": GOOD, "back": "/account"})


def _code(browser: Browser, halfway: Any, code: str) -> Any:
    cookie = halfway.cookies["cutis_second"]
    headers = {"cookie": f"cutis_visitor=visitor; cutis_second={cookie}"}
    return browser.post("/sign-in/code", {"code": code}, headers=headers)


def test_the_password_alone_opens_nothing_once_a_second_step_is_set_up(world: World, otto: Browser) -> None:
    app, _codes = _set_up(otto)
    halfway = _password(world.stranger)
    assert halfway.headers["location"] == "/sign-in/code"
    assert sessions.COOKIE not in halfway.cookies
    assert _code(world.stranger, halfway, "000000").status_code == 422
    code = _next(app)
    done = _code(world.stranger, halfway, code)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert sessions.COOKIE in done.cookies
    again = _code(world.stranger, halfway, code)
    assert again.status_code == 422
    assert "used already" in again.text


def test_the_next_code_is_taken_and_the_one_before_it_is_not_taken_after(otto: Browser) -> None:
    app, _codes = _set_up(otto)
    held, used = otto.platform, app.now()
    with held.database.writing() as session:
        assert second_factor.use(session, held.secret, otto.user, _next(app)) == "app"
    with held.database.writing() as session, pytest.raises(Exception, match=r"used already|not right"):
        second_factor.use(session, held.secret, otto.user, used)


def test_a_code_for_the_loss_of_the_app_is_good_once_and_only_its_owners(world: World, otto: Browser) -> None:
    _app, codes = _set_up(otto)
    halfway = _password(world.stranger)
    assert _code(world.stranger, halfway, codes[0].upper()).status_code == 303
    assert _code(world.stranger, halfway, codes[0]).status_code == 422
    assert "9 codes" in otto.get("/account/second-step").text
    with otto.platform.database.reading() as session:
        kept = session.scalars(select(RecoveryCode.digest)).all()
        shared = session.scalars(select(SecondFactor.sealed)).all()
    assert not [code for code in codes if code in "".join(kept)]
    assert all(len(one) > 60 for one in shared), "kept encrypted"
    renewed = otto.post("/account/second-step/codes", {"password": GOOD})
    assert codes[1] not in renewed.text
    assert _code(world.stranger, halfway, codes[1]).status_code == 422


def test_what_is_begun_by_one_cannot_be_finished_in_another_browser_or_after_another_password(
    world: World, otto: Browser
) -> None:
    app, _codes = _set_up(otto)
    assert world.stranger.get("/sign-in/code").status_code == 422
    assert "Begin anew" in world.stranger.get("/sign-in/code").text
    halfway = _password(world.stranger)
    with otto.platform.database.writing() as session:
        user = session.get_one(User, otto.user)
        before, user.password = user.password, "changed"
    try:
        assert _code(world.stranger, halfway, _next(app)).status_code == 422
    finally:
        with otto.platform.database.writing() as session:
            session.execute(update(User).where(User.id == otto.user).values(password=before))


def test_a_phone_whose_clock_is_off_is_told_by_how_much_when_it_is_set_up(otto: Browser) -> None:
    begun = otto.post("/account/second-step", {"password": GOOD})
    app = pyotp.TOTP(re.search(r'<span class="mono">([A-Z2-7]{32})</span>', begun.text)[1])  # type: ignore[index]
    ahead = otto.post("/account/second-step/confirm", {"code": app.at(time.time() + 600)})
    assert ahead.status_code == 422
    assert "10 min ahead" in ahead.text
    behind = otto.post("/account/second-step/confirm", {"code": app.at(time.time() - 300)})
    assert re.search(r"[56] min behind", behind.text), "the sixth where half a minute began meanwhile"
    assert "set its time by itself" in behind.text
    wrong = otto.post("/account/second-step/confirm", {"code": "12"})
    assert "not right" in wrong.text
    with otto.platform.database.reading() as session:
        assert not second_factor.has(session, otto.user)


def test_at_sign_in_a_wrong_code_is_not_told_how_far_off_it_is(world: World, otto: Browser) -> None:
    app, _codes = _set_up(otto)
    halfway = _password(world.stranger)
    told = _code(world.stranger, halfway, app.at(time.time() + 600)).text
    assert "min ahead" not in told
    assert "UTC here" in told


def test_it_is_set_up_and_ended_with_the_password_only(world: World, otto: Browser) -> None:
    assert otto.post("/account/second-step", {"password": "wrong"}).status_code == 422
    _set_up(otto)
    assert otto.post("/account/second-step", {"password": GOOD}).status_code == 409
    assert otto.post("/account/second-step/end", {"password": "wrong"}).status_code == 422
    assert _password(world.stranger).headers["location"] == "/sign-in/code"
    assert otto.post("/account/second-step/end", {"password": GOOD}).status_code == 303
    assert _password(world.stranger).headers["location"] == "/account"


def test_an_administrator_ends_it_for_somebody_who_lost_everything(world: World, otto: Browser) -> None:
    _set_up(otto)
    where = f"/people/{otto.user}/second-step/end"
    assert world.a.people[Role.INVESTIGATOR].post(where).status_code == 403
    assert "End the second step" in world.administrator.get("/people").text
    assert world.administrator.post(where).status_code == 303
    assert world.administrator.post(where).status_code == 409
    assert _password(world.stranger).headers["location"] == "/account"
    with otto.platform.database.reading() as session:
        lines = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == otto.user)).all()
    assert lines[-2:] == ["second_step.made", "second_step.ended"]


def test_a_new_password_by_a_link_does_not_go_round_the_second_step(world: World, otto: Browser) -> None:
    _set_up(otto)
    made = world.administrator.post(f"/people/{otto.user}/password").text
    link = made.split("/join/")[1].split('"')[0]
    done = world.stranger.post(f"/join/{link}", {"password": GOOD, "again": GOOD})
    assert done.headers["location"] == "/sign-in/code"
    assert sessions.COOKIE not in done.cookies


def test_where_administrators_need_it_they_are_none_until_it_is_set_up(world: World, otto: Browser) -> None:
    held = otto.platform
    with held.database.writing() as session:
        session.execute(update(User).where(User.id == otto.user).values(administrator=True))
        _token, text = tokens.make(session, otto.user, "tests")
    otto.token = text
    object.__setattr__(held, "settings", held.settings.model_copy(update={"second_factor": "administrators"}))
    try:
        assert otto.get("/people").status_code == 403
        assert otto.api("POST", "/api/models", files={"bundle": ("x", b"x")}).status_code == 403
        assert "Until you have set it up, you are none" in otto.get("/account").text
        _set_up(otto)
        assert otto.get("/people").status_code == 200
    finally:
        object.__setattr__(held, "settings", held.settings.model_copy(update={"second_factor": "optional"}))


def test_tries_are_limited(world: World, otto: Browser) -> None:
    from cutis.web.people.limits import Limit

    _set_up(otto)
    held = otto.platform
    halfway = _password(world.stranger)
    before = held.by_login
    object.__setattr__(held, "by_login", Limit(3, 60))
    try:
        told = [_code(world.stranger, halfway, "000000").status_code for _n in range(5)]
    finally:
        object.__setattr__(held, "by_login", before)
    assert told == [422, 422, 422, 429, 429]


def test_one_sees_where_one_is_signed_in_and_signs_out_elsewhere(world: World, otto: Browser) -> None:
    agent = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"}
    form = {"login": LOGIN, "password": GOOD, "back": "/"}
    phone = world.stranger.post("/sign-in", form, headers=agent)
    other = Browser(world.stranger.client, otto.platform, phone.cookies[sessions.COOKIE])
    page = otto.get("/account").text
    assert "Safari, iPhone" in page
    assert "this one" in page
    ends = re.findall(r"/account/sessions/([a-z0-9]{20})/end", page)
    assert world.administrator.post(f"/account/sessions/{ends[0]}/end").status_code == 404
    for one in ends:
        assert otto.post(f"/account/sessions/{one}/end").status_code == 303
    assert other.get("/account").status_code == 303
    assert otto.get("/account").status_code == 200
