"""Predicting loses nothing: not to a bad photo, not to an interruption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.core.errors import CutisError, OutputError
from cutis.core.predictions import read_predictions
from cutis.runtime.engine import Engine
from cutis.runtime.inputs import gather
from cutis.runtime.predict import predict

COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}


@pytest.fixture
def engine(colour_bundle: Path) -> Engine:
    return Engine.open(colour_bundle)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(30):
        colour = list(COLOURS.values())[number % 3]
        Image.fromarray(np.full((20, 30, 3), colour, np.uint8)).save(folder / f"{number:02d}.png")
    return folder


def test_every_photo_has_a_row_with_its_answer(engine: Engine, photos: Path, tmp_path: Path) -> None:
    outcome = predict(engine, gather([photos]), tmp_path / "p.csv")
    rows = read_predictions([tmp_path / "p.csv"])
    assert (outcome.written, outcome.earlier, outcome.unreadable) == (30, 0, ())
    assert rows["image_id"].to_list() == [f"{number:02d}" for number in range(30)]
    assert rows["prediction"].to_list() == ["red", "green", "blue"] * 10
    assert set(rows["source"]) == {"colour"}
    assert rows.select("p_red", "p_green", "p_blue").sum_horizontal().to_list() == pytest.approx([1] * 30)


def test_the_group_of_a_manifest_is_carried(engine: Engine, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image,patient_id\nphotos/00.png,P1\nphotos/01.png,P2\n")
    predict(engine, gather([tmp_path / "m.csv"]), tmp_path / "p.parquet", source="mine")
    rows = read_predictions([tmp_path / "p.parquet"])
    assert rows["patient_id"].to_list() == ["P1", "P2"]
    assert set(rows["source"]) == {"mine"}


def test_unreadable_and_missing_photos_are_named_and_the_others_written(
    engine: Engine, photos: Path, tmp_path: Path
) -> None:
    (photos / "03.png").write_bytes((photos / "03.png").read_bytes()[:60])
    (tmp_path / "m.csv").write_text("image\n" + "".join(f"photos/{n:02d}.png\n" for n in range(31)))
    outcome = predict(engine, gather([tmp_path / "m.csv"]), tmp_path / "p.csv")
    assert outcome.written == 29
    assert [error.path.name for error in outcome.unreadable] == ["03.png", "30.png"]
    assert "03" not in read_predictions([tmp_path / "p.csv"])["image_id"].to_list()


def test_when_no_photo_can_be_read_an_earlier_result_stays(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"damaged")
    (tmp_path / "p.csv").write_text("earlier")
    with pytest.raises(CutisError, match="nothing was written"):
        predict(engine, gather([tmp_path / "a.png"]), tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == "earlier"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "p.csv"]


class Killed(BaseException):
    """The process is gone."""


def interrupted(engine: Engine, photos: Path, out: Path, after: int) -> None:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if done >= after:
            raise Killed

    with pytest.raises(Killed):
        predict(engine, gather([photos]), out, progress=step)


@pytest.mark.parametrize("after", [1, 7, 29])
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    engine: Engine, photos: Path, tmp_path: Path, after: int
) -> None:
    predict(engine, gather([photos]), tmp_path / "whole.csv")
    interrupted(engine, photos, tmp_path / "p.csv", after)
    outcome = predict(engine, gather([photos]), tmp_path / "p.csv")
    assert outcome.earlier == after
    assert (tmp_path / "p.csv").read_text() == (tmp_path / "whole.csv").read_text()


def test_other_photos_or_another_source_do_not_go_on_from_it(
    engine: Engine, photos: Path, tmp_path: Path
) -> None:
    interrupted(engine, photos, tmp_path / "p.csv", 7)
    with pytest.raises(OutputError, match="--restart"):
        predict(engine, gather([photos / "00.png"]), tmp_path / "p.csv")
    with pytest.raises(OutputError, match="--restart"):
        predict(engine, gather([photos]), tmp_path / "p.csv", source="another")
    outcome = predict(engine, gather([photos / "00.png"]), tmp_path / "p.csv", restart=True)
    assert (outcome.written, outcome.earlier) == (1, 0)
