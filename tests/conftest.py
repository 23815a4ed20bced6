"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A loaded machine is slow at times; how fast an example runs is no promise of the code.
settings.register_profile("cutis", deadline=None)
settings.load_profile("cutis")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real image sets: named by CUTIS_DATA, or shared/data beside the checkout."""
    place = Path(os.environ.get("CUTIS_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "ham10000" / "manifest.csv").is_file():
        pytest.skip(f"no real image sets at {place} (set CUTIS_DATA to their folder)")
    return place
