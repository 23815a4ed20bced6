"""Results as the standard has them, and back to what was said, exactly."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.dicom import open_dicom_image
from cutis.imaging.read import read_rgb
from cutis.interop.dicom.description import Description
from cutis.interop.dicom.modules import as_bytes
from cutis.interop.dicom.overlay import overlay
from cutis.interop.dicom.report import report
from cutis.interop.dicom.report_reader import prediction_in, read_report
from cutis.interop.dicom.segmentation import segmentation
from cutis.interop.dicom.wrap import wrap
from cutis.interop.fhir.results import Answer, Model, Outcome, Point, Prediction, PredictionSet, Quality

SHARE = st.floats(0, 1)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=24)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=90)


@pytest.fixture(scope="module")
def photo(files: dict[str, Path]) -> Any:
    return wrap([files["photo.jpg"]], "dermoscopic", Description()).data


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """Anything that a model may say."""
    banded = draw(st.booleans())
    questions = draw(st.lists(NAME, max_size=3, unique=True)) or [""]
    names = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))

    def outcome(name: str) -> Outcome:
        interval = (draw(SHARE), draw(SHARE)) if banded else None
        return Outcome(name, draw(TEXT), draw(SHARE), interval)

    answers = tuple(
        Answer(
            question,
            draw(TEXT),
            draw(st.sampled_from(names)),
            tuple(outcome(name) for name in names),
            draw(st.none() | st.floats(0, 4)),
        )
        for question in questions
    )
    point = st.builds(Point, TEXT, st.sampled_from(names), SHARE, TEXT, st.booleans())
    likely = st.builds(PredictionSet, st.lists(st.sampled_from(names), unique=True).map(tuple), SHARE)
    reasons = draw(st.lists(NAME, max_size=2, unique=True))
    gate = st.builds(
        Quality,
        NAME,
        TEXT,
        st.booleans(),
        SHARE,
        SHARE,
        st.just(tuple(Outcome(name, draw(TEXT), draw(SHARE)) for name in reasons)),
        st.sampled_from(["", "gate", "image_quality 1.0", "a gate of 3 words"]),
    )
    model = Model(
        draw(NAME), draw(NAME), "ab" * 32, draw(st.sampled_from(["dermoscopy", "facial", "own"])), draw(TEXT),
        draw(st.booleans()), draw(st.sampled_from(["clinical", "dermoscopic", "confocal"])), draw(TEXT),
    )  # fmt: skip
    return Prediction(
        model,
        draw(TEXT),
        answers,
        tuple(draw(st.lists(point, max_size=2))),
        0.95 if banded else None,
        draw(st.none() | likely),
        draw(st.none() | gate),
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=predictions())
def test_a_report_says_exactly_what_the_model_said(said: Prediction, photo: Any) -> None:
    assert read_report(as_bytes(report(photo, said))) == said


def test_the_report_is_what_the_standards_want(
    photo: Any, prediction: Prediction, errors: Callable[[Any], list[str]]
) -> None:
    made = report(photo, prediction)
    assert errors(made) == []
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert made.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (made.PreliminaryFlag, made.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert (made.StudyInstanceUID, made.PatientID) == (photo.StudyInstanceUID, photo.PatientID)
    evidence = made.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == photo.SOPInstanceUID
    text = str(made)
    for word in ("Artificial Intelligence", "254701007", "Probability of Melanocytic nevus", "dermoscopy"):
        assert word in text


def test_the_same_result_has_the_same_uids_and_another_model_others(
    photo: Any, prediction: Prediction
) -> None:
    first, again = report(photo, prediction), report(photo, prediction)
    assert first.SOPInstanceUID == again.SOPInstanceUID
    other = replace(prediction, model=replace(prediction.model, digest="cd" * 32))
    assert report(photo, other).SOPInstanceUID != first.SOPInstanceUID
    drawn = np.zeros((4, 4, 3), np.uint8)
    same = [overlay(photo, drawn, prediction.model, "Map").SOPInstanceUID for _ in range(2)]
    assert same[0] == same[1]


def test_results_of_several_conditions_are_a_group_each(
    photo: Any, errors: Callable[[Any], list[str]]
) -> None:
    grades = tuple(Outcome(str(n), f"Grade {n}", 0.2) for n in range(5))
    conditions = ("dryness", "wrinkles", "melasma")
    answers = tuple(Answer(name, name.title(), "2", grades, 1.9) for name in conditions)
    model = Model("facial", "1.0", "ef" * 32, "facial", "Facial skin", True, "clinical")
    said = Prediction(model, "photo", answers)
    made = report(photo, said)
    assert errors(made) == []
    assert prediction_in(made) == said
    groups = [item for item in _items(made) if _name(item) == "125007"]
    assert len(groups) == 3


def _items(item: Any) -> list[Any]:
    return [one for part in item.get("ContentSequence") or () for one in (part, *_items(part))]


def _name(item: Any) -> str:
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].get("CodeValue", "")) if names else ""


def test_a_report_of_others_is_refused(photo: Any, prediction: Prediction) -> None:
    with pytest.raises(CutisError, match="is no report that cutis wrote"):
        read_report(as_bytes(photo))
    made = report(photo, prediction)
    for item in _items(made):
        if item.get("ValueType") == "TEXT" and str(item.TextValue).startswith("task"):
            item.TextValue = "something = 1"
    with pytest.raises(CutisError, match="lacks parts"):
        prediction_in(made)


def test_an_image_that_lacks_its_study_gets_no_results(photo: Any, prediction: Prediction) -> None:
    bare = pydicom.dcmread(io.BytesIO(as_bytes(photo)))
    del bare.StudyInstanceUID
    drawn = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ImageError, match="StudyInstanceUID"):
        report(bare, prediction)
    with pytest.raises(ImageError, match="StudyInstanceUID"):
        overlay(bare, drawn, prediction.model, "Map")
    with pytest.raises(ImageError, match="StudyInstanceUID"):
        segmentation(bare, np.zeros((2, 3, 3)), prediction.answers[0].outcomes, prediction.model)


def test_an_overlay_keeps_its_pixels_and_says_what_it_is_made_from(
    photo: Any, prediction: Prediction, errors: Callable[[Any], list[str]]
) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    made = overlay(photo, drawn, prediction.model, "Saliency", packing="jpeg-ls")
    assert errors(made) == []
    np.testing.assert_array_equal(read_rgb(as_bytes(made)), drawn)
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == photo.SOPInstanceUID
    assert "not for care" in made.DerivationDescription
    with pytest.raises(ImageError, match="expected RGB"):
        overlay(photo, drawn[..., 0], prediction.model, "Saliency")


@pytest.mark.parametrize("kind", ["clinical", "dermoscopic", "confocal"])
def test_a_map_becomes_a_segmentation_of_the_photos_size(
    kind: Any, files: dict[str, Path], prediction: Prediction, errors: Callable[[Any], list[str]]
) -> None:
    image = wrap([files["photo.png"]], kind, Description()).data
    maps = np.zeros((2, 6, 8), np.float32)
    maps[0, :3], maps[1, 4, 5] = 0.6, np.nan
    labels = prediction.answers[0].outcomes
    made = segmentation(image, maps, labels, prediction.model, smooth=False)
    assert errors(made) == []
    frames = open_dicom_image(as_bytes(made))
    assert frames.frames == 2
    assert frames.stored(0).shape == (61, 83)
    assert abs(int(frames.stored(0)[5, 5]) - 153) <= 1  # 0.6 of 255
    assert frames.stored(0)[55].max() == frames.stored(1).max() == 0
    binary = segmentation(image, maps, labels, prediction.model, binary=True, smooth=False)
    assert errors(binary) == []
    shown = open_dicom_image(as_bytes(binary)).stored(0)
    assert (shown[5].min(), shown[55].max()) == (1, 0)
    with pytest.raises(ImageError, match="leave 0 to 1"):
        segmentation(image, maps + 1, labels, prediction.model)
    with pytest.raises(ImageError, match="for 1 labels"):
        segmentation(image, maps, labels[:1], prediction.model)


MODEL = Model("m", "1.0", "ab" * 32, "dermoscopy", "Dermoscopy", True, "dermoscopic")
MOMENT = dt.datetime(2026, 1, 31, 1, 0, tzinfo=dt.UTC)


def made_of(photo: Any, prediction: Prediction) -> tuple[Any, ...]:
    """A report, an overlay and a segmentation of a photo."""
    label = Outcome("nv", "Nevus", 0.5)
    return (
        report(photo, prediction, moment=MOMENT),
        overlay(photo, np.zeros((8, 8, 3), np.uint8), MODEL, "Map", moment=MOMENT),
        segmentation(photo, np.full((1, 4, 4), 0.5, np.float32), [label], MODEL),
    )


def reread(data: Any) -> Any:
    return pydicom.dcmread(io.BytesIO(as_bytes(data)))


def test_results_of_a_photo_with_a_name_in_several_scripts_keep_it(
    photo: Any, prediction: Prediction
) -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    japanese = reread(photo)
    japanese.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    japanese.PatientName = name
    received = reread(japanese)
    for made in made_of(received, prediction):
        assert str(reread(made).PatientName) == name
    assert received.SpecificCharacterSet == ["", "ISO 2022 IR 87"]
    assert reread(received).PatientName == name


@pytest.mark.parametrize("word", ["PatientBirthDate", "AccessionNumber", "StudyID", "StudyTime"])
def test_what_a_device_left_out_keeps_nobody_from_results(
    word: str, photo: Any, prediction: Prediction, errors: Callable[[Any], list[str]]
) -> None:
    lacking = reread(photo)
    del lacking[word]
    for made in made_of(lacking, prediction):
        assert made[word].is_empty
        assert errors(made) == []
    assert word not in lacking


def test_results_tell_their_times_in_the_zone_of_the_photo(photo: Any, prediction: Prediction) -> None:
    abroad = reread(photo)
    abroad.TimezoneOffsetFromUTC = "+0930"
    told, drawn, _ = all_made = made_of(abroad, prediction)
    assert {made.TimezoneOffsetFromUTC for made in all_made} == {"+0930"}
    assert {(made.ContentDate, made.ContentTime) for made in (told, drawn)} == {("20260131", "103000")}


def test_reports_of_others_are_refused_in_words_whatever_they_hold(
    photo: Any, prediction: Prediction
) -> None:
    def spoilt(kind: str, spoil: Callable[[Any], None]) -> bytes:
        data = reread(report(photo, prediction))

        def walk(item: Any) -> None:
            for part in item.get("ContentSequence") or ():
                if part.get("ValueType") == kind:
                    spoil(part)
                walk(part)

        walk(data)
        return as_bytes(data)

    with pytest.raises(CutisError, match="no report that cutis wrote"):
        read_report(spoilt("TEXT", lambda part: setattr(part, "TextValue", "sigma = 2.5 px")))
    with pytest.raises(CutisError, match="lacks parts"):
        read_report(spoilt("NUM", lambda part: setattr(part, "MeasuredValueSequence", [])))
    nameless = spoilt("IMAGE", lambda part: part.pop("ConceptNameCodeSequence", None))
    assert read_report(nameless) == prediction


def test_of_several_frames_results_name_the_one_that_was_looked_at(
    photo: Any, prediction: Prediction, errors: Callable[[Any], list[str]]
) -> None:
    several = reread(photo)
    several.SOPClassUID, several.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.7.2", 3
    told = report(several, prediction)
    drawn = overlay(several, np.zeros((8, 8, 3), np.uint8), MODEL, "Map")
    assert drawn.SourceImageSequence[0].ReferencedFrameNumber == 1
    named = [item.value for item in told.iterall() if item.keyword == "ReferencedFrameNumber"]
    assert named and set(named) == {1}
    assert errors(told) == errors(drawn) == []
    assert read_report(as_bytes(told)) == prediction
