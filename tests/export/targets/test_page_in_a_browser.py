"""The exported page in Chromium: one photo in, the engine's answer out, without a network."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.export.targets.make import Options, export_target
from cutis.export.targets.web import RUNTIME
from cutis.runtime.engine import Engine

VENDOR = Path(__file__).parents[3] / "src" / "cutis" / "web" / "static" / "vendor" / "onnxruntime-web"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not all((VENDOR / name).is_file() for name in RUNTIME),
        reason="onnxruntime-web is not here: npm run vendor",
    ),
]
WAIT = 60_000  # milliseconds


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A web server over exports of three bundles."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("image_quality", "confocal", "facial"):
        export_target(Bundle.open(zoo.path(name)), folder / name, "web", Options(runtime=VENDOR))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints
    yield page
    context.close()


def _judge(page: Any, photo: Path) -> None:
    page.get_by_label("Photo", exact=True).set_input_files(photo)
    page.get_by_text("Done.").wait_for(timeout=WAIT)


@pytest.mark.parametrize("name", ["image_quality", "confocal", "facial"])
def test_a_photo_is_judged_offline_as_python_judges_it(
    page: Any,
    site: tuple[str, Path],
    name: str,
    photo: Callable[..., NDArray[np.uint8]],
    tmp_path: Path,
) -> None:
    page.goto(f"{site[0]}/{name}/")
    page.get_by_text("Ready.").wait_for(timeout=WAIT)
    page.context.set_offline(True)
    pixels = photo(5, 1100, 1400) if name == "image_quality" else photo(5, 256, 320)  # the first is reduced
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    _judge(page, tmp_path / "photo.png")
    engine = Engine(Bundle.open(zoo.path(name)), 1)
    said = engine(pixels)
    labels = engine.info.labels
    shares = page.locator("#shares td:last-child").all_inner_texts()
    assert len(shares) == len(labels.outputs)
    for text, share in zip(shares, said.probabilities.values(), strict=True):
        number = 0.5 if text.startswith("below") else 99.5 if text.startswith("above") else float(text[:-1])
        assert number == pytest.approx(100 * share, abs=0.7)
    answer = page.locator("#answer").inner_text()
    if labels.several:
        grades = [f"{label.text}: {labels.answers[said.grades[label.name]].text}" for label in labels.items]
        assert answer == "; ".join(grades)
    else:
        assert answer == said.title
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.complaints == []


def test_the_gate_gives_its_advice_and_thresholds(
    page: Any, site: tuple[str, Path], photo: Callable[..., NDArray[np.uint8]], tmp_path: Path
) -> None:
    dark = (photo(2, 400, 500) * 0.05).astype(np.uint8)
    Image.fromarray(dark).save(tmp_path / "dark.png")
    page.goto(f"{site[0]}/image_quality/")
    page.get_by_text("Ready.").wait_for(timeout=WAIT)
    _judge(page, tmp_path / "dark.png")
    facts = json.loads((site[1] / "image_quality" / "model.json").read_text())
    said = Engine(Bundle.open(zoo.path("image_quality")), 1)(dark)
    worst = max(said.findings, key=said.findings.__getitem__)
    (advice,) = [one["advice"] for one in facts["findings"] if one["name"] == worst]
    assert page.locator("#advice").inner_text().startswith(advice)
    first = page.locator("#points tr").first.inner_text()
    assert facts["operating_points"][0]["name"] in first
    assert "not reached" in first


def test_the_browser_checks_itself(page: Any, site: tuple[str, Path]) -> None:
    page.goto(f"{site[0]}/image_quality/")
    page.get_by_text("Ready.").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Check this browser").click()
    page.get_by_text("Passed: largest difference").wait_for(timeout=WAIT)


def test_what_is_no_photo_or_too_small_is_said(
    page: Any, site: tuple[str, Path], photo: Callable[..., NDArray[np.uint8]], tmp_path: Path
) -> None:
    page.goto(f"{site[0]}/confocal/")
    page.get_by_text("Ready.").wait_for(timeout=WAIT)
    (tmp_path / "a.png").write_bytes(b"no photo")
    page.get_by_label("Photo", exact=True).set_input_files(tmp_path / "a.png")
    page.get_by_text("cannot be judged").wait_for(timeout=WAIT)
    Image.fromarray(photo(1, 100, 300)).save(tmp_path / "small.png")
    page.get_by_label("Photo", exact=True).set_input_files(tmp_path / "small.png")
    page.get_by_text("is 300 x 100 pixels; the model needs 192 x 192 or more").wait_for(timeout=WAIT)


def test_without_the_runtime_the_page_says_where_to_put_it(
    page: Any, site: tuple[str, Path], bundle: Bundle
) -> None:
    export_target(bundle, site[1] / "bare", "web")
    page.goto(f"{site[0]}/bare/")
    page.get_by_text("onnxruntime-web must lie in the folder").wait_for(timeout=WAIT)
    assert "Put `ort.wasm.min.mjs`" in (site[1] / "bare" / "README.md").read_text()
