"""Have a photo examined by a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

from cutis.web import apart
from cutis.web.apart import NotTaken
from cutis.web.errors import RefusedError
from cutis.web.photos.examined import Examined, NotWritten, examine_for
from cutis.web.words import _, later, said_again

TITLE = later("The photo was not taken")
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


def examine(source: Path, photo: Path, preview: Path, *, megapixels: float, seconds: float) -> Examined:
    """Examine a file in another process, see `cutis.web.photos.examine`.

    Raises:
        RefusedError: it is not taken, it took more of a processor than it may, or the process ended; 503
            where others kept it from the processor: that says nothing of the photo, and it may be sent again.
        OSError: what is kept of it cannot be written, as on a full disk; it is to be sent again.
    """
    try:
        found = apart.ask(examine_for, seconds, source, photo, preview, megapixels)
    except apart.LateError as error:
        words = _("The server is busy now. Nothing of the photo was kept; send it again in a minute.")
        raise RefusedError(503, words, title=_(TITLE)) from error
    except apart.EndedError as error:  # the decoder fell over it, or worked on it for too long
        words = _("The photo is damaged and cannot be read in full. Take it or copy it again.")
        if error.too_long:
            words = _("The photo could not be read within %(seconds)g seconds. Make it smaller.") % {
                "seconds": seconds
            }
        raise RefusedError(422, words, title=_(TITLE)) from error
    if isinstance(found, NotTaken):
        raise RefusedError(422, said_again(found.reason, _REASONS), title=_(TITLE))
    if isinstance(found, NotWritten):
        raise OSError(found.number, os.strerror(found.number))
    assert isinstance(found, Examined)
    return found
