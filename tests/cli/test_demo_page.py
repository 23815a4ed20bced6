"""The demo's last page, without running the demo."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from cutis.cli.demo import BUNDLE
from cutis.cli.demo_page import write_index


@pytest.fixture
def index(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    names = ["psoriasis", "psoriasis", "keloid_hypertrophic_scar"]
    for number in range(len(names)):
        Image.new("RGB", (32, 24), (200, 120 + number, 110)).save(photos / f"{number}.png")
    table = pl.DataFrame(
        {"image": ["0.png", "1.png", "2.png"], "patient_id": ["a", "b", "c"], "diagnosis": names}
    )
    table.write_csv(photos / "manifest.csv")
    accuracy = {"value": 0.853, "low": 0.801, "high": 0.898}
    (tmp_path / "report").mkdir()
    figures = {"sources": {BUNDLE: {"balanced_accuracy": accuracy}}}
    (tmp_path / "report" / "metrics.json").write_text(json.dumps(figures), encoding="utf-8")
    return write_index(tmp_path, BUNDLE, ["cutis doctor", f"cutis predict {BUNDLE} {'a' * 90}.csv"])


def test_it_says_the_answer_with_its_interval_and_shows_one_photo_of_each_disease(index: Path) -> None:
    page = index.read_text(encoding="utf-8")
    assert "85 of 100 photos of each disease" in page and "(80–90)" in page
    assert page.count("<img") == 2
    assert "Keloid and hypertrophic scar" in page
    assert "not for care" in page and "Not a medical device." in page


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_it_fits_its_screen_and_reads_well(
    complaints: Callable[[Path, int, str], list[str]], index: Path, width: int, theme: str
) -> None:
    assert complaints(index, width, theme) == []
