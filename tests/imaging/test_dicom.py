"""DICOM images of any transfer syntax become the same pixels; what cannot be read says why in one line."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutis.core.errors import ImageError, MissingExtraError
from cutis.imaging.dicom import open_dicom_image
from cutis.imaging.jpeg_header import jpeg_header, picture_only
from cutis.imaging.read import decode, read_rgb

pydicom = pytest.importorskip("pydicom", reason="needs the 'dicom' extra")
ROOT = "1.2.840.10008.1.2"
RNG = np.random.default_rng(0)
COLOUR = np.kron(RNG.integers(0, 256, (9, 12, 3), dtype=np.uint8), np.ones((5, 4, 1), np.uint8))
GREY = COLOUR[..., 0]


def dataset(pixels: NDArray[Any], **tags: Any) -> Any:
    """A secondary capture of (h, w), (h, w, 3) or (frames, h, w) pixels, uncompressed."""
    from pydicom.dataset import Dataset, FileMetaDataset

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ROOT + ".1"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "2.25.1"
    colour = pixels.ndim == 3 and pixels.shape[-1] == 3
    if pixels.ndim == 3 and not colour:
        data.NumberOfFrames = len(pixels)
    data.Rows, data.Columns = pixels.shape[:2] if colour else pixels.shape[-2:]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        data.PlanarConfiguration = 0
    data.BitsAllocated = data.BitsStored = pixels.dtype.itemsize * 8
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = 0
    data.add_new(0x7FE00010, "OB" if pixels.dtype == np.uint8 else "OW", pixels.tobytes())
    for name, value in tags.items():
        setattr(data, name, value)
    return data


def encapsulated(data: Any, code: str, *frames: bytes) -> Any:
    from pydicom.encaps import encapsulate

    data.file_meta.TransferSyntaxUID = ROOT + code
    data.PixelData = encapsulate(list(frames))
    data["PixelData"].is_undefined_length = True
    return data


def content(data: Any) -> bytes:
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def as_jpeg(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


def codecs() -> dict[str, Any]:
    """Lossless ways to store `COLOUR`."""
    planar = dataset(COLOUR, PlanarConfiguration=1)
    planar.PixelData = np.moveaxis(COLOUR, 2, 0).tobytes()
    rle = dataset(COLOUR)
    rle.compress(ROOT + ".5")
    implicit, big, deflated = dataset(COLOUR), dataset(COLOUR), dataset(COLOUR)
    implicit.file_meta.TransferSyntaxUID = ROOT
    big.file_meta.TransferSyntaxUID = ROOT + ".2"
    deflated.file_meta.TransferSyntaxUID = ROOT + ".1.99"
    ls = imagecodecs.jpegls_encode(COLOUR)
    wavelets = imagecodecs.jpeg2k_encode(COLOUR, level=0, reversible=True, codecformat="j2k")
    return {
        "explicit": dataset(COLOUR),
        "implicit": implicit,
        "big endian": big,
        "deflated": deflated,
        "by plane": planar,
        "RLE": rle,
        "JPEG-LS": encapsulated(dataset(COLOUR), ".4.80", ls),
        "JPEG 2000": encapsulated(dataset(COLOUR, PhotometricInterpretation="YBR_RCT"), ".4.90", wavelets),
    }


@pytest.mark.parametrize("codec", list(codecs()))
def test_every_lossless_transfer_syntax_gives_the_pixels_that_were_stored(codec: str) -> None:
    stored = content(codecs()[codec])
    np.testing.assert_array_equal(read_rgb(stored), COLOUR)


def test_lossless_jpeg_gives_the_pixels_that_were_stored() -> None:
    for code in (".4.57", ".4.70"):
        data = encapsulated(dataset(GREY), code, imagecodecs.ljpeg_encode(GREY))
        np.testing.assert_array_equal(read_rgb(content(data))[..., 1], GREY)


@pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="needs dcmtk")
@pytest.mark.parametrize("option", ["+e1", "+el"])
def test_what_dcmtk_compresses_without_loss_is_read_as_it_was(option: str, tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(content(dataset(COLOUR)))
    options = ["dcmcjpeg", option, tmp_path / "a.dcm", tmp_path / "b.dcm"]
    done = subprocess.run(options, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"this dcmtk does not know {option}")
    np.testing.assert_array_equal(read_rgb(tmp_path / "b.dcm"), COLOUR)


@pytest.mark.parametrize("sampling", [0, 1, 2])
def test_a_jpeg_inside_gives_the_pixels_of_the_jpeg(sampling: int) -> None:
    photo = as_jpeg(COLOUR, subsampling=sampling)
    data = encapsulated(dataset(COLOUR, PhotometricInterpretation="YBR_FULL_422"), ".4.50", photo)
    np.testing.assert_array_equal(read_rgb(content(data)), read_rgb(photo))


def test_the_jpegs_own_markers_say_what_its_colours_are() -> None:
    photo = as_jpeg(COLOUR)
    lying = encapsulated(dataset(COLOUR), ".4.50", photo)  # says RGB, and JFIF says YCbCr
    read = decode(content(lying))
    np.testing.assert_array_equal(read.pixels, read_rgb(photo))
    assert read.notes == ("says RGB, and its JPEG says YCbCr: read as YCbCr",)
    plain = imagecodecs.jpeg8_encode(COLOUR, 95, colorspace="RGB", outcolorspace="RGB")
    bare = plain.replace(plain[2 : plain.index(b"\xff\xdb")], b"", 1)  # without any word on colour
    assert not jpeg_header(bare).adobe
    close = encapsulated(dataset(COLOUR), ".4.50", bare)
    assert np.abs(read_rgb(content(close)).astype(int) - COLOUR).mean() < 6


def test_ybr_that_is_not_compressed_becomes_rgb() -> None:
    flat = np.full((6, 8, 3), (81, 90, 240), np.uint8)  # red of full range, ITU-R BT.601
    data = dataset(flat, PhotometricInterpretation="YBR_FULL")
    assert np.abs(read_rgb(content(data)).astype(int) - (238, 15, 14)).max() <= 1


def test_palette_and_inverted_grey() -> None:
    turned = dataset(255 - GREY, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(read_rgb(content(turned))[..., 0], GREY)
    table = np.arange(256, dtype=np.uint16)[::-1] * 257
    data = dataset(GREY, PhotometricInterpretation="PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(data, f"{name}PaletteColorLookupTableData", table.tobytes())
    np.testing.assert_array_equal(read_rgb(content(data))[..., 2], 255 - GREY)


def test_a_colour_profile_is_applied() -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert lab is not None
    data = dataset(COLOUR, ICCProfile=srgb)
    np.testing.assert_array_equal(read_rgb(content(data)), COLOUR)


def test_of_several_frames_the_first_is_used_and_all_can_be_had() -> None:
    frames = np.stack([GREY, 255 - GREY, GREY // 2])
    read = decode(content(dataset(frames)))
    assert read.format == "DICOM"
    assert read.notes == ("holds 3 frames: the first is used",)
    np.testing.assert_array_equal(read.pixels[..., 0], GREY)
    image = open_dicom_image(content(dataset(frames)))
    np.testing.assert_array_equal(np.stack([one[..., 0] for one in image.each()]), frames)
    with pytest.raises(ImageError, match="there is no frame 3"):
        image.rgb(3)


def test_sixteen_bits_become_eight() -> None:
    wide = dataset((COLOUR.astype(np.uint16) << 8) + 77)
    read = decode(content(wide))
    np.testing.assert_array_equal(read.pixels, COLOUR)
    assert "16-bit" in read.notes


BOMBS = {
    "rows": {"Rows": 65535, "Columns": 65535},
    "frame larger than it says": {"Rows": 4, "Columns": 4},
    "frame smaller than it says": {"Rows": 4000, "Columns": 4000},
    "no rows": {"Rows": 0},
    "samples": {"SamplesPerPixel": 7},
    "no frames": {"NumberOfFrames": -3},
}


@pytest.mark.parametrize("code", [".1", ".5", ".4.50", ".4.80", ".4.90"])
@pytest.mark.parametrize("bomb", list(BOMBS))
def test_absurd_sizes_are_refused_before_any_memory_is_taken(code: str, bomb: str) -> None:
    import tracemalloc

    data = dataset(COLOUR)
    if code == ".5":
        data.compress(ROOT + ".5")
    elif code != ".1":
        frames = {
            ".4.50": as_jpeg(COLOUR),
            ".4.80": imagecodecs.jpegls_encode(COLOUR),
            ".4.90": imagecodecs.jpeg2k_encode(COLOUR, level=0, reversible=True, codecformat="j2k"),
        }
        data = encapsulated(data, code, frames[code])
    if code in (".1", ".5") and bomb == "frame larger than it says":
        pytest.skip("what is left over of uncompressed pixels does no harm")
    for name, value in BOMBS[bomb].items():
        setattr(data, name, value)
    tracemalloc.start()
    with pytest.raises(ImageError) as caught:
        read_rgb(content(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert peak < 5e6


def test_a_deflated_bomb_is_refused() -> None:
    import zlib

    from cutis.imaging import dicom

    bomb = dataset(COLOUR)
    bomb.file_meta.TransferSyntaxUID = ROOT + ".1.99"
    head = content(bomb)
    meta = head[: 144 + int.from_bytes(head[140:144], "little")]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    assert dicom._INFLATED_LIMIT > 1e8
    limit, dicom._INFLATED_LIMIT = dicom._INFLATED_LIMIT, 10_000_000
    try:
        with pytest.raises(ImageError, match="inflates to more than"):
            read_rgb(meta + packer.compress(b"\0" * 20_000_000) + packer.flush())
    finally:
        dicom._INFLATED_LIMIT = limit


@pytest.mark.parametrize(("said", "there"), [(".5", ".4.50"), (".4.90", ".4.50"), (".4.80", ".5")])
def test_a_wrong_transfer_syntax_is_told(said: str, there: str) -> None:
    data = dataset(COLOUR)
    if there == ".4.50":
        data = encapsulated(data, there, as_jpeg(COLOUR))
    elif there == ".5":
        data.compress(ROOT + ".5")
    data.file_meta.TransferSyntaxUID = ROOT + said
    data["PixelData"].is_undefined_length = True
    data.preamble = b"\0" * 128
    out = io.BytesIO()
    pydicom.dcmwrite(out, data, implicit_vr=False, little_endian=True, force_encoding=True)
    with pytest.raises(ImageError, match=r"damaged|truncated|holds"):
        read_rgb(out.getvalue())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("codec", ["explicit", "RLE", "JPEG-LS", "JPEG 2000", "deflated"])
def test_a_truncated_file_is_refused(codec: str, share: float) -> None:
    whole = content(codecs()[codec])
    with pytest.raises(ImageError) as caught:
        read_rgb(whole[: int(len(whole) * share)])
    assert "\n" not in str(caught.value)


def test_what_is_no_image_says_what_it_is() -> None:
    data = dataset(GREY)
    del data.PixelData
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.22"
    with pytest.raises(ImageError, match="without an image"):
        read_rgb(content(data))
    video = dataset(GREY)
    video.file_meta.TransferSyntaxUID = ROOT + ".4.102"
    with pytest.raises(ImageError, match="is a DICOM video"):
        read_rgb(content(encapsulated(video, ".4.102", b"\0\0\0\1")))


def test_without_pydicom_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.dcm").write_bytes(content(dataset(GREY)))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"Reading a\.dcm needs the 'dicom' extra"):
        read_rgb(tmp_path / "a.dcm")


def test_reading_photos_leaves_pydicom_unloaded(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(as_jpeg(COLOUR))
    code = "import sys, cutis.imaging.read as r; r.read_rgb(sys.argv[1]); print('pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.jpg"], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_a_jpeg_loses_what_is_no_picture_and_keeps_its_pixels() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker"
    photo = as_jpeg(COLOUR, exif=exif, comment=b"a name", progressive=True) + b"behind the end"
    bare = picture_only(photo)
    assert len(bare) < len(photo)
    for word in (b"A maker", b"a name", b"behind"):
        assert word in photo
        assert word not in bare
    np.testing.assert_array_equal(read_rgb(bare), read_rgb(photo))


def test_pixels_that_should_be_compressed_and_are_not_are_told() -> None:
    stored = content(dataset(COLOUR))
    # 1.2.840.10008.1.2.1 is padded to an even length; the same room holds another UID of that length
    said = stored.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", 1)
    with pytest.raises(ImageError, match="its pixels are compressed, and they are not"):
        read_rgb(said)
