"""A photo's finest detail is read without decoding its colours at full size."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.core.errors import ImageError
from cutis.imaging import native
from cutis.imaging.grey import luma
from cutis.imaging.read import read_rgb
from cutis.imaging.regions import Box


def photo() -> np.ndarray:
    """600 x 800, coarse colours under fine brightness."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(60, 190, (6, 8, 3), np.uint8)).resize((800, 600))
    return (np.asarray(coarse, np.int16) + rng.integers(-30, 30, (600, 800, 1))).astype(np.uint8)


def saved(rgb: np.ndarray, **options: object) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(rgb).save(memory, "JPEG", quality=98, **options)
    return memory.getvalue()


def small(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).reduce(2))


BOX = Box(100, 333, 260, 493)


def test_a_tile_has_the_photos_brightness_and_its_coarse_colours() -> None:
    rgb = photo()
    tile = native.of_pixels(rgb, small(rgb)).tile(BOX)
    part = rgb[BOX.top : BOX.bottom, BOX.left : BOX.right]
    assert np.abs(luma(tile).astype(int) - luma(part)).mean() < 1
    assert np.abs(tile.astype(int) - part).mean() < 4


def test_a_reduced_tile_is_the_average_of_its_pixels() -> None:
    rgb = photo()
    tile = native.of_pixels(rgb, small(rgb)).tile(Box(0, 0, 320, 320), 2)
    assert tile.shape == (160, 160, 3)
    means = luma(rgb)[:320, :320].reshape(160, 2, 160, 2).mean(axis=(1, 3))
    assert np.abs(luma(tile) - means).mean() < 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_jpeg_gives_the_same_tiles_upright_without_its_colours(orientation: int) -> None:
    rgb = photo()
    exif = Image.Exif()
    exif[0x0112] = orientation
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    told = native.of_jpeg(saved(np.rot90(rgb, turns), exif=exif), small(rgb))
    assert (told.height, told.width, told.step) == (600, 800, 1)
    apart = told.tile(BOX).astype(int) - native.of_pixels(rgb, small(rgb)).tile(BOX)
    assert np.abs(apart).mean() < 3


def test_a_huge_jpeg_is_read_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "MOST", 200_000)
    rgb = photo()
    told = native.of_jpeg(saved(rgb), small(rgb))
    assert (told.height, told.width, told.step) == (600, 800, 2)
    assert np.abs(told.tile(Box(0, 0, 300, 400)).astype(int) - small(rgb)).mean() < 4


def test_a_damaged_jpeg_is_refused(tmp_path: Path) -> None:
    rgb = photo()
    whole = saved(rgb)
    assert native.is_jpeg(whole)
    with pytest.raises(ImageError, match="damaged"):
        native.of_jpeg(whole[:2000], small(rgb)).tile(BOX)
    assert not native.is_jpeg(b"GIF89a")
    assert not native.is_jpeg(tmp_path / "missing.jpg")


def test_grey_pixels_are_taken_as_they_are() -> None:
    grey = photo()[..., 0]
    wide = np.repeat(grey[..., None], 3, axis=2)
    tiles = [native.of_pixels(one, small(wide)).tile(BOX) for one in (grey, grey[..., None], wide)]
    assert (tiles[0] == tiles[1]).all()
    assert np.abs(tiles[0].astype(int) - tiles[2]).max() <= 1


@pytest.mark.parametrize(
    "said", [(3, 9), (3, 0), (2, int.from_bytes(b"6", "little")), (2, int.from_bytes(b"up", "little"))]
)
def test_an_odd_orientation_turns_the_brightness_as_it_turns_the_photo(said: tuple[int, int]) -> None:
    kind, value = said  # of EXIF: 3 a number, 2 a text
    entry = struct.pack("<HHHII", 1, 0x0112, kind, 1 if kind == 3 else 3, value)
    content = saved(photo(), exif=b"Exif\0\0II*\0" + struct.pack("<I", 8) + entry + bytes(4))
    upright = read_rgb(content)
    told = native.of_jpeg(content, small(upright))
    assert (told.height, told.width) == upright.shape[:2]
    part = upright[BOX.top : BOX.bottom, BOX.left : BOX.right]
    assert np.abs(luma(told.tile(BOX)).astype(int) - luma(part)).mean() < 2
