"""The path from landmarks to areas on rendered faces, which nobody has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cutis.imaging.face import Face, Landmarks, cut_areas, face_of, find_faces, refusals
from cutis.imaging.face.sharpness import blur_of
from cutis.phantoms.faces import RenderedFaces, Sight, Sitter, render_faces
from cutis.phantoms.facial import draw_person

Rendered = Callable[..., tuple[RenderedFaces, Face]]
NAMES = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
COARSE = 0.8  # mm per pixel that these small photos may have


def reasons(photo: RenderedFaces, face: Face) -> set[str]:
    return {one.reason for one in refusals(photo.image, face, coarsest=COARSE)} - {"blurred"}


@pytest.mark.parametrize("skin_type", [1, 6])
def test_a_bare_face_is_judged_in_all_areas(rendered: Rendered, skin_type: int) -> None:
    photo, face = rendered(skin_type)
    assert reasons(photo, face) == set()
    for area in cut_areas(photo.image, face):
        assert area.refusal is None, area.refusal
        assert (
            np.hypot(*(area.outline.mean(axis=0) - photo.faces[0].centres[area.name]))
            < 6 * photo.faces[0].scale
        )


@pytest.mark.parametrize("skin_type", [1, 6])
def test_what_is_to_be_judged_is_not_left_out(rendered: Rendered, skin_type: int) -> None:
    bare = cut_areas(rendered(skin_type)[0].image, rendered(skin_type)[1])
    photo, face = rendered(skin_type, severity=4.0)
    for before, after in zip(bare, cut_areas(photo.image, face), strict=True):
        assert after.refusal is None, after.refusal
        assert after.usable > 0.75 * before.usable


def test_hair_over_the_forehead_is_said(rendered: Rendered) -> None:
    photo, face = rendered(3, fringe=True)
    refused = {area.name: area.refusal for area in cut_areas(photo.image, face) if area.refusal is not None}
    assert refused["forehead"].reason == "hair"
    assert "band" in refused["forehead"].words
    assert "cheek_left" not in refused


def test_a_beard_leaves_the_upper_face(rendered: Rendered) -> None:
    photo, face = rendered(3, beard=True)
    refused = {area.name: area.refusal.reason for area in cut_areas(photo.image, face) if area.refusal}
    assert refused["chin"] == "beard"
    assert refused.get("perioral", "beard") == "beard"
    assert "forehead" not in refused and "periorbital_left" not in refused
    assert reasons(photo, face) == set()


@pytest.mark.parametrize("mask", ["surgical", "cloth"])
def test_a_mask_is_said(rendered: Rendered, mask: str) -> None:
    photo, face = rendered(3, mask=mask)
    assert reasons(photo, face) == {"lower_face_covered"}


@pytest.mark.parametrize("mask", ["surgical", "cloth"])
def test_a_mask_is_seen_where_the_detector_took_its_rim_for_nose_and_mouth(
    rendered: Rendered, mask: str
) -> None:
    photo, face = rendered(3, mask=mask)
    own = face.landmarks
    # As MTCNN does: the tip of the nose on its ridge, the corners of the mouth on the upper rim.
    nose, left, right = (
        (x, y - up * face.pose.scale)
        for (x, y), up in ((own.nose, 24.0), (own.mouth_left, 42.0), (own.mouth_right, 42.0))
    )
    assert "lower_face_covered" in reasons(
        photo, face_of(replace(own, nose=nose, mouth_left=left, mouth_right=right))
    )


@pytest.mark.parametrize("glasses", ["thick", "dark"])
def test_glasses_are_said(rendered: Rendered, glasses: str) -> None:
    photo, face = rendered(3, glasses=glasses)
    assert reasons(photo, face) == {"glasses"}


def test_a_side_view_shows_its_own_side(rendered: Rendered) -> None:
    photo, face = rendered(3, yaw=-40.0)
    assert -55 < face.yaw < -30
    for area in cut_areas(photo.image, face, "left"):
        assert area.refusal is None, area.refusal
        assert (
            np.hypot(*(area.outline.mean(axis=0) - photo.faces[0].centres[area.name]))
            < 7 * photo.faces[0].scale
        )


def test_blur_is_measured(rendered: Rendered) -> None:
    import cv2

    photo, face = rendered(3)
    spread = [blur_of(photo.image, face)]
    spread += [
        blur_of(np.asarray(cv2.GaussianBlur(photo.image, (0, 0), sigma)), face) for sigma in (1.5, 3.0)
    ]
    assert spread == sorted(spread)
    assert spread[-1] > 1.4 * spread[0]
    assert np.isinf(blur_of(np.full_like(photo.image, 128), face))


def test_a_blurred_face_is_refused(rendered: Rendered) -> None:
    import cv2

    photo, face = rendered(3)
    spoilt = np.asarray(cv2.GaussianBlur(photo.image, (0, 0), 4.0))
    found = [one for one in refusals(spoilt, face, coarsest=COARSE) if one.reason == "blurred"]
    assert found and "mm" in found[0].words and "focus" in found[0].words


class TestPackagedDetector:
    """It fires on most rendered faces; see docs/faces.md for how often and how exactly."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("mtcnnruntime", reason="the detector's package is not installed")

    def test_a_face_is_found_where_it_is(self, rendered: Rendered) -> None:
        photo, _ = rendered(1)
        (face,) = find_faces(photo.image)
        true = np.array([photo.faces[0].landmarks[name] for name in NAMES])
        away = np.hypot(*(face.landmarks.points - true).T)
        assert away.mean() < 0.10 * 63 * photo.faces[0].scale
        assert abs(face.roll - 4) < 4

    def test_a_photo_that_lies_on_its_side_is_read_all_the_same(self, rendered: Rendered) -> None:
        photo, _ = rendered(1)
        upright = find_faces(photo.image)[0].landmarks.points
        high = photo.image.shape[0]
        (lying,) = find_faces(np.ascontiguousarray(np.rot90(photo.image, -1)))  # clockwise
        back = np.stack([lying.landmarks.points[:, 1], high - 1 - lying.landmarks.points[:, 0]], axis=1)
        assert np.abs(back - upright).max() < 0.10 * 63 * photo.faces[0].scale

    def test_nothing_is_found_where_nobody_is(self) -> None:
        noise = (
            np.random.default_rng(3).normal((190, 150, 130), 12, (300, 400, 3)).clip(0, 255).astype(np.uint8)
        )
        assert find_faces(noise) == ()
        assert find_faces(np.zeros((20, 30, 3), dtype=np.uint8)) == ()

    def test_everybody_is_found(self) -> None:
        rng = np.random.default_rng(8)
        people = [draw_person(rng, (1, 1, 0, 0, 0, 0)) for _ in range(2)]
        sights = [Sight(0, 0, 0, 1.3, (150, 160), 450.0), Sight(0, 0, 0, 1.3, (450, 165), 450.0)]
        photo = render_faces([Sitter(*pair) for pair in zip(people, sights, strict=True)], (340, 600), rng)
        found = sorted(face.nose[0] for face in find_faces(photo.image))
        assert len(found) == 2
        assert found == pytest.approx([150, 450], abs=15)


def test_landmarks_by_hand_need_no_detector(rendered: Rendered) -> None:
    photo, _ = rendered(3)
    given = Landmarks(**{name: photo.faces[0].landmarks[name] for name in NAMES})
    assert len(cut_areas(photo.image, face_of(given))) == 9
