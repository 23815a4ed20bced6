from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.imaging.face import Face, Landmarks, Pose, face_of
from cutis.imaging.face.proportions import FIVE

Points = tuple[tuple[float, float], ...]


def landmarks(places: np.ndarray) -> Landmarks:
    return Landmarks(*[(float(x), float(y)) for x, y in places])


@settings(max_examples=25)
@given(
    roll=st.floats(-40, 40),
    yaw=st.floats(-55, 55),
    pitch=st.floats(-12, 12),
    scale=st.floats(0.5, 20),
    length=st.floats(0.92, 1.08),
)
def test_the_turn_and_scale_of_a_face_are_found_from_its_landmarks(
    roll: float, yaw: float, pitch: float, scale: float, length: float
) -> None:
    seen = Pose(roll, yaw, pitch, scale, length, (640.0, 480.0), 0.0).place(FIVE)
    face = face_of(landmarks(seen))
    assert abs(face.roll - roll) < 5
    assert abs(face.yaw - yaw) < 8
    assert abs(face.pose.scale / scale - 1) < 0.10
    assert furthest(face, seen) < 2.5 * scale
    assert furthest(face, seen) <= (1 + 1e-6) * 2.5 * unusual(pitch, length) * face.pose.scale + 1e-6 * scale


def furthest(face: Face, seen: np.ndarray) -> float:
    return float(np.hypot(*(face.pose.place(FIVE) - seen).T).max())


def unusual(pitch: float, length: float) -> float:
    """Standard deviations of how a face is held and built, and so the most that the best fit may cost.

    The true pose leaves no landmark apart and costs this much; the best one costs no more. A landmark that is
    apart by a millimetre costs at least 1 / 2.5, the largest deviation that any landmark may have.
    """
    return float(np.hypot(pitch / 7, np.log(length) / 0.06))


@pytest.mark.parametrize("scale", [1.0, 10.154469685267811, 7.3])
def test_a_short_face_that_looks_straight_ahead_is_found_short(scale: float) -> None:
    face = face_of(landmarks(Pose(0, 0, 0, scale, 0.9375, (640.0, 480.0), 0.0).place(FIVE)))
    assert face.pose.length == pytest.approx(0.94, abs=0.01)
    assert furthest(face, face.landmarks.points) < 0.5 * scale


def test_from_the_front_a_millimetre_is_a_sixty_third_of_the_distance_of_the_pupils(
    place_face: Callable[..., Face],
) -> None:
    face = place_face(scale=5)
    assert face.pupils == pytest.approx(315, rel=0.01)
    assert face.mm_per_pixel == pytest.approx(0.2, rel=0.01)
    assert face.spread == pytest.approx(0.06, abs=0.005)


def test_a_side_view_is_less_sure_of_its_scale(place_face: Callable[..., Face]) -> None:
    assert place_face(yaw=45).spread > place_face().spread + 0.005


def test_the_distance_that_an_optician_measured_sets_the_scale(place_face: Callable[..., Face]) -> None:
    usual = place_face()
    known = face_of(usual.landmarks, pupils_mm=69.3)
    assert known.mm_per_pixel == pytest.approx(1.1 * usual.mm_per_pixel)
    assert known.spread < 0.03


def test_a_nose_to_the_right_of_the_photo_shows_the_persons_right_side(
    place_face: Callable[..., Face],
) -> None:
    face = place_face(yaw=40)
    (left, _), (right, _) = face.eyes
    assert right < face.nose[0] and abs(face.nose[0] - right) > abs(left - face.nose[0])
    assert face.yaw > 30


@settings(max_examples=12)
@given(turn=st.floats(-180, 180))
def test_turning_the_photo_turns_the_roll_and_nothing_else(
    place_face: Callable[..., Face], turn: float
) -> None:
    face = place_face(yaw=20, pitch=-4)
    angle = np.radians(turn)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = face_of(landmarks((face.landmarks.points - 500) @ spin + 500))
    assert (turned.roll - face.roll - turn + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert turned.yaw == pytest.approx(face.yaw, abs=0.5)
    assert turned.mm_per_pixel == pytest.approx(face.mm_per_pixel, rel=0.01)


def test_swapped_sides_are_refused(place_face: Callable[..., Face]) -> None:
    one = place_face().landmarks
    swapped = Landmarks(one.eye_right, one.eye_left, one.nose, one.mouth_right, one.mouth_left)
    with pytest.raises(ValueError, match="wrong sides"):
        face_of(swapped)


@pytest.mark.parametrize("place", [(float("nan"), 1.0), (658.0, 500.0)])
def test_impossible_landmarks_are_refused(
    place_face: Callable[..., Face], place: tuple[float, float]
) -> None:
    one = place_face().landmarks
    with pytest.raises(ValueError, match="landmark"):
        face_of(
            Landmarks(
                one.eye_left,
                one.eye_left if place[0] > 0 else place,
                one.nose,
                one.mouth_left,
                one.mouth_right,
            )
        )


def test_a_distance_of_pupils_that_nobody_has_is_refused(place_face: Callable[..., Face]) -> None:
    with pytest.raises(ValueError, match="40 to 80"):
        face_of(place_face().landmarks, pupils_mm=6.3)
