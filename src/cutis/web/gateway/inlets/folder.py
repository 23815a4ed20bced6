"""Photos that are put into a folder, as cameras and their programs do."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive, kept_text, number
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.inlets.telling import ODD, Tell, odd
from cutis.web.gateway.peers import Folder

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".heic", ".heif", ".avif", ".webp", ".tif", ".tiff", ".dcm", ".dicom")
)
LARGEST = 1_000_000_000  # bytes of a file in a folder, as of what is sent by DICOM


@dataclass(eq=False)
class WatchedFolder:
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
        except ODD as error:
            self.tell(odd(self.folder.name, error))
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
                flags = re.search(r"flags:\s*([0-7]+)", told)
                if flags and int(flags[1], 8) & (os.O_WRONLY | os.O_RDWR):
                    return True
        except OSError:  # of another user, or it has ended
            continue
    return False
