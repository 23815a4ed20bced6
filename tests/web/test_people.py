"""First start, joining, signing in and out, forms, tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, select, update

from cutis.web.database import AuditEntry, Invitation, Member, Token, User, WebSession
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people import invitations, passwords, sessions
from cutis.web.people.limits import Limit
from cutis.web.people.roles import Role
from cutis.web.people.signing_in import NONE
from cutis.web.secret import seal

from .conftest import Browser, World

GOOD = "seven quiet herons at dusk"


def _account(login: str, password: str = GOOD) -> dict[str, str]:
    return {"name": login.title(), "login": login, "password": password, "again": password}


def _signed_in(browser: Browser, login: str, password: str = GOOD) -> Browser:
    answer = browser.post("/sign-in", {"login": login, "password": password, "back": "/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
    return Browser(browser.client, browser.platform, answer.cookies[sessions.COOKIE])


def _invited(world: World, role: str) -> str:
    answer = world.a.people[Role.INVESTIGATOR].post(f"/studies/{world.a.id}/invitations", {"role": role})
    return str(answer.text.split("/join/")[1].split('"')[0])


def test_the_first_start_makes_one_administrator_by_a_link_that_works_once(stranger: Browser) -> None:
    held = stranger.platform
    with held.database.writing() as session:
        session.execute(update(User).values(administrator=False))
    early = invitations.first_start(held.database, held.audit, 1)
    link = invitations.first_start(held.database, held.audit, 1)
    assert early and link and early != link
    assert stranger.get(f"/join/{early}").status_code == 404, "the server was started anew"
    assert "administrator" in stranger.get(f"/join/{link}").text
    made = stranger.post(f"/join/{link}", _account("ada"))
    assert made.status_code == 303
    ada = Browser(stranger.client, held, made.cookies[sessions.COOKIE])
    assert "A new study" in ada.get("/").text
    assert stranger.get(f"/join/{link}").status_code == 404
    assert stranger.post(f"/join/{link}", _account("eve")).status_code == 404
    assert invitations.first_start(held.database, held.audit, 1) is None
    assert invitations.first_start(held.database, held.audit, 1, again=True), "asked for by name"
    study = ada.post("/studies", {"name": "Amber", "about": ""})
    assert ada.get(study.headers["location"]).status_code == 200


def test_a_link_for_a_study_gives_its_role_in_that_study_only(world: World) -> None:
    made = world.stranger.post(f"/join/{_invited(world, 'clinician')}", _account("cleo"))
    assert made.headers["location"] == f"/studies/{world.a.id}"
    cleo = Browser(world.stranger.client, world.stranger.platform, made.cookies[sessions.COOKIE])
    assert cleo.get(f"/studies/{world.a.id}/photos").status_code == 200
    assert cleo.post(f"/studies/{world.a.id}/sites", {"name": "x"}).status_code == 403
    assert cleo.get(f"/studies/{world.b.id}").status_code == 404
    assert cleo.post("/studies", {"name": "x"}).status_code == 403
    again = cleo.post(f"/join/{_invited(world, 'investigator')}")
    assert again.status_code == 409, "nobody raises their own role by a second link"


def test_a_link_that_is_too_old_is_good_no_longer(world: World) -> None:
    link = _invited(world, "reader")
    with world.stranger.platform.database.writing() as session:
        session.execute(update(Invitation).values(expires=now() - timedelta(seconds=1)))
    for answer in (
        world.stranger.get(f"/join/{link}"),
        world.stranger.post(f"/join/{link}", _account("late")),
    ):
        assert answer.status_code == 404
        assert world.a.name not in answer.text
    with world.stranger.platform.database.reading() as session:
        assert session.scalar(select(User).where(User.login == "late")) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": "a" * 14, "again": "a" * 14}, "easily guessed"),
        ({"password": "my name is dora!", "again": "my name is dora!"}, "easily guessed"),
        ({"again": "something else here"}, "differ"),
        ({"login": "DÖRA"}, "without accents"),
        ({"name": ""}, "empty"),
        ({"name": "x" * 200}, "200 characters"),
        ({"name": "a\x00b"}, "cannot be shown"),
    ],
)
def test_an_account_that_does_not_hold_is_not_made_and_the_link_stays_good(
    world: World, change: dict[str, str], words: str
) -> None:
    link = _invited(world, "reader")
    answer = world.stranger.post(f"/join/{link}", {**_account("dora"), **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert world.stranger.get(f"/join/{link}").status_code == 200


def test_signing_in_gives_a_new_cookie_and_only_its_hash_is_kept(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("finn"))
    first = _signed_in(world.stranger, "finn")
    second = _signed_in(first, "FINN ")
    assert first.cookie != second.cookie
    assert first.get("/account").status_code == 303, "the browser's earlier session is over"
    assert second.get("/account").status_code == 200
    with world.stranger.platform.database.reading() as session:
        assert second.cookie not in str(session.scalars(select(WebSession.digest)).all())
        assert GOOD not in str(session.scalars(select(User.password)).all())


def test_wrong_names_and_wrong_passwords_get_the_same_words(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("gina"))
    texts = set()
    for login, password in (("gina", "not the password"), ("nobody", "not the password")):
        answer = world.stranger.post("/sign-in", {"login": login, "password": password})
        assert answer.status_code == 422
        texts.add(answer.text.replace(login, ""))
    assert len(texts) == 1


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("hana"))
    hana = _signed_in(world.stranger, "hana")
    assert hana.post("/sign-out").headers["location"] == "/sign-in"
    assert hana.get("/").headers["location"] == "/sign-in?back=/"


def test_a_session_ends_by_itself_and_one_that_is_used_goes_on(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("ivor"))
    ivor = _signed_in(world.stranger, "ivor")
    soon = now() + timedelta(minutes=1)
    mine = WebSession.digest == sessions.digest(ivor.cookie)
    with ivor.platform.database.writing() as session:
        session.execute(update(WebSession).where(mine).values(seen=now() - timedelta(hours=1), expires=soon))
    assert ivor.get("/account").status_code == 200
    with ivor.platform.database.writing() as session:
        assert session.scalar(select(WebSession.expires).where(mine)) > soon + timedelta(hours=1)
        session.execute(update(WebSession).where(mine).values(expires=now() - timedelta(seconds=1)))
    assert ivor.get("/account").status_code == 303


def test_a_new_password_signs_out_everybody_else_and_the_old_one_is_over(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("jade"))
    here, there = _signed_in(world.stranger, "jade"), _signed_in(world.stranger, "jade")
    new = "eight loud herons at dawn"
    assert here.post("/account/password", {"password": "wrong", "new_password": new}).status_code == 422
    changed = here.post("/account/password", {"password": GOOD, "new_password": new})
    assert changed.status_code == 303
    assert there.get("/account").status_code == here.get("/account").status_code == 303
    assert (
        Browser(here.client, here.platform, changed.cookies[sessions.COOKIE]).get("/account").status_code
        == 200
    )
    assert world.stranger.post("/sign-in", {"login": "jade", "password": GOOD}).status_code == 422


def test_somebody_who_is_no_longer_active_is_out_at_once(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("kim"))
    kim = _signed_in(world.stranger, "kim")
    with kim.platform.database.writing() as session:
        session.execute(update(User).where(User.login == "kim").values(active=False))
    assert kim.get("/account").status_code == 303
    assert world.stranger.post("/sign-in", {"login": "kim", "password": GOOD}).status_code == 422


@pytest.mark.parametrize("token", ["", "wrong", "another session's", "a stranger's"])
def test_a_form_that_did_not_come_from_our_own_page_does_nothing(world: World, token: str) -> None:
    someone, other = world.a.people[Role.INVESTIGATOR], world.b.people[Role.INVESTIGATOR]
    secret = someone.platform.secret
    sent = {"another session's": other.form_token, "a stranger's": seal(secret, "form", "visitor")}.get(
        token, token
    )
    answer = someone.post(f"/studies/{world.a.id}/sites", {"name": "forged", "form_token": sent})
    assert answer.status_code == 403
    assert "forged" not in someone.get(f"/studies/{world.a.id}").text


def test_a_form_from_another_site_does_nothing_even_with_a_good_token(world: World) -> None:
    someone = world.a.people[Role.INVESTIGATOR]
    forged = someone.post(
        f"/studies/{world.a.id}/sites", {"name": "forged"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert forged.status_code == 403
    assert someone.post("/sign-in", {}, headers={"sec-fetch-site": "same-site"}).status_code == 403


@pytest.mark.parametrize(
    "back", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:x", "/\r\nx: y"]
)
def test_after_signing_in_nobody_is_sent_to_another_site(world: World, back: str) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("lena"))
    answer = world.stranger.post("/sign-in", {"login": "lena", "password": GOOD, "back": back})
    assert answer.headers["location"] == "/"


def test_a_token_is_shown_once_acts_for_its_owner_and_can_be_ended_by_nobody_else(world: World) -> None:
    someone, other = world.a.people[Role.CLINICIAN], world.b.people[Role.CLINICIAN]
    shown = someone.post("/account/tokens", {"title": "importer"}).text
    text = shown.split('value="cutis_')[1].split('"')[0]
    program = Browser(someone.client, someone.platform, token=f"cutis_{text}")
    assert [one["name"] for one in program.api("GET", "/api/studies").json()] == ["Amber study"]
    assert text not in someone.get("/account").text
    with someone.platform.database.reading() as session:
        token = session.scalar(select(Token.id).where(Token.title == "importer"))
    assert other.post(f"/account/tokens/{token}/end").status_code == 404
    assert someone.post(f"/account/tokens/{token}/end").status_code == 303
    assert program.api("GET", "/api/studies").status_code == 401


def test_a_study_always_keeps_an_investigator(world: World) -> None:
    boss = world.b.people[Role.INVESTIGATOR]
    with boss.platform.database.reading() as session:
        chosen = select(Member.id).where(Member.study_id == world.b.id, Member.user_id == boss.user)
        member = session.scalar(chosen)
    where = f"/studies/{world.b.id}/members/{member}"
    assert boss.post(f"{where}/remove").status_code == 409
    assert boss.post(f"{where}/role", {"role": "reader"}).status_code == 409
    assert boss.post(f"{where}/role", {"role": "administrator"}).status_code == 422


def test_too_many_tries_are_refused_until_time_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("cutis.web.people.limits.monotonic", lambda: clock[0])
    limit = Limit(3, 60)
    for _ in range(3):
        limit.count("a")
    limit.count("b")
    with pytest.raises(RefusedError, match="Wait 60 seconds") as caught:
        limit.count("a")
    assert caught.value.status == 429
    clock[0] += 60
    limit.count("a")


def test_guessing_a_password_comes_to_an_end(stranger: Browser) -> None:
    held = stranger.platform
    for _ in range(held.settings.sign_ins_per_minute):
        held.by_login.count("victim")
    answer = stranger.post("/sign-in", {"login": "victim", "password": "x"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 60
    assert stranger.post("/sign-in", {"login": "somebody else", "password": "x"}).status_code == 422


def test_a_lost_password_is_chosen_anew_by_a_link_that_works_once(world: World) -> None:
    ada, stranger = world.administrator, world.stranger
    stranger.post(f"/join/{_invited(world, 'reader')}", _account("mara"))
    mara = _signed_in(stranger, "mara")
    made = mara.post("/account/tokens", {"title": "importer"}).text.split('value="cutis_')[1].split('"')[0]
    program = Browser(mara.client, mara.platform, token=f"cutis_{made}")
    with stranger.platform.database.reading() as session:
        person = session.scalar(select(User.id).where(User.login == "mara"))
    shown = ada.post(f"/people/{person}/password").text
    link = shown.split("/join/")[1].split('"')[0]
    assert mara.get("/account").status_code == 200, "the old password is good until a new one is chosen"
    assert program.api("GET", "/api/studies").status_code == 200
    new = {"password": "nine calm herons at noon", "again": "nine calm herons at noon"}
    assert stranger.post(f"/join/{link}", {**new, "again": "x"}).status_code == 422
    stranger.post(f"/join/{_invited(world, 'reader')}", _account("nell"))
    nell = _signed_in(stranger, "nell")
    chosen = nell.post(f"/join/{link}", new)  # in a browser where somebody else is signed in
    assert chosen.status_code == 303
    assert (
        Browser(mara.client, mara.platform, chosen.cookies[sessions.COOKIE]).get("/account").status_code
        == 200
    )
    assert mara.get("/account").status_code == 303
    assert program.api("GET", "/api/studies").status_code == 401, "who knew the old one may have made it"
    assert stranger.post("/sign-in", {"login": "mara", "password": GOOD}).status_code == 422
    assert stranger.post(f"/join/{link}", new).status_code == 404
    assert _signed_in(stranger, "mara", new["password"]).get("/studies/x").status_code == 404


def test_an_account_is_closed_and_opened_by_an_administrator_but_not_ones_own(world: World) -> None:
    ada, stranger = world.administrator, world.stranger
    stranger.post(f"/join/{_invited(world, 'reader')}", _account("noor"))
    noor = _signed_in(stranger, "noor")
    with stranger.platform.database.reading() as session:
        person = session.scalar(select(User.id).where(User.login == "noor"))
    assert ada.post(f"/people/{person}/close").status_code == 303
    assert noor.get("/account").status_code == 303
    assert "noor, closed" in ada.get("/people").text
    assert stranger.post("/sign-in", {"login": "noor", "password": GOOD}).status_code == 422
    assert ada.post(f"/people/{person}/open").status_code == 303
    assert _signed_in(stranger, "noor").get("/account").status_code == 200
    assert ada.post(f"/people/{ada.user}/close").status_code == 409


def test_an_administrator_invites_another_one(world: World) -> None:
    link = world.administrator.post("/people/invitations").text.split("/join/")[1].split('"')[0]
    made = world.stranger.post(f"/join/{link}", _account("omar"))
    omar = Browser(world.stranger.client, world.stranger.platform, made.cookies[sessions.COOKIE])
    assert omar.get("/people").status_code == 200


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "x" * 5000])
def test_text_that_no_database_can_hold_is_no_fault_of_the_server(world: World, text: str) -> None:
    someone, study = world.a.people[Role.INVESTIGATOR], world.a.id
    asked = [f"/studies/{text}", f"/studies/{study}/photos?participant={text}", f"/join/{text}"]
    for path in [*asked, f"/studies/{study}/audit?action={text}", f"/studies/{study}/photos/{text}"]:
        assert someone.get(path).status_code in (200, 404, 422), path
    for number in ("-1", "9" * 40, "x"):
        assert someone.get(f"/studies/{study}/audit?before={number}").status_code == 422
        assert someone.get(f"/studies/{study}/photos?skip={number}").status_code == 422
    assert someone.post("/sign-in", {"login": "a\0b", "password": "a\0b"}).status_code == 422
    kind = {"content-type": "application/json"}
    for name in (b"a\\ud800", b"a\\u0000"):
        given = b'{"pseudonym": "x", "site": "%s"}' % name
        made = someone.api("POST", f"/api/studies/{study}/participants", content=given, headers=kind)
        assert made.status_code in (404, 422), made.text


def test_passwords_are_argon2_and_nothing_fits_nobody() -> None:
    kept = passwords.hashed(GOOD, "me")
    assert kept.startswith("$argon2id$")
    assert passwords.fits(GOOD, kept)
    assert not passwords.fits(GOOD + " ", kept)
    assert not passwords.fits("nobody has this password", None)
    assert not passwords.fits(GOOD, "none")


def test_an_account_without_a_password_takes_as_long_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    class Noting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            compared.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Noting(time_cost=1, memory_cost=64, parallelism=1))
    for kept in (None, NONE, "none", passwords.hashed(GOOD, "me")):
        assert not passwords.fits("something else here", kept)
    assert len(compared) == 4 and all(one.startswith("$argon2id$") for one in compared)


@pytest.mark.parametrize("then", ["closed", "another password"])
def test_a_password_that_is_over_while_it_is_looked_at_signs_nobody_in(
    world: World, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    login = f"ida-{then[:4]}"
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account(login))
    database, fits = world.stranger.platform.database, passwords.fits

    def overtaken(password: str, kept: str | None) -> bool:
        right = fits(password, kept)
        changed = {"active": False} if then == "closed" else {"password": passwords.hashed(GOOD * 2, "")}
        with database.writing() as session:
            session.execute(update(User).where(User.login == login).values(changed))
            theirs = select(User.id).where(User.login == login)
            session.execute(delete(WebSession).where(WebSession.user_id.in_(theirs)))
        return right

    monkeypatch.setattr(passwords, "fits", overtaken)
    late = world.stranger.post("/sign-in", {"login": login, "password": GOOD})
    assert late.status_code == 422 and sessions.COOKIE not in late.cookies
    with database.reading() as session:
        left = select(WebSession.id).join(User, User.id == WebSession.user_id).where(User.login == login)
        assert session.scalar(left) is None


def test_who_may_no_longer_invite_has_no_links_in_reserve(world: World) -> None:
    def joined(role: str, name: str) -> Browser:
        made = world.stranger.post(f"/join/{_invited(world, role)}", _account(name))
        return Browser(world.stranger.client, world.stranger.platform, made.cookies[sessions.COOKIE])

    def link(browser: Browser, path: str, **form: str) -> str:
        return browser.post(path, form).text.split("/join/")[1].split('"')[0]

    def good(link: str) -> bool:
        return world.stranger.get(f"/join/{link}").status_code == 200

    def member(name: str) -> str:
        with world.stranger.platform.database.reading() as session:
            chosen = select(Member.id).join(User, User.id == Member.user_id)
            return str(session.scalar(chosen.where(User.login == name, Member.study_id == world.a.id)))

    invite, members = f"/studies/{world.a.id}/invitations", f"/studies/{world.a.id}/members"
    one, two = joined("investigator", "ruth"), joined("investigator", "saul")
    of_one, of_two = link(one, invite, role="investigator"), link(two, invite, role="investigator")
    of_the_other = link(world.a.people[Role.INVESTIGATOR], invite, role="reader")
    assert good(of_one) and good(of_two)
    chief = world.a.people[Role.INVESTIGATOR]
    assert chief.post(f"{members}/{member('ruth')}/remove").status_code == 303
    assert chief.post(f"{members}/{member('saul')}/role", {"role": "reader"}).status_code == 303
    assert not good(of_one) and not good(of_two) and good(of_the_other)

    made = world.stranger.post(f"/join/{link(world.administrator, '/people/invitations')}", _account("tess"))
    tess = Browser(world.stranger.client, world.stranger.platform, made.cookies[sessions.COOKIE])
    kept = link(tess, "/people/invitations")
    with world.stranger.platform.database.reading() as session:
        person = session.scalar(select(User.id).where(User.login == "tess"))
    assert good(kept)
    assert world.administrator.post(f"/people/{person}/close").status_code == 303
    assert not good(kept), "a closed administrator becomes none again"


def test_what_people_do_stands_in_the_audit_without_their_words(world: World) -> None:
    world.stranger.post(f"/join/{_invited(world, 'reader')}", _account("vera"))
    vera = _signed_in(world.stranger, "vera")
    vera.post("/account/tokens", {"title": "vera's program"})
    vera.post("/account/tokens", {"title": "forged", "form_token": "forged"})
    vera.get(f"/studies/{world.b.id}")
    vera.post("/sign-in", {"login": "vera", "password": "not vera's"})
    vera.post("/account/password", {"password": GOOD, "new_password": "eight loud herons at dawn"})
    with world.stranger.platform.database.reading() as session:
        lines = session.scalars(select(AuditEntry)).all()
    happened = {one.action for one in lines}
    assert {"session.started", "session.refused", "invitation.made", "invitation.accepted"} <= happened
    assert {"account.made", "password.changed", "token.made", "access.refused", "form.refused"} <= happened
    everything: list[Any] = [(one.who, one.subject, one.details) for one in lines]
    assert GOOD not in str(everything)
    assert "vera" not in str(everything).lower()
