"""The demo, from nothing to its page, as a newcomer runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_it_ends_with_a_page_whose_links_exist_and_with_a_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cutis", "demo", "--out", str(tmp_path), "--no-serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].endswith("index.html")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for link in ("report/report.html", "explanation/index.html", "embedding.html", "predictions.csv"):
        assert f'href="{link}"' in page
        assert (tmp_path / link).is_file()
    assert "rendered photos" in page
    figures = json.loads((tmp_path / "report" / "metrics.json").read_text())
    ((_, found),) = figures["sources"].items()
    assert figures["n"] == 280
    # The model is good and the photos are hard: a figure outside this range is a broken chain.
    assert 0.6 < found["balanced_accuracy"]["value"] < 0.99
