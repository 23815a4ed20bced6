"""What several raters said becomes shares, however a table has spelt it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.core.errors import ManifestError
from cutis.core.labels import Label, Ordinal
from cutis.core.manifest import read_manifest
from cutis.training.raters import soft_targets

LABELS = Ordinal((Label("1"), Label("2"), Label("3")))


def shares(folder: Path, cells: str) -> object:
    (folder / "m.csv").write_text(f"image,grade,rater_a,rater_b\n{cells}", encoding="utf-8")
    part = read_manifest(folder / "m.csv", target="grade", labels=LABELS, find_images=False)
    return soft_targets(part, LABELS, np.array([0, 1]))


def test_ratings_with_gaps_that_a_table_turned_into_decimals_are_read(tmp_path: Path) -> None:
    found = shares(tmp_path, "a.png,1,1.0,2.0\nb.png,2,,2.0\n")
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [0, 1, 0]])


def test_a_photo_that_nobody_rated_keeps_its_own_label(tmp_path: Path) -> None:
    np.testing.assert_allclose(shares(tmp_path, "a.png,1,3,3\nb.png,2,,\n"), [[0, 0, 1], [0, 1, 0]])


def test_a_rating_that_is_none_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"m\.csv:3: rater_b is '4', not one of 1, 2, 3"):
        shares(tmp_path, "a.png,1,1,2\nb.png,2,2,4\n")
