"""Receive DICOM objects over the network, so that what was confirmed is on the disk.

A C-STORE is answered with success only when the object is a whole file under its final name and both are
synced. An object that is there already is confirmed again and kept once; one with the same UID, but another
patient or other pixels, is refused.
"""

from __future__ import annotations

import logging
import ssl
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError, MissingExtraError
from cutis.core.version import __version__
from cutis.interop.dicom.keep import NO_ROOM, NOT_UNDERSTOOD, NotTakenError, Received, keep
from cutis.interop.dicom.modules import IMPLEMENTATION

_SUCCESS = 0x0000
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
    door = _Door(place, listening, on_received, on_refused)
    handlers = [
        (evt.EVT_C_STORE, door.stored),
        (evt.EVT_C_ECHO, lambda _: _SUCCESS),
        (evt.EVT_DATA_RECV, door.counted),
        (evt.EVT_CONN_CLOSE, door.gone),
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


@dataclass(eq=False)
class _Door:
    """What is done with what callers send.

    Attributes:
        sizes: bytes that each association has sent since its last object.
    """

    folder: Path
    listening: Listening
    on_received: Callable[[Received], None] | None
    on_refused: Callable[[str, str, str], None] | None
    sizes: dict[Any, int] = field(default_factory=dict)

    def stored(self, event: Any) -> Any:
        """Keep an object; the status that the caller is answered."""
        caller = str(event.assoc.requestor.ae_title).strip()
        self.sizes[event.assoc] = 0
        uid = str(event.request.AffectedSOPInstanceUID or "")
        try:
            self._keep(event, uid, caller)
        except NotTakenError as error:
            if self.on_refused:
                self.on_refused(caller, uid, str(error))
            return _status(error.status, str(error))
        except OSError as error:
            return _status(NO_ROOM, f"cannot be written: {error.strerror}")
        except Exception:  # whatever the gateway does with it: the caller shall come again
            logging.getLogger(__name__).exception("after receiving %s", uid)
            return _status(NO_ROOM, "not now: try again")
        return _SUCCESS

    def _keep(self, event: Any, uid: str, caller: str) -> None:
        syntax = str(event.context.transfer_syntax)
        head = _head(str(event.request.AffectedSOPClassUID), uid, syntax, caller)
        content = head + event.encoded_dataset(include_meta=False)
        if len(content) > self.listening.most_bytes:
            raise NotTakenError(NOT_UNDERSTOOD, f"it has more than {self.listening.most_bytes:,} bytes")
        received = keep(self.folder, uid, content, caller)
        if self.on_received:
            self.on_received(received)

    def counted(self, event: Any) -> None:
        """Cut off who sends an object without end."""
        self.sizes[event.assoc] = self.sizes.get(event.assoc, 0) + len(event.data)
        if self.sizes[event.assoc] > self.listening.most_bytes:
            event.assoc.abort()

    def gone(self, event: Any) -> None:
        """Forget an association that is over."""
        self.sizes.pop(event.assoc, None)


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
