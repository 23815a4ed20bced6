"""Which photos are looked at, in which order, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cutis.core.errors import ManifestError
from cutis.runtime.facial.photos import sources


def manifest(folder: Path, text: str) -> Path:
    for line in text.strip().splitlines()[1:]:
        Image.new("RGB", (8, 8)).save(folder / line.split(",")[0])
    (folder / "manifest.csv").write_text(text.strip() + "\n", encoding="utf-8")
    return folder / "manifest.csv"


def test_visits_are_ordered_by_their_dates_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,date,view,age,sex,skin_type
c.png,P1,2026-06-02,front,42,female,2
a.png,P1,2026-01-12,front,42,female,2
b.png,P1,2026-01-12,left,42,female,2
d.png,P2,2026-01-01,,30,male,5""",
    )
    found, notes = sources([table])
    assert [(one.image_id, one.patient, one.order, one.view) for one in found] == [
        ("a", "P1", 0, "front"),
        ("b", "P1", 0, "left"),
        ("c", "P1", 1, "front"),
        ("d", "P2", 0, "front"),
    ]
    assert found[0].visit == "2026-01-12" and found[0].skin_type == 2 and found[3].sex == "male"
    assert notes == ()


def test_numbers_order_visits_without_dates_and_names_are_taken_as_they_come(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,visit
a.png,P1,10
b.png,P1,2
c.png,P2,after
d.png,P2,before""",
    )
    found, notes = sources([table])
    assert [(one.image_id, one.order) for one in found] == [("b", 0), ("a", 1), ("c", 0), ("d", 1)]
    assert notes == (
        "P2: the visits have neither dates nor numbers, and are taken in the order of the rows: "
        "after, before.",
    )


def test_visits_that_are_called_by_days_took_place_on_them(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,visit
a.png,P1,2026-11-20
b.png,P1,2026-10-01
c.png,P2,baseline
d.png,P2,2026-10-01""",
    )
    found, notes = sources([table])
    assert [one.day for one in found if one.patient == "P2"] == [None, None]
    assert len(notes) == 1 and "P2: the visits have neither dates nor numbers" in notes[0]
    found = tuple(one for one in found if one.patient == "P1")
    assert [(one.image_id, one.visit, str(one.day)) for one in sorted(found, key=lambda one: one.order)] == [
        ("b", "2026-10-01", "2026-10-01"),
        ("a", "2026-11-20", "2026-11-20"),
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "a.png,P1,1,2026-03-01\nb.png,P1,2,2026-02-01",
            r":2: visit 1 of 'P1' is dated 2026-03-01, after visit 2",
        ),
        ("a.png,P1,1,2026-03-01\nb.png,P1,2,", r":3: date is empty, while other photos of 'P1' have one"),
        (
            "a.png,P1,1,2026-03-01\nb.png,P1,1,2026-03-05",
            r":3: visit '1' of 'P1' is dated 2026-03-05, and 2026-03-01",
        ),
        (
            "a.png,P1,1,12.3.2026\nb.png,P1,2,2026-03-01",
            r":2: date is '12.3.2026', not a day such as 2026-03-09",
        ),
    ],
)
def test_visits_that_contradict_their_dates_are_named(tmp_path: Path, rows: str, words: str) -> None:
    table = manifest(tmp_path, "image,patient_id,visit,date\n" + rows)
    with pytest.raises(ManifestError, match=words):
        sources([table])


def test_two_people_under_one_name_are_noticed(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,visit,sex,skin_type
a.png,P1,1,female,2
b.png,P1,2,male,5""",
    )
    with pytest.raises(ManifestError) as told:
        sources([table])
    assert len(told.value.problems) == 2
    assert ":3: sex of 'P1' is 'male', and 'female' in row 2: two participants under one patient_id?" in str(
        told.value
    )


def test_visits_of_nobody_are_refused(tmp_path: Path) -> None:
    table = manifest(tmp_path, "image,visit\na.png,1\nb.png,2")
    with pytest.raises(ManifestError, match="column visit but no patient_id"):
        sources([table])


def test_wrong_cells_are_reported_together(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,view,area,skin_type
a.png,P1,top,,2
b.png,P1,front,elbow,9""",
    )
    with pytest.raises(ManifestError) as told:
        sources([table])
    said = str(told.value)
    assert "view is 'top', not one of front, left, right" in said
    assert "area is 'elbow'" in said and "skin_type is '9'" in said


def test_loose_photos_stand_for_themselves_or_for_one_named_participant(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found, _ = sources([tmp_path], view="left")
    assert [(one.patient, one.view, one.identified) for one in found] == [
        ("a", "left", False),
        ("b", "left", False),
    ]
    named, _ = sources([tmp_path], patient="P7", area="nose")
    assert {one.patient for one in named} == {"P7"} and all(one.identified for one in named)
    assert {one.area for one in named} == {"nose"}


def test_days_are_days_however_they_are_written(tmp_path: Path) -> None:
    table = manifest(
        tmp_path,
        """image,patient_id,date,skin_type
a.png,P1,2026-04-01,3
b.png,P1,20260309,3.0
c.png,P1,2026-03-09,3""",
    )
    found, _ = sources([table])
    assert [(one.image_id, one.order, one.visit) for one in found] == [
        ("b", 0, "2026-03-09"),
        ("c", 0, "2026-03-09"),
        ("a", 1, "2026-04-01"),
    ]
