"""Areas of participants as files, and their truth beside them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.core.errors import CutisError, OutputError
from cutis.core.manifest import read_manifest
from cutis.phantoms.facial import AREAS, CONDITIONS, write_photos
from cutis.phantoms.facial.files import planned


def test_the_manifest_holds_grades_and_truth(tmp_path: Path) -> None:
    done: list[int] = []
    path = write_photos(tmp_path, 12, 3, size=48, masks=True, progress=done.append)
    assert done == [1] * 12
    manifest = read_manifest(path)
    table = manifest.table
    assert manifest.group == "patient_id"
    assert len(table) == 12
    assert set(table["area"]) <= set(AREAS)
    assert set(table["rendered"]) == {"true"}
    assert set(table["view"]) <= {"front", "left", "right"}
    for name in CONDITIONS:
        assert set(table[f"grade_{name}"]) <= set("01234")
        for row in table.iter_rows(named=True):
            assert abs(float(row[f"true_severity_{name}"]) - int(row[f"grade_{name}"])) <= 0.3
            mask = tmp_path / "masks" / f"{row['image_id']}_{name}.png"
            assert mask.exists() <= (int(row[f"grade_{name}"]) > 0)
            assert row[f"mask_{name}"] == (f"masks/{mask.name}" if mask.exists() else None)
    for _, photos in table.group_by("patient_id"):
        assert photos["area"].n_unique() == len(photos)
        for column in ("age", "sex", "skin_type"):
            assert photos[column].n_unique() == 1
    for place in manifest.paths:
        with Image.open(place) as photo:
            assert min(photo.size) == 48
            assert b"Rendered" in photo.info["comment"]
    skins = list((tmp_path / "masks").glob("*_skin.png"))
    assert len(skins) == 12
    with Image.open(skins[0]) as skin:
        assert set(np.unique(np.array(skin))) <= {0, 1, 255}


def test_a_photo_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    write_photos(tmp_path / "few", 3, 5, size=32)
    write_photos(tmp_path / "more", 6, 5, size=32)
    for path in (tmp_path / "few" / "images").iterdir():
        assert path.read_bytes() == (tmp_path / "more" / "images" / path.name).read_bytes()


def test_areas_have_their_turn_and_participants_several() -> None:
    plan = list(islice(planned(1), 450))
    counts = [sum(area == name for _, area in plan) for name in AREAS]
    assert min(counts) >= 45
    of_one = np.bincount([participant for participant, _ in plan])[:-1]
    assert of_one.min() >= 4
    assert of_one.max() <= 6


def test_what_is_there_is_left_alone_and_wrong_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="n is 0"):
        write_photos(tmp_path, 0)
    (tmp_path / "manifest.csv").write_text("image\nmine.jpg\n")
    with pytest.raises(OutputError, match="is there already"):
        write_photos(tmp_path, 1)
