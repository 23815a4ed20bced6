from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_labels_people_and_the_official_split(by_id: Rows) -> None:
    rows = by_id("isic2019")
    first, second = rows["ISIC_0000000"], rows["ISIC_0000017_downsampled"]
    assert (first["dx"], first["lesion_id"], first["age"], first["sex"]) == (
        "nv",
        "BCN_0000001",
        55.0,
        "female",
    )
    assert (second["dx"], second["age"], second["sex"], second["body_site"]) == (
        "scc",
        None,
        None,
        "head neck",
    )
    assert second["lesion_id"] == "ISIC_0000017_downsampled"
    assert [row["split"] for row in rows.values()] == ["train", "train", "test", "test"]


def test_none_of_the_eight_is_not_a_class(by_id: Rows) -> None:
    rows = by_id("isic2019")
    assert rows["ISIC_0034321"]["dx"] == "ak"
    assert rows["ISIC_0073242"]["dx"] is None
    assert rows["ISIC_0073242"]["age"] == 75.0
