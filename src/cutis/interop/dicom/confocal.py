"""Mosaics and depth stacks of reflectance confocal microscopes as DICOM images.

The standard has Confocal Microscopy Image Storage (1.2.840.10008.5.1.4.1.1.77.1.8) for them since 2022. The
toolkits and archives in use do not know it yet (dcmtk 3.6.7, Orthanc 1.10, dciodvfy of 2022), and an archive
that does not know an object refuses it. So one image of 8 bits becomes a VL Microscopic Image, which every
archive shows, and a stack or 16 bits a Multi-frame Grayscale Secondary Capture, which holds both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.mosaic import Mosaic, open_mosaic
from cutis.interop.dicom.description import Description, check_description
from cutis.interop.dicom.modules import (
    code_item,
    new_dataset,
    put_image,
    put_origin,
    put_patient_and_study,
    put_place,
    put_series,
)
from cutis.interop.dicom.photo import SIDE_LIMIT, Photo, loss_of
from cutis.interop.dicom.pixels import Packing, put_photo, put_pixels

MICROSCOPIC = "1.2.840.10008.5.1.4.1.1.77.1.2"  # VL Microscopic Image Storage
STACK_8 = "1.2.840.10008.5.1.4.1.1.7.2"  # Multi-frame Grayscale Byte Secondary Capture Image Storage
STACK_16 = "1.2.840.10008.5.1.4.1.1.7.3"  # Multi-frame Grayscale Word Secondary Capture Image Storage
BYTES_LIMIT = 2_000_000_000  # of pixels: the length of what is not compressed is a 32-bit number


def is_stack(paths: Sequence[Path]) -> bool:
    """Whether these files hold several images, or pixels of 16 bits, and so need `confocal_stack`.

    Raises:
        ImageError: a file cannot be read.
    """
    if len(paths) > 1:
        return True
    with open_mosaic(paths[0], frame=0) as image:
        if image.frames > 1:
            return True
        return image.rows(0, 1).dtype.itemsize == 2


def confocal_image(photo: Photo, said: Description, spacing: float | None, packing: Packing = "none") -> Any:
    """One image of 8 bits as VL Microscopic Image.

    Args:
        photo: opened with ``grey``.
        said: whom and what.
        spacing: micrometres per pixel; None is not known.
        packing: see `put_photo`.

    Raises:
        CutisError: the description cannot be written.
    """
    said = said.with_camera(photo.camera.device)
    check_description(said)
    data = _begun(MICROSCOPIC, said)
    if spacing:
        data.PixelSpacing = _spacing(spacing)
    put_origin(data, photo.sha256, photo.size)
    data.file_meta.TransferSyntaxUID = put_photo(data, photo, packing)
    _put_optical_path(data, said)
    return data


def confocal_stack(paths: Sequence[Path], said: Description, packing: Packing = "none") -> Any:
    """Images from the surface down, or one of 16 bits, as Multi-frame Grayscale Secondary Capture.

    Args:
        paths: one file of several images, or several files of one size, in their order.
        said: whom and what.
        packing: see `put_pixels`.

    Raises:
        ImageError: a file cannot be read, differs in size from the first, or all are too many.
        CutisError: the description cannot be written.
    """
    check_description(said)
    pixels, first = _frames(paths)
    scope = said.microscope
    spacing, step = scope.spacing or first.spacing, scope.step or first.step
    data = _begun(STACK_8 if pixels.dtype == np.uint8 else STACK_16, said)
    del data.AcquisitionContextSequence  # which this object has no place for
    data.ConversionType = "WSD"
    data.BurnedInAnnotation = "YES" if said.burned_in else "NO"
    data.RecognizableVisualFeatures = "YES" if said.recognisable else "NO"
    data.PresentationLUTShape = "IDENTITY"
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    if spacing:
        data.PixelSpacing = _spacing(spacing)
    _put_depths(data, len(pixels), step)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    put_origin(data, digest, sum(path.stat().st_size for path in paths))
    _put_window(data, first, pixels.dtype)
    _put_losses(data, paths, pixels.nbytes)
    data.NumberOfFrames = len(pixels)
    data.file_meta.TransferSyntaxUID = put_pixels(data, pixels, packing)
    return data


def _begun(sop_class: str, said: Description) -> Any:
    data = new_dataset(sop_class, said.instance_uid)
    put_patient_and_study(data, said)
    put_series(data, said, "GM" if sop_class == MICROSCOPIC else "OT")
    put_image(data, said)
    put_place(data, said)
    return data


def _put_optical_path(data: Any, said: Description) -> None:
    """Reflected light of one wavelength (PS3.3 C.8.12.5; CID 8123)."""
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes

    if said.microscope.wavelength is None:
        return
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    path.OpticalPathDescription = "Reflectance confocal microscopy"
    path.IlluminationWaveLength = said.microscope.wavelength
    path.IlluminationTypeCodeSequence = [code_item(codes.DCM.ReflectionIllumination)]
    if "ICCProfile" in data:
        path.ICCProfile = data.ICCProfile
    data.OpticalPathSequence = [path]
    data.NumberOfOpticalPaths = 1


def _put_window(data: Any, first: Mosaic, kind: np.dtype[Any]) -> None:
    """Which values are black and white, where that is not the whole range of their type (C.11.2.1.2)."""
    top = float(np.iinfo(kind).max)
    low, high = sorted((first.levels.low, first.levels.high))
    if first.levels.low > first.levels.high:
        low, high = top - high, top - low
    if (low, high) != (0, top):
        data.WindowCenter, data.WindowWidth = f"{(low + high + 1) / 2:.10g}", f"{high - low + 1:.10g}"


def _put_losses(data: Any, paths: Sequence[Path], size: int) -> None:
    """Whether the images were compressed with loss before they came here (C.7.6.1.1.5)."""
    methods = sorted({found for path in paths if (found := loss_of(path))})
    data.LossyImageCompression = "01" if methods else "00"
    if methods:
        data.LossyImageCompressionMethod = methods[0]
        data.LossyImageCompressionRatio = round(size / max(1, sum(path.stat().st_size for path in paths)), 2)


def _put_depths(data: Any, frames: int, step: float | None) -> None:
    """What tells the frames apart: their depth in millimetres, or their number (C.8.6.4, C.8.6.5)."""
    from pydicom.tag import Tag

    if frames < 2:
        return
    if step:
        data.FrameIncrementPointer = Tag("SliceLocationVector")
        data.SliceLocationVector = [f"{number * step / 1000:.10g}" for number in range(frames)]
    else:
        data.FrameIncrementPointer = Tag("PageNumberVector")
        data.PageNumberVector = [str(number) for number in range(1, frames + 1)]


def _frames(paths: Sequence[Path]) -> tuple[NDArray[Any], Mosaic]:
    """(frames, height, width) uint8 or uint16, and the first image."""
    found: list[NDArray[Any]] = []
    first: Mosaic | None = None
    for path in paths:
        with open_mosaic(path, frame=0) as image:
            first = first or image
            count = image.frames
            _need_fit(path, image, first, len(found) + count)
        for number in range(count):
            with open_mosaic(path, frame=number) as image:
                found.append(_stored(path, image))
    assert first is not None
    if len({one.dtype for one in found}) > 1:
        raise ImageError(paths[0], "and the other images differ in their bits. Give images of one kind.")
    return np.stack(found), first


def _need_fit(path: Path, image: Mosaic, first: Mosaic, frames: int) -> None:
    size, wanted = (image.width, image.height), (first.width, first.height)
    if size != wanted:
        what = f"is {size[0]} x {size[1]} pixels, and the first image {wanted[0]} x {wanted[1]}"
        raise ImageError(path, f"{what}. A stack holds images of one size.")
    if max(size) > SIDE_LIMIT or 2 * size[0] * size[1] * frames > BYTES_LIMIT:
        what = f"makes {frames} images of {size[0]} x {size[1]} pixels, more than one DICOM file holds"
        raise ImageError(path, f"{what}. Crop them, or store them apart.")


def _stored(path: Path, image: Mosaic) -> NDArray[Any]:
    """Whole numbers of which small ones are dark."""
    values = image.rows(0, image.height)
    if values.dtype.kind != "u" or values.dtype.itemsize > 2:
        mend = "Save it with 8 or 16 bits a pixel"
        raise ImageError(path, f"has pixels of type {values.dtype}, which DICOM does not hold here. {mend}.")
    own = values.astype(values.dtype.newbyteorder("="), copy=True)
    return np.iinfo(own.dtype).max - own if image.levels.low > image.levels.high else own


def _spacing(micrometres: float) -> list[str]:
    return [f"{micrometres / 1000:.10g}"] * 2
