"""What a large photo shows only when it is zoomed into, as the page says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.phantoms.dermoscopy import render
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.web.analyse import answers
from cutis.web.analyse.scene import Scene
from cutis.web.analyse.shown import Shown
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.open("image_quality", threads=1)


@pytest.fixture(scope="module")
def soft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that was enlarged: good enough as a whole, soft pixel by pixel."""
    lesion = Image.fromarray(render("melanocytic_nevus", 512, np.random.default_rng(9)).image)
    place = tmp_path_factory.mktemp("photos") / "soft.jpg"
    lesion.resize((1024, 1024), Image.Resampling.BICUBIC).save(place, quality=95)
    return place


def _page(result: dict[str, object]) -> Shown:
    rows = [Analysis(id="one", state=DONE, result=result | {"suits": {"suits": True, "why": ""}})]
    return shown(rows, {})[0]


def _answer(engine: Engine, photo: Path) -> dict[str, object]:
    scene = Scene(photo, photo, *Image.open(photo).size)
    return answers.head(engine, scene) | answers.quality(engine, scene)


def test_a_hint_is_given_and_refuses_nothing(engine: Engine, soft: Path) -> None:
    said, verdict = _answer(engine, soft), Gate(engine)(soft)
    assert verdict.detail is not None and said["passed"] is verdict.passed is True
    assert said["detail"] == {
        "told": list(verdict.detail.told),
        "finest": 2 * verdict.detail.step,
        "side": verdict.detail.side,
        "across": verdict.detail.across,
        "lost": False,
    }
    assert set(verdict.hints) <= set(_page(said).more)


def test_a_small_photo_has_no_detail_to_judge(engine: Engine, soft: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.jpg"
    Image.open(soft).resize((400, 400)).save(small)
    said = _answer(engine, small)
    assert said["detail"] is None and "zoomed" not in " ".join(_page(said).more)


def test_where_a_lesion_is_lost_the_reason_is_said_and_not_the_number(engine: Engine, soft: Path) -> None:
    said = _answer(engine, soft)
    detail = {"told": ["blur"], "finest": 32, "side": 64, "across": 40, "lost": True}
    page = _page(said | {"detail": detail, "passed": False})
    assert page.state == "attention" and "some 40 points across the spot" in page.sentence
    assert page.extra["reason"] == "Blurred"
