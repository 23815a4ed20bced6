"""Start the process that examines a file, and end it when it takes too long."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path

from cutis.web.errors import RefusedError
from cutis.web.photos.examined import Examined, NotTaken, NotWritten, examine_for
from cutis.web.words import _, later, said_again

TITLE = later("The photo was not taken")
_PATIENCE = 3.0  # times as long is waited for a process that others keep from the processor
# What the process says, which knows no language.
_REASONS = (
    later("This is not a photo: JPEG, PNG, WebP, HEIC, AVIF, TIFF and DICOM are taken."),
    later(
        "The DICOM file says that words are burned into its picture, which may name the patient. Send it "
        "without them."
    ),
    later("The DICOM file holds several images. Send one image at a time."),
    later("The photo is cut off and cannot be read in full. Take it or copy it again."),
    later("The photo is damaged and cannot be read in full. Take it or copy it again."),
    later(
        "The photo is %(width)s x %(height)s pixels, more than %(most)s megapixels. Scale it down, or "
        "crop it."
    ),
)


def warm_up() -> None:
    """Start the process of which the others are copies, with the decoders loaded."""
    from multiprocessing import forkserver

    _context()
    forkserver.ensure_running()


def examine(source: Path, photo: Path, preview: Path, *, megapixels: float, seconds: float) -> Examined:
    """Examine a file in another process, see `cutis.web.photos.examine`.

    Raises:
        RefusedError: it is not taken, it took more of a processor than it may, or the process ended; 503
            where others kept it from the processor: that says nothing of the photo, and it may be sent again.
        OSError: what is kept of it cannot be written, as on a full disk; it is to be sent again.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=examine_for, args=(theirs, seconds, source, photo, preview, megapixels), daemon=True
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(_PATIENCE * seconds):
            words = _("The server is busy now. Nothing of the photo was kept; send it again in a minute.")
            raise RefusedError(503, words, title=_(TITLE))
        found = ours.recv()
    except EOFError as error:  # the decoder fell over it, or worked on it for too long
        process.join(_PATIENCE)
        words = _("The photo is damaged and cannot be read in full. Take it or copy it again.")
        if process.exitcode in (-signal.SIGXCPU, -signal.SIGKILL):  # systems end it by one or the other
            words = _("The photo could not be read within %(seconds)g seconds. Make it smaller.") % {
                "seconds": seconds
            }
        raise RefusedError(422, words, title=_(TITLE)) from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(found, NotTaken):
        raise RefusedError(422, said_again(found.reason, _REASONS), title=_(TITLE))
    if isinstance(found, NotWritten):
        raise OSError(found.number, os.strerror(found.number))
    assert isinstance(found, Examined)
    return found


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cutis.web.photos.examine", "pillow_heif"])
    return context
