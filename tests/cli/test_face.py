"""`cutis face` and `cutis norms` as they are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image


def cutis(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cutis", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cheek, a file that is no photo, and a photo of next to nothing."""
    from cutis.phantoms.facial import draw_person, render_area

    place = tmp_path_factory.mktemp("photos")
    whose = draw_person(np.random.default_rng(1))
    done = render_area("cheek_left", {}, whose, np.random.default_rng(2), severity={"pores": 2.0})
    Image.fromarray(done.image).save(place / "a.png")
    (place / "b.jpg").write_bytes(b"no photo")
    return place


def test_one_bad_photo_does_not_stop_the_others_but_is_told(folder: Path, tmp_path: Path) -> None:
    done = cutis(
        "face", folder, "--out", tmp_path / "out", "--area", "cheek_left", "--no-pdf", "--bundle", "none"
    )
    assert done.returncode == 1
    assert "b.jpg" in done.stderr
    assert "One area measured in 13 ways" in done.stdout
    assert done.stdout.strip().endswith("For research use; not a medical device.")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["face.html", "measures.csv"]


def test_nothing_is_left_half_written_where_nothing_could_be_judged(folder: Path, tmp_path: Path) -> None:
    done = cutis("face", folder / "b.jpg", "--out", tmp_path / "out", "--no-pdf")
    assert done.returncode == 1 and "b.jpg" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--view", "top"), "--view is 'top', not one of front, left, right"),
        (("--area", "ear"), "--area is 'ear', not one of forehead"),
        (("--mask", "all"), "--mask is 'all'"),
        (("--norms", "none.json"), "there is no such file"),
        (("--noise", "9"), "noise"),
    ],
)
def test_wrong_options_are_said_before_work_is_done(
    folder: Path, tmp_path: Path, more: tuple[str, str], words: str
) -> None:
    done = cutis("face", folder, "--out", tmp_path / "out", *more)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_norms_are_built_and_what_is_too_small_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    people = 90
    table = pl.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(people)],
            "patient_id": [f"S{n}" for n in range(people)],
            "area": "nose",
            "measure": "shine",
            "value": rng.normal(20, 4, people),
            "unit": "percent",
            "age": rng.integers(30, 50, people),
            "sex": ["female"] * 60 + ["male"] * 30,
        }
    )
    table.write_csv(tmp_path / "measures.csv")
    done = cutis("norms", tmp_path / "measures.csv", "--out", tmp_path / "norms.json", "--replicates", 100)
    assert done.returncode == 0, done.stderr
    assert "people: 90 people" in done.stdout and "women: 60 people" in done.stdout
    assert "Nothing of men: 30 people; at least 40 are needed." in done.stderr
    assert done.stdout.strip().endswith("norms.json")
    table.head(20).write_csv(tmp_path / "few.csv")
    few = cutis("norms", tmp_path / "few.csv", "--out", tmp_path / "few.json")
    assert few.returncode == 1 and "too few for norms" in few.stderr and not (tmp_path / "few.json").exists()
