"""What a process of its own finds out about a file that somebody sent.

The decoders of photos are large programs in C, and a file can be made to hurt them: that process knows
neither the database nor the secret nor other photos, and may be ended at any time. Nothing of the server is
imported.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from cutis.web.apart import NotTaken, bound

_MEMORY = 3 << 30  # bytes


@dataclass(frozen=True)
class Examined:
    """What is kept of a photo.

    Attributes:
        kind: ``jpg`` or ``png``.
        width: in pixels, upright, as is the height.
        taken: local time by the camera's clock, ISO 8601; None where it is not said.
    """

    kind: str
    width: int
    height: int
    taken: str | None


@dataclass(frozen=True)
class NotWritten:
    """What is kept of a file could not be written, which says nothing of the file.

    Attributes:
        number: of the operating system's error.
    """

    number: int


def examine_for(
    answer: Connection, seconds: float, source: Path, photo: Path, preview: Path, megapixels: float
) -> None:
    """What the process does: `cutis.web.photos.examine`, with no more memory and time than is given."""
    from PIL import Image

    from cutis.web.photos.examine import examine_here

    bound(seconds, _MEMORY)
    Image.MAX_IMAGE_PIXELS = None  # the limit is the one that was given
    found: Examined | NotTaken | NotWritten
    try:
        found = examine_here(source, photo, preview, megapixels)
    except OSError as error:  # Pillow does not say which one it met
        found = NotWritten(error.errno or errno.EIO)
    answer.send(found)
