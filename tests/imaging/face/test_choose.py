from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.imaging.face import (
    MAKE_UP,
    Detector,
    Face,
    FaceError,
    Found,
    Landmarks,
    MissingDetectorError,
    find_faces,
    one_face,
    packaged,
)

PHOTO = np.random.default_rng(1).normal((200, 150, 125), 20, (1000, 1600, 3)).clip(0, 255).astype(np.uint8)
SKIP = ("blurred", "glasses", "lower_face_covered")  # nothing is drawn here


def saying(*faces: Face) -> Detector:
    """A detector that always sees these."""

    def detect(rgb: NDArray[np.uint8]) -> Sequence[Found]:
        return [Found(face.box, face.landmarks, 0.99) for face in faces]

    return detect


def refused(*faces: Face, **asked: object) -> FaceError:
    with pytest.raises(FaceError) as caught:
        one_face(PHOTO, detector=saying(*faces), allow=SKIP, **asked)  # type: ignore[arg-type]
    return caught.value


def test_no_face_is_said_with_how_to_mend_it() -> None:
    error = refused()
    assert error.refusal.reason == "no_face"
    assert "Photograph the whole face" in str(error) and "profile" not in str(error)
    assert "full profile" in str(refused(view="left"))


def test_several_faces_are_refused_unless_one_is_named(place_face: Callable[..., Face]) -> None:
    left, right = place_face(shift=(400, 450)), place_face(shift=(1200, 450), scale=4.6)
    error = refused(right, left)
    assert error.refusal.reason == "several_faces"
    assert "2 faces" in str(error)
    chosen = one_face(PHOTO, which=1, detector=saying(left, right), allow=SKIP)
    assert chosen.landmarks == right.landmarks
    assert refused(left, right, which=2).refusal.reason == "no_face"


def test_somebody_small_in_the_background_does_not_count(place_face: Callable[..., Face]) -> None:
    near, far = place_face(shift=(400, 450)), place_face(shift=(1200, 450), scale=0.9)
    assert one_face(PHOTO, detector=saying(far, near), allow=SKIP).landmarks == near.landmarks


@pytest.mark.parametrize(
    ("yaw", "view", "said"),
    [
        (40, "front", "give the view as 'right'"),
        (-40, "front", "give the view as 'left'"),
        (40, "left", "shows the person's right side"),
        (0, "left", "give the view as 'front'"),
    ],
)
def test_a_wrong_view_is_refused(place_face: Callable[..., Face], yaw: float, view: str, said: str) -> None:
    error = refused(place_face(yaw=yaw), view=view)
    assert error.refusal.reason == "wrong_view"
    assert said in str(error)


@pytest.mark.parametrize(("yaw", "view"), [(0, "front"), (-42, "left"), (42, "right")])
def test_the_right_view_is_taken(place_face: Callable[..., Face], yaw: float, view: str) -> None:
    found = one_face(PHOTO, view, detector=saying(place_face(yaw=yaw)), allow=SKIP)  # type: ignore[arg-type]
    assert found.yaw == pytest.approx(yaw, abs=3)


def test_a_face_too_small_for_pores_is_refused_with_what_it_would_take(
    place_face: Callable[..., Face],
) -> None:
    error = refused(place_face(scale=2))
    assert error.refusal.reason == "too_small"
    assert "one pixel is 0.50 mm" in str(error)
    assert "252 pixels between the pupils instead of 126" in str(error)
    assert one_face(PHOTO, detector=saying(place_face(scale=2)), coarsest=0.6, allow=SKIP).pupils < 130


def test_all_that_is_to_mend_is_said_at_once(place_face: Callable[..., Face]) -> None:
    small = place_face(scale=2)
    masked = PHOTO.copy()
    masked[round(small.landmarks.nose[1]) - 10 :] = (90, 130, 200)
    with pytest.raises(FaceError) as caught:
        one_face(masked, detector=saying(small))
    assert caught.value.refusal.reason == "lower_face_covered"
    assert "Go nearer" in str(caught.value) and "The lower face is covered" in str(caught.value)


def test_of_a_head_turned_away_nothing_else_is_said(place_face: Callable[..., Face]) -> None:
    error = refused(place_face(scale=2, yaw=40))
    assert error.refusal.reason == "wrong_view" and "too small" not in str(error)


def test_what_is_allowed_does_not_refuse(place_face: Callable[..., Face]) -> None:
    small = saying(place_face(scale=2))
    assert one_face(PHOTO, detector=small, allow=(*SKIP, "too_small")).mm_per_pixel == pytest.approx(
        0.5, rel=0.02
    )


def test_what_cannot_be_a_face_is_not_one(place_face: Callable[..., Face]) -> None:
    face = place_face()
    one = face.landmarks
    swapped = Found(
        face.box, Landmarks(one.eye_right, one.eye_left, one.nose, one.mouth_left, one.mouth_right), 0.9
    )
    assert find_faces(PHOTO, lambda rgb: [swapped]) == ()


def test_faces_come_the_largest_first(place_face: Callable[..., Face]) -> None:
    small, large = place_face(scale=3), place_face(scale=6)
    assert [face.landmarks for face in find_faces(PHOTO, saying(small, large))] == [
        large.landmarks,
        small.landmarks,
    ]


def test_without_a_detector_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtcnnruntime", None)
    packaged.cache_clear()
    with pytest.raises(MissingDetectorError, match="pip install --no-deps mtcnn-runtime"):
        find_faces(PHOTO)


def test_make_up_is_said_to_be_out_of_reach() -> None:
    assert "cannot be recognised" in MAKE_UP
