from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_malignancy_and_pairs_of_skin_types(by_id: Rows) -> None:
    rows = by_id("ddi")
    assert [row["malignancy"] for row in rows.values()] == ["malignant", "malignant", "benign"]
    assert [row["skin_type"] for row in rows.values()] == ["5-6", "3-4", "1-2"]
    assert rows["10"]["diagnosis"] == "basal-cell-carcinoma-superficial"
    assert rows["10"]["image"].endswith("000010.png")
