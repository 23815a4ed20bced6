"""Regions of interest: the lesion where there is one, and always a box that can be used."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.regions import LEAST_SHARE, Box, Region, given, region_of_interest
from cutis.phantoms import optics
from cutis.phantoms.camera import draw_camera, photograph
from cutis.phantoms.canvas import Canvas, View
from cutis.phantoms.dermoscopy import render
from cutis.phantoms.rendered import Rendered
from cutis.phantoms.skin import Person, normal_skin

Pixels = NDArray[np.uint8]


def skin_with_spot(
    skin_type: int, seed: int, centre: tuple[float, float] | None = (0.0, 0.0), size: int = 160
) -> tuple[Pixels, NDArray[np.bool_]]:
    """40 mm of skin, with an inflamed spot of 10 mm where ``centre`` (mm across, mm down) says."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(View(size, 40.0))
    melanosomes = optics.melanin_of_type(skin_type, 0.5)
    person = Person(skin_type, melanosomes, optics.NORMAL_BLOOD, 30, "female", "trunk", 0.1, 0.0, 0.5)
    layers = normal_skin(canvas, person, rng)
    disc = canvas.disc(centre or (0.0, 0.0), 5.0, 1.0) * np.float32(centre is not None)
    layers.arterial = layers.arterial + disc * np.float32(0.03)
    return photograph(layers.reflectance(True), draw_camera(rng), rng), disc > 0.5


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def covered(region: Region, mask: NDArray[np.bool_]) -> float:
    box = region.box
    return float(mask[box.top : box.bottom, box.left : box.right].sum() / mask.sum())


def promised(region: Region, shape: tuple[int, ...]) -> None:
    """What holds for every region of every photo."""
    top, left, bottom, right = region.box
    assert 0 <= top < bottom <= shape[0]
    assert 0 <= left < right <= shape[1]
    assert region.mask.shape == shape[:2]
    outside = region.mask.copy()
    outside[top:bottom, left:right] = False
    assert not outside.any()
    assert 0 <= region.score <= 1


@pytest.mark.parametrize("label", ["melanocytic_nevus", "hemangioma", "dermatofibroma"])
def test_rendered_tumours_are_found(label: str) -> None:
    rendered: list[Rendered] = [render(label, 192, np.random.default_rng(seed)) for seed in range(6)]
    found = [region_of_interest(one.image) for one in rendered]
    assert np.median([overlap(r.mask, one.mask) for r, one in zip(found, rendered, strict=True)]) > 0.7
    inside = [covered(r, one.mask) > 0.9 for r, one in zip(found, rendered, strict=True)]
    assert sum(inside) >= 5


@pytest.mark.parametrize("skin_type", [1, 2, 3, 4, 5, 6])
def test_erythema_is_found_on_every_tone_and_off_the_centre(skin_type: int) -> None:
    places = [(0.0, 0.0), (9.0, -8.0), (-10.0, 4.0), (2.0, 11.0)]
    for seed, place in enumerate(places):
        image, mask = skin_with_spot(skin_type, seed, place)
        region = region_of_interest(image)
        assert region.what == "lesion"
        assert covered(region, mask) > 0.95
        assert overlap(region.mask, mask) > 0.5
        assert region.box.area < 0.45 * mask.size


def test_a_lesion_has_skin_around_it_in_its_box() -> None:
    image, mask = skin_with_spot(3, 0)
    region = region_of_interest(image)
    assert region.crop(image).shape[:2] == (
        region.box.bottom - region.box.top,
        region.box.right - region.box.left,
    )
    assert 1.5 * mask.sum() < region.box.area


def test_a_tiny_lesion_still_gets_the_least_share_of_the_photo() -> None:
    image, _ = skin_with_spot(3, 0, None, 240)
    rows, columns = np.indices(image.shape[:2])
    image[np.hypot(rows - 60, columns - 170) < 9] = (60, 30, 25)
    region = region_of_interest(image)
    assert region.what == "lesion"
    assert region.box.top < 60 < region.box.bottom
    assert region.box.left < 170 < region.box.right
    assert region.box.area >= LEAST_SHARE * 240 * 240


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_box_turns_with_the_photo(turns: int) -> None:
    for seed in range(4):
        image, _ = skin_with_spot(2 + seed, seed, (7.0, -5.0))
        still, turned = region_of_interest(image), region_of_interest(np.rot90(image, turns))
        box = np.zeros(image.shape[:2], np.bool_)
        box[still.box.top : still.box.bottom, still.box.left : still.box.right] = True
        rows, columns = (np.flatnonzero(np.rot90(box, turns).any(axis=axis)) for axis in (1, 0))
        expected = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
        assert np.abs(np.array(turned.box) - expected).max() <= 0.06 * image.shape[0]


def test_without_a_lesion_the_skin_is_the_region() -> None:
    rng = np.random.default_rng(1)
    image, _ = skin_with_spot(3, 5, None)
    cloth = np.clip(rng.normal((60, 90, 160), 4, image.shape), 0, 255).astype(np.uint8)
    region = region_of_interest(np.hstack([image, cloth]))
    assert region.what == "skin"
    assert region.box.left < 16
    assert 140 < region.box.right < 190


def test_without_skin_the_whole_photo_is_the_region() -> None:
    rng = np.random.default_rng(1)
    page = np.full((150, 110, 3), 235.0)
    page[20:130:7, 10:100] = 40
    for picture in (page, np.full((90, 120, 3), (70.0, 130.0, 50.0))):
        image = np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
        region = region_of_interest(image)
        assert region.what == "whole"
        assert region.box == Box(0, 0, *image.shape[:2])
        assert region.mask.all()


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (3, 1), (1, 9000), (7000, 3), (8, 8), (9, 200), (30, 9000), (700, 500)]
)
@pytest.mark.parametrize("fill", ["black", "white", "grey", "noise", "skin"])
def test_no_shape_or_plain_picture_is_too_strange(shape: tuple[int, int], fill: str) -> None:
    rng = np.random.default_rng(0)
    if fill == "noise":
        image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    else:
        colour = {
            "black": (0, 0, 0),
            "white": (255, 255, 255),
            "grey": (128, 128, 128),
            "skin": (200, 150, 125),
        }
        image = np.full((*shape, 3), colour[fill], np.uint8)
    promised(region_of_interest(image), image.shape)


@settings(max_examples=60, deadline=None)
@drawn(arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3))))
def test_any_bytes_have_a_region_within_them(rgb: Pixels) -> None:
    promised(region_of_interest(rgb), rgb.shape)


@settings(max_examples=25, deadline=None)
@drawn(
    height=st.integers(20, 400),
    width=st.integers(20, 400),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    radius=st.floats(0.02, 0.5),
    seed=st.integers(0, 9),
)
def test_boxes_of_spots_anywhere_are_within_the_photo(
    height: int, width: int, place: tuple[float, float], radius: float, seed: int
) -> None:
    rows, columns = np.indices((height, width))
    away = np.hypot(rows - place[0] * height, columns - place[1] * width)
    rng = np.random.default_rng(seed)
    image = rng.normal((205, 160, 140), 3, (height, width, 3))
    image[away < radius * min(height, width)] = (150, 70, 70)
    region = region_of_interest(np.clip(image, 0, 255).astype(np.uint8))
    promised(region, image.shape)
    assert region.what != "lesion" or region.box.area >= LEAST_SHARE * height * width * 0.99


def test_a_big_photo_needs_little_beyond_its_mask() -> None:
    image, _ = skin_with_spot(3, 0)
    big = np.repeat(np.repeat(image, 18, axis=0), 18, axis=1)  # 8 megapixels
    region_of_interest(image)  # tables are made once
    tracemalloc.start()
    region = region_of_interest(big)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < big.shape[0] * big.shape[1] + 30e6
    small = np.array(region_of_interest(image).box) * 18
    assert np.abs(np.array(region.box) - small).max() < 0.05 * big.shape[0]


def test_a_photo_without_colours_is_refused() -> None:
    with pytest.raises(ImageError):
        region_of_interest(np.zeros((30, 30), np.uint8))


@drawn(
    box=st.tuples(*[st.floats(-50, 150)] * 4).filter(lambda b: b[0] < b[2] and b[1] < b[3]),
    shape=st.tuples(st.integers(1, 100), st.integers(1, 100)),
)
def test_a_given_box_is_cut_off_at_the_photo(
    box: tuple[float, float, float, float], shape: tuple[int, int]
) -> None:
    top, left, bottom, right = box
    if bottom <= 0 or right <= 0 or top >= shape[0] or left >= shape[1]:
        with pytest.raises(CutisError, match="outside the photo"):
            given(box, shape)
        return
    region = given(box, shape)
    promised(region, shape)
    assert region.what == "given"
    assert region.mask.sum() == region.box.area
    for got, wanted, side in zip(region.box, box, (*shape, *shape), strict=True):
        assert abs(got - min(max(wanted, 0), side)) <= 1


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((10, 10, 10, 20), "is empty"),
        ((30, 10, 20, 40), "bottom must be below its top"),
        ((0, 50, 20, 20), "right end right of its left"),
        ((0, 0, float("nan"), 5), "not four numbers"),
        ((0, 0, float("inf"), 5), "not four numbers"),
        ((200, 0, 300, 5), "100 rows and 80 columns"),
    ],
)
def test_a_wrong_box_is_refused_with_the_mend(box: tuple[float, float, float, float], words: str) -> None:
    with pytest.raises(CutisError, match=words) as caught:
        given(box, (100, 80))
    assert f"{box[0]:g}, {box[1]:g}" in str(caught.value)


def test_three_numbers_are_no_box() -> None:
    with pytest.raises(CutisError, match="not four numbers"):
        given((1, 2, 3), (100, 80))  # type: ignore[arg-type]
