"""The pages, as somebody uses them in Chromium: from the first start to a photo and its line in the audit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import HARMLESS, Server, Start, jpeg

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_AXE = "axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
PASSWORD = "seven quiet herons at dusk"


@pytest.fixture
def server(start: Start) -> Server:
    return start()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a desk's width; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # That an answer is 422 or 404 is told to the console too, and is no fault of the page.
    assert [one for one in complaints if not one.startswith(HARMLESS)] == []


def _first_start(page: Any, server: Server) -> None:
    """Make the administrator by the printed link."""
    link = re.search(r"http://\S+/join/\S+", server.said)
    assert link
    page.goto(link[0])
    page.get_by_label("Your name").fill("Ada Root")
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password", exact=False).nth(0).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url(f"{server.address}/")


def _study(page: Any, name: str = "Hand eczema on phones") -> str:
    page.get_by_label("Name").fill(name)
    page.get_by_label("What is it for?").fill(
        "How photos taken at home compare with those taken at the clinic."
    )
    page.get_by_role("button", name="Make the study").click()
    page.wait_for_url("**/studies/*")
    return str(page.url)


def _participant(page: Any, study: str, pseudonym: str = "A-001") -> None:
    page.goto(f"{study}/participants")
    page.get_by_label("Pseudonym").fill(pseudonym)
    page.get_by_role("button", name="Add the participant").click()
    page.wait_for_url("**/photos?participant=*")


def _photos(folder: Path, count: int) -> list[str]:
    for n in range(count):
        (folder / f"{n}.jpg").write_bytes(jpeg(60 + n, 800, 600))
    return [str(folder / f"{n}.jpg") for n in range(count)]


def test_from_the_first_start_to_a_photo_and_its_line_in_the_audit(
    page: Any, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _first_start(page, server)
    study = _study(page)
    _participant(page, study)
    sent = _photos(tmp_path_factory.mktemp("sent"), 3)
    page.locator("input[type=file]").set_input_files(sent)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Kept").nth(2).wait_for()
    page.get_by_role("link", name="Show the new photos").click()
    page.locator(".photos img").nth(2).wait_for()
    page.locator(".photos a").first.click()
    shown = page.locator("figure img")
    shown.wait_for()
    page.wait_for_function("document.querySelector('figure img').naturalWidth === 800")
    page.goto(f"{study}/audit")
    expect(page.locator(".state.good")).to_have_text(re.compile(r"^\s*Whole: the last"))
    expect(page.get_by_role("cell", name="photo.added")).to_have_count(3)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto(f"{study}/photos")
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{study}/photos")


def test_a_photo_can_be_added_without_scripts(
    browser: Any, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    _first_start(page, server)
    study = _study(page)
    _participant(page, study)
    page.locator("input[type=file]").set_input_files(_photos(tmp_path_factory.mktemp("sent"), 1))
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("What is known of it").wait_for()
    context.close()


def test_what_is_not_taken_is_said_beside_the_photo(page: Any, server: Server, tmp_path: Path) -> None:
    _first_start(page, server)
    study = _study(page)
    _participant(page, study)
    (tmp_path / "letter.jpg").write_text("Dear doctor")
    page.locator("input[type=file]").set_input_files(str(tmp_path / "letter.jpg"))
    with page.expect_response("**/photos"):
        page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("This is not a photo").wait_for()


def test_somebody_who_is_invited_joins_with_an_account_of_their_own(
    page: Any, browser: Any, server: Server
) -> None:
    _first_start(page, server)
    study = _study(page)
    page.goto(f"{study}/members")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".once input").input_value()
    context = browser.new_context()
    other = context.new_page()
    other.goto(link)
    other.get_by_label("Your name").fill("Ben Clinic")
    other.get_by_label("Sign-in name").fill("ben")
    other.get_by_label("Password", exact=False).nth(0).fill(PASSWORD)
    other.get_by_label("Password, once more").fill(PASSWORD)
    other.get_by_role("button", name="Make the account").click()
    other.wait_for_url(study)
    expect(other.get_by_role("link", name="Photos", exact=True)).to_be_visible()
    expect(other.get_by_role("link", name="Audit")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_a_phone_and_a_desk_and_is_for_everybody(
    page: Any, browser: Any, server: Server, theme: str, look: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _first_start(page, server)
    study = _study(page)
    _participant(page, study)
    page.locator("input[type=file]").set_input_files(_photos(tmp_path_factory.mktemp("sent"), 2))
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Kept").nth(1).wait_for()
    page.goto(f"{study}/photos")
    photo = page.locator(".photos a").first.get_attribute("href")
    inside = study.removeprefix(server.address)
    parts = ("", "/members", "/participants", "/photos", "/audit")
    paths = ["/", "/account", "/people", "/audit", "/nothing", *(f"{inside}{part}" for part in parts), photo]
    state = page.context.storage_state()
    for width in (360, 1280):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, storage_state=state, bypass_csp=True
        )
        stranger = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True
        )
        for path, where in [*((path, context) for path in paths), ("/sign-in", stranger)]:
            tab = where.new_page()
            tab.goto(f"{server.address}{path}")
            tab.wait_for_load_state("networkidle")
            assert tab.evaluate(look) == [], (path, width)
            if AXE.is_file():
                tab.add_script_tag(path=str(AXE))
                found = tab.evaluate(_AXE)
                assert found == [], (path, width)
            tab.close()
        context.close()
        stranger.close()
