"""A DICOM object in its place, durably and once: what another one of its UID would be is refused."""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cutis.core.errors import ImageError
from cutis.imaging.dicom import open_dicom_image

NO_ROOM, NOT_UNDERSTOOD, OTHER_OBJECT = 0xA700, 0xC000, 0xC111  # of PS3.4, table B.2-1
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_IMPLICIT = "1.2.840.10008.1.2"
_UNKNOWN_LENGTH = 0xFFFFFFFF
_END_OF_FRAMES = b"\xfe\xff\xdd\xe0\0\0\0\0"


@dataclass(frozen=True)
class Received:
    """One object that is safely there.

    Attributes:
        path: of the file.
        uid: SOP Instance UID.
        caller: AE title of who sent it.
        new: it was not there before.
    """

    path: Path
    uid: str
    caller: str
    new: bool


class NotTakenError(Exception):
    """An object that is not taken: a status, and why."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


def keep(folder: Path, uid: str, content: bytes, caller: str = "") -> Received:
    """Put an object's file in its place, durably, once.

    Args:
        folder: where it goes.
        uid: its SOP Instance UID, as the caller says.
        content: the whole file.
        caller: who sent it.

    Raises:
        NotTakenError: the object is not what the caller says, or another one of that UID is there.
        OSError: it cannot be written.
    """
    if not _UID.fullmatch(uid) or len(uid) > 64:
        raise NotTakenError(NOT_UNDERSTOOD, "its SOP Instance UID is none")
    target = folder / f"{uid}.dcm"
    with _lock(uid):
        if target.exists():
            _need_same(target, content)
            return Received(target, uid, caller, new=False)
        _need_readable(content, uid)
        scratch = folder / f".{uuid.uuid4().hex}.part"
        try:
            with scratch.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            scratch.rename(target)
        finally:
            scratch.unlink(missing_ok=True)
        _sync(folder)
    return Received(target, uid, caller, new=True)


_locks = [threading.Lock() for _ in range(64)]  # the same UID always gets the same one


def _lock(uid: str) -> threading.Lock:
    return _locks[hashlib.sha256(uid.encode()).digest()[0] % len(_locks)]


def _need_readable(content: bytes, uid: str) -> None:
    """The data set begins as one, and its pixels are not cut off."""
    import pydicom

    stream = io.BytesIO(content)
    try:
        data = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        told = str(data.get("SOPInstanceUID", ""))  # decoded here
        syntax = str(data.file_meta.get("TransferSyntaxUID", ""))
    except Exception as error:
        raise NotTakenError(NOT_UNDERSTOOD, "it cannot be read") from error
    if told != uid:
        raise NotTakenError(NOT_UNDERSTOOD, "its UID is not the one that was announced")
    if _is_cut(content, stream.tell(), syntax):
        raise NotTakenError(NOT_UNDERSTOOD, "its pixels are cut off")


def _is_cut(content: bytes, at: int, syntax: str) -> bool:
    """Whether pixels begin at a place, and are fewer than they say (PS3.5, 7.1 and A.4)."""
    if content[at : at + 4] != b"\xe0\x7f\x10\x00":
        return False
    head = 8 if syntax == _IMPLICIT else 12
    length = int.from_bytes(content[at + head - 4 : at + head], "little")
    if length == _UNKNOWN_LENGTH:
        return content.rfind(_END_OF_FRAMES, at) < 0
    return at + head + length > len(content)


def _need_same(target: Path, content: bytes) -> None:
    """What is there is the same object, perhaps coded in another way."""
    there = target.read_bytes()
    if there == content:
        return
    try:
        old, new = open_dicom_image(there), open_dicom_image(content)
        same = (
            str(old.data.get("PatientID", "")) == str(new.data.get("PatientID", ""))
            and old.frames == new.frames
        )
        same = same and all(np.array_equal(old.stored(n), new.stored(n)) for n in range(old.frames))
    except ImageError:
        import pydicom

        # Reports and other objects without pixels: all that is said must be the same.
        with suppress(Exception):
            if pydicom.dcmread(io.BytesIO(there)) == pydicom.dcmread(io.BytesIO(content)):
                return
        same = False
    if not same:
        raise NotTakenError(OTHER_OBJECT, "another object of this UID is here already")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
