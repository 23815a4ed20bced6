"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real image sets: named by CUTIS_DATA, or shared/data beside the checkout."""
    place = Path(os.environ.get("CUTIS_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "ham10000" / "manifest.csv").is_file():
        pytest.skip(f"no real image sets at {place} (set CUTIS_DATA to their folder)")
    return place
