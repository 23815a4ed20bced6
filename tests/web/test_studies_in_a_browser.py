"""Studies as somebody uses them in Chromium: a protocol, consent, withdrawal, a longitudinal page, export."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from cutis.web.database import (
    Analysis,
    ConsentText,
    Database,
    Participant,
    Photo,
    ProtocolVersion,
    StoredBundle,
    User,
)
from cutis.web.studies.protocol import read_protocol

from .conftest import HARMLESS, Server, Start, jpeg
from .test_pages_in_a_browser import _AXE, AXE, _first_start, _study
from .test_studies import DOCUMENT

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


@pytest.fixture
def server(start: Start) -> Server:
    return start(CUTIS_UPLOAD_MEGABYTES="40")


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a desk's width; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [one for one in complaints if not one.startswith(HARMLESS)] == []


def _begun(page: Any, server: Server, folder: Path) -> str:
    """A study with a protocol and a consent text."""
    _first_start(page, server)
    study = _study(page)
    database, identity = Database(f"sqlite:///{folder / 'cutis.db'}"), study.rsplit("/", 1)[1]
    with database.writing() as session:
        made_by = session.scalars(select(User.id)).one()
        document = read_protocol(DOCUMENT).document()
        session.add(ProtocolVersion(study_id=identity, number=1, document=document, made_by=made_by))
        for language, text in (("en", "You may withdraw.\n\nAt any time."), ("fr", "Lisez ceci.")):
            session.add(
                ConsentText(study_id=identity, number=1, language=language, text=text, made_by=made_by)
            )
    database.close()
    return study


def _enrol(page: Any, study: str, pseudonym: str) -> str:
    page.goto(f"{study}/participants")
    page.get_by_label("Pseudonym").fill(pseudonym)
    page.get_by_role("group", name="18 or older?").get_by_label("yes").check()
    page.get_by_role("button", name="Add the participant").click()
    page.get_by_role("heading", name=pseudonym).wait_for()
    return str(page.url)


def _sign(page: Any, participant: str) -> None:
    page.goto(f"{participant}/consent")
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step in range(8):
        page.mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 20 * (-1) ** step)
    page.mouse.up()
    page.get_by_role("button", name="Keep the consent").click()
    page.get_by_text("counts").wait_for()


def _add(page: Any, study: str, participant: str, place: str, data: bytes) -> None:
    visit, view = place.split(":")
    who = participant.rsplit("/", 1)[1]
    page.goto(f"{study}/photos?participant={who}&visit={visit}&view={view}")
    page.locator("input[type=file]").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": data}
    )
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Kept").wait_for()


def test_a_protocol_is_written_without_leaving_the_page(page: Any, server: Server) -> None:
    _first_start(page, server)
    study = _study(page)
    page.goto(f"{study}/protocol")
    page.get_by_role("link", name="Change the protocol").click()
    page.get_by_label("Name", exact=True).first.fill("Left cheek")
    page.get_by_role("button", name="Add a view").click()
    page.locator("[name='views.1.name']").fill("Right cheek")
    page.get_by_role("button", name="Add a questionnaire").click()
    page.locator("[name='questionnaires.0.title']").fill("Dryness")
    page.locator("[name='questionnaires.0.questions.0.text']").fill("How dry?")
    kind = page.locator("[name='questionnaires.0.questions.0.kind']")
    expect(page.locator("[name='questionnaires.0.questions.0.choices']")).to_be_visible()
    kind.select_option("scale")
    expect(page.locator("[name='questionnaires.0.questions.0.choices']")).to_be_hidden()
    page.locator("[name='visits.0.views'][value='view_1']").check()
    page.locator("[name='visits.0.questionnaires']").check()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_text("Version 1, which counts now.").wait_for()
    row = page.get_by_role("row", name="Visit 1")
    expect(row).to_contain_text("Left cheek, Right cheek")
    expect(row).to_contain_text("Dryness")


def test_a_protocol_is_written_without_scripts(browser: Any, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    _first_start(page, server)
    study = _study(page)
    page.goto(f"{study}/protocol/edit")
    page.get_by_role("button", name="Add a visit").click()
    page.locator("[name='visits.1.name']").fill("Month 1")
    page.locator("[name='visits.1.day']").fill("-5")
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_role("alert")).to_contain_text("Visit 2 ('Month 1'), day")
    page.locator("[name='visits.1.day']").fill("28")
    page.locator("[name='visits.1.views']").check()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_text("Version 1, which counts now.").wait_for()
    context.close()


def test_consent_is_signed_and_withdrawn_with_a_receipt(page: Any, server: Server, tmp_path: Path) -> None:
    study = _begun(page, server, tmp_path)
    participant = _enrol(page, study, "A-001")
    expect(page.locator(".second")).to_contain_text("arm:")
    page.get_by_text("Not signed yet").wait_for()
    page.goto(f"{participant}/consent?lang=fr")
    expect(page.locator("article")).to_have_attribute("lang", "fr")
    _sign(page, participant)
    _add(page, study, participant, "start:left", jpeg(61, 800, 600))
    page.goto(participant)
    page.get_by_role("link", name="Withdraw from the study").click()
    page.get_by_text("1 photo, and all answers and analyses of it, are deleted.").wait_for()
    page.get_by_label("To be sure, type the pseudonym").fill("A-002")
    page.get_by_role("button", name="Withdraw and delete").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the pseudonym")
    page.get_by_label("To be sure, type the pseudonym").fill("A-001")
    page.get_by_role("button", name="Withdraw and delete").click()
    page.get_by_role("heading", name="Receipt of a withdrawal").wait_for()
    told = page.locator("dl").inner_text()
    seal = re.search(r"[0-9a-f]{64}", told)
    assert seal
    page.get_by_role("button", name="Print").wait_for()
    page.goto(participant)
    page.get_by_text("were deleted").wait_for()
    expect(page.locator("img")).to_have_count(0)
    page.goto(f"{study}/photos")
    expect(page.locator(".photos img")).to_have_count(0)
    page.goto(f"{study}/audit?action=consent.withdrawn")
    expect(page.get_by_role("cell", name="consent.withdrawn")).to_have_count(1)


def _grown(server: Server, tmp_path: Path, study: str, participant: str) -> None:
    """Put the enrolment two months back, and let a model have answered for each photo."""
    database = Database(f"sqlite:///{tmp_path / 'cutis.db'}")
    identity = study.rsplit("/", 1)[1]
    with database.writing() as session:
        person = session.get_one(Participant, participant.rsplit("/", 1)[1])
        person.enrolled = date.today() - timedelta(days=40)
        digest = "f" * 64
        session.add(
            StoredBundle(
                digest=digest, name="hands", version="1.0", task="hands", title="Hands", rendered=True, size=1
            )
        )
        session.flush()
        photos = session.query(Photo).filter_by(study_id=identity).order_by(Photo.created, Photo.id)
        for place, photo in enumerate(photos):
            labels = [{"name": "eczema", "title": "Eczema", "probability": 0.8 - 0.05 * place}]
            result = {"kind": "classes", "task": "hands", "answer": "eczema", "labels": labels}
            session.add(
                Analysis(
                    study_id=identity, photo_id=photo.id, bundle_digest=digest, state="done", result=result
                )
            )
    database.close()


def test_the_page_of_a_participant_follows_the_visits(page: Any, server: Server, tmp_path: Path) -> None:
    study = _begun(page, server, tmp_path)
    participant = _enrol(page, study, "A-001")
    for number, place in enumerate(("start:left", "start:right", "month:left")):
        _add(page, study, participant, place, jpeg(62 + number, 800, 600))
    _grown(server, tmp_path, study, participant)
    page.goto(participant)
    steps = page.locator(".timeline > li")
    expect(steps).to_have_count(2)
    expect(steps.nth(0)).to_contain_text("done")
    expect(steps.nth(1)).to_contain_text("something is missing")
    page.wait_for_function(
        "[...document.querySelectorAll('.compare img')].every((i) => i.naturalWidth === 800)"
    )
    slider = page.get_by_label("Share of the photo before")
    slider.focus()
    expect(page.locator(".compare")).to_have_css("--at", "50%")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".compare")).to_have_css("--at", "51%")
    curve = page.locator(".curves svg").first
    expect(curve).to_have_attribute("aria-label", "Eczema. Start: 80%, Month 1: 70%.")
    expect(page.locator(".curves")).to_contain_text("made by hands 1.0")
    page.get_by_role("link", name="Answer Itch, Month 1").click()
    page.get_by_role("group", name="How strong?").get_by_label("7", exact=True).check()
    page.get_by_role("group", name="Which?").get_by_label("steroid").check()
    page.get_by_role("button", name="Keep the answers").click()
    page.get_by_text("answered").wait_for()


def test_a_study_is_exported_from_its_page(
    page: Any, server: Server, tmp_path: Path, tmp_path_factory: Any
) -> None:
    study = _begun(page, server, tmp_path)
    participant = _enrol(page, study, "A-001")
    _add(page, study, participant, "start:left", jpeg(66, 800, 600))
    page.goto(f"{study}/export")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export the study").click()
    place = tmp_path_factory.mktemp("out") / "study.zip"
    downloading.value.save_as(place)
    with zipfile.ZipFile(place) as archive:
        names = archive.namelist()
        (image,) = [one for one in names if one.startswith("images/")]
        assert Image.open(io.BytesIO(archive.read(image))).size == (800, 600)
        assert json.loads(archive.read("study.json"))["protocols"][0]["number"] == 1
    assert {"manifest.csv", "redcap/data_dictionary.csv", "participants.parquet"} <= set(names)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_studies_fit_a_phone_and_a_desk_and_are_for_everybody(
    page: Any, browser: Any, server: Server, theme: str, look: str, tmp_path: Path
) -> None:
    study = _begun(page, server, tmp_path)
    participant = _enrol(page, study, "A-001")
    _sign(page, participant)
    for number, place in enumerate(("start:left", "month:left")):
        _add(page, study, participant, place, jpeg(67 + number, 800, 600))
    _grown(server, tmp_path, study, participant)
    gone = _enrol(page, study, "A-002")
    page.goto(f"{gone}/withdraw")
    page.get_by_label("To be sure, type the pseudonym").fill("A-002")
    page.get_by_role("button", name="Withdraw and delete").click()
    page.get_by_role("heading", name="Receipt of a withdrawal").wait_for()
    asked = f"{participant}/answers?visit=month&questionnaire=itch"
    paths = [
        *(
            f"{study}{part}"
            for part in ("", "/participants", "/protocol", "/protocol/edit", "/consent-texts")
        ),
        *(participant, f"{participant}/consent", f"{participant}/withdraw", asked),
        *(f"{study}/export", gone, f"{gone}/receipt", f"{study}/photos"),
    ]
    state = page.context.storage_state()
    for width in (360, 1280):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, storage_state=state, bypass_csp=True
        )
        for path in paths:
            tab = context.new_page()
            tab.goto(path)
            tab.wait_for_load_state("networkidle")
            assert tab.evaluate(look) == [], (path, width)
            if AXE.is_file():
                tab.add_script_tag(path=str(AXE))
                assert tab.evaluate(_AXE) == [], (path, width)
            tab.close()
        context.close()
