"""Any photo becomes upright sRGB, or an error says what is wrong with the file."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, ImageOps

from cutis.core.errors import ImageError
from cutis.imaging.read import decode, find_images, read_rgb
from cutis.imaging.upright import upright_rgb

Pixels = NDArray[np.uint8]
LOSSLESS = ("PNG", "BMP", "TIFF", "JPEG2000")
LOSSY = ("JPEG", "WEBP", "GIF", "AVIF", "HEIF")


@pytest.fixture(scope="module")
def pixels(photo: Callable[..., Pixels]) -> Pixels:
    return photo(1, 90, 120)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.from_pillow(image).save(out, **options)
    else:
        image.save(out, kind, **options)
    return out.getvalue()


def apart(one: Pixels, other: Pixels) -> float:
    """Mean difference in grey levels."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_give_the_very_pixels(pixels: Pixels, kind: str) -> None:
    seen = decode(encoded(Image.fromarray(pixels), kind))
    np.testing.assert_array_equal(seen.pixels, pixels)
    assert (seen.format, seen.notes) == (kind, ())


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_give_nearly_the_pixels(pixels: Pixels, kind: str) -> None:
    seen = decode(encoded(Image.fromarray(pixels), kind))
    assert apart(seen.pixels, pixels) < 6
    assert seen.format == kind
    assert seen.notes == (("HEIC",) if kind == "HEIF" else ())


def test_pixels_may_be_written_to(pixels: Pixels) -> None:
    read_rgb(encoded(Image.fromarray(pixels), "PNG"))[0, 0] = 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_photos_stand_upright_as_pillow_itself_would_turn_them(
    pixels: Pixels, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(pixels), kind, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    seen = decode(content)
    np.testing.assert_array_equal(seen.pixels, expected)
    assert ("turned by its EXIF orientation" in seen.notes) == (orientation > 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_and_not_cut(kind: str) -> None:
    grey = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    seen = decode(encoded(Image.fromarray(grey), kind))
    assert seen.notes == ("16-bit",)
    np.testing.assert_array_equal(seen.pixels[..., 0], np.rint(grey / 257))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bit_colour_is_scaled_and_not_cut(pixels: Pixels, suffix: str) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv writes the 16-bit colour file")
    content = cv2.imencode(suffix, pixels[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    seen = decode(content)
    assert seen.notes == ("16-bit",)
    assert np.abs(seen.pixels.astype(int) - pixels).max() <= 1


def test_thirty_two_bit_pixels_are_refused_because_their_range_is_unknown() -> None:
    content = encoded(Image.fromarray(np.full((4, 4), 0.5, np.float32)), "TIFF")
    with pytest.raises(ImageError, match="32-bit pixels of unknown range"):
        read_rgb(content)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_laid_over_white(kind: str) -> None:
    image = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    image.paste((0, 0, 200, 255), (0, 0, 4, 8))
    seen = decode(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert seen.pixels[0, 0].tolist() == [0, 0, 200]
    assert seen.pixels[0, 7].tolist() == [255, 255, 255]
    assert seen.notes == ("transparent: laid over white",)


def test_a_palette_with_a_transparent_colour_is_laid_over_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert read_rgb(encoded(image, "PNG"))[0, 0].tolist() == [10, 20, 30]
    assert read_rgb(encoded(image, "PNG", transparency=1))[0, 0].tolist() == [255, 255, 255]


def test_an_opaque_alpha_channel_is_nothing_to_note(pixels: Pixels) -> None:
    seen = decode(encoded(Image.fromarray(pixels).convert("RGBA"), "PNG"))
    np.testing.assert_array_equal(seen.pixels, pixels)
    assert seen.notes == ()


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "YCbCr"])
def test_other_modes_are_converted_as_pillow_converts_them(pixels: Pixels, mode: str) -> None:
    image = Image.fromarray(pixels).convert(mode)
    kind = "TIFF" if mode == "YCbCr" else "PNG"
    np.testing.assert_array_equal(read_rgb(encoded(image, kind)), np.asarray(image.convert("RGB")))


def test_print_colours_are_converted(pixels: Pixels) -> None:
    seen = decode(encoded(Image.fromarray(pixels).convert("CMYK"), "JPEG", quality=95))
    assert seen.notes == ("CMYK",)
    assert apart(seen.pixels, pixels) < 3


def swapped_profile() -> bytes:
    """An sRGB profile in which red and green have changed places, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "abcd".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_embedded_colour_profile_is_applied(pixels: Pixels, kind: str) -> None:
    content = encoded(Image.fromarray(pixels), kind, icc_profile=swapped_profile())
    plain = read_rgb(encoded(Image.fromarray(pixels), kind))
    assert apart(read_rgb(content), plain[..., [1, 0, 2]]) < 1


def test_a_wide_profile_that_names_srgb_for_its_curve_is_applied(pixels: Pixels) -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = wide.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    assert "sRGB".encode("utf-16-be") in wide
    content = encoded(Image.fromarray(pixels), "PNG", icc_profile=wide)
    assert apart(read_rgb(content), pixels[..., [1, 0, 2]]) < 1


@pytest.mark.parametrize("profile", [b"nonsense" * 40, "lab"])
def test_a_profile_that_cannot_be_used_is_noted_and_the_pixels_kept(
    pixels: Pixels, profile: bytes | str
) -> None:
    if isinstance(profile, str):
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    seen = decode(encoded(Image.fromarray(pixels), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(seen.pixels, pixels)
    assert seen.notes == ("its colour profile cannot be used",)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_read(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    seen = decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert seen.pixels[0, 0].tolist() == [255, 0, 0]
    assert seen.notes == ("animated: the first frame is used",)


@pytest.mark.parametrize("least", [1, 100, 150, 200, 300, 600, 5000])
def test_a_jpeg_may_be_decoded_smaller_but_not_below_the_side_that_was_asked_for(
    photo: Callable[..., Pixels], least: int
) -> None:
    content = encoded(Image.fromarray(photo(2, 600, 800)), "JPEG")
    full, small = read_rgb(content), read_rgb(content, least_side=least)
    assert min(small.shape[:2]) >= min(least, 600)
    assert small.shape[0] * 800 == small.shape[1] * 600
    shrunk = Image.fromarray(full).resize((small.shape[1], small.shape[0]), Image.Resampling.BOX)
    assert apart(small, np.asarray(shrunk)) < 2
    if least <= 300:
        assert small.shape[0] <= 300


def test_a_file_named_for_another_format_is_read_and_noted(pixels: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(pixels), "PNG"))
    seen = decode(path)
    np.testing.assert_array_equal(seen.pixels, pixels)
    assert seen.notes == ("is PNG, though its name ends in '.jpg'",)
    assert decode(path.rename(tmp_path / "photo.PNG")).notes == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\0" * 600, "holds only zeros"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is a drawing (SVG)"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"\n<!DOCTYPE html><html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\0" * 128 + b"DICM", "no transfer syntax"),
        (b"\0\0\0\x18ftypmp42", "is a video"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is not an image that cutis knows"),
        (b"image,dx\n", "is not an image that cutis knows"),
    ],
)
def test_what_is_not_a_photo_says_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        read_rgb(path)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(ImageError, match="cannot be opened"):
            read_rgb(path)


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(pixels: Pixels, kind: str, share: float) -> None:
    content = encoded(Image.fromarray(pixels), kind)
    with pytest.raises(ImageError, match=r"truncated|damaged"):
        read_rgb(content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_cut_in_half_is_called_truncated(pixels: Pixels, kind: str) -> None:
    content = encoded(Image.fromarray(pixels), kind)
    with pytest.raises(ImageError, match="is truncated"):
        read_rgb(content[: len(content) // 2])


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    content = encoded(Image.new("1", (20_000, 10_001)), "PNG")
    assert len(content) < 100_000
    with pytest.raises(ImageError, match="20000 x 10001 pixels, more than 200 megapixels"):
        read_rgb(content)


@settings(max_examples=150)
@given(data=st.data(), kind=st.sampled_from([*LOSSLESS, *LOSSY]))
def test_damaged_bytes_give_pixels_or_an_image_error_and_nothing_else(data: st.DataObject, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    content = bytearray(encoded(Image.fromarray(noise), kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        pixels = read_rgb(bytes(content))
    except ImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3


def test_an_open_pillow_image_is_read_alike(pixels: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.fromarray(pixels).convert("RGBA"), "PNG", exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        np.testing.assert_array_equal(upright_rgb(image), read_rgb(content))


def test_pillow_is_left_as_it_was(pixels: Pixels) -> None:
    limits = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    read_rgb(encoded(Image.fromarray(pixels), "HEIF"))
    with pytest.raises(ImageError):
        read_rgb(b"")
    assert limits == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_the_heic_decoder_is_loaded_for_heic_only(pixels: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(pixels), "JPEG"))
    code = (
        "import sys; from cutis.imaging.read import read_rgb; "
        f"read_rgb({str(path)!r}); "
        "sys.exit('pillow_heif' in sys.modules or 'PIL.WebPImagePlugin' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_images_of_a_folder_are_found_in_order_without_the_hidden_ones(tmp_path: Path) -> None:
    names = ["b/2.JPG", "b/1.png", "a.heic", "c.txt", ".hidden.png", ".git/x.png", "b/._1.png", "B.webp"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert found == ["B.webp", "a.heic", "b/1.png", "b/2.JPG"]
    with pytest.raises(ImageError, match="is not a folder"):
        list(find_images(tmp_path / "none"))


def tiff(values: NDArray[np.generic], **options: object) -> bytes:
    import tifffile

    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_the_bits_of_a_tiff_are_its_whole_range(bits: int, photometric: str) -> None:
    grey = np.linspace(0, 2**bits - 1, 64 * 80).astype(np.uint16).reshape(64, 80)
    seen = decode(packed(grey, bits, photometric))
    expected = np.rint(grey * (255 / (2**bits - 1)))
    assert seen.notes == (f"{bits}-bit",)
    np.testing.assert_array_equal(
        seen.pixels[..., 0], 255 - expected if photometric == "miniswhite" else expected
    )


def packed(grey: NDArray[np.uint16], bits: int, photometric: str) -> bytes:
    """A TIFF of one strip; each line ends at a whole byte."""
    import struct

    height, width = grey.shape
    ones = (grey[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    lines = np.packbits(ones.reshape(height, -1).astype(np.uint8), axis=1).tobytes()
    white = photometric == "miniswhite"
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 0 if white else 1, 273: 0, 277: 1, 278: height}
    tags[279] = len(lines)
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + lines


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_sixteen_bits_of_a_tiff_are_read_in_every_layout(byteorder: str) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (3, 20, 30)).astype(np.uint16)
    planes = tiff(values, photometric="rgb", planarconfig="separate", byteorder=byteorder)
    np.testing.assert_array_equal(read_rgb(planes), np.moveaxis(values, 0, -1) >> 8)
    turned = tiff(values[0], photometric="miniswhite", byteorder=byteorder, extratags=[(274, "H", 1, 6)])
    seen = decode(turned)
    np.testing.assert_array_equal(seen.pixels[..., 0], np.rot90(255 - np.rint(values[0] / 257), -1))
    assert seen.notes == ("16-bit", "turned by its EXIF orientation")


def test_whole_numbers_of_thirty_two_bits_are_refused_however_small() -> None:
    with pytest.raises(ImageError, match="32-bit pixels of unknown range"):
        read_rgb(tiff(np.full((4, 4), 200, np.uint32)))


def test_a_photo_of_an_unknown_kind_is_not_called_damaged() -> None:
    with pytest.raises(ImageError, match="kind that cannot be read here"):
        read_rgb(tiff(np.zeros((4, 4, 3), np.float32), photometric="rgb"))
