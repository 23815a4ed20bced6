"""One frame of a DICOM image: its compressed bytes, and its stored values."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.jpeg_header import JpegError, JpegHeader, as_untransformed, jpeg_header

# Transfer syntaxes by UID after 1.2.840.10008.1.2 (PS3.6, table A-1).
_ROOT = "1.2.840.10008.1.2"
_LOSSY_JPEG = (".4.50", ".4.51", ".4.53", ".4.55")
_LOSSLESS_JPEG = (".4.57", ".4.70")
_JPEG_LS = (".4.80", ".4.81")
_JPEG_2000 = (".4.90", ".4.91", ".4.92", ".4.93", ".4.201", ".4.202", ".4.203")
_RLE = ".5"
_PLAIN = ("", ".1", ".1.98", ".1.99", ".2")
_RLE_MOST = 64  # a run of 128 bytes takes two


def stored_pixels(data: Any, syntax: str, frame: int, frames: int, notes: list[str]) -> NDArray[Any]:
    """Stored values of one frame, with colours as red, green and blue.

    Args:
        data: the pydicom data set.
        syntax: UID of its transfer syntax.
        frame: which one, from 0.
        frames: how many there are.
        notes: what was found odd is added here.

    Returns:
        (height, width) or (height, width, 3).

    Raises:
        ImageError: the frame is of another size or kind than the data set says.
    """
    if not 0 <= frame < frames:
        raise ImageError("the image", f"has {frames} frames; there is no frame {frame} (counted from 0).")
    code = syntax.removeprefix(_ROOT)
    if code in _PLAIN or code == _RLE:
        return _by_pydicom(data, frame, frames, rle=code == _RLE)
    if code not in (*_LOSSY_JPEG, *_LOSSLESS_JPEG, *_JPEG_LS, *_JPEG_2000):
        raise NotImplementedError(f"transfer syntax {syntax}")
    content = frame_content(data, frame, frames)
    kind = str(data.get("PhotometricInterpretation", "MONOCHROME2"))
    if code in _JPEG_2000:
        pixels = _jpeg_2000(data, content)
        transformed = kind in ("YBR_FULL", "YBR_FULL_422")  # YBR_RCT and YBR_ICT are undone by the decoder
    else:
        pixels, transformed = _jpeg(data, content, kind, notes)
    _need_size(data, pixels)
    return _from_ybr(pixels) if transformed else pixels


def frame_content(data: Any, frame: int, frames: int) -> bytes:
    """The bytes of one compressed frame.

    Raises:
        ImageError: there is no such frame, or the pixels are not compressed.
    """
    from pydicom.encaps import get_frame

    stored = data.PixelData
    if bytes(stored[:4]) != b"\xfe\xff\x00\xe0":
        said = "its transfer syntax says that its pixels are compressed, and they are not"
        raise ImageError("the image", f"is damaged ({said}). Export it again.")
    offsets = None
    if data.get("ExtendedOffsetTable") and data.get("ExtendedOffsetTableLengths"):
        offsets = (data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths)
    content: bytes = get_frame(stored, frame, number_of_frames=frames, extended_offsets=offsets)
    return content


def _by_pydicom(data: Any, frame: int, frames: int, *, rle: bool) -> NDArray[Any]:
    from pydicom.pixels.utils import pixel_array

    kind = str(data.get("PhotometricInterpretation", "MONOCHROME2"))
    samples, bits = int(data.get("SamplesPerPixel", 1)), int(data.get("BitsAllocated", 8))
    size = int(data.Rows) * int(data.Columns) * samples * bits // 8
    if kind == "YBR_FULL_422" and not rle:
        size = size * 2 // 3
    # Before any memory is taken for them.
    there = len(frame_content(data, frame, frames)) * _RLE_MOST if rle else len(data.PixelData)
    if there < (1 if rle else frame + 1) * size:
        raise ImageError(
            "the image",
            f"is truncated ({data.Columns} x {data.Rows} pixels take {size:,} bytes a frame, and there are "
            f"{len(data.PixelData):,}). Copy or download it again.",
        )
    if bits == 1:
        return _bits(data, frame)
    pixels: NDArray[Any] = pixel_array(data, index=frame, raw=True)
    return _from_ybr(pixels) if kind in ("YBR_FULL", "YBR_FULL_422") else pixels


def _bits(data: Any, frame: int) -> NDArray[np.uint8]:
    """Frames of one bit a pixel follow each other without a gap, least bit first (PS3.5, 8.1.1)."""
    rows, columns = int(data.Rows), int(data.Columns)
    first = frame * rows * columns
    packed = np.frombuffer(data.PixelData, np.uint8)[first // 8 : (first + rows * columns + 7) // 8]
    start = first % 8
    return np.unpackbits(packed, bitorder="little")[start : start + rows * columns].reshape(rows, columns)


def _jpeg(data: Any, content: bytes, kind: str, notes: list[str]) -> tuple[NDArray[Any], bool]:
    """Stored values, and whether they are still luma and chroma."""
    import imagecodecs

    try:
        header = jpeg_header(content)
    except JpegError as error:
        what = f"its transfer syntax says JPEG, and its frame {error}"
        raise ImageError("the image", f"is damaged ({what}). Export it again.") from error
    _need_same_size(data, header)
    if header.frame == 0xF7:
        pixels: NDArray[Any] = imagecodecs.jpegls_decode(content)
        return pixels, kind in ("YBR_FULL", "YBR_FULL_422")
    if header.frame in (0xC3, 0xC7):
        return imagecodecs.ljpeg_decode(content), kind in ("YBR_FULL", "YBR_FULL_422")
    if header.bits != 8:
        return imagecodecs.jpeg_decode(content), False
    return _baseline(content, header, kind, notes), False


def _baseline(content: bytes, header: JpegHeader, kind: str, notes: list[str]) -> NDArray[Any]:
    """8-bit JPEG by the same decoder that reads photos, so that both give the same pixels."""
    from PIL.JpegImagePlugin import JpegImageFile

    if len(header.components) == 3 and kind == "RGB" and header.colour == "YCbCr":
        if header.says_colour:
            notes.append("says RGB, and its JPEG says YCbCr: read as YCbCr")
        else:
            content = as_untransformed(content)
    with JpegImageFile(io.BytesIO(content)) as image:
        return np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))


def _jpeg_2000(data: Any, content: bytes) -> NDArray[Any]:
    import imagecodecs

    at = content.find(b"\xff\x4f\xff\x51")
    if at < 0:
        what = "its transfer syntax says JPEG 2000, and its frame is none"
        raise ImageError("the image", f"is damaged ({what}). Export it again.")
    numbers = [int.from_bytes(content[at + 8 + 4 * n : at + 12 + 4 * n], "big") for n in range(4)]
    width, height = numbers[0] - numbers[2], numbers[1] - numbers[3]
    _need_equal(data, width, height)
    pixels: NDArray[Any] = imagecodecs.jpeg2k_decode(content)
    return pixels


def _need_same_size(data: Any, header: JpegHeader) -> None:
    if header.height:  # 0: told after the first scan, which nobody writes
        _need_equal(data, header.width, header.height)
    if len(header.components) != int(data.get("SamplesPerPixel", 1)):
        said, there = int(data.get("SamplesPerPixel", 1)), len(header.components)
        raise ImageError("the image", f"says {said} samples per pixel and holds {there}. Export it again.")


def _need_size(data: Any, pixels: NDArray[Any]) -> None:
    _need_equal(data, pixels.shape[1], pixels.shape[0])


def _need_equal(data: Any, width: int, height: int) -> None:
    """Before decoding: a frame that is larger than it says would take memory that nobody expects."""
    if (height, width) != (int(data.Rows), int(data.Columns)):
        said = f"{data.Columns} x {data.Rows}"
        what = f"says {said} pixels and holds {width} x {height}"
        raise ImageError("the image", f"{what}. Export it again.")


def _from_ybr(pixels: NDArray[Any]) -> NDArray[Any]:
    from pydicom.pixels.processing import convert_color_space

    return np.asarray(convert_color_space(pixels, "YBR_FULL", "RGB"))
