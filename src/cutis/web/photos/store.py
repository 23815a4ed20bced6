"""Photos on disk, each once, named by the hash of what is in it.

A file comes to its place before the database speaks of it. Until that is so, a second name of it stays in
``incoming``: after a crash, `recover` removes files of which the database never came to speak.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cutis.web.settings import Settings


class Store:
    """A folder of photos and their small copies.

    Args:
        folder: made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def photo(self, digest: str, kind: str) -> Path:
        """Where the photo of a hash is."""
        return self.folder / "photos" / digest[:2] / f"{digest}.{kind}"

    def preview(self, digest: str) -> Path:
        """Where its small copy is, a JPEG."""
        return self.folder / "previews" / digest[:2] / f"{digest}.jpg"

    def scratch(self) -> Path:
        """A new name in ``incoming``."""
        return self.incoming / secrets.token_hex(12)

    def put(self, scratch: Path, place: Path) -> None:
        """Give a file of ``incoming`` its place, and see that it survives a power cut.

        Its first name stays until `settle`. What is there already is the same and stays.
        """
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync(place.parent.parent)
        pending = scratch.rename(self.incoming / f"{scratch.name}.{place.parent.parent.name}.{place.name}")
        with suppress(FileExistsError):
            os.link(pending, place)
            _sync(place.parent)

    def settle(self, scratch: Path, *, kept: bool) -> None:
        """Remove an upload's names in ``incoming``.

        Args:
            scratch: its first name.
            kept: the database speaks of it. Otherwise what has come to its place is left for `recover`: at
                this moment another upload may be bringing the same photo.
        """
        for name in self.incoming.glob(f"{scratch.name}*"):
            if kept or "." not in name.name:
                name.unlink(missing_ok=True)

    def back(self, scratch: Path, place: Path) -> None:
        """Give a file its place again, where somebody removed it since `put`; before `settle`."""
        pending = self.incoming / f"{scratch.name}.{place.parent.parent.name}.{place.name}"
        if pending.exists():
            with suppress(FileExistsError):
                os.link(pending, place)
                _sync(place.parent)

    def doom(self, digest: str, kind: str) -> str:
        """Mark a photo's files, so that `recover` removes them if the database speaks of them no more."""
        mark = secrets.token_hex(12)
        for place in (self.photo(digest, kind), self.preview(digest)):
            with suppress(FileNotFoundError):
                os.link(place, self.incoming / f"{mark}.{place.parent.parent.name}.{place.name}")
        _sync(self.incoming)
        return mark

    def spare(self, mark: str) -> None:
        """Take the mark away again."""
        for name in self.incoming.glob(f"{mark}.*"):
            name.unlink(missing_ok=True)

    def remove(self, digest: str, kind: str) -> None:
        """Remove a photo's files; whoever calls knows that no photo has them."""
        for place in (self.photo(digest, kind), self.preview(digest)):
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                _sync(place.parent)

    def recover(self, known: Callable[[str], bool]) -> int:
        """Undo what a crash left half done; nothing else may run.

        Args:
            known: whether the database speaks of a hash.

        Returns:
            How many files were removed from their places.
        """
        removed = 0
        for name in sorted(self.incoming.iterdir()):
            _, _, rest = name.name.partition(".")
            folder, _, file = rest.partition(".")
            if file:
                place = self.folder / folder / file[:2] / file
                # Only a file that this very upload brought there: another may have been first.
                if place.exists() and place.samefile(name) and not known(place.stem):
                    place.unlink()
                    removed += 1
            name.unlink()
        return removed


def open_store(settings: Settings) -> Store:
    """The store of an installation: its data folder, or the object store that it names.

    Raises:
        CutisError: the object store cannot be used.
    """
    folder = settings.data_folder / "photos"
    if not settings.store_url:
        return Store(folder)
    from cutis.web.photos.elsewhere import ObjectStore

    return ObjectStore(folder, settings.store_url)


def _sync(folder: Path) -> None:
    """Make a folder's new names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
