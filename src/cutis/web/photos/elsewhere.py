"""Photos in an object store, such as S3, with a folder of this machine in front of it.

A photo goes to the folder first, then to the object store, and only then does the database speak of it. The
folder keeps what was used last, up to a bound, and brings back what is asked for. Everything else of the
platform sees files, as it does without an object store.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError
from cutis.web.photos.store import Store

_FOLDERS = ("photos", "previews")
_EVERY = 600.0  # seconds between looks at how large the folder is


class ObjectStore(Store):
    """A store whose files are kept elsewhere.

    Args:
        folder: of this machine.
        url: of fsspec, such as ``s3://bucket/folder``; keys and addresses as fsspec takes them from its own
            configuration or from the environment.
        most: bytes that the folder may keep.

    Raises:
        CutisError: the object store cannot be reached, or what speaks with it is not installed.
    """

    def __init__(self, folder: Path, url: str, *, most: int = 4 << 30) -> None:
        super().__init__(folder)
        self.most, self._looked = most, time.monotonic()
        try:
            import fsspec

            self.files: Any
            self.files, self.root = fsspec.core.url_to_fs(url)
            self.files.makedirs(self.root, exist_ok=True)
        except Exception as error:  # each kind of store has errors of its own
            shown = url.rsplit("@", maxsplit=1)[-1]
            raise CutisError(
                f"{shown}: the object store cannot be used ({error}). Check CUTIS_STORE_URL; s3:// needs the "
                "package s3fs."
            ) from error

    def photo(self, digest: str, kind: str) -> Path:
        """A photo's file, brought here if it is elsewhere only."""
        return self._here(super().photo(digest, kind))

    def preview(self, digest: str) -> Path:
        """Its small copy, brought here if it is elsewhere only."""
        return self._here(super().preview(digest))

    def put(self, scratch: Path, place: Path) -> None:
        """As of a folder, and then elsewhere."""
        super().put(scratch, place)
        self._send(place)
        self._tidy()

    def back(self, scratch: Path, place: Path) -> None:
        """As of a folder, and then elsewhere."""
        super().back(scratch, place)
        if place.is_file():
            self._send(place)

    def remove(self, digest: str, kind: str) -> None:
        """Remove a photo's files, here and elsewhere."""
        for place in (Store.photo(self, digest, kind), Store.preview(self, digest)):
            place.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                self.files.rm_file(self._name(place))

    def recover(self, known: Callable[[str], bool]) -> int:
        """As of a folder; what a crash left elsewhere goes too."""
        for name in self.incoming.iterdir():
            folder, _, file = name.name.partition(".")[2].partition(".")
            if file and folder in _FOLDERS and not known(file.partition(".")[0]):
                with suppress(FileNotFoundError):
                    self.files.rm_file(self._name(self.folder / folder / file[:2] / file))
        return super().recover(known)

    def _name(self, place: Path) -> str:
        return f"{self.root.rstrip('/')}/{place.relative_to(self.folder).as_posix()}"

    def _send(self, place: Path) -> None:
        """Bring a file elsewhere; one that is there is the same, for it is named by its content."""
        name = self._name(place)
        if not (self.files.exists(name) and self.files.size(name) == place.stat().st_size):
            self.files.makedirs(name.rpartition("/")[0], exist_ok=True)
            self.files.put_file(str(place), name)

    def _here(self, place: Path) -> Path:
        """Bring a file here, whole or not at all."""
        if place.is_file():
            with suppress(OSError):
                os.utime(place)  # used last now
            return place
        name = self._name(place)
        scratch = self.scratch()
        try:
            with self.files.open(name, "rb") as there, scratch.open("xb") as here:
                shutil.copyfileobj(there, here, 1 << 20)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch.replace(place)
        except FileNotFoundError:
            pass
        finally:
            scratch.unlink(missing_ok=True)
        return place

    def _tidy(self) -> None:
        """Remove what was not used for the longest time, where there is too much."""
        if time.monotonic() - self._looked < _EVERY:
            return
        self._looked = time.monotonic()
        self.tidy()

    def tidy(self) -> int:
        """Remove from the folder what was not used for the longest time, down to its bound.

        Returns:
            How many files were removed; they are elsewhere.
        """
        found = [
            (place, place.stat())
            for folder in _FOLDERS
            for place in (self.folder / folder).glob("*/*")
            if place.is_file()
        ]
        size, removed = sum(stat.st_size for _place, stat in found), 0
        for place, stat in sorted(found, key=lambda one: one[1].st_mtime):
            if size <= self.most:
                break
            if stat.st_nlink == 1 and self.files.exists(self._name(place)):  # not one that is arriving
                place.unlink(missing_ok=True)
                size, removed = size - stat.st_size, removed + 1
        return removed
