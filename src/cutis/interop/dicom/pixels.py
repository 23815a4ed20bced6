"""Pixels into a data set: a JPEG as it is, or values without loss, uncompressed or compressed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.upright import is_srgb
from cutis.interop.dicom.photo import Photo

Packing = Literal["none", "jpeg-ls", "jpeg-2000", "rle"]
PACKINGS: tuple[Packing, ...] = ("none", "jpeg-ls", "jpeg-2000", "rle")

EXPLICIT = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
RLE = "1.2.840.10008.1.2.5"


def put_photo(data: Any, photo: Photo, packing: Packing = "none") -> str:
    """Add a photo's pixels, and what DICOM says of them.

    Args:
        data: the pydicom data set.
        photo: what to store.
        packing: how pixels that are not a kept JPEG are compressed, without loss.

    Returns:
        UID of the transfer syntax.
    """
    data.LossyImageCompression = "01" if photo.lossy else "00"
    if photo.lossy:
        data.LossyImageCompressionMethod, data.LossyImageCompressionRatio = photo.lossy
    if photo.profile:
        data.ICCProfile = photo.profile + b"\0" * (len(photo.profile) % 2)
        if is_srgb(photo.profile):
            data.ColorSpace = "SRGB"
    if photo.jpeg is None or photo.header is None:
        return put_pixels(data, photo.pixels, packing)
    grey = photo.header.colour == "L"
    _describe(data, photo.header.height, photo.header.width, 1 if grey else 3, 8)
    # YCbCr of any subsampling is YBR_FULL_422 in JPEG Baseline (PS3.5, 8.2.1).
    words = {"L": "MONOCHROME2", "RGB": "RGB", "YCbCr": "YBR_FULL_422"}
    data.PhotometricInterpretation = words[photo.header.colour]
    _encapsulate(data, [photo.jpeg])
    return JPEG_BASELINE


def put_pixels(data: Any, pixels: NDArray[Any], packing: Packing = "none") -> str:
    """Add pixels without loss.

    Args:
        data: the pydicom data set; its number of frames is set where there are several.
        pixels: (height, width), (height, width, 3), or (frames, height, width); uint8 or uint16.
        packing: see `PACKINGS`.

    Returns:
        UID of the transfer syntax.

    Raises:
        CutisError: no codec for this packing is installed.
    """
    colour = pixels.ndim == 3 and pixels.shape[-1] == 3 and pixels.dtype == np.uint8
    frames = pixels if pixels.ndim == 3 and not colour else pixels[None]
    height, width = frames.shape[1:3]
    bits = 8 * pixels.dtype.itemsize
    _describe(data, height, width, 3 if colour else 1, bits)
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if pixels.ndim == 3 and not colour:
        data.NumberOfFrames = len(frames)
    if packing == "none":
        content = np.ascontiguousarray(frames).astype(frames.dtype.newbyteorder("<"), copy=False).tobytes()
        data.add_new(0x7FE00010, "OB" if bits == 8 else "OW", content + b"\0" * (len(content) % 2))
        return EXPLICIT
    syntax, coded = _packed(frames, packing, colour)
    if packing == "jpeg-2000" and colour:
        data.PhotometricInterpretation = "YBR_RCT"
    _encapsulate(data, coded)
    return syntax


def _describe(data: Any, height: int, width: int, samples: int, bits: int) -> None:
    data.SamplesPerPixel = samples
    if samples == 3:
        data.PlanarConfiguration = 0
    data.Rows, data.Columns = height, width
    data.BitsAllocated = data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = 0


def _encapsulate(data: Any, frames: list[bytes]) -> None:
    from pydicom.encaps import encapsulate

    data.add_new(0x7FE00010, "OB", encapsulate(frames))
    data["PixelData"].is_undefined_length = True


def _packed(frames: NDArray[Any], packing: Packing, colour: bool) -> tuple[str, list[bytes]]:
    import imagecodecs

    if packing == "jpeg-2000":
        return JPEG_2000, [_wavelets(one, colour) for one in frames]
    if packing == "jpeg-ls":
        return JPEG_LS, [
            _without_spiff(bytes(imagecodecs.jpegls_encode(np.ascontiguousarray(one)))) for one in frames
        ]
    if packing == "rle":
        return RLE, [_rle(one) for one in frames]
    raise CutisError(f"pixels cannot be packed as '{packing}', but as {', '.join(PACKINGS)}.")


def _wavelets(frame: NDArray[Any], colour: bool) -> bytes:
    import imagecodecs

    values = np.ascontiguousarray(frame)
    return bytes(imagecodecs.jpeg2k_encode(values, level=0, reversible=True, codecformat="j2k", mct=colour))


def _without_spiff(content: bytes) -> bytes:
    """A JPEG-LS stream without the SPIFF header, which DICOM readers do not expect (PS3.5, A.4.3)."""
    at = 2
    while content[at : at + 2] == b"\xff\xe8":
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content[:2] + content[at:]


def _rle(frame: NDArray[Any]) -> bytes:
    from pydicom.dataset import Dataset
    from pydicom.pixels.encoders.base import RLELosslessEncoder

    said = Dataset()
    colour = frame.ndim == 3
    _describe(said, frame.shape[0], frame.shape[1], 3 if colour else 1, 8 * frame.dtype.itemsize)
    said.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    said.NumberOfFrames = 1
    coded: bytes = RLELosslessEncoder.encode(frame, encoding_plugin="pydicom", **_options(said))
    return coded


def _options(said: Any) -> dict[str, Any]:
    return {
        "rows": said.Rows,
        "columns": said.Columns,
        "samples_per_pixel": said.SamplesPerPixel,
        "number_of_frames": 1,
        "bits_allocated": said.BitsAllocated,
        "bits_stored": said.BitsStored,
        "pixel_representation": 0,
        "photometric_interpretation": said.PhotometricInterpretation,
        **({"planar_configuration": 0} if said.SamplesPerPixel == 3 else {}),
    }
