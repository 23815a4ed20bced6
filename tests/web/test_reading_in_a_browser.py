"""Three readers do a small study without and with help in Chromium, to its report."""

from __future__ import annotations

import io
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from cutis.web.app import create_app, open_platform
from cutis.web.database import Member, ReaderStudy, Reading, ReadingCase, Study, User
from cutis.web.people import sessions, tokens
from cutis.web.people.roles import Role
from cutis.web.settings import Settings

from .conftest import HARMLESS, Server, Start, wait

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_AXE = "axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
DESIGN = {
    "question": "Is this lesion malignant?",
    "answers": [{"name": "benign", "title": "Benign"}, {"name": "malignant", "title": "Malignant"}],
    "positive": "malignant",
    "confidence": "steps",
    "regions": "allowed",
    "help": "mixed",
    "back": True,
}
SHOTS = os.environ.get("CUTIS_SHOTS", "")


def skin(seed: int, side: tuple[int, int] = (960, 720)) -> bytes:
    """Something like a dermoscopic photo: a dark blot on skin."""
    rng = np.random.default_rng(seed)
    width, height = side
    y, x = np.mgrid[0:height, 0:width]
    angle = np.arctan2(y - height / 2, x - width / 2)
    ripple = sum(np.sin(k * angle + rng.uniform(0, 6)) * rng.uniform(5, 20) for k in range(2, 6))
    away = np.hypot(x - width / 2, y - height / 2) - rng.uniform(110, 210) - ripple
    inside = 1 / (1 + np.exp(away / 8))
    ground = np.array([226, 178, 158]) + rng.normal(0, 5, (height, width, 1))
    grain = Image.fromarray(rng.normal(0, 18, (height // 24, width // 24)).astype(np.float32))
    mottled = np.asarray(grain.resize((width, height), Image.Resampling.BICUBIC))[..., None]
    lesion = np.array([112, 66, 48]) + mottled + rng.normal(0, 4, (height, width, 1))
    pixels = ground * (1 - inside[..., None]) + lesion * inside[..., None]
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=88)
    return out.getvalue()


class Filled:
    """A running server with a study of six photos and a draft of a study of readers."""

    def __init__(self, server: Server, study: str, reading: str, cookies: dict[str, str]) -> None:
        self.server, self.study, self.reading, self.cookies = server, study, reading, cookies
        self.where = f"{server.address}/studies/{study}/readings/{reading}"


@pytest.fixture
def filled(start: Start, tmp_path: Path) -> Filled:
    """Everything but the reading itself, without a browser."""
    from starlette.testclient import TestClient

    platform = open_platform(Settings(data_folder=tmp_path))
    people: dict[str, User] = {}
    cookies: dict[str, str] = {}
    with platform.database.writing() as session:
        study = Study(name="Moles on the back", about="Photos by phone, read by dermatologists.")
        session.add(study)
        session.flush()
        names = {"ines": "Ines Vogel", "aya": "Aya Mori", "ben": "Ben Clark", "chloe": "Chloé Petit"}
        for login, name in names.items():
            user = User(login=login, name=name, password="none")
            session.add(user)
            session.flush()
            role = Role.INVESTIGATOR if login == "ines" else Role.READER
            session.add(Member(study_id=study.id, user_id=user.id, role=role))
            people[login] = user
            cookies[login] = sessions.start(session, user, 1)
        _, token = tokens.make(session, people["ines"].id, "tests")
    with TestClient(create_app(platform), base_url="http://cutis.test") as client:
        head = {"authorization": f"Bearer {token}"}
        api = f"/api/studies/{study.id}"
        photos = []
        for n in range(6):
            sent = {"pseudonym": f"P-{n:03d}"}
            who = client.post(f"{api}/participants", json=sent, headers=head).json()["id"]
            form, photo = {"participant": who, "key": secrets.token_hex(8)}, ("x.jpg", skin(n))
            kept = client.post(f"{api}/photos", data=form, files={"photo": photo}, headers=head)
            photos.append(kept.json()["id"])
        sent = {"title": "Moles, with and without help", "design": DESIGN}
        reading = client.post(f"{api}/readings", json=sent, headers=head).json()["id"]
        cases = [
            {"photo": photo, "truth": ("benign", "malignant")[n % 2], "training": n == 0}
            for n, photo in enumerate(photos)
        ]
        client.post(f"{api}/readings/{reading}/cases", json={"cases": cases}, headers=head)
    with platform.database.writing() as session:
        chosen = select(ReadingCase).where(ReadingCase.reader_study_id == reading)
        for case in session.scalars(chosen):
            sure = 0.86 if case.truth == "malignant" else 0.12
            case.help = {
                "source": "moles 1.2",
                "rendered": True,
                "probabilities": {"benign": 1 - sure, "malignant": sure},
            }
    platform.database.close()
    return Filled(start(), study.id, reading, cookies)


class Tab:
    """A page of somebody; whatever the browser complains of is noted."""

    def __init__(self, browser: Any, filled: Filled, login: str, **more: Any) -> None:
        wanted = {"viewport": {"width": 1280, "height": 800}, **more}
        self.context = browser.new_context(**wanted)
        cookie = {"name": sessions.COOKIE, "value": filled.cookies[login], "url": filled.server.address}
        self.context.add_cookies([cookie])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def close(self) -> None:
        self.context.close()
        assert [one for one in self.complaints if not one.startswith(HARMLESS)] == []


@pytest.fixture
def tab(browser: Any, filled: Filled) -> Iterator[Any]:
    """Make tabs."""
    tabs: list[Tab] = []

    def make(login: str, **more: Any) -> Any:
        tabs.append(Tab(browser, filled, login, **more))
        return tabs[-1].page

    yield make
    for one in tabs:
        one.close()


def _shot(page: Any, name: str) -> None:
    """For people to look at, where a folder is named."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def _until(page: Any, script: str, given: Any = None) -> None:
    """Wait for something of the page; its policy lets nothing be evaluated from within."""
    wait(lambda: bool(page.evaluate(script, given)), 30)


def _shown(page: Any) -> None:
    covered = "document.querySelector('.cover:not([hidden])')"
    _until(page, f"() => !{covered} && document.querySelector('#pixels').hasAttribute('href')")


def _open(tab: Any, filled: Filled) -> Any:
    boss = tab("ines")
    boss.goto(filled.where)
    for name in ("Aya Mori", "Ben Clark", "Chloé Petit"):
        boss.get_by_label(name).check()
    boss.get_by_role("button", name="Add those ticked").click()
    boss.get_by_role("button", name="Open it for the readers").click()
    boss.get_by_text("Open since").wait_for()
    return boss


def _place(page: Any) -> str:
    return str(page.locator(".at").inner_text())


def _fetched(page: Any, place: int) -> None:
    """Wait until a case is there before it is wanted."""
    names = "performance.getEntriesByType('resource').map((one) => one.name)"
    _until(page, f"(end) => {names}.some((name) => name.endsWith(end))", f"/places/{place}/photo")
    page.wait_for_timeout(300)


def _next(page: Any, act: Any) -> None:
    """Do something, and wait until another case, or a cover, is there."""
    before = _place(page)
    act()
    changed = "document.querySelector('.at').textContent !== before"
    _until(page, f"(before) => document.querySelector('.cover:not([hidden])') || {changed}", before)


def test_three_readers_read_without_and_with_help_to_the_report(tab: Any, filled: Filled) -> None:
    boss = _open(tab, filled)
    for reader, login in enumerate(("aya", "ben", "chloe")):
        page = tab(login)
        page.goto(f"{filled.server.address}/studies/{filled.study}/readings")
        page.get_by_role("link", name="Begin to read").click()
        page.get_by_role("button", name="Begin").click()
        _shown(page)
        expect(page.locator(".at")).to_have_text("Training 1")
        page.keyboard.press("1")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.get_by_text("Right: Benign.").wait_for()
        page.get_by_role("button", name="Next case").click()
        for n in range(10):
            _shown(page)
            helped = page.locator(".help:not(.answers)").is_visible()
            said = page.locator(".help li").first.inner_text() if helped else ""
            choice = ("1" if "Benign" in said else "2") if helped else "12"[(n + reader) % 2]
            page.keyboard.press(choice)
            for _ in range(4 if helped else 2):
                page.keyboard.press("ArrowRight")
            if login == "aya" and n == 0:
                _draw(page)
            _next(page, lambda page=page: page.keyboard.press("Enter"))
        page.get_by_text("All cases are answered. Thank you.").wait_for()
        expect(page.get_by_text("10 of 10 cases are answered.")).to_be_visible()
    boss.reload()
    expect(boss.get_by_text("11 / 11")).to_have_count(3)
    boss.get_by_role("button", name="Close it").click()
    boss.get_by_role("button", name="Make the evidence report").click()
    report = boss.get_by_role("link", name="Evidence report", exact=True)
    report.wait_for(timeout=400_000)
    _shot(boss, "closed")
    with boss.context.expect_page() as opened:
        report.click()
    page = opened.value
    expect(page.locator("body")).to_contain_text("R01")
    assert page.evaluate("origin") == "null"  # of nowhere: it reaches nothing of ours
    _shot(page, "report")
    page.close()
    for name in ("predictions.csv", "readings.csv", "tables.zip"):
        with boss.expect_download() as download:
            boss.get_by_role("link", name=name, exact=True).click()
        assert Path(download.value.path()).stat().st_size > 300


def _draw(page: Any) -> None:
    page.get_by_role("button", name="Outline").click()
    box = page.locator("#photo").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 120, y)
    page.mouse.down()
    for dx, dy in ((0, -100), (120, 0), (0, 110), (-110, 30)):
        page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()
    expect(page.locator("#regions polygon")).to_have_count(2)
    page.locator("#question").focus()


def _rows(tmp_path: Path) -> list[Reading]:
    platform = open_platform(Settings(data_folder=tmp_path))
    with platform.database.reading() as session:
        found = list(session.scalars(select(Reading).order_by(Reading.created)))
    platform.database.close()
    return found


def test_answers_survive_a_lost_connection_and_a_closed_page_once_each(
    tab: Any, filled: Filled, tmp_path: Path
) -> None:
    _open(tab, filled)
    page = tab("aya")
    page.goto(f"{filled.where}/room")
    page.get_by_role("button", name="Begin").click()
    _shown(page)
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Next case").click()
    _shown(page)
    _fetched(page, 3)
    page.context.set_offline(True)
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    _next(page, lambda: page.locator("#confirm").dblclick())  # offline, and twice
    page.get_by_text("No connection. Your answers are kept here").wait_for()
    _shown(page)
    expect(page.locator(".at")).to_have_text("Case 2 of 10")
    assert len(_rows(tmp_path)) == 1
    page.close()  # not sent yet
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{filled.where}/room")
    again.get_by_role("button", name="Go on").click()
    _shown(again)
    expect(again.locator(".at")).to_have_text("Case 2 of 10")
    wait(lambda: len(_rows(tmp_path)) == 2)
    rows = _rows(tmp_path)
    assert [row.place for row in rows] == [1, 2]
    assert rows[1].answer == "malignant"


def _trained(page: Any, filled: Filled) -> None:
    """Begin, and answer the case for training by keys alone."""
    page.goto(f"{filled.where}/room")
    page.keyboard.press("Enter")
    _shown(page)
    assert page.evaluate("document.activeElement.id") == "question"  # not on the button that is gone
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("Right: Benign.").wait_for()
    page.keyboard.press("Enter")
    _shown(page)
    assert page.evaluate("document.activeElement.id") == "question"


def test_who_is_signed_out_while_reading_loses_no_answer(tab: Any, filled: Filled, tmp_path: Path) -> None:
    _open(tab, filled)
    page = tab("aya")
    _trained(page, filled)
    page.context.clear_cookies()
    page.keyboard.press("2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.get_by_text("You were signed out.").wait_for()
    link = page.get_by_role("link", name="Sign in")
    assert link.get_attribute("href").startswith("/sign-in?back=")
    platform = open_platform(Settings(data_folder=tmp_path))
    with platform.database.writing() as session:
        cookie = sessions.start(session, session.scalars(select(User).where(User.login == "aya")).one(), 1)
    platform.database.close()
    page.context.add_cookies([{"name": sessions.COOKIE, "value": cookie, "url": filled.server.address}])
    page.get_by_role("button", name="Go on").click(timeout=60_000)  # the page came anew, by itself
    _shown(page)
    wait(lambda: len(_rows(tmp_path)) == 2)
    assert (_rows(tmp_path)[1].place, _rows(tmp_path)[1].answer) == (2, "malignant")
    expect(page.locator(".at")).to_have_text("Case 2 of 10")


def test_two_tabs_of_a_reader_lose_nothing_and_going_back_begins_where_one_is(
    tab: Any, filled: Filled, tmp_path: Path
) -> None:
    _open(tab, filled)
    page = tab("ben")
    page.goto(f"{filled.server.address}/studies/{filled.study}/readings")
    _trained(page, filled)
    other = page.context.new_page()
    other.goto(f"{filled.where}/room")
    other.get_by_role("button", name="Go on").click()
    _shown(other)
    for one, key in ((page, "1"), (other, "2")):
        expect(one.locator(".at")).to_have_text("Case 1 of 10")
        one.bring_to_front()
        one.keyboard.press(key)
        one.keyboard.press("ArrowLeft")
        _next(one, lambda one=one: one.keyboard.press("Enter"))
        expect(one.locator(".at")).to_have_text("Case 2 of 10")
    wait(lambda: len(_rows(tmp_path)) == 3)
    first, second = _rows(tmp_path)[1:]
    assert (first.place, first.answer, second.place, second.answer) == (2, "benign", 2, "malignant")
    assert second.corrects == first.id  # as the design lets one; the first stays
    page.go_back()
    page.get_by_text("you have read 1 of 10").wait_for()
    page.go_forward()
    page.get_by_role("button", name="Go on").click()
    _shown(page)
    expect(page.locator(".at")).to_have_text("Case 2 of 10")
    page.evaluate(  # as an earlier version of the page kept what was not sent
        """() => localStorage.setItem(`cutis-reading-${document.querySelector("#room").dataset.reader}`,
            JSON.stringify([{place: 3, key: "a".repeat(32), seconds: "1.00", answer: "malignant",
            confidence: "3", regions: "[]"}]))"""
    )
    page.reload()
    page.get_by_role("button", name="Go on").click()
    _shown(page)
    expect(page.locator(".at")).to_have_text("Case 3 of 10")
    assert [row.place for row in _rows(tmp_path)] == [1, 2, 2, 3]
    broken = page.evaluate(  # as a browser that died while it wrote leaves them
        """() => {
            const name = `cutis-reading-${document.querySelector("#room").dataset.reader}`;
            localStorage.setItem(name, '[{"place": 4, "key');
            localStorage.setItem(`${name}/000000000000000/broken`, '{"place": 4, "key');
            return name;
        }"""
    )
    page.reload()
    page.get_by_role("button", name="Go on").click()
    _shown(page)
    page.keyboard.press("1")
    page.keyboard.press("ArrowLeft")
    _next(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator(".at")).to_have_text("Case 4 of 10")
    wait(lambda: [row.place for row in _rows(tmp_path)] == [1, 2, 2, 3, 4])
    assert page.evaluate("name => localStorage.getItem(name)", broken)  # nothing is thrown away


def test_one_goes_back_to_what_one_answered_and_on_with_what_is_under_way(
    tab: Any, filled: Filled, tmp_path: Path
) -> None:
    platform = open_platform(Settings(data_folder=tmp_path))
    with platform.database.writing() as session:
        draft = session.get_one(ReaderStudy, filled.reading)
        draft.design = {**draft.design, "limit_seconds": 60}
    platform.database.close()
    _open(tab, filled)
    page = tab("aya")
    _trained(page, filled)
    back, chosen = page.locator("#back"), page.locator("[name=answer]:checked")
    sure = page.locator("[name=confidence]:checked")
    expect(back).to_be_hidden()  # to training nobody goes back
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    _draw(page)
    drawn = page.locator("#regions polygon").first.get_attribute("points")
    _fetched(page, 3)
    page.context.set_offline(True)
    _next(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator(".at")).to_have_text("Case 2 of 10")
    page.keyboard.press("2")
    page.wait_for_timeout(3000)
    _next(page, back.click)
    expect(page.locator(".at")).to_have_text("Case 1 of 10")  # as it was answered, though not sent yet
    expect(chosen).to_have_value("benign")
    expect(sure).to_have_value("2")
    assert page.locator("#regions polygon").first.get_attribute("points") == drawn
    page.keyboard.press("2")
    _next(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator(".at")).to_have_text("Case 2 of 10")
    assert int(page.locator(".left").inner_text().split()[0]) <= 57  # its time goes on
    expect(chosen).to_have_value("malignant")  # and so does what was begun
    expect(sure).to_have_count(0)
    page.context.set_offline(False)
    page.keyboard.press("ArrowLeft")
    _next(page, lambda: page.keyboard.press("Enter"))
    wait(lambda: len(_rows(tmp_path)) == 4)
    first, corrected, second = _rows(tmp_path)[1:]
    assert [first.place, corrected.place, second.place] == [2, 2, 3]
    assert (first.answer, corrected.answer, corrected.confidence) == ("benign", "malignant", 2)
    assert (first.corrects, corrected.corrects, second.corrects) == (None, first.id, None)
    assert corrected.regions == first.regions != []
    assert corrected.seconds >= first.seconds  # the case was visible so long in all
    assert (second.answer, second.confidence, second.seconds >= 3) == ("malignant", 5, True)
    page.reload()
    page.get_by_role("button", name="Go on").click()
    _shown(page)
    for case, answer in (("Case 2 of 10", "malignant"), ("Case 1 of 10", "malignant")):
        _next(page, back.click)
        expect(page.locator(".at")).to_have_text(case)
        expect(chosen).to_have_value(answer)
    expect(back).to_be_hidden()


def test_a_button_that_is_pressed_often_begins_once_and_a_held_key_skips_no_truth(
    tab: Any, filled: Filled
) -> None:
    _open(tab, filled)
    page = tab("ben")
    page.goto(f"{filled.where}/room")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/standing") else None)
    page.context.set_offline(True)
    begin = page.get_by_role("button", name="Begin")
    for _ in range(3):
        begin.click()
    page.wait_for_timeout(500)
    assert len(asked) == 1
    page.context.set_offline(False)
    _shown(page)
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.down("Enter")
    page.get_by_text("Right: Benign.").wait_for()
    page.keyboard.down("Enter")  # it is still held
    page.wait_for_timeout(500)
    expect(page.get_by_text("Right: Benign.")).to_be_visible()
    page.keyboard.up("Enter")
    page.keyboard.press("Enter")
    _shown(page)
    expect(page.locator(".at")).to_have_text("Case 1 of 10")


def test_the_time_stands_still_in_a_pause_and_what_lies_under_it_cannot_be_reached(
    tab: Any, filled: Filled, tmp_path: Path
) -> None:
    _open(tab, filled)
    page = tab("ben")
    page.goto(f"{filled.where}/room")
    begun = time.monotonic()
    page.get_by_role("button", name="Begin").click()
    _shown(page)
    page.keyboard.press("p")
    page.get_by_role("heading", name="Pause").wait_for()
    page.keyboard.press("1")
    expect(page.locator("[name=answer]:checked")).to_have_count(0)
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Go on").click()
    page.keyboard.press("Enter")
    page.get_by_text("Choose an answer.").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_text("Say how sure you are.").wait_for()
    page.keyboard.press("ArrowLeft")  # from the other end: certain
    page.keyboard.press("Enter")
    page.get_by_text("Right: Benign.").wait_for()
    took = time.monotonic() - begun
    (row,) = _rows(tmp_path)
    assert (row.answer, row.confidence, row.plausible) == ("benign", 5, True)
    assert row.seconds <= took - 3


def test_one_looks_closer_by_keys_wheel_and_fingers_and_draws_in_pixels_of_the_photo(
    tab: Any, filled: Filled, tmp_path: Path
) -> None:
    _open(tab, filled)
    page = tab("chloe")
    page.goto(f"{filled.where}/room")
    page.get_by_role("button", name="Begin").click()
    _shown(page)

    def box() -> list[float]:
        return [float(one) for one in page.locator("#photo").get_attribute("viewBox").split()]

    wait(lambda: box() == [0, 0, 960, 720])
    page.keyboard.press("+")
    wait(lambda: box()[2] == pytest.approx(640))
    page.keyboard.press("Shift+ArrowRight")
    wait(lambda: box()[0] > 160)
    page.keyboard.press("f")
    wait(lambda: box() == [0, 0, 960, 720])
    place = page.locator("#photo").bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.wheel(0, -500)
    wait(lambda: box() != [0, 0, 960, 720])
    page.keyboard.press("f")
    wait(lambda: box() == [0, 0, 960, 720])
    page.get_by_role("button", name="Box").click()
    corners = [
        page.evaluate(
            "([x, y]) => { const p = new DOMPoint(x, y).matrixTransform("
            "document.querySelector('#photo').getScreenCTM()); return [p.x, p.y]; }",
            point,
        )
        for point in ([100, 200], [300, 250])
    ]
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[1], steps=5)
    page.mouse.up()
    page.get_by_label("Benign").check()
    page.get_by_label("5, certain").check()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Right: Benign.").wait_for()
    (row,) = _rows(tmp_path)
    (region,) = row.regions
    assert region["kind"] == "box"
    assert np.allclose(region["points"], [[100, 200], [300, 250]], atol=2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_every_screen_and_are_for_everybody(
    tab: Any, filled: Filled, theme: str, look: str, browser: Any
) -> None:
    boss = _open(tab, filled)
    boss.goto(f"{filled.server.address}/studies/{filled.study}/readings")
    boss.get_by_label("Title").fill("Which grade of inflammation?")
    boss.get_by_label("Begin with").select_option("rate")
    boss.get_by_role("button", name="Make it").click()
    boss.wait_for_url(re.compile(r"/readings/[a-z0-9]{20}$"))
    draft = boss.url
    boss.goto(f"{draft}/cases")
    boss.get_by_role("button", name=re.compile("^Add the 6 photos")).click()
    boss.get_by_text("Take out").first.wait_for()
    pages = {
        "list": f"{filled.server.address}/studies/{filled.study}/readings",
        "open": filled.where,
        "open-cases": f"{filled.where}/cases",
        "draft": draft,
        "design": f"{draft}/design",
        "cases": f"{draft}/cases",
    }
    more = {"color_scheme": theme, "bypass_csp": True}
    for width, height in ((360, 740), (768, 1024), (1280, 800)):
        seen = tab("ines", viewport={"width": width, "height": height}, **more)
        for name, address in pages.items():
            seen.goto(address)
            seen.wait_for_load_state("networkidle")
            _checked(seen, look, f"{name}-{width}-{theme}")
        seen.close()
        room = tab("aya", viewport={"width": width, "height": height}, **more)
        room.goto(f"{filled.where}/room")
        _checked(room, look, f"begin-{width}-{theme}")
        room.get_by_role("button", name=re.compile("^(Begin|Go on)$")).click()
        _shown(room)
        if _place(room).startswith("Training"):
            room.keyboard.press("1")
            room.keyboard.press("ArrowRight")
            room.keyboard.press("Enter")
            room.get_by_text("Right: Benign.").wait_for()
            _checked(room, look, f"feedback-{width}-{theme}")
            room.get_by_role("button", name="Next case").click()
            _shown(room)
        while not room.locator(".help:not(.answers)").is_visible():
            room.keyboard.press("1")
            room.keyboard.press("ArrowRight")
            _next(room, lambda room=room: room.keyboard.press("Enter"))
            _shown(room)
        room.keyboard.press("2")
        room.keyboard.press("ArrowLeft")
        _checked(room, look, f"room-{width}-{theme}")
        room.get_by_role("button", name="Pause").click()
        _checked(room, look, f"pause-{width}-{theme}")
        room.close()


def _checked(page: Any, look: str, name: str) -> None:
    _shot(page, name)
    assert page.evaluate(look) == [], name
    if AXE.is_file():
        page.add_script_tag(path=str(AXE))
        assert page.evaluate(_AXE) == [], name
