"""The map's page in a real browser, from disk and offline: pointer, wheel, keys, fingers, both themes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from cutis.core.bundle import Bundle
from cutis.imaging.mosaic import open_mosaic
from cutis.runtime.dense import DenseSession
from cutis.runtime.draw import draw_map

pytestmark = pytest.mark.browser
HEIGHT, WIDTH = 900, 1500


@pytest.fixture(scope="module")
def page(grey_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The left half of even grey 50, the right one of 150: grades 1 and 3."""
    folder = tmp_path_factory.mktemp("a map & more")
    image = np.full((HEIGHT, WIDTH), 50, np.uint8)
    image[:, WIDTH // 2 :] = 150
    resolution = {"resolution": (1e4, 1e4), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(folder / "a.tif", image, **resolution)
    with open_mosaic(folder / "a.tif") as mosaic:
        draw_map(DenseSession(Bundle.open(grey_bundle), 1), mosaic, folder)
    return folder / "map.html"


@pytest.fixture
def opened(browser: Any, page: Path) -> Callable[..., Any]:
    def open_page(width: int = 1280, theme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, has_touch=width < 500, offline=True
        )
        tab = context.new_page()
        tab.said = []
        tab.on("console", lambda message: tab.said.append(message.text))
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.goto(page.as_uri())
        tab.wait_for_selector("#waiting[hidden]", state="attached")
        tab.wait_for_timeout(200)
        return tab

    return open_page


def place(tab: Any, x: float, y: float) -> tuple[float, float]:
    box = tab.locator("#canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def readout(tab: Any) -> str:
    tab.wait_for_timeout(150)
    return str(tab.locator("#readout").inner_text())


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    page: Path, complaints: Callable[[Path, int, str], list[str]], width: int, theme: str
) -> None:
    assert complaints(page, width, theme) == []


def test_the_pointer_reads_grade_confidence_and_place(opened: Callable[..., Any]) -> None:
    tab = opened()
    tab.mouse.move(*place(tab, 0.35, 0.5))
    assert re.match(r"Grade 1\.0; median 1, confidence 9\d%\. \d+ µm across, 4[45]\d µm down\.", readout(tab))
    tab.mouse.move(*place(tab, 0.65, 0.5))
    assert readout(tab).startswith("Grade 3.0; median 3")
    assert tab.said == []


def test_the_map_is_drawn_in_its_colours(opened: Callable[..., Any]) -> None:
    tab = opened()
    tab.locator("#opacity").fill("100")
    tab.wait_for_timeout(200)
    left, right = (tab.screenshot(clip=_spot(tab, x)) for x in (0.35, 0.65))
    assert np.abs(_mean(left) - [59, 82, 139]).max() < 12  # viridis at a quarter and at three quarters
    assert np.abs(_mean(right) - [94, 201, 98]).max() < 12
    tab.locator("#opacity").fill("0")
    tab.wait_for_timeout(200)
    assert np.abs(_mean(tab.screenshot(clip=_spot(tab, 0.35))) - 50).max() < 4  # the photo itself


def _spot(tab: Any, x: float) -> dict[str, float]:
    across, down = place(tab, x, 0.5)
    return {"x": across, "y": down, "width": 8, "height": 8}


def _mean(png: bytes) -> Any:
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3).mean(axis=0)


def test_the_wheel_zooms_about_the_pointer(opened: Callable[..., Any]) -> None:
    tab = opened()
    tab.mouse.move(*place(tab, 0.35, 0.4))
    before = readout(tab)
    for _ in range(4):
        tab.mouse.wheel(0, -240)
    after = readout(tab)
    numbers = [
        np.array(re.findall(r"([\d,]+) µm across, ([\d,]+) µm down", text)[0]) for text in (before, after)
    ]
    first, second = (np.char.replace(pair, ",", "").astype(int) for pair in numbers)
    assert np.abs(first - second).max() <= 2
    assert tab.locator("#scaletext").inner_text() in ("10 µm", "20 µm")


def test_keys_do_what_the_mouse_does(opened: Callable[..., Any]) -> None:
    tab = opened()
    tab.locator("#canvas").focus()
    tab.keyboard.press("ArrowLeft")
    assert readout(tab).startswith("Grade 1.0")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert readout(tab).startswith("Grade 3.0")
    bar = tab.locator("#scaletext").inner_text()
    for _ in range(4):
        tab.keyboard.press("+")
    assert tab.locator("#scaletext").inner_text() != bar
    tab.keyboard.press("0")
    readout(tab)
    assert tab.locator("#scaletext").inner_text() == bar
    tab.keyboard.press("]")
    assert tab.locator("#percent").inner_text() == "60%"


def test_layers_change_map_and_legend(opened: Callable[..., Any]) -> None:
    tab = opened()
    assert tab.locator("#low").inner_text() == "Grade 0"
    tab.locator("input[value=confidence]").check()
    assert tab.locator("#low").inner_text() == "Confidence 0%"
    tab.locator("#opacity").fill("100")
    tab.wait_for_timeout(200)
    red, green, blue = _mean(tab.screenshot(clip=_spot(tab, 0.35)))
    assert red > 200 and green > 200 and blue < 90  # the bright end: over 90% sure


def test_fingers_tap_and_pinch(opened: Callable[..., Any]) -> None:
    tab = opened(360)
    tab.touchscreen.tap(*place(tab, 0.3, 0.5))
    assert readout(tab).startswith("Grade 1.0")
    bar = tab.locator("#scaletext").inner_text()
    client = tab.context.new_cdp_session(tab)
    x, y = place(tab, 0.5, 0.5)

    def touch(kind: str, apart: float) -> None:
        points = (
            []
            if kind == "touchEnd"
            else [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        )
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 20)
    for apart in (30, 45, 60, 80, 100):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    tab.wait_for_timeout(200)
    assert tab.locator("#scaletext").inner_text() != bar
    assert tab.said == []


def test_missing_tiles_are_said(browser: Any, page: Path, tmp_path: Path) -> None:
    (tmp_path / "map.html").write_bytes(page.read_bytes())
    tab = browser.new_context(offline=True).new_page()
    tab.goto((tmp_path / "map.html").as_uri())
    tab.wait_for_timeout(500)
    assert "could not be opened. Copy the whole folder." in tab.locator("#waiting").inner_text()
