"""Outputs that are either whole or absent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cutis.core.errors import OutputError


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Write a file beside its place and rename it when it is complete.

    Yields:
        A path in the same folder to write to. On success it becomes ``path``; on any error it is
        deleted and ``path`` stays as it was.

    Raises:
        OutputError: the disk is full or the folder cannot be written to.
    """
    target = Path(path)
    scratch = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield scratch
        with scratch.open("rb") as handle:
            os.fsync(handle.fileno())
        scratch.replace(target)
    except OSError as error:
        # A user's own file that cannot be read has another message; only writing ends here.
        if error.filename is not None and not str(error.filename).startswith(str(target.parent)):
            raise
        reason = error.strerror or str(error).removesuffix(f": {scratch}")  # polars names the file as well
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = f"{target.parent} is no folder"
        raise OutputError(
            f"{target}: could not be written ({reason}). "
            "Nothing was changed; make room, or choose another place."
        ) from error
    finally:
        with suppress(OSError):  # where the folder itself is none, there is nothing to delete
            scratch.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write a text file whole or not at all (UTF-8).

    Raises:
        OutputError: see `replacing`.
    """
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
