"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

# A loaded machine is slow at times; how fast an example runs is no promise of the code.
settings.register_profile("cutis", deadline=None)
# The same examples in every run, so that a change fails for what it brought; `make search` looks for others.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "cutis"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real image sets: named by CUTIS_DATA, or shared/data beside the checkout."""
    place = Path(os.environ.get("CUTIS_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "ham10000" / "manifest.csv").is_file():
        pytest.skip(f"no real image sets at {place} (set CUTIS_DATA to their folder)")
    return place


@pytest.fixture(scope="session")
def photo() -> Callable[..., NDArray[np.uint8]]:
    """Make a photo of a spot on skin, another for each seed: (height, width, 3) uint8."""

    def make(seed: int, height: int = 224, width: int = 299) -> NDArray[np.uint8]:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:height, :width] / height
        waves = sum(
            rng.normal() / f * np.cos(2 * np.pi * f * (np.cos(a) * x + np.sin(a) * y) + rng.uniform(0, 6.3))
            for f, a in zip(rng.uniform(1, 40, 30), rng.uniform(0, np.pi, 30), strict=True)
        )
        far = np.hypot(x - rng.uniform(0.4, 0.9), (y - rng.uniform(0.3, 0.7)) * rng.uniform(0.7, 1.4))
        spot = 1 / (1 + np.exp((far + 0.04 * waves - rng.uniform(0.15, 0.3)) * 40))
        skin, lesion = rng.uniform([190, 130, 110], [230, 180, 160]), rng.uniform([60, 30, 20], [140, 90, 70])
        colour = skin + spot[..., None] * (lesion - skin) + 6 * waves[..., None]
        return np.clip(colour + rng.normal(0, 2, colour.shape), 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def colour_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose network says which of red, green and blue a photo has most of; nothing is learnt."""
    import onnx

    from cutis.core.bundle import BundleInfo, Member, TrainingData, Vector, Vectors, write_bundle
    from cutis.core.labels import Categorical, Label

    graph = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        colour (uint8[n, height, width, 3] image)
            => (float[n, 3] probabilities, float[n, 3] embedding, float[n, 3, 1, 1] saliency) {
            numbers = Cast <to = 1> (image)
            sides = Constant <value_ints = [1, 2]> ()
            embedding = ReduceMean <keepdims = 0> (numbers, sides)
            gain = Constant <value_floats = [0.05]> ()
            logits = Mul (embedding, gain)
            probabilities = Softmax <axis = -1> (logits)
            shape = Constant <value_ints = [-1, 3, 1, 1]> ()
            saliency = Reshape (logits, shape)
        }
    """)
    info = BundleInfo(
        name="colour",
        version="1.0",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="dermoscopy",
        title="Which colour is it?",
        labels=Categorical((Label("red", "Red"), Label("green", "Green"), Label("blue", "Blue"))),
        modality="dermoscopic",
        size=16,
        members=(Member("colour", "mean", 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),),
        training=TrainingData("none", rendered=True, images=0, groups=0, fingerprint="", split_hash=""),
        licence="Apache-2.0",
    )
    powers = np.exp(np.array([10.0, 5.0, 0.0]))  # of the mean colour 200, 100, 0
    expected = dict(zip(info.labels.names, (powers / powers.sum()).tolist(), strict=True))
    reddish = np.broadcast_to(np.array([200, 100, 0], dtype=np.uint8), (8, 8, 3)).copy()
    path = tmp_path_factory.mktemp("bundles") / "colour.cutis"
    vectors = Vectors((Vector(reddish, expected),), "by hand", 1e-3, 0.0)
    write_bundle(path, info, graph.SerializeToString(), "# Colour\n", vectors)
    return path


@pytest.fixture(scope="session")
def grey_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that grades 0 to 4 by how bright a patch of 16 x 16 pixels is, and maps it at a stride of 4.

    The most probable grade is the nearest to the mean grey / 50; see `dense_by_hand` in tests/runtime.
    """
    import onnx

    from cutis.core.bundle import BundleInfo, Dense, Member, TrainingData, Vectors, write_bundle
    from cutis.core.labels import Label, Ordinal

    dense = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        grey (float[1, 1, height, width] image) => (float[5, rows, columns] probabilities) {
            mean = AveragePool <kernel_shape = [16, 16], strides = [4, 4]> (image)
            first = Constant <value_ints = [0]> ()
            field = Squeeze (mean, first)
            centre = Constant <value_floats = [0.0, 50.0, 100.0, 150.0, 200.0]> ()
            shape = Constant <value_ints = [5, 1, 1]> ()
            centres = Reshape (centre, shape)
            gap = Sub (field, centres)
            square = Mul (gap, gap)
            gain = Constant <value_floats = [-0.002]> ()
            logits = Mul (square, gain)
            probabilities = Softmax <axis = 0> (logits)
        }
    """)
    info = BundleInfo(
        name="grey",
        version="1.0",
        created="2026-01-01T00:00:00Z",
        cutis="0.1.0",
        task="confocal",
        title="How bright is it?",
        labels=Ordinal([Label(str(n), f"{n}, brightness {50 * n}") for n in range(5)]),
        modality="confocal",
        size=16,
        members=(Member("grey", "mean", 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),),
        training=TrainingData("none", rendered=True, images=0, groups=0, fingerprint="", split_hash=""),
        licence="Apache-2.0",
        dense=Dense(patch=16, stride=4, spacing=1.0),
    )
    path = tmp_path_factory.mktemp("bundles") / "grey.cutis"
    vectors = Vectors((), "by hand", 1e-3, 0.0)
    write_bundle(path, info, b"none", "# Grey\n", vectors, dense=dense.SerializeToString())
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; tests that need it are skipped where it is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    playwright.expect.set_options(timeout=60_000)  # a page of a busy machine is late, not wrong
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def complaints(browser: Any) -> Callable[[Path, int, str], list[str]]:
    """Open a page of so many pixels in a theme, offline, and list what is wrong with it."""

    def look(path: Path, width: int, theme: str) -> list[str]:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, offline=True
        )
        page = context.new_page()
        found: list[str] = []
        page.on("console", lambda message: found.append(message.text))
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("request", lambda request: found.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(200)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found += page.evaluate(_LOOK)
        context.close()
        return [one for one in found if not one.startswith(("data:", "file:", "blob:"))]

    return look


# Wider than the screen, cut off with no way to scroll there, contrast under 4.5 to 1, under 44 pixels high.
_LOOK = """() => {
  const short = (e) => `${e.tagName} ${e.className}: ${(e.textContent || e.outerHTML).trim().slice(0, 40)}`;
  const numbers = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = numbers(c).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 :
    ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const up = function* (e) { for (; e; e = e.parentElement) yield [e, getComputedStyle(e)]; };
  const ground = (e) => { for (const [, s] of up(e)) if ((numbers(s.backgroundColor)[3] ?? 1) > 0)
    return s.backgroundColor; return "rgb(255, 255, 255)"; };
  const scrolled = (e) => [...up(e)].some(([, s]) => /auto|scroll/.test(s.overflowX));
  const all = [...document.querySelectorAll("body *:not(script):not(style):not(option)")]
    .filter((e) => e.getClientRects().length);
  const wide = document.documentElement.scrollWidth > innerWidth ? ["wider than the screen"] : [];
  const cut = all.filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolled(e));
  const faint = all.filter((e) => {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) return false;
    // A number on a photo stands on the photo, whatever the page's ground is; it has an outline of its own.
    const drawing = e instanceof SVGElement ? e.ownerSVGElement : null;
    if (drawing?.parentElement?.querySelector("img, image")) return false;
    const style = getComputedStyle(e), ink = e instanceof SVGElement ? style.fill : style.color;
    if (!/^rgb/.test(ink) || !/^rgb/.test(ground(e))) return false;
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) < 4.5; });
  // Of a radio button its label is what is touched.
  const targets = "button, select, summary, nav a, dt a, label:has([type=radio]), "
    + "input:not([type=checkbox], [type=radio])";
  const small = all.filter((e) => e.matches(targets) && e.getBoundingClientRect().height < 44);
  const say = (what, found) => found.map((e) => `${what}: ${short(e)}`);
  return [...wide, ...say("cut off", cut), ...say("faint", faint), ...say("small", small)];
}"""
