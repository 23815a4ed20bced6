"""How photos come: sent by DICOM, put into a folder, fetched from DICOMweb servers and from records.

Each inlet hands what comes to `cutis.web.gateway.arrive.arrive`, and says what is wrong with it in words.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from cutis.core.errors import CutisError
from cutis.interop.dicom.keep import Received
from cutis.interop.dicom.receive import Listening, receiving, server_tls
from cutis.interop.dicom.uids import ROOT
from cutis.interop.fhir.client import Bookmark, FhirClient
from cutis.interop.fhir.elements import Json, mapping
from cutis.interop.fhir.errors import FhirError, RecordError, WrongPatientError
from cutis.interop.fhir.pictures import is_own
from cutis.web.database import Delivery, Dispatch, PollBookmark
from cutis.web.gateway import dicomweb
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive, kept_text, number
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.peers import Folder, Receiver, Record, Web
from cutis.web.gateway.results import made_here
from cutis.web.gateway.sending import TryLaterError, client_of
from cutis.web.photos.intake import kept_moment

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".heic", ".heif", ".avif", ".webp", ".tif", ".tiff", ".dcm", ".dicom")
)
LARGEST = 1_000_000_000  # bytes of a file in a folder, as of what is sent by DICOM
_GONE = (404, 410)
_AGAIN = 3600.0  # seconds before a DICOMweb server is asked again for an object that it does not give
# Of what is wrong with one item, and would be wrong again; a full disk or a busy database is not of the item.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DataError)
Tell = Callable[[str], None]


@contextmanager
def listening(gateway: Gateway, chosen: Receiver, tell: Tell) -> Iterator[int]:
    """Receive by C-STORE while the block runs.

    Args:
        gateway: that keeps what comes.
        chosen: where to listen, and to whom.
        tell: called with what is wrong.

    Yields:
        The port.

    Raises:
        CutisError: the port is taken, or the certificate cannot be used.
    """

    def on_received(received: Received) -> None:
        came = Came(received.caller, received.path.read_bytes(), issuer=chosen.issuer)
        try:
            arrive(gateway, came)
        except NotTakenHereError as error:
            tell(f"{received.caller}: {error}")
            raise

    def on_refused(caller: str, uid: str, why: str) -> None:
        platform = gateway.platform
        platform.audit.note(platform.database, "delivery.refused", source=caller[:16], reason=why[:200])
        tell(f"{caller}: an object was refused, since {why}")

    tls = None
    if chosen.certificate and chosen.key:
        try:
            tls = server_tls(chosen.certificate, chosen.key, peers=chosen.authority)
        except OSError as error:
            raise CutisError(
                f"{chosen.certificate}: certificate or key cannot be used ({error.strerror or error})."
            ) from error
    told = Listening(
        port=chosen.port,
        host=chosen.host,
        title=chosen.title,
        peers=chosen.peers,
        strict=chosen.strict,
        associations=chosen.associations,
        seconds=chosen.seconds,
        tls=tls,
    )
    with receiving(gateway.arrived, told, on_received=on_received, on_refused=on_refused) as port:
        yield port


@dataclass(eq=False)
class Watched:
    """A folder that is looked into again and again; nothing in it is opened for writing or moved.

    Attributes:
        settling: size and time of files that are new, with when they were first seen so.
        done: size and time of files that were taken or refused.
    """

    gateway: Gateway
    folder: Folder
    tell: Tell
    settling: dict[Path, tuple[int, int, float]] = field(default_factory=dict)
    done: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> int:
        """Take the photos that are whole.

        Returns:
            How many are new.
        """
        new, seen = 0, set()
        for path, size, changed in self._files():
            seen.add(path)
            if self.done.get(path) == (size, changed):
                continue
            before = self.settling.get(path)
            if before is None or before[:2] != (size, changed):
                self.settling[path] = (size, changed, monotonic())
                continue
            if monotonic() - before[2] < self.folder.settle or not size or is_open(path):
                continue
            if size > LARGEST:
                self.done[path] = (size, changed)
                self.tell(f"{self.folder.name}: a file has more than {LARGEST:,} bytes. It is left there.")
                continue
            new += self._take(path, size, changed)
        for path in set(self.settling) - seen:
            del self.settling[path]
        return new

    def _take(self, path: Path, size: int, changed: int) -> int:
        shown = path.relative_to(self.folder.path).as_posix()
        try:
            content = path.read_bytes()
        except OSError as error:
            self.tell(f"{self.folder.name}: a file cannot be read ({error.strerror}). Say who may read it.")
            return 0
        now = path.stat()
        if (now.st_size, now.st_mtime_ns) != (size, changed) or len(content) != size:
            return 0  # it grew while it was read
        said = re.search(self.folder.patient, shown)
        groups = said.groupdict() if said else {}
        came = Came(
            self.folder.name,
            content,
            issuer=self.folder.issuer,
            patient=number(groups.get("patient") or ""),
            modality=self.folder.modality,
            body_site=kept_text(groups.get("site") or "")[:80],
            side={"l": "left", "r": "right"}.get((groups.get("side") or "")[:1].lower(), ""),
        )
        try:
            arrived = arrive(self.gateway, came)
        except NotTakenHereError as error:
            self.tell(f"{self.folder.name}: {error}")
            self.done[path] = (size, changed)
            return 0
        except _ODD as error:
            self.tell(_odd(self.folder.name, error))
            self.done[path] = (size, changed)
            return 0
        self.done[path] = (size, changed)
        self.settling.pop(path, None)
        return int(arrived.new)

    def _files(self) -> Iterator[tuple[Path, int, int]]:
        def cannot(error: OSError) -> None:
            name = os.fsencode(error.filename).decode(errors="replace")
            self.tell(f"{self.folder.name}: {name} cannot be looked into ({error.strerror}).")

        for place, folders, files in os.walk(self.folder.path, onerror=cannot):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for name in sorted(files):
                path = Path(place) / name
                if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                    continue
                with suppress(OSError):
                    found = path.lstat()
                    if stat.S_ISREG(found.st_mode):
                        yield path, found.st_size, found.st_mtime_ns


def is_open(path: Path) -> bool:
    """Whether a process of this machine is known to have a file open for writing."""
    try:
        wanted = path.stat()
        processes = [one for one in Path("/proc").iterdir() if one.name.isdigit()]
    except OSError:
        return False
    for process in processes:
        try:
            for handle in (process / "fd").iterdir():
                found = handle.stat()
                if (found.st_ino, found.st_dev) != (wanted.st_ino, wanted.st_dev):
                    continue
                told = (process / "fdinfo" / handle.name).read_text()
                flags = int(re.search(r"flags:\s*([0-7]+)", told)[1], 8)  # type: ignore[index]
                if flags & (os.O_WRONLY | os.O_RDWR):
                    return True
        except OSError:  # of another user, or it has ended
            continue
    return False


@dataclass(eq=False)
class Asked:
    """A DICOMweb server that is asked again and again for photos that are not here yet.

    Attributes:
        passed_over: instances that could not be taken, with the moment from which on they are tried again:
            never what is refused, as it would be refused again, written into the audit each time.
    """

    gateway: Gateway
    web: Web
    tell: Tell
    passed_over: dict[str, float] = field(default_factory=dict)

    def look(self) -> int:
        """Fetch the photos that are not here yet.

        Returns:
            How many are new.
        """
        new, own, known = 0, frozenset[str](), -1
        try:
            for study, series, instance in dicomweb.found(self.web):
                if monotonic() < self.passed_over.get(instance, 0):
                    continue
                with self.gateway.platform.database.reading() as session:
                    there = select(Delivery.id).where(Delivery.identity == f"uid:{instance}")
                    if session.scalar(there) is not None:
                        continue
                    if own.isdisjoint((series, instance)) and instance.startswith(ROOT):
                        sent = session.scalar(select(func.count(Dispatch.id))) or 0
                        if sent != known:  # at first, and anew where results were sent meanwhile
                            own, known = made_here(session), sent
                if own.isdisjoint((series, instance)):
                    new += self._take(study, series, instance)
        except CutisError as error:
            self.tell(f"{self.web.name}: {error}")
        return new

    def _take(self, study: str, series: str, instance: str) -> bool:
        """Whether this one is new; what is wrong with it keeps none of those behind it away."""
        try:
            content = dicomweb.fetched(self.web, study, series, instance)
        except TryLaterError:
            raise
        except CutisError as error:
            self.tell(f"{self.web.name}: {error}")
            self.passed_over[instance] = monotonic() + _AGAIN
            return False
        try:
            return arrive(self.gateway, Came(self.web.name, content, issuer=self.web.issuer)).new
        except NotTakenHereError as error:
            self.tell(f"{self.web.name}: {error}")
        except _ODD as error:
            self.tell(_odd(self.web.name, error))
        self.passed_over[instance] = inf
        return False


def poll_record(gateway: Gateway, record: Record, tell: Tell) -> int:
    """Take the photos that are new at a record; where it is away the next question begins where this one did.

    Returns:
        How many are new.
    """
    new = 0
    for kind in record.kinds:
        name = f"{record.name} {kind}"
        try:
            client = client_of(record)
            mark = _bookmark(gateway, name)
            resources, after = client.new(kind, mark)
            for one in resources:
                if is_own(one):  # what was written back is no new photo
                    continue
                try:
                    new += _of_record(gateway, record, client, one)
                except (FhirError, WrongPatientError) as error:
                    tell(f"{record.name}: {error}")
                except RecordError as error:
                    if error.status not in _GONE:
                        raise
                    tell(f"{record.name}: a photo or its patient is not there any more; it is passed over.")
                except _ODD as error:
                    tell(_odd(record.name, error))
            if after != mark:
                _keep(gateway, name, after)
        except CutisError as error:
            tell(f"{record.name}: {error}")
    return new


def _of_record(gateway: Gateway, record: Record, client: FhirClient, one: Json) -> bool:
    """Whether a resource brought a photo that is new."""
    photo = client.photo(one)
    came = Came(
        record.name,
        photo.data,
        issuer=record.issuer,
        patient=number_of(client.get(photo.subject), record),
        subject=photo.subject,
        modality=record.modality,
        body_site=_site(one.get("bodySite")),
        taken=kept_moment(photo.taken) or "",
    )
    with suppress(NotTakenHereError):
        return arrive(gateway, came).new
    return False


def _site(said: Any) -> str:
    """Body site in words: of a Media a concept, of a DocumentReference of R5 a list of references to such."""
    first = mapping(said[0] if isinstance(said, list) and said else said)
    text = mapping(first.get("concept", first)).get("text")
    return kept_text(text)[:80] if isinstance(text, str) else ""


def _odd(name: str, error: Exception) -> str:
    """Without what the error says: that may name somebody."""
    return f"{name}: an object could not be taken ({type(error).__name__}); it is passed over."


def number_of(patient: dict[str, object], record: Record) -> str:
    """The patient's number in the system that the rules name; empty where there is none, or several."""
    said = patient.get("identifier")
    found = {
        str(one.get("value", ""))
        for one in (said if isinstance(said, list) else [])
        if record.identifier_system and one.get("system") == record.identifier_system
    }
    return number(found.pop()) if len(found) == 1 else ""


def _bookmark(gateway: Gateway, name: str) -> Bookmark:
    with gateway.platform.database.reading() as session:
        row = session.get(PollBookmark, name)
        return Bookmark(row.since, frozenset(map(str, row.seen))) if row else Bookmark()


def _keep(gateway: Gateway, name: str, mark: Bookmark) -> None:
    with gateway.platform.database.writing() as session:
        session.merge(PollBookmark(name=name, since=mark.since, seen=sorted(mark.seen)))
