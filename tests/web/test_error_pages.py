"""What people are told when something is not done: what happened, how to mend it, and a way on."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from cutis.web.app import create_app
from cutis.web.errors import RefusedError
from cutis.web.languages.catalogues import LANGUAGES, catalogue
from cutis.web.people import sessions
from cutis.web.people.roles import Role
from cutis.web.reading import routes
from cutis.web.words import speaking

from .conftest import World


def _ways(page: str) -> list[str]:
    main = page.partition('id="content"')[2].partition("<footer")[0]
    return re.findall(r'href="([^"]+)"', main)


def test_who_lacks_the_role_is_led_back_to_what_the_role_may_see(world: World) -> None:
    reader, study = world.a.people[Role.READER], f"/studies/{world.a.id}"
    refused = reader.get(f"{study}/members")
    assert refused.status_code == 403
    assert _ways(refused.text) == [study, "/"]
    gone = reader.get(f"{study}/readings/{world.a.names['reading']}/cases")
    assert gone.status_code == 403
    assert _ways(gone.text) == [f"{study}/readings", "/"], "its own page is for who manages it"


def test_an_error_of_a_form_leads_back_to_the_page_of_the_form(world: World) -> None:
    boss, study = world.a.people[Role.INVESTIGATOR], f"/studies/{world.a.id}"
    refused = boss.post(f"{study}/readings", {"title": ""})
    assert refused.status_code == 422
    assert _ways(refused.text) == [f"{study}/readings", "/"]


def test_who_is_not_in_the_study_is_led_nowhere_within_it(world: World) -> None:
    elsewhere = world.b.people[Role.INVESTIGATOR]
    for path in ("", "/members", f"/readings/{world.a.names['reading']}/room"):
        refused = elsewhere.get(f"/studies/{world.a.id}{path}")
        assert refused.status_code == 404
        assert _ways(refused.text) == ["/"]


def test_who_was_signed_out_is_told_so_and_comes_back_to_the_page(world: World) -> None:
    client = world.stranger.client
    client.cookies.clear()
    told = {}
    for name, cookie in (("ended", f"{sessions.COOKIE}=ended"), ("never", "")):
        asked = client.get("/models", headers={"cookie": cookie} if cookie else {})
        assert asked.headers["location"] == "/sign-in?back=/models"
        told[name] = client.get(asked.headers["location"], headers={"cookie": cookie} if cookie else {}).text
        assert 'name="back" value="/models"' in told[name]
    assert "You were signed out" in told["ended"]
    assert "You were signed out" not in told["never"]


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500])
def test_every_error_speaks_every_language(status: int, language: str) -> None:
    english = RefusedError(status)
    with speaking(language, catalogue(language)):
        told = RefusedError(status)
    assert told.words
    assert told.title != english.title
    assert told.words != english.words


def test_a_wrong_value_in_an_address_is_not_answered_in_the_words_of_a_library(world: World) -> None:
    boss = world.a.people[Role.INVESTIGATOR]
    path = f"/studies/{world.a.id}/readings/{world.a.names['reading']}/cases"
    assert "valid integer" not in boss.get(f"{path}?skip=abc").text
    assert "valid integer" in boss.api("GET", f"/api{path.rpartition('/')[0]}/places/abc").text


def test_what_nobody_foresaw_is_told_in_the_language_of_the_page_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(routes, "_beginnings", fails)
    boss = world.a.people[Role.INVESTIGATOR]
    app = create_app(boss.platform)
    with TestClient(app, base_url="http://cutis.test", raise_server_exceptions=False) as client:
        cookie = f"{sessions.COOKIE}={boss.cookie}"
        headers = {"cookie": cookie, "accept-language": "fr"}
        told = client.get(f"/studies/{world.a.id}/readings", headers=headers)
    assert told.status_code == 500
    assert '<html lang="fr">' in told.text
    assert catalogue("fr").gettext("Something went wrong here") in html.unescape(told.text)
    assert "ZeroDivisionError" not in told.text
