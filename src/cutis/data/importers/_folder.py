"""The folder of a public set: which tables and images it holds, wherever its archives were unpacked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath

from cutis.core.errors import CutisError, ManifestError
from cutis.core.table import read_table
from cutis.data.importers._columns import Source, lists
from cutis.imaging.formats import image_suffixes


@dataclass(frozen=True)
class Folder:
    """The files below a folder.

    Attributes:
        path: the folder.
        files: paths relative to it, with ``/``, those nearest to it first.
    """

    path: Path
    files: tuple[str, ...]

    def find(self, *patterns: str) -> str | None:
        """The file that the first fitting pattern names, such as ``train.csv`` or ``*metadata*.csv``.

        Case does not matter, nor in which folder it lies.

        Raises:
            CutisError: several files fit and none of them is nearer to the folder.
        """
        for pattern in patterns:
            found = [file for file in self.files if fnmatchcase(_name(file), pattern.lower())]
            rivals = [file for file in found if file.count("/") == found[0].count("/")]
            if len(rivals) > 1:
                what = f"{lists(rivals)} could each be the {pattern} of this set."
                raise CutisError(f"{self.path}: {what} Keep one of them here, and move the others away.")
            if found:
                return found[0]
        return None

    def table(self, *patterns: str) -> Source:
        """The table that the first fitting pattern names.

        Raises:
            CutisError: there is none; the message says what was looked for and what was found.
            ManifestError: it is not a table.
        """
        file = self.find(*patterns)
        if file is None:
            raise self.lacks(*patterns)
        path = self.path / file
        return Source(path, read_table(path, ManifestError))

    def lacks(self, *patterns: str) -> CutisError:
        """The error that says that none of these files is here, and what is."""
        archives = [file for file in self.files if _name(file).endswith((".zip", ".tar", ".gz", ".7z"))]
        others = [file for file in self.files if PurePosixPath(file).suffix.lower() not in image_suffixes]
        found = lists(others) if others else "no tables"
        images = sum(map(len, self._by_name.values()))
        looked = " or ".join(filter(None, (", ".join(patterns[:-1]), patterns[-1])))
        what = f"looked for {looked}, but found {found}, and {images} images."
        mend = f"Unpack {lists(archives)} first." if archives else "Give the folder with the owners' files."
        return CutisError(f"{self.path}: {what} {mend}")

    def images(self, reference: str) -> list[str]:
        """The files that the owners' table may mean, the nearest first.

        Args:
            reference: a name, a stem, or the end of a path, in any case.
        """
        plain = reference.replace("\\", "/").lower()
        name = _name(plain)
        files = self._by_name.get(name) or self._by_stem.get(name) or self._by_stem.get(_stem(name)) or []
        within = [file for file in files if _ends(file, plain)]
        return within or files

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return self._images_by(_name)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return self._images_by(lambda file: _stem(_name(file)))

    def _images_by(self, key: Callable[[str], str]) -> dict[str, list[str]]:
        files: dict[str, list[str]] = {}
        for file in self.files:
            if PurePosixPath(file).suffix.lower() in image_suffixes:
                files.setdefault(key(file), []).append(file)
        return files


def scan(path: Path | str) -> Folder:
    """List what is in a folder and below it, hidden files left out; a file counts as a folder of one.

    Raises:
        CutisError: there is no such folder.
    """
    path = Path(path)
    if path.is_file():
        return Folder(path.parent, (path.name,))
    if not path.is_dir():
        raise CutisError(f"{path}: there is no such folder. Check the path.")
    files: list[str] = []
    seen = set()
    for place, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        below = Path(place).relative_to(path)
        files += [(below / name).as_posix() for name in names if not name.startswith(".")]
    return Folder(path, tuple(sorted(files, key=lambda file: (file.count("/"), file))))


def _name(file: str) -> str:
    return file.rsplit("/", 1)[-1].lower()


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def _ends(file: str, reference: str) -> bool:
    """Whether a file's path ends with a reference such as ``NEL/Nel026.jpg``, with or without its suffix."""
    end = "/" + reference.lstrip("/")
    path = "/" + file.lower()
    return path.endswith(end) or path.rsplit(".", 1)[0].endswith(end)
