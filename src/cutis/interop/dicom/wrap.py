"""From files to DICOM files, and back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from cutis.core.errors import CutisError, ImageError
from cutis.core.files import replacing
from cutis.imaging.dicom import DicomImage, open_dicom_image, told_as_ours
from cutis.imaging.jpeg_header import as_untransformed, jpeg_header
from cutis.imaging.mosaic import open_mosaic
from cutis.interop.dicom.confocal import confocal_image, confocal_stack, is_stack
from cutis.interop.dicom.description import Description
from cutis.interop.dicom.image import clinical_image, dermoscopic_image
from cutis.interop.dicom.modules import origin_of, save
from cutis.interop.dicom.photo import open_photo
from cutis.interop.dicom.pixels import JPEG_BASELINE, Packing

Kind = Literal["clinical", "dermoscopic", "confocal"]
KINDS: tuple[Kind, ...] = ("clinical", "dermoscopic", "confocal")
_LOSSLESS = (".png", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A photo as DICOM.

    Attributes:
        data: the pydicom data set.
        notes: what the user should know.
        kept: the file is inside bit by bit.
    """

    data: Any
    notes: tuple[str, ...]
    kept: bool


def wrap(
    paths: Sequence[Path | str],
    kind: Kind,
    said: Description,
    *,
    packing: Packing = "none",
    strip: bool = False,
    exif_time: bool = False,
) -> Wrapped:
    """Make a DICOM image of a photo, or of the images of a confocal stack.

    Args:
        paths: the photo; several only of a confocal stack.
        kind: what it shows.
        said: whom, what and with what.
        packing: how pixels that are not a kept JPEG are compressed, without loss.
        strip: leave EXIF and comments out of a JPEG that is kept.
        exif_time: take the time of the photo from EXIF.

    Raises:
        ImageError: a file cannot be read.
        CutisError: the description cannot be written, or several photos are given that are no stack.
    """
    places = [Path(path) for path in paths]
    if len(places) > 1 and kind != "confocal":
        raise CutisError(f"{places[1]}: a {kind} DICOM file holds one photo. Wrap them one by one.")
    unnamed = (
        () if said.patient.id else ("no patient is named: give --patient-id before it goes to an archive",)
    )
    if kind == "confocal" and is_stack(places):
        return Wrapped(confocal_stack(places, said, packing), unnamed, kept=False)
    photo = open_photo(places[0], strip=strip, grey=kind == "confocal")
    notes = [*photo.notes, *unnamed]
    if exif_time and photo.camera.moment is None:
        notes.append("its EXIF data do not say when it was taken")
    elif exif_time:
        said = replace(said, acquired=photo.camera.moment)
    if kind == "confocal":
        with open_mosaic(places[0], frame=0) as image:
            spacing = said.microscope.spacing or image.spacing
        data = confocal_image(photo, said, spacing, packing)
    else:
        made = clinical_image if kind == "clinical" else dermoscopic_image
        data = made(photo, said, packing)
    return Wrapped(data, tuple(notes), kept=photo.jpeg is not None and not strip)


def wrap_file(
    paths: Sequence[Path | str], kind: Kind, said: Description, out: Path | str, **options: Any
) -> Wrapped:
    """`wrap` into a file, which is whole or absent.

    Raises:
        CutisError: see `wrap`.
        OutputError: it cannot be written.
    """
    wrapped = wrap(paths, kind, said, **options)
    save(wrapped.data, out)
    return wrapped


@dataclass(frozen=True)
class Unwrapped:
    """What came out of a DICOM file.

    Attributes:
        paths: files that were written.
        same: the file is the one that was wrapped, bit by bit; None where that is not remembered.
        notes: what the user should know.
    """

    paths: tuple[Path, ...]
    same: bool | None
    notes: tuple[str, ...]


def unwrap(path: Path | str, out: Path | str) -> Unwrapped:
    """Take the photo out of a DICOM file: a JPEG bit by bit, other pixels as PNG or TIFF without loss.

    Args:
        path: the DICOM file.
        out: ends in ``.jpg`` for a JPEG inside, else in ``.png`` or ``.tif``; of a stack a ``.tif``.

    Raises:
        ImageError: it cannot be read, or its pixels cannot be had in such a file without loss.
        OutputError: it cannot be written.
    """
    image = open_dicom_image(path)
    with told_as_ours(path):
        done = _unwrapped(image, Path(path), Path(out))
    return done


def _unwrapped(image: DicomImage, path: Path, target: Path) -> Unwrapped:
    suffix = target.suffix.lower()
    inside = image.syntax == JPEG_BASELINE and image.frames == 1
    if suffix in (".jpg", ".jpeg"):
        if not inside:
            what = "does not hold a JPEG" if image.frames == 1 else f"holds {image.frames} images"
            raise ImageError(
                path, f"{what}; a JPEG would lose quality. Choose {_suited(image.frames)} for --out."
            )
        content, same, notes = _jpeg_of(image)
        image.rgb()  # a damaged one is not given back as if it were whole
        with replacing(target) as scratch:
            scratch.write_bytes(content)
        return Unwrapped((target,), same, notes)
    if suffix not in _LOSSLESS or (suffix == ".png" and image.frames > 1):
        raise ImageError(target, f"is no name for these pixels. Choose {_suited(image.frames, inside)}.")
    deep = _is_deep(image)
    if deep and suffix == ".png":
        raise ImageError(
            path, "holds pixels of 16 bits, which a PNG would not keep. Choose a .tif for --out."
        )
    with replacing(target) as scratch:
        if deep:
            _write_deep(image, scratch)
        else:
            _write(image, scratch, "PNG" if suffix == ".png" else "TIFF")
    note = "the JPEG inside was decoded; choose .jpg to have it bit by bit" if inside else ""
    return Unwrapped((target,), None, tuple(text for text in (*image.notes, note) if text))


def _suited(frames: int, inside: bool = False) -> str:
    return "a .tif" if frames > 1 else "a .jpg, .png or .tif" if inside else "a .png or .tif"


def _jpeg_of(image: Any) -> tuple[bytes, bool | None, tuple[str, ...]]:
    """The JPEG, without the byte that made its length even; whether it is the one that was wrapped; notes."""
    content: bytes = image.content(0)
    remembered = origin_of(image.data)
    if remembered:
        digest, size = remembered
        for candidate in (content[:size], content):
            if hashlib.sha256(candidate).hexdigest() == digest:
                return candidate, True, ()
    if content.endswith(b"\xff\xd9\0"):
        content = content[:-1]
    header = jpeg_header(content)
    rgb = image.data.get("PhotometricInterpretation") == "RGB" and len(header.components) == 3
    if rgb and not header.says_colour:  # only the DICOM file did
        note = "its JPEG did not say that its colours are red, green and blue; a marker was added"
        return as_untransformed(content), False if remembered else None, (note,)
    return content, False if remembered else None, ()


def _write(image: Any, scratch: Path, kind: str) -> None:
    pages = [_page(image, number) for number in range(image.frames)]
    options: dict[str, Any] = {}
    if pages[0].mode == "RGB" and image.data.get("ICCProfile"):
        options["icc_profile"] = bytes(image.data.ICCProfile)
    if kind == "TIFF":
        options |= {"save_all": True, "append_images": pages[1:], "compression": "tiff_deflate"}
    out = io.BytesIO()
    pages[0].save(out, kind, **options)
    scratch.write_bytes(out.getvalue())


def _is_deep(image: Any) -> bool:
    """Pixels of 16 bits that are in colour, may be negative, or are light where they are small."""
    data = image.data
    photometric = data.get("PhotometricInterpretation")
    if int(data.get("BitsAllocated", 8)) != 16 or photometric == "PALETTE COLOR":
        return False
    signed = int(data.get("PixelRepresentation", 0)) == 1
    return signed or int(data.get("SamplesPerPixel", 1)) == 3 or photometric == "MONOCHROME1"


def _write_deep(image: Any, scratch: Path) -> None:
    """Stored values as a TIFF, which Pillow cannot write of such."""
    import tifffile

    colour = int(image.data.get("SamplesPerPixel", 1)) == 3
    grey = "miniswhite" if image.data.get("PhotometricInterpretation") == "MONOCHROME1" else "minisblack"
    profile = bytes(image.data.ICCProfile) if colour and image.data.get("ICCProfile") else None
    with tifffile.TiffWriter(scratch) as out:
        for number in range(image.frames):
            values = image.stored(number)
            kind = "rgb" if colour else grey
            out.write(values, photometric=kind, compression="zlib", iccprofile=profile, metadata=None)


def _page(image: Any, frame: int) -> Image.Image:
    """Stored values where a PNG can hold them; else what `rgb` makes of them."""
    photometric = str(image.data.get("PhotometricInterpretation", ""))
    if photometric in ("MONOCHROME1", "PALETTE COLOR"):
        return Image.fromarray(image.rgb(frame))
    values = image.stored(frame)
    if values.dtype not in (np.uint8, np.uint16) or (values.ndim == 3 and values.dtype != np.uint8):
        return Image.fromarray(image.rgb(frame))
    return Image.fromarray(np.ascontiguousarray(values))
