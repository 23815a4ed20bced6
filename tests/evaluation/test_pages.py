"""The pages in a real browser: phone and desk, both themes, no network, keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutis.evaluation.assessment import Draws
from cutis.evaluation.compare import write_comparison
from cutis.evaluation.report import write_report

from .conftest import Tables

pytestmark = pytest.mark.browser
LONG = ("keloid_hypertrophic_scar", "seborrheic_dermatitis", "melanocytic_nevus", "basal_cell_carcinoma")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with a model and readers, two of two classes, by photo and by patient, and a comparison."""
    several = Tables(tmp_path_factory.mktemp("several"))
    several.write_truth(
        labels=LONG, body_site=["an unusually long body site, left" if k % 2 else "arm" for k in range(60)]
    )
    model = several.write_predictions("efficientnet_b4_with_a_long_name", labels=LONG, accuracy=0.6)
    other = several.write_predictions("net", labels=LONG, accuracy=0.5, seed=3)
    reader = several.write_predictions("Dr A", kind="reader", labels=LONG, seed=2)
    two = Tables(tmp_path_factory.mktemp("two"))
    two.write_truth(labels=("mild", "severe"), rendered=["true"] * 60)
    binary = two.write_predictions(labels=("mild", "severe"))
    draws = Draws(replicates=200)
    patients = write_report(
        [binary], two.truth, two.folder / "patients", draws=draws, patients=True, prevalences=(0.01, 0.05)
    )
    return {
        "patients": patients.page,
        "report": write_report([model, reader], several.truth, several.folder / "out", draws=draws).page,
        "two classes": write_report([binary], two.truth, two.folder / "out", draws=draws).page,
        "comparison": write_comparison(
            [model, other, reader], several.truth, several.folder / "out", draws=draws
        ).page,
    }


@pytest.mark.parametrize("name", ["report", "two classes", "patients", "comparison"])
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_a_page_fits_its_screen_reads_well_and_asks_for_nothing(
    complaints: Callable[[Path, int, str], list[str]],
    pages: dict[str, Path],
    name: str,
    width: int,
    theme: str,
) -> None:
    assert complaints(pages[name], width, theme) == []


def test_a_photo_opens_by_keyboard_and_closes_with_escape(browser: Any, pages: dict[str, Path]) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(pages["report"].as_uri())
    photos = page.locator(".photos button")
    photos.nth(0).focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    assert dialog.is_visible()
    first = dialog.locator("img").get_attribute("src")
    assert first == photos.nth(0).locator("img").get_attribute("src")
    page.keyboard.press("ArrowRight")
    assert dialog.locator("img").get_attribute("src") == photos.nth(1).locator("img").get_attribute("src")
    assert "Truth" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.close()


def test_paper_shows_what_the_screen_folds_away(browser: Any, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["report"].as_uri())
    assert not page.get_by_text("sensitivity keloid hypertrophic scar").first.is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.get_by_text("sensitivity keloid hypertrophic scar").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()
