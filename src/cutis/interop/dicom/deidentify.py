"""Copies without what identifies the patient, by the basic profile of DICOM PS3.15, annex E.

The table `profile.csv` beside this file has the standard's action for each attribute (PS3.15 2026c, table
E.1-1: X removed, Z emptied, D a dummy, U another UID) and which options keep it (of the options' columns the
dates, device, institution, patient's characteristics and UIDs; for attributes newer than 2021 dates and UIDs
by their value representation).
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError, ImageError
from cutis.core.files import replacing
from cutis.core.version import __version__
from cutis.imaging.dicom import DicomImage, open_dicom_image, told_as_ours
from cutis.imaging.jpeg_header import picture_only
from cutis.interop.dicom.iod import types_of
from cutis.interop.dicom.modules import code_item, save
from cutis.interop.dicom.uids import keyed_uid
from cutis.interop.dicom.writing import find_writing

# Options and their codes, PS3.16 CID 7050.
OPTIONS = {
    "dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "patient": ("113108", "Retain Patient Characteristics Option"),
    "device": ("113109", "Retain Device Identity Option"),
    "uids": ("113110", "Retain UIDs Option"),
    "institution": ("113112", "Retain Institution Identity Option"),
}
_BASIC = ("113100", "Basic Application Confidentiality Profile")
_JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70))
_HEAD = (  # of the file's head; who sent and received it, and their private notes, are left out
    "FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
    "MediaStorageSOPInstanceUID", "TransferSyntaxUID", "ImplementationClassUID", "ImplementationVersionName",
)  # fmt: skip
_DUMMIES = {
    "PN": "ANONYMOUS", "DA": "19000101", "TM": "000000", "DT": "19000101000000", "DS": "0", "IS": "0",
    "AE": "ANONYMOUS", "AS": "000Y", "CS": "REMOVED", "UR": "about:blank",
}  # fmt: skip


@dataclass(frozen=True)
class _Rules:
    key: bytes
    retain: tuple[str, ...]
    types: dict[tuple[str, ...], str]


def deidentified(
    source: Path | str | bytes, key: bytes, retain: Sequence[str] = ()
) -> tuple[Any, tuple[str, ...]]:
    """A copy of an image without what identifies the patient.

    Args:
        source: the DICOM file, or its contents.
        key: secret by which UIDs and the patient's id are mapped; the same key gives the same ones.
        retain: names of `OPTIONS`.

    Returns:
        The data set, and what the user should know, such as that there is writing in the pixels.

    Raises:
        ImageError: the file cannot be read, or holds no image.
        CutisError: an option is not known, or the key is too short.
    """
    unknown = [name for name in retain if name not in OPTIONS]
    if unknown:
        raise CutisError(f"'{unknown[0]}' cannot be retained, but {', '.join(OPTIONS)}. Correct it.")
    if len(key) < 16:
        raise CutisError(f"the key has {len(key)} bytes, and 16 or more are needed. Choose a longer one.")
    image = open_dicom_image(source)
    with told_as_ours(image.name):
        done = _deidentified(image, key, retain)
    return done


def _deidentified(image: DicomImage, key: bytes, retain: Sequence[str]) -> tuple[Any, tuple[str, ...]]:
    data = image.data
    absent = [word for word in ("SOPClassUID", "SOPInstanceUID") if not data.get(word)]
    if absent:
        raise ImageError(
            image.name, f"has no {' and no '.join(absent)}: nothing tells what it is. Export it again."
        )
    notes = _writing(image)
    rules = _Rules(key, tuple(retain), types_of(str(data.SOPClassUID)))
    patient = hmac.new(key, str(data.get("PatientID", "")).encode(), hashlib.sha256).hexdigest()[:12].upper()
    _strip_frames(image)
    _clean(data, rules, ())
    data.PatientID = data.PatientName = f"ANON-{patient}"
    _sign(data, retain)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    for tag in [item.tag for item in data.file_meta if item.keyword not in _HEAD]:
        del data.file_meta[tag]
    data.preamble = b"\0" * 128
    return data, notes


def deidentify_files(
    paths: Sequence[Path], out: Path, *, key: Path | None = None, retain: Sequence[str] = ()
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """De-identify files into a folder, each named by its new UID.

    Args:
        paths: DICOM images.
        out: folder.
        key: file with the secret; made, for its owner's eyes only, where it is missing. None takes a secret
            that is forgotten, so that nobody can map the UIDs again.
        retain: see `deidentified`.

    Yields:
        Each new file, and what the user should know of it.

    Raises:
        CutisError: see `deidentified`.
    """
    secret = secrets.token_bytes(32) if key is None else _secret(key)
    for path in paths:
        data, notes = deidentified(path, secret, retain)
        target = Path(out) / f"{data.SOPInstanceUID}.dcm"
        with told_as_ours(path):  # what is damaged shows when it is written
            save(data, target)
        yield target, notes


def _secret(path: Path) -> bytes:
    if not path.exists():
        with replacing(path) as scratch:
            scratch.touch(mode=0o600)
            scratch.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    return path.read_bytes().strip()


def _clean(data: Any, rules: _Rules, path: tuple[str, ...]) -> None:
    """Apply the table to a data set and to what lies in its sequences."""
    data.remove_private_tags()
    for element in list(data):
        action = _action(element, rules, path)
        if action == "X":
            del data[element.tag]
        elif action == "Z":
            element.value = [] if element.VR == "SQ" else None
        elif action == "U":
            values = element.value if element.VM > 1 else [element.value]
            mapped = [keyed_uid(str(uid), rules.key) for uid in values if uid]
            element.value = mapped if element.VM > 1 else "".join(mapped)
        elif action == "D" and element.VR != "SQ":
            element.value = _dummy(element)
        if element.VR == "SQ" and element.tag in data:
            for item in element.value or ():
                _clean(item, rules, (*path, element.keyword))


def _action(element: Any, rules: _Rules, path: tuple[str, ...]) -> str:
    """X, Z, D, U, or K for kept."""
    group = element.tag.group
    if 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF:
        return "X"  # curves and overlays, which hold drawings and writing
    if not element.keyword:
        return "X"  # no attribute of the standard: nobody knows what stands in it
    if element.tag not in profile():
        return "K"
    actions, kept_by = profile()[element.tag]
    if any(name in kept_by for name in rules.retain):
        return "K"
    if "/" not in actions:
        return actions
    if "U*" in actions:
        return "K"  # a sequence whose UIDs are mapped inside
    # Of several actions the one that leaves the object as the standard wants it.
    kind = rules.types.get((*path, element.keyword), "1" if path else "3")
    wanted = {"1": "D", "2": "Z"}.get(kind[0], "X")
    return wanted if wanted in actions else actions.split("/")[-1]


@cache
def profile() -> dict[int, tuple[str, tuple[str, ...]]]:
    """Actions, and the options that keep it, by tag."""
    text = (resources.files("cutis.interop.dicom") / "profile.csv").read_text(encoding="utf-8")
    return {
        int(row["tag"], 16): (row["action"], tuple(row["kept_by"].split()))
        for row in csv.DictReader(text.splitlines())
    }


def _dummy(element: Any) -> Any:
    if element.VR in ("LO", "SH", "ST", "LT", "UT", "UC"):
        return "REMOVED"
    if element.VR in ("US", "UL", "SS", "SL", "FL", "FD", "UV", "SV"):
        return 0
    if element.VR in ("OB", "OW", "UN"):
        return b"\0\0"
    return _DUMMIES.get(element.VR, "")


def _sign(data: Any, retain: Sequence[str]) -> None:
    """Say that and how it was done (PS3.15 E.1.1; PS3.3 C.12.1.1.9)."""
    from pydicom.sr.coding import Code

    data.PatientIdentityRemoved = "YES"
    data.DeidentificationMethod = f"cutis {__version__}, PS3.15 annex E"
    used = [_BASIC, *(OPTIONS[name] for name in sorted(set(retain)))]
    data.DeidentificationMethodCodeSequence = [code_item(Code(value, "DCM", words)) for value, words in used]
    data.LongitudinalTemporalInformationModified = "UNMODIFIED" if "dates" in retain else "REMOVED"


def _strip_frames(image: DicomImage) -> None:
    """Take EXIF and comments out of JPEGs inside: GPS, owners' names and thumbnails stand there."""
    from pydicom.encaps import encapsulate

    if image.syntax not in _JPEG:
        return
    try:
        frames = [picture_only(image.content(number)) for number in range(image.frames)]
    except ValueError as error:
        raise ImageError(image.name, f"is damaged (its JPEG {error}). Copy it again.") from error
    image.data.PixelData = encapsulate(frames)
    image.data["PixelData"].is_undefined_length = True
    for word in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if word in image.data:
            delattr(image.data, word)


def _writing(image: DicomImage) -> tuple[str, ...]:
    if str(image.data.get("BurnedInAnnotation", "")) == "YES":
        return ("says that there is writing in its pixels: look at it before it leaves the house",)
    if any(find_writing(pixels) for _, pixels in zip(range(8), image.each(), strict=False)):
        return ("there seems to be writing in its pixels: look at it before it leaves the house",)
    return ()
