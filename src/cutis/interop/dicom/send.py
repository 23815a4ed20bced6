"""Send DICOM files over the network, again and again until they are there or refused for good."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cutis.core.errors import ImageError, MissingExtraError

_MOST_CONTEXTS = 128  # of one association, PS3.8 9.3.2.2
_BUSY = range(0xA700, 0xA800)  # out of resources: later it may work
_WARNINGS = (0x0001, *range(0xB000, 0xC000), 0x0107, 0x0116)

State = Literal["sent", "refused", "failed"]


@dataclass(frozen=True)
class Peer:
    """Whom to send to.

    Attributes:
        host, port: address.
        title: AE title of the peer.
        calling: our own.
        seconds: that an answer is waited for.
        tls: None for a plain connection; see `client_tls`.
    """

    host: str
    port: int
    title: str = "ANY-SCP"
    calling: str = "CUTIS"
    seconds: float = 30.0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Sent:
    """What became of a file.

    Attributes:
        path: the file.
        state: ``sent``; ``refused``, the peer will not have it; ``failed``, the peer could not be reached or
            had no room, and it may be tried again later.
        told: what the peer or the network said; empty where all is well.
    """

    path: Path
    state: State
    told: str = ""


def send(
    paths: Sequence[Path | str],
    peer: Peer,
    *,
    tries: int = 4,
    pause: float = 0.5,
    nameless: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Sent]:
    """Send files by C-STORE, one association for all of them, and try those that failed again.

    Args:
        paths: DICOM files.
        peer: to whom.
        tries: in all, of each file.
        pause: seconds before the second try; twice as long before each further one.
        nameless: send also what names no patient.
        sleep: how to wait.

    Returns:
        One per file, in their order. A file that cannot be read is ``refused``.

    Raises:
        MissingExtraError: pynetdicom is not installed.
    """
    found: dict[Path, Sent] = {}
    waiting = [Path(path) for path in paths]
    for number in range(tries):
        if number:
            sleep(pause * 2 ** (number - 1))
        for sent in _once(waiting, peer, nameless=nameless):
            found[sent.path] = sent
        waiting = [path for path in waiting if found[path].state == "failed"]
        if not waiting:
            break
    return [found[Path(path)] for path in paths]


def echo(peer: Peer) -> bool:
    """Whether the peer answers a C-ECHO."""
    entity = _entity(peer)
    entity.add_requested_context("1.2.840.10008.1.1")
    association = _associate(entity, peer)
    if not association.is_established:
        return False
    status = association.send_c_echo()
    association.release()
    return bool(status) and status.Status == 0


def client_tls(
    authority: Path | None = None, *, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """TLS for a sender, 1.2 or newer, that checks who the peer is.

    Args:
        authority: PEM file of who signs peers; the system's where None.
        certificate: PEM file of our own certificate, where the peer asks for one.
        key: PEM file of its private key.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


@dataclass(frozen=True)
class _Head:
    path: Path
    sop_class: str
    syntax: str


def _once(paths: Sequence[Path], peer: Peer, *, nameless: bool) -> Iterator[Sent]:
    heads: list[_Head] = []
    for path in paths:
        try:
            heads.append(_head(path, nameless=nameless))
        except ImageError as error:
            yield Sent(path, "refused", error.reason)
    while heads:
        pairs = list(dict.fromkeys((head.sop_class, head.syntax) for head in heads))[:_MOST_CONTEXTS]
        now = [head for head in heads if (head.sop_class, head.syntax) in pairs]
        heads = [head for head in heads if head not in now]
        yield from _through(now, pairs, peer)


def _through(heads: Sequence[_Head], pairs: Sequence[tuple[str, str]], peer: Peer) -> Iterator[Sent]:
    entity = _entity(peer)
    for sop_class, syntax in pairs:
        entity.add_requested_context(sop_class, syntax)
    association = _associate(entity, peer)
    try:
        for head in heads:
            if not association.is_established:
                yield Sent(head.path, "failed", _why_not(association, peer))
            else:
                yield _stored(association, head)
    finally:
        if association.is_established:
            association.release()


def _stored(association: Any, head: _Head) -> Sent:
    try:
        status = association.send_c_store(head.path)
    except ValueError:  # the peer took no context for it
        kind = f"objects of class {head.sop_class} in transfer syntax {head.syntax}"
        return Sent(head.path, "refused", f"the peer does not take {kind}")
    except Exception as error:  # the connection broke in between
        return Sent(head.path, "failed", " ".join(str(error).split()) or type(error).__name__)
    if not status or "Status" not in status:
        return Sent(head.path, "failed", "the peer did not answer")
    code = int(status.Status)
    told = str(status.get("ErrorComment", "")).strip()
    if code == 0:
        return Sent(head.path, "sent")
    if code in _WARNINGS:
        return Sent(head.path, "sent", f"with a warning, status {code:04X} {told}".strip())
    state: State = "failed" if code in _BUSY else "refused"
    return Sent(head.path, state, f"status {code:04X} {told}".strip())


def _head(path: Path, *, nameless: bool) -> _Head:
    import pydicom

    try:
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["PatientID", "SOPInstanceUID"])
        meta = data.file_meta
        head = _Head(path, str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID))
    except OSError as error:
        raise ImageError(path, f"cannot be opened ({error.strerror}). Check the path.") from error
    except Exception as error:
        raise ImageError(path, "is not a DICOM file, or truncated. Check the file.") from error
    if not nameless and not str(data.get("PatientID", "")).strip():
        raise ImageError(path, "names no patient (no PatientID), and is not sent so. Add who it is.")
    return head


def _entity(peer: Peer) -> Any:
    try:
        from pynetdicom import AE
    except ImportError as error:
        raise MissingExtraError("dicom", "Sending DICOM") from error
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    entity = AE(ae_title=peer.calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = peer.seconds
    entity.connection_timeout = peer.seconds
    return entity


def _associate(entity: Any, peer: Peer) -> Any:
    tls = (peer.tls, peer.host) if peer.tls else None
    return entity.associate(peer.host, peer.port, ae_title=peer.title, max_pdu=131072, tls_args=tls)


def _why_not(association: Any, peer: Peer) -> str:
    where = f"{peer.title} at {peer.host}:{peer.port}"
    if association.is_rejected:
        return f"{where} rejects us (AE titles, or too many at once)"
    return f"{where} cannot be reached, or broke the connection off"
