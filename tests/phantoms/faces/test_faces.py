from __future__ import annotations

import numpy as np
import pytest

from cutis.phantoms.faces import FaceTruth, Look, RenderedFaces, Sight, Sitter, render_faces, truth_of
from cutis.phantoms.faces.head import head_of, rolled, unrolled
from cutis.phantoms.facial import AREAS, draw_person

SHAPE = (300, 280)


def truth(sight: Sight) -> FaceTruth:
    return truth_of(Sitter(draw_person(np.random.default_rng(1)), sight))


def render(seed: int = 1, *, sight: Sight | None = None, look: Look | None = None) -> RenderedFaces:
    rng = np.random.default_rng(seed)
    person = draw_person(rng, (1, 1, 1, 0, 0, 0))
    sight = sight or Sight(0, 0, 0, 1.2, (140, 140), 450.0)
    return render_faces([Sitter(person, sight, look or Look())], SHAPE, rng)


def test_the_same_seed_gives_the_same_photo() -> None:
    one, other = render(), render()
    assert (one.image == other.image).all()
    assert one.image.shape == (*SHAPE, 3) and one.image.dtype == np.uint8
    assert one.faces[0].landmarks == other.faces[0].landmarks


def test_landmarks_lie_on_what_they_name() -> None:
    photo = render(sight=Sight(0, 0, 0, 2.0, (140, 130), 450.0))
    light = photo.image.astype(float).mean(axis=2)

    def near(name: str, reach: int) -> np.ndarray:
        x, y = photo.faces[0].landmarks[name]
        return light[round(y) - reach : round(y) + reach + 1, round(x) - reach : round(x) + reach + 1]

    skin = light[130 + 50, 140 - 70]
    for eye in ("eye_left", "eye_right"):
        assert near(eye, 4).min() < 0.55 * skin  # the pupil
    (left, _), (right, _) = (photo.faces[0].landmarks[name] for name in ("mouth_left", "mouth_right"))
    assert left > right  # the person's own


def test_the_pupils_are_63_mm_apart() -> None:
    told = truth(Sight(0, 0, 0, 1.2, (140, 140), 450.0))
    apart = np.subtract(told.landmarks["eye_left"], told.landmarks["eye_right"])
    assert np.hypot(*apart) == pytest.approx(63 * told.scale, rel=0.02)


def test_a_turned_head_shows_one_side() -> None:
    def widths(yaw: float) -> tuple[float, float]:
        marks = truth(Sight(0, yaw, 0, 1.2, (140, 140), 450.0)).landmarks
        return marks["eye_left"][0] - marks["nose"][0], marks["nose"][0] - marks["eye_right"][0]

    left, right = widths(-35)  # the nose points to the left of the photo: the person's left side is shown
    assert left > 2 * right
    left, right = widths(35)
    assert right > 2 * left


def test_what_is_near_is_larger() -> None:
    def nose(distance: float) -> float:
        told = truth(Sight(0, 0, 0, 1.2, (140, 140), distance))
        inner, outer = told.outlines["nose"], told.outlines["periorbital_left"]
        return float(np.ptp(inner[:, 0]) / 36 / (np.ptp(outer[:, 0]) / 48))

    assert nose(250) > nose(1000) > 1


@pytest.mark.parametrize("roll", [0.0, 20.0])
def test_areas_are_squares_of_their_size(roll: float) -> None:
    told = truth(Sight(roll, 0, 0, 1.2, (140, 140), 450.0))
    assert set(told.centres) == set(AREAS)
    for name, outline in told.outlines.items():
        width = np.hypot(*(outline[1] - outline[0])) / told.scale
        assert width == pytest.approx(AREAS[name].width, rel=0.12)
        assert outline.mean(axis=0) == pytest.approx(told.centres[name])
        assert np.degrees(np.arctan2(*(outline[1] - outline[0])[::-1])) == pytest.approx(roll, abs=0.1)


@pytest.mark.parametrize(
    "look",
    [Look(glasses="dark"), Look(mask="surgical"), Look(beard=True), Look(fringe=True), Look(hair="bald")],
)
def test_what_is_worn_is_seen_and_moves_no_landmark(look: Look) -> None:
    bare, worn = render(), render(look=look)
    changed = np.abs(bare.image.astype(int) - worn.image).max(axis=2) > 40
    assert changed.sum() > 300
    assert bare.faces[0].landmarks == worn.faces[0].landmarks


def test_nobody_is_a_backdrop() -> None:
    photo = render_faces([], SHAPE, np.random.default_rng(0))
    assert photo.faces == () and photo.image.shape == (*SHAPE, 3)


def test_everybody_has_their_own_truth() -> None:
    rng = np.random.default_rng(2)
    sitters = [Sitter(draw_person(rng), Sight(0, 0, 0, 0.8, (x, 120), 600.0)) for x in (80, 200)]
    photo = render_faces(sitters, SHAPE, rng)
    assert [face.person for face in photo.faces] == [one.person for one in sitters]
    assert photo.faces[0].landmarks["nose"][0] < photo.faces[1].landmarks["nose"][0]


def test_the_chart_wraps_the_head_and_back() -> None:
    share = np.linspace(-1.6, 1.6, 101, dtype=np.float32)
    assert np.abs(rolled(unrolled(share)) - share).max() < 1e-4
    head = head_of(draw_person(np.random.default_rng(1)))
    places = head.place(np.array([(0.0, 0.0), (31.5, 0.0), (0.0, 40.0), (80.0, 0.0)]))
    assert places[1, 0] == pytest.approx(31.5, abs=1.0)
    assert places[2, 2] > places[0, 2] + 8  # the tip of the nose
    assert places[3, 2] < places[1, 2] - 25  # the side of the head
