"""One process of a kind on a data folder: the server, and the gateway beside it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Literal

from cutis.core.errors import CutisError


def hold(folder: Path, kind: Literal["server", "gateway"] = "server") -> IO[str]:
    """Keep others of a kind from a data folder, until the process ends.

    Args:
        folder: made where it is missing, for its owner only.
        kind: of this process.

    Raises:
        CutisError: another one has it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = (folder / f"{kind}.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        number = handle.read().strip() or "unknown"
        handle.close()
        raise CutisError(
            f"{folder}: another {kind} (process {number}) has this folder open. Stop it, or choose another "
            "folder with --data."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
