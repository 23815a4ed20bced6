from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.face import AREAS, AREAS_OF_VIEW, Area, Face, View, area_alone, cut_areas, upright
from cutis.phantoms import facial


@pytest.fixture
def places() -> NDArray[np.uint8]:
    """A skin-coloured photo whose red tells the column and whose green tells the row."""
    down, across = np.mgrid[:1200, :1000]
    return np.stack([120 + across / 8, 60 + down / 10, np.full((1200, 1000), 70)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("view", ["front", "left", "right"])
def test_every_area_of_the_view_is_cut_at_one_scale(
    place_face: Callable[..., Face], places: NDArray[np.uint8], view: View
) -> None:
    cut = cut_areas(places, place_face(), view)
    assert tuple(area.name for area in cut) == AREAS_OF_VIEW[view]
    for area in cut:
        assert min(area.image.shape[:2]) == 240
        assert area.mask.shape == area.image.shape[:2]
        assert np.hypot(*area.matrix[:, 0]) == pytest.approx(0.15 * 5, rel=0.02)


@pytest.mark.parametrize("roll", [0.0, 25.0])
def test_the_matrix_leads_back_to_the_photo(
    place_face: Callable[..., Face], places: NDArray[np.uint8], roll: float
) -> None:
    for area in cut_areas(places, place_face(roll=roll)):
        high, wide = area.mask.shape
        for x, y in ((10, 10), (wide - 11, 12), (wide // 2, high - 15)):
            across, down = area.matrix @ np.array([x, y, 1.0])
            red, green, _ = area.image[y, x].astype(float)
            assert red == pytest.approx(120 + across / 8, abs=2)
            assert green == pytest.approx(60 + down / 10, abs=2)


def test_left_is_the_persons_left(place_face: Callable[..., Face], places: NDArray[np.uint8]) -> None:
    middle = {area.name: area.outline.mean(axis=0) for area in cut_areas(places, place_face())}
    assert middle["cheek_left"][0] > 500 > middle["cheek_right"][0]
    assert middle["forehead"][1] < middle["nose"][1] < middle["perioral"][1] < middle["chin"][1]


def test_areas_lie_where_rendered_areas_lie(
    place_face: Callable[..., Face], places: NDArray[np.uint8]
) -> None:
    assert set(AREAS) == set(facial.AREAS)
    for area in cut_areas(places, place_face(scale=5)):
        where = facial.AREAS[area.name]
        away = (area.outline.mean(axis=0) - 500) / 5 - np.array(where.centre)
        assert np.hypot(*away) < 1.5
        assert area.image.shape[1] * 0.15 == pytest.approx(where.width, abs=0.2)
        assert area.image.shape[0] * 0.15 == pytest.approx(where.height, abs=0.2)


def test_eyes_brows_nostrils_and_lips_are_left_out(
    place_face: Callable[..., Face], places: NDArray[np.uint8]
) -> None:
    face = place_face()
    cut = {area.name: area for area in cut_areas(places, face)}

    def usable(name: str, place: tuple[float, float]) -> bool:
        area = cut[name]
        x, y = np.linalg.inv(area.matrix[:, :2]) @ (np.array(place) - area.matrix[:, 2])
        return bool(area.mask[round(y), round(x)])

    assert not usable("periorbital_left", face.eyes[0])
    assert not usable("perioral", face.mouth)
    assert not usable("nose", (500 + 5 * 7.5, 500 + 5 * 46))
    assert not usable("glabella", (500 - 5 * 14, 500 - 5 * 18))
    assert usable("cheek_left", tuple(cut["cheek_left"].outline.mean(axis=0)))
    assert usable("nose", (500, 500 + 5 * 25))


def test_an_area_beyond_the_photo_is_refused(
    place_face: Callable[..., Face], places: NDArray[np.uint8]
) -> None:
    cut = {area.name: area for area in cut_areas(places, place_face(shift=(500, 150)))}
    refusal = cut["forehead"].refusal
    assert refusal is not None and refusal.reason == "cut_off"
    assert "outside the photo" in refusal.words
    assert cut["cheek_left"].refusal is None


def test_a_cheek_that_is_turned_away_is_refused(
    place_face: Callable[..., Face], places: NDArray[np.uint8]
) -> None:
    cut = {area.name: area for area in cut_areas(places, place_face(yaw=45))}
    refusal = cut["cheek_left"].refusal
    assert refusal is not None and refusal.reason == "turned_away"
    assert cut["cheek_right"].refusal is None


def test_an_upright_face_has_level_eyes(place_face: Callable[..., Face], places: NDArray[np.uint8]) -> None:
    face = place_face(roll=30)
    copy = upright(places, face, 0.5)
    back = np.linalg.inv(copy.matrix[:, :2])
    left, right = (back @ (np.array(eye) - copy.matrix[:, 2]) for eye in face.eyes)
    assert left[1] == pytest.approx(right[1], abs=1.5)
    assert left[0] - right[0] == pytest.approx(63 / 0.5, rel=0.02)


def test_a_finer_photo_is_smoothed_before_it_is_made_coarser(place_face: Callable[..., Face]) -> None:
    stripes = np.zeros((2000, 2000, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    cheek = next(
        area
        for area in cut_areas(stripes, place_face(scale=14, shift=(1000, 900)))
        if area.name == "cheek_left"
    )
    assert cheek.image.std() < 25  # left as they are, stripes of a pixel would come out as broad ones


@pytest.mark.parametrize("mm", [None, 0.1])
def test_one_area_alone_comes_at_the_usual_scale(mm: float | None) -> None:
    photo = np.random.default_rng(0).normal((200, 150, 125), 3, (600, 480, 3)).clip(0, 255).astype(np.uint8)
    area = area_alone(photo, "cheek_left", mm)
    native = mm or 36 / 480
    assert area.blur == pytest.approx(native)
    assert area.image.shape[1] == pytest.approx(480 * native / 0.15, abs=1)
    assert area.usable > 0.95 and area.refusal is None
    middle = area.matrix @ np.array([(area.image.shape[1] - 1) / 2, (area.image.shape[0] - 1) / 2, 1])
    assert middle == pytest.approx([239.5, 299.5], abs=1.5)


def test_one_area_alone_says_what_it_does_not_know() -> None:
    photo = np.full((50, 50, 3), 200, dtype=np.uint8)
    with pytest.raises(ValueError, match="no area is called 'ear'"):
        area_alone(photo, "ear")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above 0"):
        area_alone(photo, "nose", 0.0)
    with pytest.raises(ImageError):
        area_alone(photo[..., 0], "nose")


def test_usable_is_the_share_of_the_mask(place_face: Callable[..., Face], places: NDArray[np.uint8]) -> None:
    area: Area = cut_areas(places, place_face())[0]
    assert area.usable == pytest.approx(area.mask.mean())
