"""The pages in a real browser: both themes, phone and desk, hands and keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cutis.explain.cases import embed_photos
from cutis.explain.embedding import flat_map
from cutis.explain.embedding_page import measured, write_page
from cutis.explain.explainer import bundle_explainer
from cutis.explain.inputs import gather
from cutis.explain.page import write_explanation
from cutis.explain.photos import check_weights, explain_photos
from cutis.runtime.engine import Engine

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    place = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if place is None:
        pytest.skip("no Chromium here (on Debian: apt-get install chromium)")
    with sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.open(bundle, threads=1)


@pytest.fixture(scope="module")
def explanation_page(engine: Engine, manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("explained")
    rng = np.random.default_rng(0)
    explainer = bundle_explainer(engine)
    items = gather([manifest], explainer.labels).items[:9]
    return write_explanation(check_weights(explain_photos(explainer, items, out, rng, scored=9), rng), out)


@pytest.fixture(scope="module")
def map_page(engine: Engine, manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = embed_photos(engine, gather([manifest], engine.info.labels).items, np.random.default_rng(0))
    found = measured(
        cases, flat_map(cases.vectors), engine.info.labels, model="colours", title="Colour of the spot",
        group="patient_id", rendered=True, rng=np.random.default_rng(0),
    )  # fmt: skip
    page = tmp_path_factory.mktemp("map") / "embedding.html"
    write_page(found, page)
    return page


def opened(browser, page: Path, width: int = 1280, theme: str = "light"):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, has_touch=width < 500, offline=True
    )
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.goto(page.as_uri())
    return tab


CONTRAST = """
() => {
  const channel = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = numbers(c).map(v => channel(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if ((numbers(c)[3] ?? 1) > 0) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const bad = [];
  for (const e of document.querySelectorAll("body *:not(script):not(style):not(option)")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const ink = e instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`${e.textContent.trim().slice(0, 40)} ${ink}`);
  }
  return bad;
}
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["explanation_page", "map_page"])
def test_a_page_fits_reads_well_and_raises_no_error(
    browser, request, name: str, width: int, theme: str
) -> None:
    tab = opened(browser, request.getfixturevalue(name), width, theme)
    tab.wait_for_timeout(200)
    assert tab.complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(CONTRAST) == []
    small = """() => [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
        .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 44)
        .map(e => e.outerHTML.slice(0, 60))"""
    assert tab.evaluate(small) == []


def test_the_slider_uncovers_the_photo(browser, explanation_page: Path) -> None:
    tab = opened(browser, explanation_page)
    first, second = tab.locator(".layer").nth(0), tab.locator(".layer").nth(1)
    slider = tab.locator(".card input").first
    slider.focus()
    tab.keyboard.press("Home")
    assert first.evaluate("e => getComputedStyle(e).opacity") == "0"
    assert second.evaluate("e => getComputedStyle(e).opacity") == "0.6"
    tab.locator("#all").fill("100")
    assert {tab.locator(".layer").nth(i).evaluate("e => getComputedStyle(e).opacity") for i in range(9)} == {
        "1"
    }


def test_the_map_lies_on_what_the_model_saw(browser, explanation_page: Path) -> None:
    tab = opened(browser, explanation_page)
    photo, layer = (tab.locator(name).first.bounding_box() for name in (".photo", ".layer"))
    assert photo == pytest.approx(layer, abs=1)


def test_photos_can_be_put_in_the_order_of_doubt(browser, explanation_page: Path) -> None:
    tab = opened(browser, explanation_page)
    tab.locator("#sort").select_option("score")
    scores = [float(score) for score in tab.eval_on_selector_all(".card", "c => c.map(e => e.dataset.score)")]
    assert scores == sorted(scores)


def test_on_paper_the_map_stands_beside_the_photo(browser, explanation_page: Path) -> None:
    tab = opened(browser, explanation_page)
    tab.emulate_media(media="print")
    photo, layer = (tab.locator(name).first.bounding_box() for name in (".photo", ".layer"))
    assert layer["x"] >= photo["x"] + photo["width"]


def test_keys_go_from_photo_to_photo(browser, map_page: Path) -> None:
    tab = opened(browser, map_page)
    tab.locator("#map").focus()
    tab.keyboard.press("ArrowRight")
    first = tab.locator("#facts dd").first.inner_text()
    assert first.startswith("photo_")
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        tab.keyboard.press(key)
    assert tab.locator("#facts dd").first.inner_text().startswith("photo_")
    assert tab.locator("#facts .alike button").count() == 6
    tab.locator("#facts .alike button").first.click()
    assert tab.locator("#facts dd").first.inner_text() != first
    tab.locator("#map").focus()
    tab.keyboard.press("Escape")
    assert "Choose a point" in tab.locator("#facts").inner_text()


def test_a_class_can_be_switched_off_and_a_photo_found(browser, map_page: Path) -> None:
    tab = opened(browser, map_page)
    tab.wait_for_timeout(200)
    assert tab.locator("#map").get_attribute("data-points") == "24"
    tab.get_by_role("button", name="Red spot").click()
    tab.wait_for_timeout(200)
    assert tab.locator("#map").get_attribute("data-points") == "16"
    tab.locator("#find").fill("photo_00")  # a red one
    tab.keyboard.press("Enter")
    tab.wait_for_timeout(200)
    assert tab.locator("#facts dd").first.inner_text() == "photo_00"
    assert tab.locator("#map").get_attribute("data-points") == "24"


def test_near_enough_photos_take_the_place_of_points(browser, map_page: Path) -> None:
    tab = opened(browser, map_page)
    tab.locator("#map").focus()
    tab.keyboard.press("ArrowRight")
    for _ in range(4):
        tab.keyboard.press("+")  # about the chosen photo
    tab.wait_for_timeout(300)
    assert int(tab.locator("#map").get_attribute("data-photos")) > 0
    tab.get_by_role("button", name="Whole map").click()
    tab.wait_for_timeout(200)
    assert tab.locator("#map").get_attribute("data-photos") == "0"


def test_a_finger_chooses_the_photo_under_it(browser, map_page: Path) -> None:
    tab = opened(browser, map_page, width=360)
    tab.locator("#map").scroll_into_view_if_needed()
    tab.wait_for_timeout(200)
    where = tab.evaluate(
        """() => {
          const box = document.getElementById("map").getBoundingClientRect();
          const pen = document.getElementById("map").getContext("2d"), s = devicePixelRatio;
          const pixels = pen.getImageData(0, 0, box.width * s, box.height * s).data;
          for (let y = 8; y < box.height - 8; y += 2) for (let x = 8; x < box.width - 8; x += 2) {
            const i = 4 * (Math.round(y * s) * Math.round(box.width * s) + Math.round(x * s));
            const [r, g, b, a] = pixels.slice(i, i + 4);
            if (a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 80) return [box.left + x, box.top + y];
          }
        }"""
    )
    tab.touchscreen.tap(*where)
    tab.wait_for_timeout(200)
    assert tab.locator("#facts dd").first.inner_text().startswith("photo_")
