"""Receive DICOM objects over the network, so that what was confirmed is on the disk.

A C-STORE is answered with success only when the object is a whole file under its final name and both are
synced. An object that is there already is confirmed again and kept once; one with the same UID, but another
patient or other pixels, is refused.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import ssl
import struct
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.errors import CutisError, ImageError, MissingExtraError
from cutis.core.version import __version__
from cutis.imaging.dicom import open_dicom_image
from cutis.interop.dicom.modules import IMPLEMENTATION

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_SUCCESS, _NO_ROOM, _NOT_UNDERSTOOD, _OTHER_OBJECT = 0x0000, 0xA700, 0xC000, 0xC111  # PS3.4, table B.2-1
_SYNTAXES = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5",
)  # fmt: skip


@dataclass(frozen=True)
class Listening:
    """Where and to whom.

    Attributes:
        port: to listen at; 0 takes a free one.
        host: address to listen at; loopback by default, so that nothing is open by accident.
        title: our AE title.
        peers: AE titles that may call; empty for all.
        strict: only callers that name our title.
        associations: at once; more are refused and may come again.
        seconds: that a silent caller is waited for.
        most_bytes: of one object; a caller that sends more is cut off.
        tls: None for plain connections; see `server_tls`.
    """

    port: int = 11112
    host: str = "127.0.0.1"
    title: str = "CUTIS"
    peers: tuple[str, ...] = ()
    strict: bool = False
    associations: int = 16
    seconds: float = 60.0
    most_bytes: int = 1_000_000_000
    tls: ssl.SSLContext | None = None


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


@contextmanager
def receiving(
    folder: Path | str,
    listening: Listening | None = None,
    *,
    on_received: Callable[[Received], None] | None = None,
    on_refused: Callable[[str, str, str], None] | None = None,
) -> Iterator[int]:
    """Listen for C-ECHO and C-STORE while the context lasts.

    Args:
        folder: each object becomes ``<SOP Instance UID>.dcm`` in it.
        listening: where and to whom.
        on_received: called before the caller is answered; when it raises, the caller is told to try again.
        on_refused: called with AE title, UID and reason.

    Yields:
        The port.

    Raises:
        MissingExtraError: pynetdicom is not installed.
        CutisError: the folder cannot be written to, or the port is taken.
    """
    listening = listening or Listening()
    place = Path(folder)
    _need_folder(place)
    entity, evt = _entity(listening)
    sizes: dict[Any, int] = {}

    def stored(event: Any) -> Any:
        caller = str(event.assoc.requestor.ae_title).strip()
        sizes[event.assoc] = 0
        uid = str(event.request.AffectedSOPInstanceUID or "")
        try:
            head = _head(
                str(event.request.AffectedSOPClassUID), uid, str(event.context.transfer_syntax), caller
            )
            content = head + event.encoded_dataset(include_meta=False)
            if len(content) > listening.most_bytes:
                raise NotTakenError(_NOT_UNDERSTOOD, f"it has more than {listening.most_bytes:,} bytes")
            received = keep(place, uid, content, caller)
            if on_received:
                on_received(received)
        except NotTakenError as error:
            if on_refused:
                on_refused(caller, uid, str(error))
            return _status(error.status, str(error))
        except OSError as error:
            return _status(_NO_ROOM, f"cannot be written: {error.strerror}")
        except Exception:  # whatever the gateway does with it: the caller shall come again
            logging.getLogger(__name__).exception("after receiving %s", uid)
            return _status(_NO_ROOM, "not now: try again")
        return _SUCCESS

    def counted(event: Any) -> None:
        sizes[event.assoc] = sizes.get(event.assoc, 0) + len(event.data)
        if sizes[event.assoc] > listening.most_bytes:
            event.assoc.abort()

    def gone(event: Any) -> None:
        sizes.pop(event.assoc, None)

    handlers = [
        (evt.EVT_C_STORE, stored),
        (evt.EVT_C_ECHO, lambda _: _SUCCESS),
        (evt.EVT_DATA_RECV, counted),
        (evt.EVT_CONN_CLOSE, gone),
    ]
    try:
        server = entity.start_server(
            (listening.host, listening.port), block=False, evt_handlers=handlers, ssl_context=listening.tls
        )
    except OSError as error:
        where = f"{listening.host}:{listening.port}"
        raise CutisError(f"Cannot listen at {where} ({error.strerror}). Choose another port.") from error
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        entity.shutdown()


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
        raise NotTakenError(_NOT_UNDERSTOOD, "its SOP Instance UID is none")
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


def server_tls(certificate: Path, key: Path, *, peers: Path | None = None) -> ssl.SSLContext:
    """TLS for a receiver, 1.2 or newer (PS3.15 B.9, BCP 195).

    Args:
        certificate: PEM file of our certificate and its chain.
        key: PEM file of its private key.
        peers: PEM file of who may call; None asks callers for no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if peers:
        context.load_verify_locations(peers)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


_locks = [threading.Lock() for _ in range(64)]  # the same UID always gets the same one


def _lock(uid: str) -> threading.Lock:
    return _locks[hashlib.sha256(uid.encode()).digest()[0] % len(_locks)]


def _entity(listening: Listening) -> tuple[Any, Any]:
    try:
        from pynetdicom import AE, evt
        from pynetdicom.presentation import AllStoragePresentationContexts
    except ImportError as error:
        raise MissingExtraError("dicom", "Receiving DICOM") from error
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    entity = AE(ae_title=listening.title)
    entity.maximum_associations = listening.associations
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = listening.seconds
    entity.maximum_pdu_size = 131072
    entity.require_called_aet = listening.strict
    entity.require_calling_aet = list(listening.peers)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), list(_SYNTAXES))
    entity.add_supported_context("1.2.840.10008.1.1")
    return entity, evt


def _head(sop_class: str, uid: str, syntax: str, caller: str) -> bytes:
    """The head of a DICOM file (PS3.10, 7.1), written by hand: it is written for every object."""

    def element(number: int, kind: str, value: str, filler: bytes = b"\0") -> bytes:
        content = value.encode("ascii", "replace")
        content += filler * (len(content) % 2)
        return struct.pack("<HH2sH", 2, number, kind.encode(), len(content)) + content

    said = (
        struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2)
        + b"\0\1"
        + element(0x02, "UI", sop_class)
        + element(0x03, "UI", uid)
        + element(0x10, "UI", syntax)
        + element(0x12, "UI", IMPLEMENTATION)
        + element(0x13, "SH", f"CUTIS_{__version__}"[:16], b" ")
        + element(0x16, "AE", caller[:16], b" ")
    )
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(said)) + said


def _status(code: int, why: str) -> Any:
    from pydicom.dataset import Dataset

    said = Dataset()
    said.Status, said.ErrorComment = code, why[:64]
    return said


def _need_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid.uuid4().hex}.part"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CutisError(
            f"{folder}: cannot be written to ({error.strerror}). Choose another, or say who may write to it."
        ) from error


def _need_readable(content: bytes, uid: str) -> None:
    """The data set begins as one, and its pixels are not cut off."""
    import pydicom

    try:
        data = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
    except Exception as error:
        raise NotTakenError(_NOT_UNDERSTOOD, "it cannot be read") from error
    if data.get("SOPInstanceUID") != uid:
        raise NotTakenError(_NOT_UNDERSTOOD, "its UID is not the one that was announced")


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
        raise NotTakenError(_OTHER_OBJECT, "another object of this UID is here already")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__: Sequence[str] = ("Listening", "NotTakenError", "Received", "keep", "receiving", "server_tls")
