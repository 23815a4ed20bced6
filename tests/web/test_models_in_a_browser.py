"""Pages of models, of the second step and of the API in Chromium: whole, for everybody, on phone and desk."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyotp
import pytest

from cutis import zoo
from cutis.core.bundle import Bundle, write_bundle
from cutis.web.app import open_platform
from cutis.web.database import Analysis, Member, Participant, Photo, PhotoLabel, Site, Study, User
from cutis.web.database.analysis import DONE
from cutis.web.database.row import now
from cutis.web.models import registry, upload
from cutis.web.people import passwords
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.settings import Settings

from .conftest import HARMLESS, Server, Start

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_AXE = "axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
PASSWORD = "seven quiet herons at dusk"
SHOTS = os.environ.get("CUTIS_SHOTS", "")  # a folder to which pages are photographed, to be looked at


@dataclass(frozen=True)
class Prepared:
    """A study of 15 weeks whose photos changed at the end, two models, and their labels."""

    study: str
    one: str
    other: str
    newer: Path


def _prepared(folder: Path, elsewhere: Path) -> Prepared:
    bundle = Bundle.open(zoo.path("drug_reaction"))
    newer = elsewhere / "newer.cutis"
    write_bundle(newer, replace(bundle.info, version="0.2"), bundle.model, bundle.card, bundle.vectors)
    platform = open_platform(Settings(data_folder=folder))
    with platform.database.writing() as session:
        user = User(
            login="ada", name="Ada Root", password=passwords.hashed(PASSWORD, "ada"), administrator=True
        )
        study = Study(name="Hand eczema on phones", about="How photos taken at home compare.")
        session.add_all([user, study])
        session.flush()
        session.add_all([Member(study_id=study.id, user_id=user.id, role=Role.INVESTIGATOR)])
        session.add(Site(study_id=study.id, name="Harbour clinic"))
    with newer.open("rb") as file:
        added, _new = upload.take_in(platform, Access(user=user.id), file)
    rng = np.random.default_rng(4)
    with platform.database.writing() as session:
        quality = next(one for one in registry.active(session, study.id) if one.task == "image_quality")
        for number, day in enumerate(np.sort(rng.uniform(0, 104, 90))):
            person = Participant(study_id=study.id, pseudonym=f"A-{number:03}")
            session.add(person)
            session.flush()
            photo = Photo(
                study_id=study.id,
                participant_id=person.id,
                added_by=user.id,
                key="1",
                arrived_digest=f"{number:064}",
                digest=f"{number:064}",
                kind="jpg",
                size=1,
                width=1,
                height=1,
                created=now() - timedelta(days=105 - float(day)),
            )
            session.add(photo)
            session.flush()
            late, severe = day > 80, bool(rng.random() < 0.4)
            one = float(np.clip(0.25 + 0.4 * severe + 0.15 * rng.standard_normal() + 0.25 * late, 0.01, 0.99))
            two = float(np.clip(0.35 + 0.2 * severe + 0.2 * rng.standard_normal(), 0.01, 0.99))
            good = float(np.clip(0.8 + 0.1 * rng.standard_normal(), 0, 1))
            vector = rng.standard_normal(16) + 1.5 * late
            said = [
                (bundle.digest, {"severe": one, "not_severe": 1 - one}),
                (added.digest, {"severe": two, "not_severe": 1 - two}),
                (quality.digest, {"1": (1 - good) / 2, "2": (1 - good) / 2, "3": good / 2, "4": good / 2}),
            ]
            session.add_all(
                Analysis(
                    study_id=study.id,
                    photo_id=photo.id,
                    bundle_digest=digest,
                    state=DONE,
                    result={"probabilities": probabilities},
                    embedding=vector.astype(np.float16).tobytes(),
                )
                for digest, probabilities in said
            )
            label = PhotoLabel(
                study_id=study.id,
                photo_id=photo.id,
                task="drug_reaction",
                label="severe" if severe else "not_severe",
                source="table",
            )
            session.add(label)
    platform.database.close()
    return Prepared(study.id, bundle.digest, added.digest, newer)


@pytest.fixture
def made(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return _prepared(tmp_path, tmp_path_factory.mktemp("newer"))


@pytest.fixture
def server(made: Prepared, start: Start) -> Server:
    return start()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a desk's width; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [one for one in complaints if not one.startswith(HARMLESS)] == []


def _sign_in(page: Any, server: Server) -> None:
    page.goto(f"{server.address}/sign-in")
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: not address.endswith("/sign-in"))


def test_a_model_is_compared_activated_and_watched(page: Any, server: Server, made: Prepared) -> None:
    _sign_in(page, server)
    page.goto(f"{server.address}/studies/{made.study}/models/compare?task=drug_reaction")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("answered by both").wait_for()
    expect(page.locator(".second")).to_contain_text("of balanced accuracy")
    page.goto(f"{server.address}/studies/{made.study}/models")
    box = page.get_by_label("Model for Severe drug reactions")
    box.select_option(made.other)
    page.get_by_role("button", name="Activate Severe drug reactions").click()
    page.get_by_text("since 20").wait_for()
    page.goto(f"{server.address}/studies/{made.study}/models/drift?digest={made.one}")
    expect(page.locator(".state.attention")).to_have_text(re.compile(r"^\s*Yes"))
    expect(page.locator("figure.over svg")).to_have_count(3)


def test_a_model_is_uploaded_and_its_card_is_read(
    page: Any, server: Server, made: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _sign_in(page, server)
    bundle = Bundle.open(zoo.path("drug_reaction"))
    place = tmp_path_factory.mktemp("third") / "third.cutis"
    card = "# Mine\n\n## What it was trained on\n\n<script>alert(1)</script> [x](javascript:alert(1))\n"
    write_bundle(place, replace(bundle.info, version="3.0"), bundle.model, card, bundle.vectors)
    page.goto(f"{server.address}/models")
    page.locator("input[type=file]").set_input_files(str(place))
    page.get_by_role("button", name="Check and keep it").click()
    page.get_by_text("drug_reaction 3.0").first.wait_for()
    expect(page.locator(".card")).to_contain_text("<script>")
    expect(page.locator(".card script")).to_have_count(0)
    place.write_bytes(b"Dear doctor")
    page.goto(f"{server.address}/models")
    page.locator("input[type=file]").set_input_files(str(place))
    page.get_by_role("button", name="Check and keep it").click()
    page.get_by_role("alert").get_by_text("This is not a bundle").wait_for()


def test_a_second_step_is_set_up_and_asked_for(page: Any, browser: Any, server: Server) -> None:
    _sign_in(page, server)
    page.goto(f"{server.address}/account/second-step")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    shared = page.locator("p.quiet .mono").inner_text()
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    app = pyotp.TOTP(shared)
    page.get_by_label("Code").fill(app.now())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".codes li")).to_have_count(10)
    _photographed(page, "codes", 1280, "light")
    context = browser.new_context()
    other = context.new_page()
    _sign_in(other, server)
    other.wait_for_url(f"{server.address}/sign-in/code")
    other.get_by_label("Code").fill(app.at(time.time() + 30))
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"{server.address}/")
    other.goto(f"{server.address}/account")
    expect(other.locator("main")).to_contain_text("this one")
    context.close()


def _photographed(tab: Any, name: str, width: int, theme: str) -> None:
    if SHOTS:
        tab.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_a_desk_and_are_for_everybody(
    page: Any, browser: Any, server: Server, made: Prepared, theme: str, look: str
) -> None:
    _sign_in(page, server)
    of_study = f"/studies/{made.study}/models"
    asked = f"task=drug_reaction&one={made.one}&other={made.other}"
    pages: dict[str, str] = {
        "models": "/models",
        "model": f"/models/{made.one}",
        "in-use": of_study,
        "compare": f"{of_study}/compare?{asked}",
        "too-few": f"{of_study}/compare?task=dermoscopy",
        "drift": f"{of_study}/drift?digest={made.one}",
        "account": "/account",
        "second-step": "/account/second-step",
        "programs": "/programs",
    }
    if theme == "dark":  # the same words in other colours: one page of each kind
        pages = {name: pages[name] for name in ("model", "in-use", "compare", "drift")}
    state = page.context.storage_state()
    for width in (360, 1280):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, storage_state=state, bypass_csp=True
        )
        for name, path in pages.items():
            tab = context.new_page()
            tab.goto(f"{server.address}{path}")
            tab.wait_for_load_state("networkidle")
            _photographed(tab, name, width, theme)
            assert tab.evaluate(look) == [], (path, width)
            if AXE.is_file():
                tab.add_script_tag(path=str(AXE))
                assert tab.evaluate(_AXE) == [], (path, width)
            tab.close()
        context.close()
