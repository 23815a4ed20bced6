"""Who may clear the folder of arriving photos: nobody, while another process is bringing one."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def incoming(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Bring photos, or clear what a crash left of them.

    The gateway brings photos while the server starts, which would take them for what a crash left.

    Args:
        folder: of the data.
        alone: nobody else brings photos meanwhile; waits until that is so.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "incoming.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
