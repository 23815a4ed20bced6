"""A large photo is judged at full resolution too: that gives hints, unless the lesion itself is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cutis.imaging.regions import Box
from cutis.phantoms.dermoscopy import render
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate, Verdict
from cutis.runtime.gate_detail import MEASURED, NEED, Detail, needed

MIDDLE = (256.0, 256.0, 512.0, 512.0)  # of the large photo: the lesion once, with skin around


@pytest.fixture(scope="module")
def gate() -> Gate:
    """That lets every photo pass, whatever else is wrong with it."""
    made = Gate(Engine.open("image_quality", threads=1))
    made.point = replace(made.point, threshold=0.0)
    return made


@pytest.fixture(scope="module")
def sharp() -> np.ndarray:
    """768 x 768, sharp pixel by pixel: a rendered photo made smaller, mirrored at its borders."""
    lesion = render("melanocytic_nevus", 512, np.random.default_rng(9)).image
    small = np.asarray(Image.fromarray(lesion).reduce(2))
    return np.pad(small, ((256, 256), (256, 256), (0, 0)), mode="symmetric")


def soft(photo: np.ndarray, deviation: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), deviation))


@pytest.fixture(scope="module")
def verdicts(gate: Gate, sharp: np.ndarray) -> dict[str, Verdict]:
    rng = np.random.default_rng(0)
    grainy = np.clip(sharp + rng.normal(0, 14, sharp.shape), 0, 255).astype(np.uint8)
    photos = {"sharp": sharp, "soft": soft(sharp, 2.0), "grainy": grainy}
    return {name: gate(photo, box=MIDDLE) for name, photo in photos.items()}


def told(verdict: Verdict) -> Detail:
    assert verdict.detail is not None
    return verdict.detail


def test_a_photo_that_is_sharp_pixel_by_pixel_has_no_hint(verdicts: dict[str, Verdict]) -> None:
    detail = told(verdicts["sharp"])
    assert "blur" not in detail.told
    assert (detail.step, detail.side, detail.across) == (1, 768, 256)
    assert detail.what == "given"
    assert detail.box == pytest.approx((1 / 3, 1 / 3, 2 / 3, 2 / 3), abs=0.01)
    assert detail.finest(0.05) == pytest.approx(0.1)


def test_softness_of_single_pixels_is_told_with_the_detail_that_is_left(verdicts: dict[str, Verdict]) -> None:
    sharp, blurred = told(verdicts["sharp"]), told(verdicts["soft"])
    assert blurred.findings["blur"] > sharp.findings["blur"]
    assert "blur" in blurred.told
    assert blurred.step > 1
    assert blurred.across == round(256 / blurred.step)
    assert any(f"under {2 * blurred.step} pixels" in said for said in blurred.sentences())


def test_grain_is_told(verdicts: dict[str, Verdict]) -> None:
    assert "noise" in told(verdicts["grainy"]).told


def test_the_whole_photo_is_judged_as_before(
    gate: Gate, sharp: np.ndarray, verdicts: dict[str, Verdict]
) -> None:
    blurred = soft(sharp, 2.0)
    whole = gate.engine(blurred)
    assert verdicts["soft"].whole.probabilities == whole.probabilities


def test_softness_refuses_only_where_needed_detail_is_lost(gate: Gate, verdicts: dict[str, Verdict]) -> None:
    detail = told(verdicts["soft"])
    assert detail.lost(detail.across + 1)
    assert not detail.lost(detail.across)
    assert not replace(detail, step=1).lost(10_000)  # a small lesion is far away, not out of focus
    assert not replace(detail, what="skin").lost(10_000)


def test_only_a_bundle_that_was_measured_refuses_for_detail_unasked(gate: Gate) -> None:
    info = gate.engine.info
    assert (info.name, info.version) == MEASURED  # a new version is to be measured before it is shipped
    assert gate.need == NEED
    assert needed(replace(info, version="9.9")) == 0


def test_a_photo_that_lost_its_lesion_fails_and_says_why(gate: Gate, sharp: np.ndarray) -> None:
    lenient = Gate(gate.engine, need=0)
    lenient.point = gate.point
    strict = Gate(gate.engine, need=10_000)
    strict.point = gate.point
    blurred = soft(sharp, 2.0)
    passed, failed = lenient(blurred, box=MIDDLE), strict(blurred, box=MIDDLE)
    assert passed.passed
    assert passed.hints
    assert not passed.lost
    assert not failed.passed
    assert failed.lost
    assert failed.reason == "blur"
    assert failed.advice
    assert failed.hints == ()


def test_a_photo_that_fails_as_a_whole_is_not_zoomed_into(gate: Gate, sharp: np.ndarray) -> None:
    refusing = Gate(gate.engine)
    refusing.point = replace(gate.point, threshold=1.1)
    verdict = refusing(sharp)
    assert not verdict.passed
    assert verdict.detail is None
    assert not verdict.lost


def test_a_small_photo_is_judged_as_it_always_was(gate: Gate, sharp: np.ndarray) -> None:
    small = sharp[256:512, 256:512]
    verdict = gate(small)
    assert verdict.detail is None
    assert verdict.hints == ()
    assert gate.map(small).shape == verdict.whole.saliency.shape[1:]


def test_a_jpeg_file_its_contents_and_its_pixels_are_judged_alike(
    gate: Gate, sharp: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "large.jpg"
    Image.fromarray(soft(sharp, 2.0)).save(path, quality=97, subsampling=0)
    verdicts = [gate(one, box=MIDDLE) for one in (path, path.read_bytes(), Image.open(path))]
    assert len({told(one).step for one in verdicts}) == 1
    odds = [np.log(p / (1 - p)) for p in (told(one).findings["blur"] for one in verdicts)]
    assert max(odds) - min(odds) < 1.5
    boxes = [Box(*one.region.box) for one in verdicts if one.region is not None]
    assert len(boxes) == 3  # in pixels of the photo, however small the copy is that was looked at


def test_the_map_points_at_the_half_that_is_soft_in_single_pixels(gate: Gate, sharp: np.ndarray) -> None:
    halved = sharp.copy()
    halved[:, 384:] = soft(sharp, 2.5)[:, 384:]
    worse = gate.map(halved)
    middle = worse.shape[1] // 2
    assert worse[:, middle:].mean() > worse[:, :middle].mean()


@pytest.mark.parametrize("shape", [(512, 6000), (4000, 513), (700, 700)])
def test_shapes_of_any_kind_get_an_answer(gate: Gate, shape: tuple[int, int]) -> None:
    flat = np.full((*shape, 3), 180, np.uint8)
    detail = told(gate(flat))
    assert detail.step >= 1
    assert all(0 <= value <= 1 for value in detail.findings.values())
