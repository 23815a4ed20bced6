"""What a running gateway holds, and where it keeps things."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


@contextmanager
def sync_folder(folder: Path) -> Iterator[None]:
    """Make names that the block makes or removes in a folder survive a power cut."""
    yield
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
