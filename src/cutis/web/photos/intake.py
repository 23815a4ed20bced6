"""Take a photo in: all of it, or nothing but a line in the audit."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cutis.web.analyse import outbox
from cutis.web.database import Photo, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.photos.decoder import TITLE, examine
from cutis.web.photos.examined import Examined
from cutis.web.platform import Platform
from cutis.web.studies.participants import need_taking_part
from cutis.web.studies.places import need_place
from cutis.web.words import _

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_CHUNK = 1 << 20
# Outside of them a moment is a slip, and near the calendar's ends nothing can be counted.
YEARS = range(1900, 2201)


@dataclass(frozen=True)
class Arrived:
    """A photo that is kept, and whether it was before."""

    photo: Photo
    new: bool


def take_in(
    platform: Platform,
    access: Access,
    participant: str,
    key: str,
    file: IO[bytes],
    visit: str = "",
    view: str = "",
    taken: str | None = None,
) -> Arrived:
    """Keep a photo, exactly once: the same key, or the same file of the same participant, is one photo.

    Args:
        platform: that keeps it.
        access: who sends it, and to which study.
        participant: identity.
        key: the sender's own name of this upload, the same when it is sent again; empty for the file's hash.
        file: as it was sent, from its beginning.
        visit, view: keys of the study's protocol, both or none.
        taken: when, as the sender says; kept where the study keeps it and the file does not say.

    Raises:
        RefusedError: it is not taken; nothing is kept but a line in the audit.
        OSError: it cannot be written here; nothing is kept, and it can be sent again.
    """
    scratch, kept = platform.store.scratch(), False
    try:
        arrived = _take_in(platform, access, participant, key, file, scratch, visit, view, taken)
        kept = True
        return arrived
    except RefusedError as error:
        platform.audit.note(
            platform.database,
            "photo.refused",
            who=access.who,
            study=access.study,
            status=error.status,
            reason=error.words,
        )
        raise
    finally:
        platform.store.settle(scratch, kept=kept)


def _take_in(
    platform: Platform,
    access: Access,
    participant: str,
    key: str,
    file: IO[bytes],
    scratch: Path,
    visit: str,
    view: str,
    taken: str | None,
) -> Arrived:
    if key and not _KEY.fullmatch(key):
        raise RefusedError(422, _("The key of the upload may have 64 letters, digits and -_.: in it."))
    size, arrived = copy(file, scratch)
    if not size:
        raise RefusedError(422, _("The file is empty. Choose the photo again."), title=_(TITLE))
    key = key or arrived
    with platform.database.reading() as session:
        need_taking_part(session, access.study, participant)
        need_place(session, access.study, visit, view)
        if (there := _there(session, participant, key, arrived)) is not None:
            return Arrived(there, new=False)
        study = session.get_one(Study, access.study)
        keeps_moment = study.keeps_capture_time
    pixels = examined(platform, access, participant, key, arrived, scratch)
    row = pixels.row
    row.taken = (row.taken or kept_moment(taken)) if keeps_moment else None
    row.visit, row.view = visit or None, view or None
    return _keep(platform, access, pixels)


@dataclass(frozen=True)
class Pixels:
    """A photo whose files are in their places, and of which the database does not speak yet.

    Attributes:
        photo, preview: its files' first names in ``incoming``.
    """

    row: Photo
    photo: Path
    preview: Path


def examined(
    platform: Platform, access: Access, participant: str, key: str, arrived: str, scratch: Path
) -> Pixels:
    """Decode a file in full, and give what is kept of it its place.

    Args:
        platform: that keeps it.
        access: who sends it, and to which study.
        participant: identity.
        key: the sender's own name of this upload.
        arrived: hash of the file.
        scratch: the file, in ``incoming``; whoever gave it settles it.

    Raises:
        RefusedError: it is no photo that is taken.
    """
    photo, preview = (scratch.with_name(f"{scratch.name}-{part}") for part in ("photo", "preview"))
    settings = platform.settings
    found = examine(
        scratch, photo, preview, megapixels=settings.upload_megapixels, seconds=settings.decode_seconds
    )
    digest, size = _digest(photo), photo.stat().st_size
    platform.store.put(preview, platform.store.preview(digest))
    platform.store.put(photo, platform.store.photo(digest, found.kind))
    row = _row(access, participant, key, arrived, digest, size, found)
    row.taken = kept_moment(found.taken)
    return Pixels(row, photo, preview)


def kept_moment(said: str | None) -> str | None:
    """A moment to the second, as there is room for in the database; None where it is none.

    Args:
        said: ISO 8601, of any length: records write up to seven decimals. A day stays a day.
    """
    try:
        found = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    if found.year not in YEARS:
        return None
    if said and len(said) <= len("2026-05-31"):
        return found.date().isoformat()
    return found.isoformat(timespec="seconds")[: len("2026-05-31T09:30:00+02:00")]


def write(platform: Platform, access: Access, session: Session, pixels: Pixels) -> None:
    """Let the database speak of a photo, with its line of the audit and what is to be found out of it.

    Args:
        platform: that keeps it.
        access: who sends it, and to which study.
        session: of `Database.writing`, under the lock of the audit.
        pixels: from `examined`.
    """
    row, store = pixels.row, platform.store
    store.back(pixels.photo, store.photo(row.digest, row.kind))
    store.back(pixels.preview, store.preview(row.digest))
    session.add(row)
    session.flush()
    platform.audit.add(
        session,
        "photo.added",
        who=access.who,
        study=access.study,
        subject=row.id,
        participant=row.participant_id,
        digest=row.digest,
    )
    outbox.ask(session, row)


def _row(
    access: Access, participant: str, key: str, arrived: str, digest: str, size: int, found: Examined
) -> Photo:
    return Photo(
        study_id=access.study,
        participant_id=participant,
        added_by=access.user or None,
        key=key,
        arrived_digest=arrived,
        digest=digest,
        kind=found.kind,
        size=size,
        width=found.width,
        height=found.height,
    )


def _keep(platform: Platform, access: Access, pixels: Pixels) -> Arrived:
    """Write a photo and its line of the audit, unless another upload of it was faster."""
    row = pixels.row
    with platform.database.writing() as session:
        # Two of the same at once: the lock of the audit lets one through after the other.
        platform.audit.lock(session)
        if (there := _there(session, row.participant_id, row.key, row.arrived_digest)) is not None:
            return Arrived(there, new=False)
        need_taking_part(session, access.study, row.participant_id)  # nobody withdrew meanwhile
        write(platform, access, session, pixels)
    platform.queue.wake(row.id)
    return Arrived(row, new=True)


def _there(session: Session, participant: str, key: str, arrived: str) -> Photo | None:
    """The photo, if it is kept already.

    Raises:
        RefusedError: the key was used for another file.
    """
    same_file, same_key = Photo.arrived_digest == arrived, Photo.key == key
    found = session.scalars(
        select(Photo).where(Photo.participant_id == participant, or_(same_key, same_file))
    ).all()
    if any(one.key == key and one.arrived_digest != arrived for one in found):
        raise RefusedError(
            409, _("The key of the upload was used for another photo. Use a new one."), title=_(TITLE)
        )
    return found[0] if found else None


def copy(file: IO[bytes], place: Path) -> tuple[int, str]:
    """Copy a file, piece by piece; its size and its hash."""
    size, digest = 0, hashlib.sha256()
    with place.open("xb") as copy:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            copy.write(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
