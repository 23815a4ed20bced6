"""Big grey images in pieces: every format gives the pixels that were put in, whichever rows are asked for."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutis.core.errors import ImageError
from cutis.imaging.mosaic import Mosaic, open_mosaic

HEIGHT, WIDTH = 700, 333


def texture(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    return np.clip(
        120 + 60 * np.sin(x / 9) * np.cos(y / 7) + rng.normal(0, 20, (height, width)), 0, 255
    ).astype(np.uint8)


GREY = texture()


def whole(mosaic: Mosaic) -> NDArray[np.float32]:
    return mosaic.read(slice(None), slice(None))


def save_tiff(**options: Any) -> Callable[[Path], None]:
    return lambda path: tifffile.imwrite(path, GREY, **options)


def save_pyramid(path: Path) -> None:
    with tifffile.TiffWriter(path) as out:
        out.write(GREY, subifds=1, tile=(64, 64), compression="lzw")
        out.write(GREY[::2, ::2], subfiletype=1, tile=(64, 64), compression="lzw")


def save_planes(path: Path) -> None:
    tifffile.imwrite(path, np.stack([GREY] * 3), photometric="rgb", planarconfig="separate", tile=(96, 64))


LOSSLESS: dict[str, Callable[[Path], None]] = {
    "tiled.tif": save_tiff(tile=(128, 64), compression="zlib", predictor=True),
    "bigtiff.tif": save_tiff(tile=(64, 64), bigtiff=True),
    "strips.tif": save_tiff(rowsperstrip=37, compression="packbits"),
    "one-strip.tif": save_tiff(),
    "one-zipped-strip.tif": save_tiff(rowsperstrip=HEIGHT, compression="zlib"),
    "white-is-zero.tif": lambda path: tifffile.imwrite(path, 255 - GREY, photometric="miniswhite"),
    "pyramid.tif": save_pyramid,
    "planes.tif": save_planes,
    "palette.tif": lambda path: Image.fromarray(GREY).convert("P").save(path),
    "16-bit.tif": lambda path: tifffile.imwrite(path, GREY.astype(np.uint16) * 257, byteorder=">"),
    "signed.tif": lambda path: tifffile.imwrite(path, (GREY.astype(np.int32) * 257 - 32768).astype(np.int16)),
    "unit.tif": lambda path: tifffile.imwrite(path, GREY.astype(np.float32) / 255),
    "float.tif": lambda path: tifffile.imwrite(path, GREY.astype(np.float64), tile=(64, 64)),
    "grey.png": lambda path: Image.fromarray(GREY).save(path),
    "16-bit.png": lambda path: Image.fromarray(GREY.astype(np.uint16) * 257).save(path),
    "alpha.png": lambda path: Image.fromarray(GREY).convert("LA").save(path),
    "colour.png": lambda path: Image.fromarray(GREY).convert("RGB").save(path),
    "rgba.png": lambda path: Image.fromarray(GREY).convert("RGBA").save(path),
    "palette.png": lambda path: Image.fromarray(GREY).convert("P").save(path),
    "grey.bmp": lambda path: Image.fromarray(GREY).save(path),
    "grey.webp": lambda path: Image.fromarray(GREY).save(path, lossless=True),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_every_format_gives_the_pixels_that_were_put_in(name: str, tmp_path: Path) -> None:
    LOSSLESS[name](tmp_path / name)
    with open_mosaic(tmp_path / name) as mosaic:
        assert (mosaic.height, mosaic.width, mosaic.frames) == (*GREY.shape, 1)
        np.testing.assert_allclose(whole(mosaic), GREY, atol=0.01)


@settings(max_examples=15)
@given(
    name=st.sampled_from(["tiled.tif", "strips.tif", "one-strip.tif", "grey.png", "16-bit.png"]),
    windows=st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(1, 300)), min_size=1, max_size=5),
    left=st.integers(0, WIDTH - 1),
)
def test_any_window_in_any_order_is_a_part_of_the_whole(
    name: str, windows: list[tuple[int, int]], left: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("mosaic") / name
    LOSSLESS[name](path)
    with open_mosaic(path) as mosaic:
        for top, rows in windows:
            part = mosaic.read(slice(top, top + rows), slice(left, left + 50))
            np.testing.assert_allclose(part, GREY[top : top + rows, left : left + 50], atol=0.01)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits_uses_the_whole_range(bits: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2**bits, (300, 101), dtype=np.uint8)
    each = 8 // bits
    padded = np.pad(values, ((0, 0), (0, -values.shape[1] % each))).reshape(300, -1, each)
    packed = (padded << (np.arange(each - 1, -1, -1) * bits)).sum(axis=2).astype(np.uint8)
    lines = np.pad(packed, ((0, 0), (1, 0))).tobytes()  # filter 0 before each line
    (tmp_path / "a.png").write_bytes(png(101, 300, bits, lines))
    with open_mosaic(tmp_path / "a.png") as mosaic:
        np.testing.assert_array_equal(whole(mosaic), values * (255 / (2**bits - 1)))


def png(width: int, height: int, bits: int, lines: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_reading_a_png_downwards_takes_no_more_than_a_few_strips(tmp_path: Path) -> None:
    Image.fromarray(np.tile(texture(512, 512), (12, 4))).save(tmp_path / "a.png")  # 6,144 x 2,048: 12 MiB
    with open_mosaic(tmp_path / "a.png") as mosaic:
        tracemalloc.start()
        for top in range(0, mosaic.height, 128):
            mosaic.rows(top, top + 128)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 6 * 2**20


def test_a_png_whose_pixels_are_one_chunk_takes_no_more(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = np.pad(rng.integers(0, 256, (4096, 4096), np.uint8), ((0, 0), (1, 0))).tobytes()  # 16 MiB
    (tmp_path / "a.png").write_bytes(png(4096, 4096, 8, lines))
    del lines
    tracemalloc.start()
    with open_mosaic(tmp_path / "a.png") as mosaic:
        for top in range(0, mosaic.height, 256):
            mosaic.rows(top, top + 256)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2**20


def test_an_interlaced_png_is_decoded_whole_and_this_is_said(tmp_path: Path) -> None:
    # Adam7 of a 1 x 1 picture is one pass of one pixel.
    content = bytearray(png(1, 1, 8, b"\0\x7f"))
    content[28] = 1
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "a.png").write_bytes(content)
    with open_mosaic(tmp_path / "a.png") as mosaic:
        assert "is interlaced: decoded whole, not in pieces" in mosaic.notes
        assert whole(mosaic).tolist() == [[127.0]]


def test_colour_becomes_grey_and_this_is_said(tmp_path: Path) -> None:
    colour = np.zeros((20, 20, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    for name in ("a.tif", "a.png", "a.bmp"):
        Image.fromarray(colour).save(tmp_path / name)
        with open_mosaic(tmp_path / name) as mosaic:
            assert any("made grey" in note for note in mosaic.notes)
            assert np.all(whole(mosaic) == np.asarray(Image.fromarray(colour).convert("L")))


def test_16_bit_takes_the_full_range_unless_a_window_is_given(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 4095, 65535]], np.uint16))
    with open_mosaic(tmp_path / "a.tif") as mosaic:
        np.testing.assert_allclose(whole(mosaic), [[0, 4095 / 257, 255]], atol=1e-4)
        assert any("0 to 65535, the full range, became 0 to 255" in note for note in mosaic.notes)
    with open_mosaic(tmp_path / "a.tif", window=(0, 4095)) as mosaic:
        np.testing.assert_allclose(whole(mosaic), [[0, 255, 255]])


def test_missing_pixels_stay_missing(tmp_path: Path) -> None:
    values = np.full((10, 10), 0.5, np.float32)
    values[3, 4] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", values)
    with open_mosaic(tmp_path / "a.tif") as mosaic:
        read = whole(mosaic)
    assert np.argwhere(np.isnan(read)).tolist() == [[3, 4]]
    assert read[0, 0] == 127.5


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 900.0)])
def test_floats_of_unknown_range_ask_for_a_window(low: float, high: float, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.array([[low, high]], np.float32))
    with pytest.raises(ImageError, match=r"a\.tif: has floating-point pixels.*--window LOW HIGH"):
        open_mosaic(tmp_path / "a.tif")


def test_pixels_that_are_all_nan_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((9, 9), np.nan, np.float32))
    with pytest.raises(ImageError, match="no pixel that is a number"):
        open_mosaic(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("cm.tif", save_tiff(resolution=(20_000, 20_000), resolutionunit="CENTIMETER")),
        ("ome.tif", save_tiff(ome=True, metadata={"PhysicalSizeX": 500.0, "PhysicalSizeXUnit": "nm"})),
        ("imagej.tif", save_tiff(imagej=True, resolution=(2, 2), metadata={"unit": "um"})),
        ("a.png", lambda path: Image.fromarray(GREY).save(path, dpi=(50_800, 50_800))),
    ],
)
def test_the_spacing_is_read(name: str, save: Callable[[Path], None], tmp_path: Path) -> None:
    save(tmp_path / name)
    with open_mosaic(tmp_path / name) as mosaic:
        assert mosaic.spacing == pytest.approx(0.5)
    with open_mosaic(tmp_path / name, spacing=0.7) as mosaic:
        assert mosaic.spacing == 0.7


def test_a_resolution_for_printing_is_no_spacing(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", GREY, resolution=(72, 72), resolutionunit="INCH")
    with open_mosaic(tmp_path / "a.tif") as mosaic:
        assert mosaic.spacing is None
        assert any("resolution for printing" in note for note in mosaic.notes)


def test_a_file_of_several_images_asks_for_stack(tmp_path: Path) -> None:
    slices = np.stack([texture(64, 64, seed) for seed in range(3)])
    tifffile.imwrite(tmp_path / "a.tif", slices, imagej=True, metadata={"spacing": 5.0, "unit": "um"})
    with pytest.raises(ImageError, match=r"holds 3 images.*--stack"):
        open_mosaic(tmp_path / "a.tif")
    for number in range(3):
        with open_mosaic(tmp_path / "a.tif", frame=number) as mosaic:
            np.testing.assert_array_equal(whole(mosaic), slices[number])
            assert mosaic.step == pytest.approx(5.0)


@pytest.mark.parametrize(
    "name", ["tiled.tif", "strips.tif", "one-strip.tif", "grey.png", "grey.bmp", "unit.tif"]
)
@settings(max_examples=12)
@given(keep=st.floats(0, 0.98))
def test_a_truncated_file_is_refused(
    name: str, keep: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / name
    LOSSLESS[name](path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with (
        pytest.raises(ImageError, match=r"truncated|empty|not an image|damaged"),
        open_mosaic(path) as mosaic,
    ):
        whole(mosaic)


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(ImageError, match=r"a\.txt: is not an image"):
        open_mosaic(tmp_path / "a.txt")
    with pytest.raises(ImageError, match=r"no\.tif: cannot be opened"):
        open_mosaic(tmp_path / "no.tif")


@pytest.mark.parametrize("bits", [4, 12])
def test_tiff_of_few_bits_uses_the_whole_range(bits: int, tmp_path: Path) -> None:
    top = 2**bits - 1
    values = np.linspace(0, top, 40 * 60).astype(np.int64).reshape(40, 60)
    ones = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    lines = np.packbits(ones.reshape(40, -1).astype(np.uint8), axis=1).tobytes()
    tags = {256: 60, 257: 40, 258: bits, 259: 1, 262: 1, 273: 122, 277: 1, 278: 40, 279: len(lines)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    (tmp_path / "a.tif").write_bytes(head + lines)
    assert len(head) == tags[273]
    with open_mosaic(tmp_path / "a.tif") as mosaic:
        np.testing.assert_allclose(mosaic.read(slice(0, 40), slice(0, 60)), values * (255 / top), atol=0.01)


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_colours_that_are_not_red_green_and_blue_become_grey_too(mode: str, tmp_path: Path) -> None:
    plain = Image.fromarray(GREY).convert("RGB")
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    colours = plain.convert("CMYK") if mode == "CMYK" else ImageCms.applyTransform(plain, lab)
    colours.save(tmp_path / "a.tif", icc_profile=None)
    with open_mosaic(tmp_path / "a.tif") as mosaic:
        assert np.abs(whole(mosaic) - GREY).max() <= 3
        assert any("decoded whole" in note for note in mosaic.notes)


@pytest.mark.parametrize("window", [(100.0, 100.0), (float("nan"), 3.0), (0.0, float("inf"))])
def test_a_window_is_two_different_numbers(window: tuple[float, float], tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="two different numbers"):
        open_mosaic(tmp_path / "a.png", window=window)


def test_a_spacing_is_a_length(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="a number above 0"):
        open_mosaic(tmp_path / "a.png", spacing=float("inf"))
