"""Small studies with known answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

LABELS = ("bcc", "mel", "nv")


class Tables:
    """A truth table with photos, and predictions of it, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth = folder / "manifest.csv"

    def write_truth(
        self, photos: int = 60, *, labels: tuple[str, ...] = LABELS, **columns: list[Any]
    ) -> Path:
        """Photos p00, p01 ...; two per patient; classes in turn by patient; ages, sexes and small images."""
        (self.folder / "images").mkdir(exist_ok=True)
        for k in range(photos):
            colour = (120 + 13 * k % 100, 90 + 7 * k % 100, 80)
            Image.new("RGB", (48, 36), colour).save(self.folder / "images" / f"p{k:02}.png")
        patients = [k // 2 for k in range(photos)]
        table: dict[str, list[Any]] = {
            "image": [f"images/p{k:02}.png" for k in range(photos)],
            "patient_id": [f"P{p}" for p in patients],
            "diagnosis": [labels[p % len(labels)] for p in patients],
            "age": [20 + p for p in patients],
            "sex": ["female" if p % 2 else "male" for p in patients],
        }
        pl.DataFrame(table | columns).write_csv(self.truth)
        return self.truth

    def write_predictions(
        self,
        name: str = "net",
        *,
        kind: str = "model",
        labels: tuple[str, ...] = LABELS,
        accuracy: float = 0.8,
        keep: Callable[[int], bool] = lambda row: True,
        seed: int = 0,
    ) -> Path:
        """Right with the given chance per photo; models also give probabilities."""
        rng = np.random.default_rng(seed)
        truth = pl.read_csv(self.truth)["diagnosis"].to_list()
        rows = []
        for row, actual in enumerate(truth):
            scores = rng.dirichlet(np.ones(len(labels)))
            wanted = labels.index(actual) if actual in labels else 0
            best = int(scores.argmax())
            if rng.random() < accuracy:
                scores[[wanted, best]] = scores[[best, wanted]]
            said = labels[int(scores.argmax())]
            cells = {"image_id": f"p{row:02}", "source": name, "kind": kind, "prediction": said}
            if kind == "model":
                cells |= {f"p_{label}": float(p) for label, p in zip(labels, scores, strict=True)}
            if keep(row):
                rows.append(cells)
        path = self.folder / f"{''.join(c if c.isalnum() else f'{ord(c):x}' for c in name)}.csv"
        pl.DataFrame(rows).write_csv(path)
        return path


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)
