"""What a running gateway holds, and where it keeps things."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cutis.core.errors import CutisError
from cutis.web.gateway.rules import Rules
from cutis.web.people.access import Access
from cutis.web.platform import Platform

FOLDER = "gateway"


@dataclass(frozen=True, eq=False)
class Gateway:
    """What a running gateway holds.

    Attributes:
        platform: of the installation; the server may have it open as well.
        rules: which photo goes which way.
    """

    platform: Platform
    rules: Rules

    @property
    def arrived(self) -> Path:
        """The folder of files as they came."""
        return made(self.platform.settings.data_folder / FOLDER / "arrived")

    def results(self, delivery: str) -> Path:
        """The folder of what is sent for a delivery; it may be missing."""
        return self.platform.settings.data_folder / FOLDER / "results" / delivery

    def dead(self, dispatch: str) -> Path:
        """The folder of a dead letter; it may be missing."""
        return self.platform.settings.data_folder / FOLDER / "dead" / dispatch

    def access(self, study: str) -> Access:
        """As whom the gateway acts: nobody's account, in one study."""
        return Access(study=study)


def made(folder: Path) -> Path:
    """A folder that is there, for its owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def hold_gateway(folder: Path) -> IO[str]:
    """Keep other gateways from a data folder, until the process ends.

    Raises:
        CutisError: another gateway has it.
    """
    handle = (made(folder) / "gateway.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        number = handle.read().strip() or "unknown"
        handle.close()
        raise CutisError(
            f"{folder}: another gateway (process {number}) works on this folder. Stop it, or choose another "
            "folder with --data."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


@contextmanager
def sync_folder(folder: Path) -> Iterator[None]:
    """Make names that the block makes or removes in a folder survive a power cut."""
    yield
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
