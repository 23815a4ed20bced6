"""Two photos of the same rendered skin, in other light, laid on each other: how near, and when not at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.registration import Registration, difference, laid, register
from cutis.phantoms.facial import draw_grades, draw_person, draw_severity, render_area

PIXEL = 0.15


@dataclass(frozen=True, eq=False)
class Shot:
    image: NDArray[np.uint8]
    skin: NDArray[np.bool_]


@lru_cache(maxsize=32)
def shot(area: str, person: int, light: int) -> Shot:
    """A photo of somebody; the framing, too, is another with another light, by up to some millimetres."""
    whose = draw_person(np.random.default_rng(person))
    chance = np.random.default_rng([person, 1])
    grades = draw_grades(area, whose, chance)
    severity = draw_severity(grades, chance)
    done = render_area(area, grades, whose, np.random.default_rng([person, 2, light]), severity=severity)
    return Shot(done.image, np.asarray(done.truth["skin"]) > 0.5)


def moved(
    one: Shot, turn: float, size: float, shift: tuple[float, float]
) -> tuple[Shot, NDArray[np.float64]]:
    """A photo turned by degrees, scaled and shifted by mm about its middle, and the matrix that did it."""
    high, wide = one.image.shape[:2]
    middle = np.array([(wide - 1) / 2, (high - 1) / 2])
    angle = np.deg2rad(turn)
    linear = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.column_stack([linear, middle + np.array(shift) / PIXEL - linear @ middle])
    image = cv2.warpAffine(one.image, matrix, (wide, high), flags=cv2.INTER_CUBIC)
    skin = cv2.warpAffine(one.skin.astype(np.uint8), matrix, (wide, high)) > 0
    return Shot(np.asarray(image, dtype=np.uint8), np.asarray(skin)), matrix


def both(one: Shot, two: Shot) -> Registration:
    return register(one.image, two.image, one.skin, two.skin, PIXEL)


def off(found: Registration, skin: NDArray[np.bool_], matrix: NDArray[np.float64]) -> float:
    """Root mean square distance from the truth, mm, where the second photo has the place."""
    rows, columns = np.nonzero(skin)
    truth = np.column_stack([columns, rows]) @ matrix[:, :2].T + matrix[:, 2]
    high, wide = skin.shape
    seen = (truth >= 0).all(axis=1) & (truth[:, 0] < wide) & (truth[:, 1] < high)
    return float(np.sqrt(np.mean(np.sum((found.places[rows, columns] - truth)[seen] ** 2, axis=1)))) * PIXEL


@pytest.mark.parametrize("area", ["forehead", "cheek_left"])
@pytest.mark.parametrize(
    ("turn", "size", "shift"), [(0, 1, (0, 0)), (6, 1.05, (2, -1.5)), (-7, 0.94, (-3, 2))]
)
def test_a_known_move_is_found_to_a_tenth_of_a_millimetre(
    area: str, turn: float, size: float, shift: tuple[float, float]
) -> None:
    before = shot(area, 1, 0)
    after, matrix = moved(before, turn, size, shift)
    found = both(before, after)
    assert found.fits and off(found, before.skin, matrix) < 0.1
    assert found.words == "Laid on each other to 0.1 mm."


@pytest.mark.parametrize("person", range(5))
def test_another_light_and_another_phone_do_not_matter(person: int) -> None:
    """The way to another photo, and to that photo moved, differ by the move that is known."""
    area = ("forehead", "cheek_left", "chin", "glabella", "perioral", "periorbital_right")[person]
    before, after = shot(area, person, 0), shot(area, person, 1)
    further, matrix = moved(after, 4, 1.03, (1.5, 1.0))
    plain, after_move = both(before, after), both(before, further)
    assert plain.fits and after_move.fits and plain.agreement > 0.45
    expected = plain.places @ matrix[:, :2].T + matrix[:, 2]
    high, wide = before.skin.shape
    seen = before.skin & (expected >= 0).all(axis=-1) & (expected[..., 0] < wide) & (expected[..., 1] < high)
    miss = np.sqrt(np.mean(np.sum((after_move.places - expected)[seen] ** 2, axis=-1))) * PIXEL
    assert miss < 0.35


@pytest.mark.parametrize("person", range(2))
def test_skin_of_two_people_is_never_laid_on_each_other(person: int) -> None:
    found = both(shot("cheek_left", person, 0), shot("cheek_left", person + 20, 0))
    assert not found.fits and "not alike" in found.words


def test_a_mild_deformation_is_followed() -> None:
    before = shot("forehead", 1, 0)
    high, wide = before.skin.shape
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    bend = np.stack([4 * np.sin(y / high * np.pi), 4 * np.sin(x / wide * np.pi)], axis=-1).astype(np.float32)
    # each pixel of the bent photo is taken from its place less the bend
    bent = cv2.remap(
        before.image, x - bend[..., 0], y - bend[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    found = both(before, Shot(np.asarray(bent, dtype=np.uint8), before.skin))
    inner = (slice(30, -30), slice(30, -30))
    miss = found.places[inner] - (np.stack([x, y], axis=-1) + bend)[inner]
    stiff = np.stack([x, y], axis=-1) @ found.matrix[:, :2].T + found.matrix[:, 2]
    rigid = stiff[inner] - (np.stack([x, y], axis=-1) + bend)[inner]
    assert found.fits
    assert np.sqrt(np.mean(miss**2)) * PIXEL < 0.15
    assert np.sqrt(np.mean(miss**2)) < 0.6 * np.sqrt(np.mean(rigid**2))


def test_what_is_on_one_photo_only_is_refused_in_words() -> None:
    before = shot("cheek_left", 1, 0)
    none = np.zeros_like(before.skin)
    found = register(before.image, before.image, before.skin, none)
    assert not found.fits and "square centimetre" in found.words
    flat = np.full_like(before.image, 128)
    assert not register(before.image, flat).fits
    with pytest.raises(ImageError, match="shape"):
        register(before.image, before.image, before.skin[:-1])


def test_a_difference_is_where_something_changed_and_nowhere_else() -> None:
    before = shot("cheek_left", 1, 0)
    after, matrix = moved(before, 5, 1.0, (2, 1))
    found = both(before, after)
    row, column = 120, 110
    place = matrix[:, :2] @ np.array([column, row]) + matrix[:, 2]
    first = before.image[..., 1].astype(np.float32)
    second = after.image[..., 1].astype(np.float32)
    y, x = np.mgrid[: second.shape[0], : second.shape[1]]
    second += 40 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 8.0**2)).astype(np.float32)
    first[~before.skin] = np.nan
    told = difference(first, second, found)
    assert np.isnan(told[~before.skin]).all()
    at = np.unravel_index(int(np.nanargmax(told)), told.shape)
    assert np.hypot(at[0] - row, at[1] - column) < 4
    away = np.hypot(np.arange(told.shape[0])[:, None] - row, np.arange(told.shape[1]) - column) > 40
    seen = away & np.isfinite(told)
    assert np.quantile(np.abs(told[seen]), 0.95) < 3 < np.nanmax(told)


def test_pictures_and_masks_are_laid_too() -> None:
    before = shot("cheek_left", 1, 0)
    after, _ = moved(before, 5, 1.0, (2, 1))
    found = both(before, after)
    again = laid(after.image, found)
    assert again.dtype == np.uint8 and again.shape == before.image.shape
    inner = laid(after.skin, found) & before.skin
    assert inner.dtype == np.bool_ and inner.mean() > 0.6
    assert np.abs(again[inner].astype(int) - before.image[inner]).mean() < 6
