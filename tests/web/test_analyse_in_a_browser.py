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

pytestmark = pytest.mark.browser
__all__ = ["page"]  # the fixture

SLOW = 120_000  # milliseconds: the machine may be busy


def _photos(folder: Path) -> dict[str, str]:
    """A photo in colour and one like a microscope's."""
    from cutis.phantoms.erythema.wide import render_wide

    rng = np.random.default_rng(11)
    Image.fromarray(render_wide("severe", 480, rng).image).save(folder / "rash.jpg", quality=92)
    coarse = Image.fromarray(rng.integers(30, 220, (60, 70), np.uint8))
    coarse.resize((560, 480), Image.Resampling.BICUBIC).save(folder / "mosaic.png")
    return {"colour": str(folder / "rash.jpg"), "grey": str(folder / "mosaic.png")}


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
    colour = _analyse(page, study, sent["colour"], "A-001")
    assert page.locator(".verdict .state").inner_text() in ("Good enough", "Take it again")
    assert re.search(r"\d+ in 1,000", page.locator(".verdict").inner_text())
    slide = page.locator("[data-overlay] input[type=range]").first
    slide.fill("0")
    assert page.locator("[data-overlay] .layer").first.evaluate("e => getComputedStyle(e).opacity") == "0"
    grey = _analyse(page, study, sent["grey"], "A-002")
    page.get_by_role("link", name="Open the map at any zoom").click()
    page.locator(".sea canvas").first.wait_for(timeout=SLOW)
    page.locator(".scalebar:not([hidden])").wait_for(timeout=SLOW)
    viewer = page.url
    for name in zoo.names():
        info = Bundle.open(zoo.path(name)).info
        page.goto(grey if info.modality == "confocal" else colour)
        listed = page.locator(f"select[name=bundle] option[value='{Bundle.open(zoo.path(name)).digest}']")
        if listed.count():  # not among those that the study asks by itself
            page.locator("select[name=bundle]").select_option(Bundle.open(zoo.path(name)).digest)
            page.get_by_role("button", name="Ask", exact=True).click()
            page.locator("#results:not([data-waiting])").wait_for(timeout=SLOW)
        shown = page.locator("#results").inner_text()
        assert info.title in shown or name == "image_quality", name
        if info.training.rendered and name != "facial":  # of which no face is in the photo
            assert "Trained on rendered images, not for care." in shown, name
    page.goto(colour)
    page.get_by_role("link", name="All photos of A-001 together").click()
    page.get_by_text("never a diagnosis").wait_for()
    _fits(browser, page, look, [f"{study}/analyse", colour, viewer, page.url])


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
