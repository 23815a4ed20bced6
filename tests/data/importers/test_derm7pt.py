from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutis.core.errors import ManifestError
from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Rows = Callable[[str], dict[str, dict[str, Any]]]


def test_a_case_gives_a_clinical_and_a_dermoscopic_row(by_id: Rows) -> None:
    rows = by_id("derm7pt")
    assert list(rows) == ["1_clinic", "1_derm", "2_clinic", "2_derm", "3_clinic", "3_derm"]
    assert (rows["3_clinic"]["modality"], rows["3_derm"]["modality"]) == ("clinical", "dermoscopic")
    assert rows["3_clinic"]["image"].endswith("images/NGL/NGL031.JPG")
    assert {row["lesion_id"] for row in rows.values()} == {"1", "2", "3"}


def test_the_groups_of_the_paper_and_the_owners_words(by_id: Rows) -> None:
    rows = by_id("derm7pt")
    found = [(rows[f"{n}_derm"]["dx"], rows[f"{n}_derm"]["diagnosis"]) for n in (1, 2, 3)]
    assert found == [
        ("bcc", "basal cell carcinoma"),
        ("nev", "reed or spitz nevus"),
        ("mel", "melanoma (less than 0.76 mm)"),
    ]


def test_the_checklist(by_id: Rows) -> None:
    row = by_id("derm7pt")["3_derm"]
    assert (row["seven_point_score"], row["pigment_network"], row["streaks"]) == (
        "5.0",
        "atypical",
        "irregular",
    )
    assert (row["sex"], row["body_site"], row["difficulty"]) == ("male", "back", "high")


def test_positions_counted_from_0_give_the_published_split(by_id: Rows) -> None:
    rows = by_id("derm7pt")
    assert [rows[f"{n}_derm"]["split"] for n in (1, 2, 3)] == ["tune", "test", "train"]


@pytest.mark.parametrize(
    ("indexes", "said"),
    [
        ("indexes\n2\n7\n", r"train_indexes\.csv:3: indexes is '7', not a position in meta\.csv"),
        ("indexes\n2\n0\n", r"valid_indexes\.csv:2: case 0 is in train already"),
        ("indexes\n-1\n", r"train_indexes\.csv:2: indexes is '-1'"),
        ("case\n2\n", r"train_indexes\.csv:1: there is no column indexes"),
    ],
)
def test_a_split_that_does_not_fit_the_table_is_refused(
    indexes: str, said: str, publish: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = publish("derm7pt")
    (folder / "release_v0" / "meta" / "train_indexes.csv").write_text(indexes)
    with pytest.raises(ManifestError, match=said):
        import_set(get_importer("derm7pt"), folder, tmp_path / "m.csv")


def test_a_case_without_a_part_is_named_by_its_line(publish: Callable[[str], Path], tmp_path: Path) -> None:
    folder = publish("derm7pt")
    meta = folder / "release_v0" / "meta" / "meta.csv"
    meta.write_text(meta.read_text() + meta.read_text().splitlines()[-1].replace("3,", "4,", 1) + "\n")
    # The note of case 1 runs over two lines, so that the fifth row of the table stands on line 6.
    with pytest.raises(ManifestError, match=r"meta\.csv:6: this case is in none of train_indexes"):
        import_set(get_importer("derm7pt"), folder, tmp_path / "m.csv")
