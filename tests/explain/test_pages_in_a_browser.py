"""The pages in a real browser: both themes, phone and desk, hands and keys."""

from __future__ import annotations

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


def opened(browser, page: Path, width: int = 1280):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, has_touch=width < 500, offline=True
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    return tab


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["explanation_page", "map_page"])
def test_a_page_fits_reads_well_and_raises_no_error(
    complaints, request, name: str, width: int, theme: str
) -> None:
    assert complaints(request.getfixturevalue(name), width, theme) == []


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


@pytest.mark.parametrize("width", [360, 1280])
def test_names_of_classes_hide_no_photo(browser, map_page: Path, width: int) -> None:
    tab = opened(browser, map_page, width=width)
    tab.wait_for_timeout(300)
    named, coloured = tab.evaluate(
        """() => {
          const map = document.getElementById("map"), names = JSON.parse(map.dataset.names);
          return [names.length, names.map(([left, top, right, bottom]) => {
            const s = devicePixelRatio, size = [(right - left) * s, (bottom - top) * s];
            const pixels = map.getContext("2d").getImageData(left * s, top * s, ...size).data;
            let found = 0;
            for (let i = 0; i < pixels.length; i += 4) {
              const [r, g, b, a] = pixels.slice(i, i + 4);
              if (a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 40) found++;
            }
            return found;
          })];
        }"""
    )
    assert named > 0
    assert coloured == [0] * named


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
