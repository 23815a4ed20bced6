"""From photos of one patient to lesions, scores and one answer."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from cutis.core.bundle import Bundle, Vectors, write_bundle
from cutis.core.bundle_info import OperatingPoint
from cutis.core.errors import BundleError, CutisError
from cutis.core.labels import Categorical, Label
from cutis.core.operating_point import PatientRule, Pooling
from cutis.imaging.lesions import find_lesions
from cutis.imaging.regions import Box
from cutis.runtime.engine import Engine
from cutis.runtime.screen_files import write_screening
from cutis.runtime.screen_words import answer, per_thousand, reasons
from cutis.runtime.screening import Screening, looked_for, screen

FOUND = {
    "sensitivity": {"value": 0.95, "low": 0.90, "high": 0.98},
    "specificity": {"value": 0.80, "low": 0.75, "high": 0.85},
}
Disc = tuple[int, int, int, tuple[int, int, int]]
RED, PURPLE = (205, 105, 95), (140, 70, 85)


def arm(*discs: Disc, size: tuple[int, int] = (300, 400), seed: int = 0) -> NDArray[np.uint8]:
    """Pale skin with discs of a colour: row, column, radius, colour."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(size)
    mottle = ndimage.gaussian_filter(rng.standard_normal(size), 6)[..., None] / 0.05
    photo = np.array([215.0, 170.0, 150.0]) + mottle + rng.normal(0, 2, (*size, 3))
    for row, column, radius, colour in discs:
        inside = (np.hypot(rows - row, columns - column) < radius).astype(np.float64)
        inside = ndimage.gaussian_filter(inside, 1.5)[..., None]
        photo += inside * (np.array(colour) - np.array([215.0, 170.0, 150.0]))
    return np.clip(photo, 0, 255).astype(np.uint8)


EXANTHEM = arm((70, 80, 16, RED), (200, 150, 20, RED), (150, 320, 14, RED))
SEVERE = arm((70, 80, 22, PURPLE), (200, 150, 26, RED), (150, 320, 20, PURPLE), seed=1)


@pytest.fixture(scope="module")
def bundle(colour_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two labels: the bluer the middle of a crop, the likelier is severe; nothing is learnt."""
    import onnx

    graph = onnx.parser.parse_model("""
        <ir_version: 9, opset_import: ["": 18]>
        severity (uint8[n, height, width, 3] image)
            => (float[n, 2] probabilities, float[n, 3] embedding, float[n, 2, 1, 1] saliency) {
            numbers = Cast <to = 1> (image)
            sides = Constant <value_ints = [1, 2]> ()
            embedding = ReduceMean <keepdims = 0> (numbers, sides)
            turn = Constant <value = float[3, 2] {0.05, -0.05, 0.1, -0.1, -0.16, 0.16}> ()
            logits = MatMul (embedding, turn)
            probabilities = Softmax <axis = -1> (logits)
            shape = Constant <value_ints = [-1, 2, 1, 1]> ()
            saliency = Reshape (logits, shape)
        }
    """)
    point = OperatingPoint("severe, per patient", "severe", 0.4, "sensitivity >= 0.936", found=FOUND)
    info = replace(
        Bundle.open(colour_bundle).info,
        name="severity",
        labels=Categorical((Label("not_severe", "Not severe"), Label("severe", "Severe reaction"))),
        patient=PatientRule("severe", Pooling("mean"), 0.3, point),
    )
    path = tmp_path_factory.mktemp("bundles") / "severity.cutis"
    write_bundle(path, info, graph.SerializeToString(), "# Severity\n", Vectors((), "by hand", 1e-3, 0.0))
    return path


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.open(bundle, 1)


@pytest.fixture(scope="module")
def severe(engine: Engine) -> Screening:
    return screen(engine, [SEVERE, EXANTHEM])


def test_every_lesion_of_every_photo_is_scored_and_the_shares_add_up(severe: Screening) -> None:
    assert severe.state == "scored"
    assert [(one.photo, one.lesion.number) for one in severe.lesions] == [
        (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3),
    ]  # fmt: skip
    assert severe.patient is not None
    assert sum(one.share or 0 for one in severe.lesions) == pytest.approx(1)
    assert [severe.lesions.index(one) for one in severe.telling] == list(severe.patient.telling)


def test_the_score_is_that_of_the_crop(engine: Engine, severe: Screening) -> None:
    from cutis.imaging.lesions import crop

    one = severe.lesions[2]
    assert one.probability == pytest.approx(
        engine(crop(SEVERE, one.lesion)).probabilities["severe"], abs=1e-5
    )
    assert one.saliency.shape == (1, 1)


def test_maps_turn_with_the_photo_and_answers_do_not_change() -> None:
    from cutis.imaging.lesions import crop
    from cutis.phantoms.erythema import render

    shipped = Engine.open("drug_reaction", threads=1)
    photo = render("severe", 160, np.random.default_rng(5)).image
    shown, plain = shipped.mapped(photo), shipped.ask(photo)
    turned = shipped.mapped(np.ascontiguousarray(photo[::-1, ::-1]))
    np.testing.assert_allclose(turned.saliency[:, ::-1, ::-1], shown.saliency, atol=1e-5)
    assert np.abs(plain.saliency - shown.saliency).max() > 0.01, "one map alone lies to one side"
    assert (shown.probabilities, shown.label) == (plain.probabilities, plain.label)
    np.testing.assert_array_equal(shown.embedding, plain.embedding)
    found = find_lesions(SEVERE)
    first = screen(shipped, [SEVERE], lesions=[found]).lesions[0]
    of_crop = shipped.mapped(shipped.pixels(crop(SEVERE, found.items[0])))
    np.testing.assert_allclose(first.saliency, of_crop.saliency[1], atol=1e-5)


def test_the_order_of_photos_does_not_change_the_answer(engine: Engine, severe: Screening) -> None:
    other = screen(engine, [EXANTHEM, SEVERE])
    assert severe.patient is not None and other.patient is not None
    assert other.patient.probability == pytest.approx(severe.patient.probability)


def test_every_photo_twice_changes_nothing(engine: Engine, severe: Screening) -> None:
    twice = screen(engine, [SEVERE, EXANTHEM, SEVERE, EXANTHEM])
    assert severe.patient is not None and twice.patient is not None
    assert twice.patient.probability == pytest.approx(severe.patient.probability, abs=1e-9)


def test_a_photo_without_skin_or_lesion_is_said_and_never_harmless(engine: Engine) -> None:
    none = screen(engine, [np.full((60, 60, 3), 128, np.uint8)])
    assert (none.state, none.refer, none.patient) == ("no_skin", None, None)
    assert "nothing was looked at" in answer(none)
    bare = screen(engine, [arm()])
    assert (bare.state, bare.refer) == ("no_lesion", None)
    assert "not a harmless answer" in answer(bare)
    both = screen(engine, [np.full((60, 60, 3), 128, np.uint8), EXANTHEM])
    assert both.state == "scored"
    assert any("1 photo gave no lesion" in said for said in reasons(both))


def test_one_lesion_only_is_said(engine: Engine) -> None:
    one = screen(engine, [arm((150, 200, 22, PURPLE))])
    assert one.state == "one_lesion_only"
    assert any("one lesion only" in said for said in reasons(one))


def test_lesions_that_a_user_edited_are_taken_as_they_are(engine: Engine) -> None:
    found = find_lesions(SEVERE)
    edited = found.without(1).with_box(Box(10, 10, 60, 60))
    done = screen(engine, [SEVERE], lesions=[edited])
    assert [one.lesion.number for one in done.lesions] == [2, 3, 4]
    none = screen(engine, [SEVERE], lesions=[found.without(1, 2, 3)])
    assert none.state == "no_lesion"


def test_lesions_of_another_photo_are_refused(engine: Engine) -> None:
    with pytest.raises(CutisError, match="400 x 300 pixels, and it has 200 x 200"):
        screen(engine, [arm(size=(200, 200))], lesions=[find_lesions(SEVERE)])
    with pytest.raises(CutisError, match="2 photos were given, and lesions for 1"):
        screen(engine, [SEVERE, SEVERE], lesions=[None])
    with pytest.raises(CutisError, match="No photo"):
        screen(engine, [])


def test_unreadable_photos_are_said_and_the_others_answered(engine: Engine, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    Image.fromarray(EXANTHEM).save(tmp_path / "arm.png")
    done = screen(engine, [broken, tmp_path / "arm.png"])
    assert done.state == "scored"
    assert "broken.jpg" in done.photos[0].problem
    assert screen(engine, [broken]).state == "unreadable"


def test_a_bundle_that_answers_for_lesions_only_gives_no_answer_for_the_patient(colour_bundle: Path) -> None:
    info = Bundle.open(colour_bundle).info
    with pytest.raises(BundleError, match="what of red, green, blue is looked for"):
        looked_for(info)
    point = OperatingPoint("red", "red", 0.5, "youden")
    engine = Engine(replace(Bundle.open(colour_bundle), info=replace(info, operating_points=(point,))), 1)
    done = screen(engine, [EXANTHEM])
    assert done.state == "scored" and done.patient is None and done.refer is None
    assert all(one.share is None for one in done.lesions)
    assert "no answer for a patient" in answer(done)


def test_what_the_answer_means_among_a_thousand(severe: Screening) -> None:
    meant = per_thousand(severe, 0.01)
    assert meant is not None
    assert (meant.found, meant.missed, meant.alarms) == pytest.approx((9.5, 0.5, 198.0))
    assert meant.ppv == pytest.approx(9.5 / 207.5)
    with pytest.raises(CutisError, match="prevalence"):
        per_thousand(severe, 2.0)


def test_the_files_say_what_was_found(severe: Screening, tmp_path: Path) -> None:
    write_screening(severe, tmp_path, 0.05)
    with (tmp_path / "lesions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(severe.lesions)
    assert {"photo", "number", "left", "top", "right", "bottom", "p_severe", "contribution"} <= set(rows[0])
    assert float(rows[0]["p_severe"]) == pytest.approx(severe.lesions[0].probability, rel=1e-4)
    said: dict[str, Any] = json.loads((tmp_path / "patient.json").read_text())
    assert said["refer"] is severe.refer
    assert said["state"] == "scored"
    assert any("never a diagnosis" in note for note in said["notes"])
    assert any("rendered" in note for note in said["notes"])
    assert said["at_prevalence"]["prevalence"] == 0.05
    for photo in said["photos"]:
        assert Image.open(tmp_path / photo["overlay"]).size[0] >= 400
    page = (tmp_path / "screening.html").read_text()
    for text in ("Trained on rendered images, not for care", "never a diagnosis", "Not a medical device"):
        assert text in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)


def test_boxes_are_drawn_where_the_lesions_are(severe: Screening, tmp_path: Path) -> None:
    from cutis.runtime.screen_picture import colour_of, overlay

    picture = np.asarray(overlay(severe.photos[0], severe.lesions[:3], severe))
    left = (picture.shape[1] - 400) // 2
    one = max(severe.lesions[:3], key=lambda one: one.probability)
    row = (one.lesion.box.top + one.lesion.box.bottom) // 2
    assert tuple(picture[row, left + one.lesion.box.left]) == colour_of(one.probability)


@pytest.mark.parametrize("kind", ["no_skin", "no_lesion", "unreadable"])
def test_there_is_a_page_without_an_answer_too(engine: Engine, tmp_path: Path, kind: str) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    photo = {"no_skin": np.zeros((9, 9, 3), np.uint8), "no_lesion": arm(), "unreadable": broken}[kind]
    done = screen(engine, [photo])
    assert done.state == kind
    write_screening(done, tmp_path, 0.05)
    assert "No answer" in (tmp_path / "screening.html").read_text()
    assert json.loads((tmp_path / "patient.json").read_text())["refer"] is None


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    severe: Screening,
    tmp_path: Path,
    complaints: Callable[[Path, int, str], list[str]],
    width: int,
    theme: str,
) -> None:
    write_screening(severe, tmp_path, 0.05)
    assert complaints(tmp_path / "screening.html", width, theme) == []


def test_file_names_that_are_no_text_are_spelt_out(engine: Engine, tmp_path: Path) -> None:
    names = [os.fsdecode(name) for name in (b"arm\xe9.png", b"broken\xe9.jpg")]
    Image.fromarray(EXANTHEM).save(tmp_path / names[0])
    (tmp_path / names[1]).write_bytes(b"no photo")
    (tmp_path / "out").mkdir()
    write_screening(screen(engine, [tmp_path / name for name in names]), tmp_path / "out", 0.05)
    photos = json.loads((tmp_path / "out" / "patient.json").read_text())["photos"]
    assert [one["name"] for one in photos] == ["arm\\xe9.png", "broken\\xe9.jpg"]
