from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_labels_lesions_and_the_official_split(by_id: Rows) -> None:
    rows = by_id("isic2018")
    assert {name: (row["dx"], row["split"]) for name, row in rows.items()} == {
        "ISIC_0024306": ("nv", "train"),
        "ISIC_0024310": ("mel", "train"),
        "ISIC_0034321": ("akiec", "tune"),
        "ISIC_0034524": ("vasc", "test"),
    }
    assert rows["ISIC_0024306"]["lesion_id"] == "HAM_0000550"
    assert rows["ISIC_0024310"]["confirmation"] == "histopathology"
    assert rows["ISIC_0034321"]["lesion_id"] == "ISIC_0034321"  # not published: it stands for itself
