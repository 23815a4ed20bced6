"""EXIF as DICOM has it: what the camera was and how it was set. Places are never taken over.

Source: DICOM PS3.3 C.8.12.11 (VL Photographic Acquisition) and C.7.5.3 (VL Photographic Equipment), whose
attributes are those of EXIF 2.31, with its numbers.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from cutis.interop.dicom.description import Device

_MOMENT = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_EXIF_IFD = 0x8769
_NUMBERS = {
    33434: "ExposureTimeInSeconds",
    33437: "FNumber",
    37377: "ShutterSpeedValue",
    37378: "ApertureValue",
    37379: "BrightnessValue",
    37380: "ExposureBiasValue",
    37381: "MaxApertureValue",
    37382: "SubjectDistance",
    37386: "FocalLength",
    41988: "DigitalZoomRatio",
}
_WHOLE = {
    34850: "ExposureProgram",
    34855: "PhotographicSensitivity",
    37383: "MeteringMode",
    37384: "LightSource",
    41986: "ExposureMode",
    41987: "WhiteBalance",
    41989: "FocalLengthIn35mmFilm",
    41990: "SceneCaptureType",
    41991: "GainControl",
    41992: "Contrast",
    41993: "Saturation",
    41994: "Sharpness",
    41996: "SubjectDistanceRange",
    41495: "SensingMethod",
    41985: "CustomRendered",
}
_WORDS = {42035: "LensMake", 42036: "LensModel"}


@dataclass(frozen=True)
class Camera:
    """What EXIF says.

    Attributes:
        device: maker, model, serial number, software.
        settings: DICOM keyword to value, of the exposure and the lens.
        moment: when the photo was taken, with its offset from UTC where the camera says it.
        orientation: 1 to 8.
    """

    device: Device = field(default_factory=Device)
    settings: dict[str, Any] = field(default_factory=dict)
    moment: dt.datetime | None = None
    orientation: int = 1


def camera_of(image: Image.Image) -> Camera:
    """What the EXIF data of an open photo say; damaged ones say nothing."""
    try:
        outer = image.getexif()
        inner = outer.get_ifd(_EXIF_IFD)
        orientation = int(outer.get(0x0112, 1))
    except Exception:  # damaged EXIF: the pixels are still good
        return Camera()
    device = Device(
        manufacturer=_text(outer.get(0x010F)),
        model=_text(outer.get(0x0110)),
        serial=_text(inner.get(42033)),
        software=_text(outer.get(0x0131)),
    )
    settings = {**_numbers(inner), **_whole(inner), **_flash(inner)}
    settings |= {name: _text(inner[tag]) for tag, name in _WORDS.items() if _text(inner.get(tag))}
    return Camera(device, settings, _moment(inner), orientation if 1 <= orientation <= 8 else 1)


def _numbers(inner: Any) -> dict[str, Any]:
    found = {}
    for tag, name in _NUMBERS.items():
        try:
            value = float(inner[tag])
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
        if abs(value) < 1e9:  # neither NaN nor infinite
            found[name] = f"{value:.10g}"
    return found


def _whole(inner: Any) -> dict[str, Any]:
    found = {}
    for tag, name in _WHOLE.items():
        value = inner.get(tag)
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, int) and 0 <= value < 65536:
            found[name] = value
    return found


def _flash(inner: Any) -> dict[str, Any]:
    """EXIF packs five facts in the bits of one number; DICOM has an attribute for each."""
    bits = inner.get(37385)
    if not isinstance(bits, int) or bits < 0:
        return {}
    parts = (("Firing", "FlashFiringStatus", 0, 1), ("", "FlashReturnStatus", 1, 3), ("", "FlashMode", 3, 3))
    found = {name: bits >> shift & mask for _, name, shift, mask in parts}
    return found | {"FlashFunctionPresent": bits >> 5 & 1, "FlashRedEyeMode": bits >> 6 & 1}


def _moment(inner: Any) -> dt.datetime | None:
    found = _MOMENT.match(str(inner.get(0x9003, "")))
    if not found:
        return None
    try:
        moment = dt.datetime(*map(int, found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    offset = _OFFSET.fullmatch(str(inner.get(0x9011, "")).strip())
    if offset:
        ahead = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        try:
            return moment.replace(tzinfo=dt.timezone(-ahead if offset[1] == "-" else ahead))
        except ValueError:
            return moment
    return moment


def _text(value: object) -> str:
    """At most 64 characters without controls, as DICOM's long strings hold."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return re.sub(r"[\x00-\x1f\x7f\\]+", " ", value).strip()[:64]
