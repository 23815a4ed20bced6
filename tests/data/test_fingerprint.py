"""What is kept of a photo describes it in every turn, and unreadable photos are noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from cutis.data.fingerprint import FREQUENCIES, fingerprint, turned, turned_layout

Pixels = NDArray[np.uint8]
TURNS = {
    0: lambda image: image,
    1: np.fliplr,
    2: np.flipud,
    3: lambda image: np.rot90(image, 2),
    4: lambda image: image.swapaxes(0, 1),
    5: lambda image: np.rot90(image, -1),
    6: np.rot90,
    7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
}


def saved(folder: Path, *images: Pixels) -> list[Path]:
    paths = [folder / f"{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(np.ascontiguousarray(image)).save(path)
    return paths


@pytest.mark.parametrize("turn", range(8))
def test_turning_the_description_is_turning_the_photo(
    tmp_path: Path, photo: Callable[..., Pixels], turn: int
) -> None:
    image = photo(5, 240, 240)
    prints = fingerprint(saved(tmp_path, image, TURNS[turn](image)))
    layout = prints.layout.astype(np.float32)
    np.testing.assert_allclose(turned_layout(layout[:1], turn), layout[1:], atol=8)
    np.testing.assert_allclose(turned(prints.thumbnail[0], turn), prints.thumbnail[1].astype(int), atol=1)


def test_the_layout_is_the_cosine_transform_of_light_and_colour(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    image = photo(6, 48, 48)
    (layout,) = fingerprint(saved(tmp_path, image)).layout.astype(float)
    red, green, blue = image.astype(float).transpose(2, 0, 1)
    channels = (0.299 * red + 0.587 * green + 0.114 * blue, (red - green) / 2, (red + green) / 4 - blue / 2)
    expected = [dctn(channels[colour], norm="ortho")[row, column] for colour, row, column in FREQUENCIES]
    np.testing.assert_allclose(layout, expected, rtol=1e-3, atol=0.5)


def test_digests_are_equal_for_equal_pixels_only(tmp_path: Path, photo: Callable[..., Pixels]) -> None:
    image = photo(7, 60, 80)
    other = image.copy()
    other[0, 0, 0] ^= 1
    wide = image.reshape(30, 160, 3)
    digest = fingerprint(saved(tmp_path, image, image, other, wide)).digest
    assert len(np.unique(digest, axis=0)) == 3
    np.testing.assert_array_equal(digest[0], digest[1])


def test_unreadable_photos_are_noted_in_their_place(tmp_path: Path, photo: Callable[..., Pixels]) -> None:
    paths = saved(tmp_path, photo(8, 60, 80), photo(9, 60, 80))
    paths[1].write_bytes(paths[1].read_bytes()[:99])
    Image.fromarray(photo(9, 60, 80)).convert("CMYK").save(tmp_path / "c.jpg")
    steps: list[int] = []
    prints = fingerprint([*paths, tmp_path / "none.png", tmp_path / "c.jpg"], progress=steps.append)
    assert sorted(prints.faults) == [1, 2]
    assert "truncated" in prints.faults[1].reason or "damaged" in prints.faults[1].reason
    assert prints.notes == {3: ("CMYK",)}
    assert not prints.layout[1:3].any()
    assert sum(steps) == 4


def test_the_number_of_threads_and_the_place_in_the_collection_do_not_matter(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    paths = saved(tmp_path, *(photo(seed, 40, 50) for seed in range(6))) * 60  # more than one batch
    one, two = fingerprint(paths, threads=1), fingerprint(paths, threads=2)
    for name in ("digest", "layout", "thumbnail"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        np.testing.assert_array_equal(getattr(one, name)[:6], getattr(one, name)[-6:])


def test_no_photos_have_no_fingerprints() -> None:
    assert len(fingerprint([]).digest) == 0


def test_photos_that_show_next_to_nothing_or_only_their_middle_are_noted(tmp_path: Path) -> None:
    sizes = {"dot": (1, 1), "wide": (90, 40), "high": (40, 81), "usual": (80, 40)}
    paths = [tmp_path / f"{name}.png" for name in sizes]
    for path, size in zip(paths, sizes.values(), strict=True):
        Image.new("RGB", size).save(path)
    middle = ("longer than 2:1, of which networks see the middle only",)
    assert fingerprint(paths).notes == {0: ("smaller than 32 pixels on a side",), 1: middle, 2: middle}
