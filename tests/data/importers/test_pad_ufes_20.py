from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_patients_lesions_and_what_they_report(by_id: Rows) -> None:
    row = by_id("pad_ufes_20")["PAT_46_881_939"]
    assert (row["patient_id"], row["lesion_id"], row["dx"]) == ("PAT_46", "881", "bcc")
    assert (row["age"], row["sex"], row["body_site"], row["skin_type"]) == (55.0, "female", "neck", "3")
    assert (row["biopsied"], row["itch"], row["hurt"], row["device"]) == ("yes", "yes", "no", "smartphone")
    assert (row["diameter_1_mm"], row["diameter_2_mm"]) == ("6.0", "5.0")


def test_what_a_patient_did_not_know_is_missing(by_id: Rows) -> None:
    rows = by_id("pad_ufes_20")
    assert rows["PAT_46_881_939"]["grew"] is None  # published as UNK
    assert [rows["PAT_1516_1765_530"][name] for name in ("sex", "skin_type", "diameter_1_mm")] == [None] * 3
