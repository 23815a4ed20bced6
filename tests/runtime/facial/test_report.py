"""From photos of skin to a report: what is graded, measured, compared, refused and said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.face import Box, FaceError, Found, Landmarks
from cutis.imaging.measures import NAMES
from cutis.runtime.engine import Engine
from cutis.runtime.facial.analysis import Asked, analyse, analyse_each
from cutis.runtime.facial.norms import build_norms
from cutis.runtime.facial.repeats import repeats
from cutis.runtime.facial.report import page_names, write_report
from cutis.runtime.facial.tables import COLUMNS, read_measures
from cutis.runtime.facial.values import FaceAnalysis, Refused, Source
from cutis.runtime.facial.visits import timeline

Cheeks = Callable[[int, int, float], Path]


def cheek(path: Path, patient: str = "P1", order: int = 0, **more: Any) -> Source:
    day = date(2026, 1 + 2 * order, 12)
    return Source(
        path,
        path.stem,
        patient,
        visit=str(order + 1),
        order=order,
        day=day,
        area="cheek_left",
        age=40.0,
        sex="female",
        identified=True,
        **more,
    )


@pytest.fixture(scope="module")
def visits(cheeks: Cheeks) -> list[FaceAnalysis]:
    """A cheek that was sore and no longer is, and one photo between."""
    sores = (3.0, 1.5, 0.0)
    sources = [cheek(cheeks(1, light, sore), order=light) for light, sore in enumerate(sores)]
    done = list(analyse_each(sources, Asked()))
    assert all(isinstance(one, FaceAnalysis) for one in done)
    return [one for one in done if isinstance(one, FaceAnalysis)]


def text(path: Path) -> str:
    page = re.sub(r"<(style|script).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    page = re.sub(r"</?(span|b|i|a)\b[^>]*>", "", page)  # within a sentence
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_without_a_model_measures_alone_are_taken_and_it_is_said(
    visits: list[FaceAnalysis], tmp_path: Path
) -> None:
    one = visits[0]
    assert [each.name for each in one.areas[0].measures] == list(NAMES)
    assert one.areas[0].grades == () and one.model is None
    done = write_report([one], tmp_path, pdf=False)
    said = text(tmp_path / "face.html")
    assert "One area measured in 13 ways; none graded." in said
    assert "No grades: no model was given" in said
    assert "Make-up cannot be recognised" in said and "no diagnosis" in said
    assert "Trained on rendered" not in said
    assert done.pages == {"P1": "face.html"}


def test_grades_come_with_their_uncertainty_and_rendered_training_is_said(
    cheeks: Cheeks, graded_bundle: Path, tmp_path: Path
) -> None:
    engine = Engine.open(graded_bundle, 1)
    one = analyse(cheek(cheeks(1, 0, 3.0)), Asked(engine=engine))
    grades = {each.condition: each for each in one.areas[0].grades}
    assert len(grades) == 8
    for each in grades.values():
        assert each.low <= each.grade <= each.high and sum(each.probabilities) == pytest.approx(1, abs=1e-4)
        assert each.score == pytest.approx(
            sum(n * share for n, share in enumerate(each.probabilities)), abs=1e-3
        )
        assert each.map is not None and each.map.shape == one.areas[0].area.image.shape[:2]
    write_report([one], tmp_path, pdf=False)
    said = text(tmp_path / "face.html")
    assert re.search(r"Dermatitis on the left cheek: \w+ \(\d\.\d of 4, likely \d( to \d)?\)\.", said)
    assert "Trained on rendered images, not for care." in said
    rows = pl.read_csv(tmp_path / "measures.csv", infer_schema=False)
    assert set(rows["measure"]) == {*NAMES, *(f"grade_{name}" for name in grades)}


def test_dark_skin_is_told_what_its_spots_are_worth(tmp_path: Path) -> None:
    from cutis.phantoms.facial import draw_person, render_area

    told = {}
    for skin_type in (2, 6):
        only = tuple(float(other == skin_type) for other in range(1, 7))
        who = draw_person(np.random.default_rng(4), only)
        done = render_area("cheek_left", {}, who, np.random.default_rng(5), view="front")
        folder = tmp_path / str(skin_type)
        folder.mkdir()
        Image.fromarray(done.image).save(folder / "photo.png")
        write_report([analyse(cheek(folder / "photo.png"))], folder, pdf=False)
        told[skin_type] = "brown spots stand out little" in text(folder / "face.html")
    assert told == {2: False, 6: True}


def test_the_table_holds_every_measure_and_can_be_read_for_norms(
    visits: list[FaceAnalysis], tmp_path: Path
) -> None:
    lost = Refused(cheek(tmp_path / "lost.png", order=1), "is not there.")
    write_report([*visits, lost], tmp_path, pdf=False)
    rows = pl.read_csv(tmp_path / "measures.csv", infer_schema=False)
    assert tuple(rows.columns) == COLUMNS
    assert rows.filter(pl.col("image_id") == "lost")["note"].to_list() == ["is not there."]
    again = read_measures([tmp_path / "measures.csv"])
    assert again.height == 3 * len(NAMES)
    first = again.filter(pl.col("measure") == "spot_area")["value"].to_list()
    assert first == pytest.approx([one.areas[0].values()["spot_area"] for one in visits], rel=1e-4)


def test_visits_are_laid_on_each_other_and_each_change_is_judged(visits: list[FaceAnalysis]) -> None:
    line = timeline(visits, repeats())
    assert [visit.name for visit in line.visits] == ["1", "2", "3"] and line.doubts == ()
    area = line.areas[0]
    assert area.laid[0] is None
    assert all(how is not None and how.fits for how in area.laid[1:])
    course = next(one for one in area.courses if one.measure == "erythema_index")
    assert course.values[2] < course.values[0]
    assert course.last is not None and course.band is not None
    within = course.band[0] <= course.values[2] <= course.band[1]
    assert (course.last.verdict == "within") == within


def test_the_page_of_visits_says_what_changed_against_what_can_be_told(
    visits: list[FaceAnalysis], tmp_path: Path
) -> None:
    write_report(visits, tmp_path, pdf=False)
    said = text(tmp_path / "face.html")
    assert re.search(r"Since 2026-01-12 (none|\d+) of \d+ measurements changed by more than measuring", said)
    assert "rendered faces photographed again; photos of people differ by more" in said
    assert "2026-01-12" in said and "2026-05-12" in said
    changes = pl.read_csv(tmp_path / "changes.csv")
    assert changes.height == 2 * len(NAMES)
    judged = changes.filter(pl.col("verdict") != "within")
    assert (judged["difference"].abs() > judged["smallest_detectable_change"]).all()
    assert changes["registered"].all()


def test_skin_of_another_person_is_not_compared_silently(
    visits: list[FaceAnalysis], cheeks: Cheeks, tmp_path: Path
) -> None:
    stranger = analyse(cheek(cheeks(30, 0, 0.0), order=1))
    line = timeline([visits[0], stranger], repeats())
    how = line.areas[0].laid[1]
    assert how is not None and not how.fits
    write_report([visits[0], stranger], tmp_path, pdf=False)
    assert "Not laid on each other: the skin of the two photos is not alike" in text(tmp_path / "face.html")


def test_participants_are_never_mixed(visits: list[FaceAnalysis], tmp_path: Path) -> None:
    other = replace(visits[1], source=replace(visits[1].source, patient="P/2"))
    with pytest.raises(CutisError, match="2 participants"):
        timeline([visits[0], other], repeats())
    done = write_report([visits[0], other], tmp_path, pdf=False)
    assert done.pages == {"P1": "face_P1.html", "P/2": "face_P_2.html"}
    assert "P/2" not in text(tmp_path / "face_P1.html")
    assert page_names(["a/b", "a b", "A_b"]) == {"a/b": "face_a_b", "a b": "face_a_b_2", "A_b": "face_A_b_3"}


def test_peers_are_told_when_norms_are_given(visits: list[FaceAnalysis], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    value = visits[0].areas[0].values()["spot_area"]
    study = pl.DataFrame(
        {
            "patient_id": [f"S{n}" for n in range(120)],
            "visit": "1",
            "view": "front",
            "area": "cheek_left",
            "measure": "spot_area",
            "unit": "percent",
            "sex": "female",
            "value": rng.normal(value, 2, 120),
            "age": rng.uniform(30, 50, 120),
            "skin_type": 2,
        }
    )
    norms = build_norms(study, rng, source="a study", replicates=100)
    one = analyse(visits[0].source, Asked(norms=norms))
    peers = one.areas[0].peers["spot_area"]
    assert peers.low <= 0.5 <= peers.high
    write_report([one], tmp_path, pdf=False)
    said = text(tmp_path / "face.html")
    assert "Higher than, of 100 peers" in said and re.search(
        r"Spotted area [\d.]+% \S+ \d\d \(\d\d–\d\d\)", said
    )
    nobody = replace(visits[0].source, age=None)
    assert "age" in analyse(nobody, Asked(norms=norms)).why_no_peers


def test_ranges_are_those_of_a_study_that_photographed_people_again(
    visits: list[FaceAnalysis], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(120), 2)
    study = pl.DataFrame(
        {
            "patient_id": [f"S{n}" for n in people],
            "visit": "1",
            "view": "front",
            "area": "cheek_left",
            "measure": "ita",
            "unit": "degrees",
            "sex": "female",
            "value": rng.normal(20, 9, 120)[people] + rng.normal(0, 1, 240),
            "age": rng.uniform(30, 50, 120)[people],
            "skin_type": 2,
        }
    )
    norms = build_norms(study, rng, source="a study", replicates=100)
    usual, own = (analyse(visits[0].source, Asked(norms=one)).areas[0].measures for one in (None, norms))
    for before, after in zip(usual, own, strict=True):
        assert before.value == pytest.approx(after.value, nan_ok=True)
        if after.name == "ita":  # 1.96 * sqrt(2) of a deviation of 1
            assert after.high - after.value == pytest.approx(2.77, rel=0.15)
            assert after.value - after.low == pytest.approx(2.77, rel=0.15) and before.high > after.high + 10
        else:
            assert (before.low, before.high) == pytest.approx((after.low, after.high), nan_ok=True)
    write_report([analyse(visits[0].source, Asked(norms=norms))], tmp_path, pdf=False, repeats=repeats(norms))
    said = text(tmp_path / "face.html")
    assert "of skin tone by 240 repeated photos of 120 areas in a study" in said


def test_photos_that_cannot_be_judged_are_refused_one_by_one(
    cheeks: Cheeks, plain_face: NDArray[np.uint8], tmp_path: Path
) -> None:
    Image.fromarray(plain_face).save(tmp_path / "nobody.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    sources = [
        Source(tmp_path / "nobody.png", "nobody", "A"),
        Source(tmp_path / "broken.jpg", "broken", "B"),
        cheek(cheeks(1, 0, 3.0)),
    ]
    nobody = Asked(detector=lambda rgb: [])
    done = list(analyse_each(sources, nobody))
    assert [isinstance(one, Refused) for one in done] == [True, True, False]
    assert isinstance(done[0], Refused) and done[0].words.startswith("No face was found.")
    with pytest.raises(FaceError):
        analyse(sources[0], nobody)
    with pytest.raises(ImageError):
        analyse(sources[1])
    write_report(done, tmp_path, pdf=False)
    said = text(tmp_path / "face.html")
    assert "Photo nobody No face was found." in said and "Photo broken" in said
    with pytest.raises(CutisError, match="No face was found"):
        write_report(done[:2], tmp_path / "none", pdf=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("faces", "view", "words"),
    [
        (2, "front", "The photo shows 2 faces"),
        (1, "left", "a view from the left needs"),
    ],
)
def test_several_faces_and_wrong_views_are_refused(
    plain_face: NDArray[np.uint8], tmp_path: Path, faces: int, view: Any, words: str
) -> None:
    """With landmarks as a detector would give them; what is in the picture does not matter before that."""
    photo = np.repeat(np.repeat(plain_face, 4, axis=0), 4, axis=1)
    Image.fromarray(photo).save(tmp_path / "faces.png")

    def detector(rgb: NDArray[np.uint8]) -> list[Found]:
        return [found(300.0 + 600 * number) for number in range(faces)]

    (one,) = analyse_each([Source(tmp_path / "faces.png", "faces", "A", view=view)], Asked(detector=detector))
    assert isinstance(one, Refused) and words in one.words


def found(across: float) -> Found:
    """Landmarks of a face from the front, 5 pixels to the mm."""
    places = {"eye_left": (31.5, 0), "eye_right": (-31.5, 0), "nose": (0, 39), "mouth_left": (26, 69)}
    points = {name: (across + 5 * x, 500.0 + 5 * y) for name, (x, y) in places.items()}
    points["mouth_right"] = (across - 130, 845.0)
    return Found(Box(across - 300, 200, across + 300, 1050), Landmarks(**points), 0.99)


def test_a_bundle_that_grades_nothing_is_refused(cheeks: Cheeks, colour_bundle: Path) -> None:
    with pytest.raises(CutisError, match="does not grade several conditions"):
        analyse(cheek(cheeks(1, 0, 3.0)), Asked(engine=Engine.open(colour_bundle, 1)))


def test_the_report_is_set_on_paper(visits: list[FaceAnalysis], tmp_path: Path) -> None:
    done = write_report(visits[:1], tmp_path)
    if done.why_no_paper:
        pytest.skip(done.why_no_paper)
    assert (tmp_path / "face.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    visits: list[FaceAnalysis],
    tmp_path: Path,
    complaints: Callable[[Path, int, str], list[str]],
    width: int,
    theme: str,
) -> None:
    write_report(visits, tmp_path, pdf=False)
    assert complaints(tmp_path / "face.html", width, theme) == []


@pytest.mark.browser
def test_sliders_and_maps_answer(visits: list[FaceAnalysis], tmp_path: Path, browser: Any) -> None:
    write_report(visits, tmp_path, pdf=False)
    page = browser.new_context(offline=True).new_page()
    page.goto((tmp_path / "face.html").as_uri())
    page.locator(".slide").first.fill("20")
    cut = page.locator(".before-after").first.evaluate("e => e.style.getPropertyValue('--cut')")
    assert cut == "20%"
    before = page.locator(".area .map").first.get_attribute("src")
    page.locator("select.layer").first.select_option(label="Roughness")
    assert page.locator(".area .map").first.get_attribute("src") != before
    page.locator(".veil").first.fill("0")
    assert page.locator(".area .map").first.evaluate("e => getComputedStyle(e).opacity") == "0"
