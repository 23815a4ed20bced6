"""Pages in the language of who reads them."""

from __future__ import annotations

import re
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import pytest

from cutis.core.errors import ManifestError
from cutis.core.manifest import read_manifest
from cutis.web.gateway import arrive, problems, steps
from cutis.web.languages.catalogues import FOLDER, LANGUAGES
from cutis.web.languages.choice import COOKIE
from cutis.web.studies.import_words import retold
from cutis.web.words import _, language, said_again, speaking

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


class _Marked(NullTranslations):
    """A language in which every translated sentence stands between marks."""

    def gettext(self, message: str) -> str:
        return f"<{message}>"


@pytest.mark.parametrize(
    "table",
    [
        b"image,patient_id\n,A\n",
        b"image,patient_id,image_id\na.jpg,A,1\nb.jpg,A,1\n",
        b"image,patient_id,image_id\na.jpg,A,\n",
        b"image,patient_id\na.jpg,\n",
        b"image,patient_id,split\na.jpg,A,validation\nb.jpg,A,\n",
        b"image,patient_id,sex,age\na.jpg,A,f,-3\n",
        b"imgae,patient_id\na.jpg,A\n",
        b"x,patient_id\na.jpg,A\n",
        b"image,patientid\na.jpg,A\n",
        b"image,image\na.jpg,A\n",
        b"image,patient_id\n",
        b"",
        b"image,patient_id\na.jpg\nb.jpg,A,B\n",
        b"\n\nimage,patient_id\na.jpg\n",
        b'image,patient_id\na.jpg,A\nb.jpg,"B\n',
        b'image,patient_id\n"a" b.jpg,A\n',
        b'image,patient_id\na.jpg,"A\r"\t1',
        b"\n \n",
        b"image," + 140_000 * b"x" + b"\na.jpg,A\n",
        b"image,patient_id\n\xff\xfe.jpg,A\n",
        b"image\0,patient_id\n",
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_in_the_language_of_who_imports_it(
    tmp_path: Path, table: bytes
) -> None:
    place = tmp_path / "manifest.csv"
    place.write_bytes(table)
    with pytest.raises(ManifestError) as raised:
        read_manifest(place, find_images=False)
    with speaking("marked", _Marked()):
        told = [retold(one.replace(f"{tmp_path}/", "")) for one in raised.value.problems]
    assert told
    for sentence in told:
        assert re.fullmatch(r"manifest\.csv(:\d+)?: <.+>", sentence), sentence


def test_how_many_cells_a_row_has_is_said_in_that_language_too() -> None:
    with speaking("marked", _Marked()):
        told = [
            retold(f"a.csv:2: has {cells} where the header has 2. {mend}")
            for cells, mend in (
                ("1 cell", "Empty cells need their separators too."),
                ("3 cells", "Put cells that hold the separator in double quotes."),
            )
        ]
    assert told == [
        "a.csv:2: <has <1 cell> where the header has 2. Empty cells need their separators too.>",
        "a.csv:2: <has <3 cells> where the header has 2. Put cells that hold the separator in double "
        "quotes.>",
    ]


def test_values_of_a_sentence_that_is_said_again_stay_and_sentences_within_are_said_again_too() -> None:
    marked = ("%(name)s was refused: %(why)s.", "it is too large")
    with speaking("marked", _Marked()):
        assert said_again("a.dcm was refused: it is too large.", marked) == (
            "<a.dcm was refused: <it is too large>.>"
        )
        assert said_again("something else", marked) == "something else"


def test_what_hinders_the_gateway_is_said_in_the_language_of_who_looks() -> None:
    kept = [
        arrive.NO_PATIENT,
        steps.NO_RULE,
        steps.NO_STUDY,
        "1.2.3.dcm could not be sent: PACS at 10.0.0.9:104 cannot be reached, or broke the connection off.",
        "camera: a file cannot be read (Permission denied). Say who may read it.",
        "ARCHIVE: an object was refused, since it cannot be read",
        "The DICOMweb server answered with status 403.",
        "ehr: an object could not be taken (ValueError); it is passed over.",
        "ehr: an address outside of the record's server was named; it was not asked.",
    ]
    with speaking("marked", _Marked()):
        for one in kept:
            assert "<" in problems.retold(one), one
    assert [problems.retold(one) for one in kept] == kept
