"""A small rendered manifest that trains in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

CLASSES = ("melanocytic_nevus", "psoriasis", "hemangioma")
COLOURS = {"melanocytic_nevus": (110, 80, 60), "psoriasis": (220, 150, 150), "hemangioma": (150, 30, 50)}


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """45 photos of 30 patients in three easily told classes, split by patient."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows = []
    for patient in range(30):
        name = CLASSES[patient % 3]
        split = "train" if patient < 18 else "tune" if patient < 24 else "test"
        for number in range(1 + patient % 2):
            image = rng.normal(200, 12, (40, 48, 3))
            top, left = rng.integers(4, 12, 2)
            image[top : top + 20, left : left + 24] = rng.normal(COLOURS[name], 15, (20, 24, 3))
            file = f"{patient:02d}_{number}.png"
            Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / file)
            rows.append({"image": file, "patient_id": f"P{patient:02d}", "diagnosis": name, "split": split})
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"
