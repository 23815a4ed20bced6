"""Folders of results that are either whole or as they were."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cutis.core.errors import OutputError


@contextmanager
def filling(folder: Path | str) -> Iterator[Path]:
    """Make a folder's contents beside it, and move them in when they are complete.

    What has the same name is replaced; what else stands in the folder stays.

    Yields:
        An empty folder to write to. On any error it is deleted and ``folder`` stays as it was.

    Raises:
        OutputError: the disk is full or the place cannot be written to.
    """
    target = Path(folder)
    scratch = target.absolute().parent / f".{target.absolute().name}.{uuid.uuid4().hex[:8]}.part"
    try:
        scratch.mkdir(parents=True)
        yield scratch
        _move(scratch, target)
    except OSError as error:
        # A user's own file that cannot be read has another message; only writing ends here.
        name = error.filename
        if isinstance(name, str) and not name.startswith((str(scratch), str(target), str(scratch.parent))):
            raise
        raise OutputError(
            f"{target}: could not be written ({error.strerror or error}). "
            "Nothing was changed; make room, or choose another place."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _move(scratch: Path, target: Path) -> None:
    if not target.exists():
        scratch.rename(target)
        return
    target.mkdir(exist_ok=True)  # fails where it is a file
    for item in sorted(scratch.iterdir()):
        place = target / item.name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        item.replace(place)
