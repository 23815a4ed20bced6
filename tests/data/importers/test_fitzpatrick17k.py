from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_conditions_and_skin_types(by_id: Rows) -> None:
    rows = by_id("fitzpatrick17k")
    first, second = rows["5e82a45bc5d78bd24ae9202d194423f8"], rows["9bc21ae9502b720f604907ff56dbc4c7"]
    assert first["diagnosis"] == "drug induced pigmentary changes"
    assert (first["nine_partition"], first["three_partition"]) == ("inflammatory", "non-neoplastic")
    assert (first["skin_type"], second["skin_type"]) == ("3", None)  # -1: nobody could tell
    assert second["skin_type_centaur"] == "2"
    assert second["label_check"] == "1 Diagnostic"
