# ruff: noqa: F401, F811 (fixtures of another part, by their names)
"""What a participant reads: in which language, what was signed, and what is said of what is refused."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutis.phantoms.erythema import render
from cutis.web.languages.catalogues import catalogue
from cutis.web.people.roles import Role
from cutis.web.templating import web_environment
from cutis.web.words import speaking

from .conftest import Phone
from .test_capture import _link, _send, phone, signed, study

OWN = ("/take-part", "/static/")  # all that a participant's page may lead to


def _leads_to(page: str) -> list[str]:
    return [one for one in re.findall(r'(?:href|action)="([^"]*)"', page) if one.startswith("/")]


def _cookies(answer: Any) -> dict[str, str]:
    return {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}


@pytest.mark.parametrize("path", ["/c/none", "/take-part", "/take-part/visits/none", "/take-part/none"])
def test_no_refusal_sends_who_takes_part_to_where_an_account_is_asked_for(
    path: str, signed: Phone, world: Any
) -> None:
    opened = signed if path.startswith("/take-part/") else world.stranger
    answer = opened.get(path)
    assert answer.status_code in (401, 404)
    assert [one for one in _leads_to(answer.text) if not one.startswith(OWN)] == []
    assert ('href="/take-part"' in answer.text) == path.startswith("/take-part/"), (
        "a way back, where there is one"
    )


def test_what_was_signed_can_be_read_again_with_its_signature(phone: Phone, signed: Phone) -> None:
    page = signed.get("/take-part/consent").text
    assert "I agree to photos." in page and "You signed this on" in page
    assert 'points="64.0,120.0 192.0,48.0 384.0,216.0 "' in page
    assert '<form id="sign"' not in page


def test_another_language_is_chosen_on_the_way_and_the_text_to_sign_is_in_it(phone: Phone) -> None:
    assert "I agree to photos." in phone.get("/take-part/consent").text
    chosen = phone.post("/take-part/language", {"language": "fr"})
    assert chosen.status_code == 303
    cookie = _cookies(chosen)["cutis_participant_language"]
    assert "=fr;" in cookie and "Path=/take-part;" in cookie
    assert "accepte les photos." in phone.get("/take-part/consent").text


def test_what_a_participant_reads_is_not_what_the_nurse_who_holds_the_phone_reads(study: Any) -> None:
    nurse = study.people[Role.CLINICIAN]
    place = f"/studies/{study.id}/participants/{study.names['participant']}/capture"
    opened = nurse.post(place, {"language": "fr"})
    assert opened.status_code == 303
    cookies = _cookies(opened)
    assert "cutis_language" not in cookies
    assert "=fr;" in cookies["cutis_participant_language"]
    spoken = {"cookie": f"cutis_participant_language=fr; cutis_language=en; {nurse._headers()['cookie']}"}
    assert '<html lang="fr">' in nurse.client.get("/take-part", headers=spoken).text


@pytest.mark.parametrize("language", ["ja", "zh", "fr"])
def test_refusals_are_told_in_the_language_of_who_asks(language: str, world: Any, study: Any) -> None:
    def told(path: str, spoken: str) -> tuple[str, ...]:
        page = world.stranger.client.get(path, headers={"accept-language": spoken}).text
        return re.findall(r'<h1[^>]*>([^<]*)</h1>\s*<p class="second">([^<]*)</p>', page)[0]

    for path in ("/c/none", "/take-part"):
        assert all(own != other for own, other in zip(told(path, "en"), told(path, language), strict=True))


def test_a_days_name_is_said_to_who_is_to_come_on_it() -> None:
    said = web_environment().filters["weekday"]
    assert said(date(2026, 11, 25)) == "Wednesday 25 November"
    elsewhere = {"fr": "mercredi 25 novembre", "ja": "11月25日水曜日", "zh": "11月25日星期三"}
    for language, words in elsewhere.items():
        with speaking(language, catalogue(language)):
            assert said(date(2026, 11, 25)) == words


def test_of_a_part_of_the_body_it_is_not_said_how_far_away_a_spot_would_be(signed: Phone) -> None:
    skin = render("severe", 480, np.random.default_rng(1)).image
    far = np.full((1200, 900, 3), 200, np.uint8)
    far[560:640, 410:490] = np.asarray(Image.fromarray(skin).resize((80, 80)))
    out = BytesIO()
    Image.fromarray(far).save(out, "JPEG", quality=92)

    def advise(**form: str) -> Any:
        return signed.post("/take-part/advice", form, files={"photo": ("x", out.getvalue())}).json()

    spot, body = advise(), advise(outlined="yes")
    assert not spot["passed"]
    assert "hand's length" not in body["sentence"] and "middle" not in body["sentence"]
