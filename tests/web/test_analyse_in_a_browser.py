"""Analyse in Chromium: each shipped model answers for a photo, in words, for everybody, on phone and desk."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutis import zoo
from cutis.core.bundle import Bundle

from .conftest import Start
from .test_pages_in_a_browser import _AXE, AXE, _first_start, _study, page

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
__all__ = ["page"]  # the fixture

SLOW = 120_000  # milliseconds: the machine may be busy


_PASTE = """async (photos) => {
  for (const [n, photo] of photos.entries()) {
    const carried = new DataTransfer();
    carried.items.add(new File([new Uint8Array(photo)], `${n}.jpg`, { type: "image/jpeg" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried }));
    if (n) return;
    while (!document.querySelector(".sent .good")) await new Promise((done) => setTimeout(done, 50));
    await new Promise((done) => setTimeout(done, 500)); // the browser is on its way to the answer
  }
}"""  # each photo once the one before it is answered


def _photos(folder: Path) -> dict[str, str]:
    """A clinical photo, a dermoscopic one, and one like a microscope's."""
    from cutis.phantoms.dermoscopy import render
    from cutis.phantoms.erythema.wide import render_wide

    rng = np.random.default_rng(11)
    Image.fromarray(render_wide("severe", 480, rng).image).save(folder / "rash.jpg", quality=92)
    spot = render("melanocytic_nevus", 256, np.random.default_rng(7)).image
    Image.fromarray(spot).save(folder / "spot.jpg", quality=92)
    coarse = Image.fromarray(rng.integers(30, 220, (60, 70), np.uint8))
    coarse.resize((560, 480), Image.Resampling.BICUBIC).save(folder / "mosaic.png")
    names = {"clinical": "rash.jpg", "dermoscopic": "spot.jpg", "confocal": "mosaic.png"}
    return {kind: str(folder / name) for kind, name in names.items()}


def _analyse(page: Any, study: str, photo: str, pseudonym: str) -> str:
    """Analyse a photo; the address of its result."""
    page.goto(f"{study}/analyse")
    if page.locator("select[name=participant]").count():
        page.locator("select[name=participant]").select_option("")
    page.locator("input[name=pseudonym]").fill(pseudonym)
    page.locator("input[type=file]").set_input_files(photo)
    page.get_by_role("button", name="Analyse", exact=True).click()
    page.wait_for_url("**/analysis", timeout=SLOW)
    page.locator("#results:not([data-waiting])").wait_for(timeout=SLOW)
    return str(page.url)


def test_each_shipped_model_answers_in_words(
    page: Any, browser: Any, start: Start, look: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = start()
    _first_start(page, server)
    study = _study(page)
    sent = _photos(tmp_path_factory.mktemp("sent"))
    of = {"dermoscopic": _analyse(page, study, sent["dermoscopic"], "A-003")}
    expect(page.locator(".verdict .state")).to_have_text(re.compile(r"^\s*(Good enough|Take it again)\s*$"))
    expect(page.locator(".verdict")).to_contain_text(re.compile(r"\d+ in 1,000"))
    slide = page.locator("[data-overlay] input[type=range]").first
    slide.fill("0")
    expect(page.locator("[data-overlay] .layer").first).to_have_css("opacity", "0")
    page.get_by_text("This looks like a dermoscopic photo.").first.wait_for()
    of["clinical"] = _analyse(page, study, sent["clinical"], "A-001")
    of["confocal"] = _analyse(page, study, sent["confocal"], "A-002")
    page.get_by_role("link", name="Open the map at any zoom").click()
    page.locator(".sea canvas").first.wait_for(timeout=SLOW)
    page.locator(".scalebar:not([hidden])").wait_for(timeout=SLOW)
    viewer = page.url
    for name in zoo.names():
        info = Bundle.open(zoo.path(name)).info
        page.goto(of[info.modality])
        listed = page.locator(f"select[name=bundle] option[value='{Bundle.open(zoo.path(name)).digest}']")
        if listed.count():  # not among those that the study asks by itself
            page.locator("select[name=bundle]").select_option(Bundle.open(zoo.path(name)).digest)
            page.get_by_role("button", name="Ask", exact=True).click()
            page.locator("#results:not([data-waiting])").wait_for(timeout=SLOW)
        shown = page.locator("#results").inner_text()
        assert info.title in shown or name == "image_quality", name
        if info.training.rendered and name != "facial":  # of which no face is in the photo
            assert "Trained on rendered images, not for care." in shown, name
    page.goto(of["dermoscopic"])
    row = page.locator("#results li", has_text="This model is for clinical photos of skin.")
    row.get_by_role("button", name="Ask it all the same").first.click()
    page.locator("#results:not([data-waiting])").wait_for(timeout=SLOW)
    page.get_by_text("It was asked all the same, by a person").first.wait_for()
    page.goto(of["clinical"])
    page.get_by_role("link", name="Enter clinical facts").click()
    page.get_by_label("Highest temperature").fill("389")
    page.get_by_role("button", name="Keep these facts").click()
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 38.9?")
    wrong = page.url
    page.get_by_label("Highest temperature").fill("38.9")
    page.get_by_role("group", name="Mucous membranes involved").get_by_text("mouth").click()
    page.get_by_label("Name of the drug").first.fill("carbamazepine")
    page.get_by_label("Begun, days before the rash").first.fill("14")
    page.get_by_role("button", name="Keep these facts").click()
    beside = page.locator("section.beside")
    expect(beside.locator(".state")).to_have_text("Refer urgently")
    expect(beside).to_contain_text("high risk of SJS/TEN in case-control studies")
    beside.get_by_text("What was entered, and how the points come about").click()
    expect(beside.get_by_role("row", name="fever")).to_contain_text("38.9 degrees C")
    page.get_by_role("link", name="All photos of A-001 together").click()
    page.get_by_text("never a diagnosis").wait_for()
    _fits(browser, page, look, [f"{study}/analyse", *of.values(), viewer, wrong, page.url])


def _fits(browser: Any, page: Any, look: str, addresses: list[str]) -> None:
    """Pages fit a phone and a desk, in both themes, and are for everybody."""
    state = page.context.storage_state()
    for width, theme in ((360, "light"), (1280, "dark"), (360, "dark"), (1280, "light")):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, storage_state=state, bypass_csp=True
        )
        for address in addresses:
            tab = context.new_page()
            tab.goto(address)
            tab.wait_for_load_state("networkidle")
            assert tab.evaluate(look) == [], (address, width)
            if AXE.is_file():
                tab.add_script_tag(path=str(AXE))
                assert tab.evaluate(_AXE) == [], (address, width, theme)
            tab.close()
        context.close()


def test_photos_that_come_one_after_the_other_before_the_first_is_answered_are_all_kept(
    page: Any, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _first_start(page, start())
    study = _study(page)
    sent = _photos(tmp_path_factory.mktemp("sent"))
    page.goto(f"{study}/analyse")
    page.locator("input[name=pseudonym]").fill("A-001")
    held: list[Any] = []
    page.route("**/analyse", lambda route: held.append(route) if not held else route.continue_())
    for n, photo in enumerate((sent["clinical"], sent["dermoscopic"]), 1):
        page.locator("input[type=file]").set_input_files(photo)
        page.get_by_role("button", name="Analyse", exact=True).click()
        expect(page.locator(".sent li")).to_have_count(n)
    while not held:  # the first one, which is not answered yet
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.get_by_role("link", name="Show the answer")).to_have_count(2, timeout=SLOW)
    expect(page.get_by_role("link", name="All photos of the patient together")).to_be_visible()
    assert page.url == f"{study}/analyse"


def test_a_photo_that_comes_while_the_first_ones_page_is_opening_is_kept(
    page: Any, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _first_start(page, start())
    study = _study(page)
    sent = _photos(tmp_path_factory.mktemp("sent"))
    page.goto(f"{study}/analyse")
    page.locator("input[name=pseudonym]").fill("A-001")
    page.route("**/analysis", lambda route: None)  # it takes long
    page.evaluate(_PASTE, [list(Path(sent[kind]).read_bytes()) for kind in ("clinical", "dermoscopic")])
    expect(page.get_by_role("link", name="Show the answer")).to_have_count(2, timeout=SLOW)
    assert page.url == f"{study}/analyse"


def test_results_that_did_not_change_are_left_as_they_are_used(
    page: Any, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _first_start(page, start())
    study = _study(page)
    done = _analyse(page, study, _photos(tmp_path_factory.mktemp("sent"))["dermoscopic"], "A-001")
    part = f"{done}?part=yes"

    def at_it(route: Any) -> None:
        """As if one more model were still at it."""
        answer = route.fetch()
        body = answer.text().replace('<div id="results"', f'<div id="results" data-waiting="{part}"')
        route.fulfill(response=answer, body=body)

    page.route("**/analysis*", at_it)
    page.goto(done)
    slide = page.locator("[data-overlay] input[type=range]").first
    slide.fill("0")
    slide.blur()
    for _ in range(3):
        with page.expect_response(part):
            pass
    expect(slide).to_have_value("0")
    page.unroute_all(behavior="wait")


def test_a_photo_is_analysed_without_scripts(
    browser: Any, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = start()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    _first_start(page, server)
    study = _study(page)
    out = BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    photo = tmp_path_factory.mktemp("sent") / "x.jpg"
    photo.write_bytes(out.getvalue())
    page.goto(f"{study}/analyse")
    page.locator("input[name=pseudonym]").fill("A-001")
    page.locator("input[type=file]").set_input_files(str(photo))
    page.get_by_role("button", name="Analyse", exact=True).click()
    # The page asks for itself again until all is there.
    page.locator("#results:not([data-waiting])").wait_for(timeout=SLOW)
    context.close()
