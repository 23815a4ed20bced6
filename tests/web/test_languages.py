"""Pages in the language of who reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cutis.web.languages.catalogues import FOLDER, LANGUAGES
from cutis.web.languages.choice import COOKIE
from cutis.web.words import _, language, speaking

PLACE = re.compile(r"%\(\w+\)[-.\d]*[a-z]|%[sdg]|%%|\{\w*\}")


def _asked(browser: Any, wanted: str = "", chosen: str = "", path: str = "/sign-in") -> Any:
    browser.client.cookies.clear()
    headers = {"accept-language": wanted, "cookie": f"{COOKIE}={chosen}" if chosen else ""}
    return browser.client.get(path, headers={name: value for name, value in headers.items() if value})


@pytest.mark.parametrize(
    ("wanted", "chosen", "expected"),
    [
        ("", "", "en"),
        ("ja", "", "ja"),
        ("zh-TW, en;q=0.5", "", "zh"),
        ("de, fr;q=0.8, en;q=0.9", "", "en"),
        ("FR-ca", "", "fr"),
        ("ja", "fr", "fr"),
        ("ja", "xx", "ja"),
        (";;q=x,,*;q=0", "", "en"),
        ("q" * 5000, "", "en"),
    ],
)
def test_what_was_chosen_wins_then_what_the_browser_asks_for(
    stranger: Any, wanted: str, chosen: str, expected: str
) -> None:
    answer = _asked(stranger, wanted, chosen)
    assert answer.headers["content-language"] == expected
    assert f'<html lang="{expected}">' in answer.text


def test_a_language_is_chosen_once_and_stays(stranger: Any) -> None:
    chosen = stranger.post("/language", {"language": "ja", "back": "/sign-in"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/sign-in")
    assert f"{COOKIE}=ja" in chosen.headers["set-cookie"]


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere", "x", ""]
)
def test_choosing_a_language_leads_nowhere_else(stranger: Any, back: str) -> None:
    chosen = stranger.post("/language", {"language": "fr", "back": back})
    assert chosen.headers["location"] == "/"


def test_a_language_that_is_not_there_is_refused(stranger: Any) -> None:
    answer = stranger.post("/language", {"language": "xx"})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers or COOKIE not in answer.headers["set-cookie"]


def test_words_are_spoken_within_and_english_again_after() -> None:
    class Shouting:
        def gettext(self, words: str) -> str:
            return words.upper()

    with speaking("xx", Shouting()):  # type: ignore[arg-type]
        assert (language(), _("quiet")) == ("xx", "QUIET")
    assert (language(), _("quiet")) == ("en", "quiet")


@pytest.mark.parametrize("name", [one for one in LANGUAGES if one != "en"])
def test_every_word_of_the_pages_has_a_translation_with_the_same_places_for_values(name: str) -> None:
    pytest.importorskip("babel.messages")
    from babel.messages.pofile import read_po

    from cutis.web.languages.extract import translated, words_now

    with (FOLDER / f"{name}.po").open("rb") as file:
        there = read_po(file, locale=name)
    missing, wrong = [], []
    for message in words_now():
        if not message.id:
            continue
        found = there.get(message.id)
        if found is None or not translated(found.string):
            missing.append(message.id)
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [found.string] if isinstance(found.string, str) else list(found.string)
        allowed = {place for one in ids for place in PLACE.findall(one)}
        if any(set(PLACE.findall(one)) - allowed for one in strings):
            wrong.append(message.id)
        if isinstance(message.id, str) and sorted(PLACE.findall(ids[0])) != sorted(PLACE.findall(strings[0])):
            wrong.append(message.id)
    assert missing == [], "bring the catalogues up to date: python -m cutis.web.languages.extract"
    assert wrong == []
