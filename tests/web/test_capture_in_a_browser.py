"""Taking part, as somebody does on a phone: Chromium with a camera that shows rendered skin."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import uvicorn
from sqlalchemy import select

from cutis.phantoms.erythema import render
from cutis.web.app import create_app, open_platform
from cutis.web.capture import links
from cutis.web.database import ConsentText, Member, Participant, Photo, ProtocolVersion, Study, User
from cutis.web.people import sessions
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.platform import Platform
from cutis.web.settings import Settings
from cutis.web.studies.protocol import read_protocol

from .conftest import HARMLESS, jpeg

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUNTIME = ROOT / "src" / "cutis" / "web" / "static" / "vendor" / "onnxruntime-web" / "ort.wasm.min.mjs"
_AXE = "axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
PHONE = {"width": 360, "height": 740}
WAIT = 120_000  # milliseconds
UNSIGNED = "There is no signature. Sign in the field."
LEAST_RATE = 3.0  # of looks a second; 5 are promised, on a machine that does nothing else meanwhile
CROWDED = 2.0  # programs for each core, from which a rate says nothing of ours
needs_runtime = pytest.mark.skipif(
    not RUNTIME.is_file(), reason="onnxruntime-web is not here: npm run vendor"
)
PROTOCOL = {
    "views": [
        {"key": "spot", "name": "The spot, close up", "outline": "lesion", "advice": "In daylight."},
        {"key": "hand", "name": "Left hand", "outline": "hand"},
    ],
    "visits": [
        {"key": "start", "name": "Start", "after": 3, "views": ["spot", "hand"], "questionnaires": ["q"]}
    ],
    "questionnaires": [
        {
            "key": "q",
            "title": "How is your skin today?",
            "questions": [
                {"key": "itch", "text": "How strong was the itch?", "kind": "scale"},
                {
                    "key": "where",
                    "text": "Where is it worst?",
                    "kind": "choice",
                    "choices": ["Fingers", "Palm"],
                },
                {"key": "sleep", "text": "How long did you sleep?", "kind": "number", "unit": "hours"},
                {"key": "note", "text": "Anything else?", "kind": "text", "needed": False},
            ],
        }
    ],
}


@dataclass(eq=False)
class Served:
    """A server with one study, and somebody who makes links."""

    address: str
    platform: Platform
    access: Access
    cookie: str

    def participant(self, *, signed: bool = True) -> Participant:
        """A new participant, for whom the consent is signed on paper where it is to be."""
        from cutis.web.studies import consent

        count = 0
        with self.platform.database.writing() as session:
            count = len(session.scalars(select(Participant.id)).all())
            made = Participant(study_id=self.access.study, pseudonym=f"H-{count:03d}")
            session.add(made)
        if signed:
            with self.platform.database.reading() as session:
                text = consent.text_now(session, self.access.study)
            assert text
            consent.sign(self.platform, self.access, made.id, text.id, kind="paper")
        return made

    def link(self, participant: Participant, *, once: bool = False) -> str:
        return f"{self.address}/c/{links.make(self.platform, self.access, participant.id, 30, once=once)[1]}"

    def photos(self, participant: Participant) -> list[Photo]:
        with self.platform.database.reading() as session:
            return list(session.scalars(select(Photo).where(Photo.participant_id == participant.id)))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    platform = open_platform(Settings(data_folder=tmp_path_factory.mktemp("data"), sign_ins_per_minute=1000))
    with platform.database.writing() as session:
        user = User(login="nora", name="Nora Nurse", password="none")
        study = Study(name="Hand eczema at home", about="How photos taken at home compare.")
        session.add_all([user, study])
        session.flush()
        session.add(Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN))
        document = read_protocol(PROTOCOL).document()
        session.add(ProtocolVersion(study_id=study.id, number=1, document=document, made_by=user.id))
        text = "We compare photos taken at home with those of the clinic.\n\nYou may withdraw at any time."
        session.add(ConsentText(study_id=study.id, number=1, language="en", text=text, made_by=user.id))
        cookie = sessions.start(session, user, 10)
    server = uvicorn.Server(uvicorn.Config(create_app(platform), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    access = Access(user=user.id, study=study.id, role=Role.CLINICIAN)
    yield Served(f"http://127.0.0.1:{port}", platform, access, cookie)
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def skins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the camera sees: rendered skin in good light, and the same in the dark."""
    folder = tmp_path_factory.mktemp("skin")
    skin = render("severe", 480, np.random.default_rng(1)).image
    for name, light in (("good", 1.0), ("dark", 0.22)):
        frames = [np.roll((skin * light).astype(np.uint8), shift - 1, axis=1) for shift in (0, 1, 2, 1)]
        with (folder / f"{name}.y4m").open("wb") as file:
            file.write(b"YUV4MPEG2 W480 H480 F15:1 Ip A1:1 C420jpeg\n")
            for frame in frames:
                file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes())
    return {name: folder / f"{name}.y4m" for name in ("good", "dark")}


def _camera(video: Path) -> dict[str, Any]:
    return {
        "args": [
            "--no-sandbox",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
        ]
    }


@pytest.fixture(scope="module")
def phone(browser: Any, skins: dict[str, Path]) -> Iterator[Any]:
    """A browser whose camera sees good skin."""
    chromium = browser.browser_type
    opened = chromium.launch(executable_path=_program(), **_camera(skins["good"]))
    yield opened
    opened.close()


def _program() -> str:
    import shutil

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found
    return found


def _quiet(page: Any) -> list[str]:
    """What the browser complains of; that an answer is 4xx or that there is no network is no complaint."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def _faults(complaints: list[str]) -> list[str]:
    return [one for one in complaints if not one.startswith(HARMLESS)]


def _page(context: Any) -> Any:
    """A page of a context, in which a busy machine has time."""
    context.set_default_timeout(WAIT)
    return context.new_page()


def _begin(page: Any, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/take-part")


def _shoot(page: Any) -> None:
    page.locator(".shutter:not(:disabled)").click(timeout=WAIT)
    page.locator("#review:not([hidden])").wait_for()


def _eventually(done: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def _sign(page: Any) -> None:
    box = page.locator("#field").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 60 + 6 * step, box["y"] + 60 + (step * 37) % 40 - 20)
    page.mouse.up()
    page.get_by_role("button", name="I agree and sign").click()
    page.wait_for_url("**/take-part")


@needs_runtime
def test_from_the_link_to_photos_that_were_sent_and_nothing_left_on_the_phone(
    phone: Any, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    participant = served.participant(signed=False)
    context = phone.new_context(viewport=PHONE)
    page = _page(context)
    complaints = _quiet(page)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Read the consent").click()
    page.wait_for_url("**/take-part/consent")  # with its script
    page.get_by_role("button", name="I agree and sign").click()
    page.get_by_text(UNSIGNED).wait_for()
    _sign(page)
    page.get_by_role("link", name="Answer").click()
    page.locator("input[value='6']").check()
    page.get_by_label("Palm").check()
    page.get_by_label("How long did you sleep?").fill("7.5")
    page.get_by_role("button", name="Send the answers").click()
    page.get_by_text("Answered").wait_for()
    page.get_by_role("link", name="Take the photos").click()
    page.get_by_text("Good. Hold still and take the photo.").first.wait_for(timeout=WAIT)
    page.locator("#finder[data-rate]").wait_for()
    time.sleep(4)
    rate = float(page.locator("#finder").get_attribute("data-rate"))
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    with capsys.disabled():
        sys.stdout.write(f"\n  live advice: {rate:.1f} looks a second, {load:.1f} programs for each core\n")
    if load < CROWDED:
        assert rate >= LEAST_RATE
    _shoot(page)
    page.get_by_text("Good enough to use.").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Keep it").click()
    page.locator("#finder .view strong", has_text="Left hand").wait_for()
    (tmp_path / "hand.jpg").write_bytes(jpeg(5, 640, 480))  # the camera might show the same once more
    page.locator("#finder input[type=file]").set_input_files(str(tmp_path / "hand.jpg"))
    page.locator(".verdict.attention", has_text="This could be better").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("heading", name="All views are taken").wait_for()
    page.get_by_text("2 photos sent").wait_for(timeout=WAIT)
    kept = served.photos(participant)
    assert sorted((one.visit, one.view) for one in kept) == [("start", "hand"), ("start", "spot")]
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("heading", name="All done for today").wait_for()
    page.get_by_role("button", name="Finish on this phone").click()
    page.get_by_text("Nothing of you is on this phone any more").wait_for()
    _eventually(lambda: page.evaluate("indexedDB.databases().then((all) => all.length)") == 0)
    _eventually(lambda: "take-part-pages" not in page.evaluate("caches.keys()"))
    assert [one for one in context.cookies() if one["name"] == "cutis_participant"] == []
    page.goto(f"{served.address}/take-part")
    page.get_by_role("heading", name="This phone is not taking part now").wait_for()
    context.close()
    assert _faults(complaints) == []


@needs_runtime
def test_in_the_dark_the_phone_says_so_and_asks_to_take_it_again(
    browser: Any, skins: dict[str, Path], served: Served
) -> None:
    dark = browser.browser_type.launch(executable_path=_program(), **_camera(skins["dark"]))
    page = _page(dark.new_context(viewport=PHONE))
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    page.locator(".advice.attention", has_text="Go nearer to a window or a lamp").wait_for(timeout=WAIT)
    _shoot(page)
    page.locator(".verdict.attention", has_text="This could be better").wait_for(timeout=WAIT)
    expect(page.locator("#review .why")).to_contain_text("Go nearer to a window or a lamp")
    expect(page.get_by_role("button", name="Take it again")).to_have_class(re.compile(r"\bmain\b"))
    dark.close()


def test_photos_taken_without_a_network_outlive_the_browser_and_arrive_once(
    browser: Any, skins: dict[str, Path], served: Served, tmp_path: Path
) -> None:
    participant = served.participant()
    chosen = {"executable_path": _program(), "viewport": PHONE, **_camera(skins["good"])}
    open_phone = browser.browser_type.launch_persistent_context
    context = open_phone(tmp_path / "profile", **chosen)
    page = _page(context)
    _begin(page, served.link(participant, once=True))
    page.get_by_role("link", name="Take the photos").click()
    page.locator(".shutter:not(:disabled)").wait_for(timeout=WAIT)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = "caches.open('take-part-assets').then((all) => all.keys())"
    model = f"{kept}.then((all) => all.some((one) => one.url.includes('/model/')))"
    if RUNTIME.is_file():
        _eventually(lambda: page.evaluate(model))
    page.wait_for_timeout(1000)
    context.set_offline(True)
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.locator("#views .state", has_text="Saved on this phone").wait_for()
    page.get_by_text("1 photo is saved on this phone and not sent yet").wait_for()
    page.get_by_text("It goes by itself when there is one").wait_for(timeout=WAIT)
    page.reload()  # without a network, from what is kept on the phone
    page.locator("#views .state", has_text="Saved on this phone").wait_for(timeout=WAIT)
    page.locator("#finder .view strong", has_text="Left hand").wait_for()
    assert served.photos(participant) == []
    context.close()

    context = open_phone(tmp_path / "profile", **chosen)
    page = _page(context)
    page.goto(f"{served.address}/take-part")
    _eventually(lambda: len(served.photos(participant)) == 1)
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    for _ in range(2):  # in other tabs, since this one loads itself anew once all is sent
        again = context.new_page()
        again.goto(f"{served.address}/take-part")
        again.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    (photo,) = served.photos(participant)
    assert (photo.visit, photo.view) == ("start", "spot")
    context.close()


def test_a_photo_whose_answer_was_lost_is_sent_again_and_kept_once(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(participant))
    arrived: list[int] = []

    def lose(route: Any) -> None:
        if arrived:
            arrived.append(route.fetch().status)
            route.continue_()
            return
        arrived.append(route.fetch().status)  # the server has it, and the phone never hears
        route.abort()

    page.route("**/take-part/photos", lose)
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    assert arrived[:2] == [201, 200]
    assert len(served.photos(participant)) == 1
    context.close()


def test_where_the_network_cannot_run_on_the_phone_the_server_advises_after_the_shot(
    phone: Any, served: Served
) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.route("**/take-part/quality.js", lambda route: route.abort())
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    page.get_by_text("Advice comes after the photo.").wait_for(timeout=WAIT)
    _shoot(page)
    page.get_by_text("Good enough to use.").wait_for(timeout=WAIT)
    context.close()


def test_where_there_is_no_camera_a_photo_is_chosen(browser: Any, served: Served, tmp_path: Path) -> None:
    participant = served.participant()
    context = browser.new_context(viewport=PHONE)
    page = _page(context)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Take the photos").click()
    page.get_by_text("Choose a photo instead.").first.wait_for(timeout=WAIT)
    (tmp_path / "x.jpg").write_bytes(jpeg(3, 640, 480))
    page.locator("#finder input[type=file]").set_input_files(str(tmp_path / "x.jpg"))
    page.locator("#review:not([hidden])").wait_for()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    assert len(served.photos(participant)) == 1
    context.close()


def test_without_scripts_photos_are_sent_by_a_plain_form(
    browser: Any, served: Served, tmp_path: Path
) -> None:
    participant = served.participant()
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = _page(context)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Take the photos").click()
    (tmp_path / "x.jpg").write_bytes(jpeg(4, 640, 480))
    page.locator("#plain select").select_option("hand")
    page.locator("#plain input[type=file]").set_input_files(str(tmp_path / "x.jpg"))
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/visits/start")
    assert [one.view for one in served.photos(participant)] == ["hand"]
    context.close()


def test_a_full_phone_says_so_and_sends_at_once(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    context.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    page = _page(context)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("This photo was sent at once").wait_for(timeout=WAIT)
    assert len(served.photos(participant)) == 1
    context.set_offline(True)
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("The phone's storage is full, and there is no network.").wait_for(timeout=WAIT)
    context.close()


def test_photos_of_another_participant_that_wait_are_neither_mixed_up_nor_left_behind(
    phone: Any, served: Served
) -> None:
    first, second = served.participant(), served.participant()
    # Without its service worker, which would send the photo as soon as there is a network again.
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(first))
    page.get_by_role("link", name="Take the photos").click()
    page.route("**/take-part/photos", lambda route: route.abort())
    page.locator(".shutter:not(:disabled)").wait_for(timeout=WAIT)
    _shoot(page)
    context.set_offline(True)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo is saved on this phone and not sent yet").wait_for()
    links_of_second = served.link(second)
    page.close()
    page = _page(context)
    page.route("**/take-part/photos", lambda route: route.abort())
    context.set_offline(False)
    page.goto(links_of_second)
    page.get_by_text("Photos of another participant wait on this phone").wait_for()
    expect(page.get_by_role("button", name="Begin")).to_be_hidden()
    page.get_by_role("button", name="Delete them").click()
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/take-part")
    expect(page.locator("#queue")).to_be_hidden()
    assert served.photos(second) == []
    context.close()


def test_a_nurse_takes_photos_in_the_same_pages(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE)
    context.add_cookies([{"name": sessions.COOKIE, "value": served.cookie, "url": served.address}])
    page = _page(context)
    page.goto(f"{served.address}/studies/{served.access.study}/participants/{participant.id}/links")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/take-part")
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    (photo,) = served.photos(participant)
    assert photo.added_by == served.access.user
    context.close()


def test_withdrawing_on_the_phone_ends_in_a_receipt(browser: Any, served: Served) -> None:
    participant = served.participant()
    context = browser.new_context(viewport=PHONE)
    page = _page(context)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Withdraw from the study").click()
    page.get_by_label("I withdraw").check()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("heading", name="Receipt").wait_for()
    assert re.search(r"[0-9a-f]{64}", page.content())
    page.goto(f"{served.address}/take-part")
    page.get_by_role("heading", name="This phone is not taking part now").wait_for()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_and_is_for_everybody(
    phone: Any, served: Served, theme: str, width: int, look: str
) -> None:
    context = phone.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True, service_workers="block"
    )
    page = _page(context)

    def check(name: str) -> None:
        assert page.evaluate(look) == [], (name, width)
        if AXE.is_file():
            page.add_script_tag(path=str(AXE))
            assert page.evaluate(_AXE) == [], (name, width)

    signed, fresh = served.participant(), served.participant(signed=False)
    page.goto(served.link(signed))
    check("begin")
    _begin(page, served.link(fresh))
    check("first")
    page.goto(f"{served.address}/take-part/consent")
    check("consent")
    _begin(page, served.link(signed))
    check("due")
    for path in ("visits/start/questions/q", "withdraw", "finished"):
        page.goto(f"{served.address}/take-part/{path}")
        check(path)
    page.goto(f"{served.address}/take-part/visits/start")
    page.locator(".shutter:not(:disabled)").wait_for(timeout=WAIT)
    check("viewfinder")
    _shoot(page)
    check("review")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    check("sent")
    page.goto(f"{served.address}/c/none")
    check("no link")
    context.add_cookies([{"name": sessions.COOKIE, "value": served.cookie, "url": served.address}])
    page.goto(f"{served.address}/studies/{served.access.study}/participants/{signed.id}/links")
    page.get_by_role("button", name="Make a link and a code").click()
    page.locator(".handed svg").wait_for()
    check("links")
    context.close()
