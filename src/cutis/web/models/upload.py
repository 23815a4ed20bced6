"""Take a bundle in, verified in full by a process of its own; all of it, or nothing but a line of audit."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import IO

from sqlalchemy.exc import IntegrityError

from cutis.web import apart
from cutis.web.apart import NotTaken
from cutis.web.database import StoredBundle
from cutis.web.errors import RefusedError
from cutis.web.models.checked import Checked, check_for
from cutis.web.models.registry import place
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.words import _

TITLE = "The model was not taken"
_SECONDS = 120.0


def take_in(held: Platform, access: Access, file: IO[bytes]) -> tuple[StoredBundle, bool]:
    """Keep a bundle.

    Args:
        held: the platform.
        access: who sends it.
        file: as it was sent, from its beginning.

    Returns:
        The bundle, and whether it is new here.

    Raises:
        RefusedError: it is not whole, too large, or does not answer here as it promises; nothing is kept.
    """
    folder = place(held.settings.data_folder, "x").parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = folder / f".incoming-{secrets.token_hex(12)}"
    try:
        with scratch.open("xb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        most = int(4 * held.settings.bundle_megabytes * 1e6)
        return _keep(held, access, scratch, check(scratch, most))
    except RefusedError as error:
        held.audit.note(
            held.database, "model.refused", who=access.user, status=error.status, reason=error.words
        )
        raise
    finally:
        scratch.unlink(missing_ok=True)


def check(source: Path, unpacked: int, seconds: float = _SECONDS) -> Checked:
    """Check a bundle in another process, see `cutis.web.models.checked`.

    Raises:
        RefusedError: it does not hold, took too long, or the process ended; 503 where others kept that
            process from the processor, which says nothing of the model.
    """
    try:
        found = apart.ask(check_for, seconds, source, unpacked)
    except apart.LateError as error:
        words = _("The server is busy now. Nothing of the model was kept; send it again in a minute.")
        raise RefusedError(503, words, title=TITLE) from error
    except apart.EndedError as error:
        words = _("The model is damaged, or takes more memory or time than is given. Export it anew.")
        raise RefusedError(422, words, title=TITLE) from error
    if isinstance(found, NotTaken):
        raise RefusedError(422, found.reason, title=TITLE)
    assert isinstance(found, Checked)
    return found


def _keep(held: Platform, access: Access, scratch: Path, found: Checked) -> tuple[StoredBundle, bool]:
    """Bring the file to its place, then speak of it; what is there already is the same and stays."""
    size = scratch.stat().st_size
    kept = place(held.settings.data_folder, found.digest)
    new = not kept.is_file()
    if new:
        scratch.rename(kept)
        handle = os.open(kept.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    try:
        with held.database.writing() as session:
            held.audit.lock(session)
            if (there := session.get(StoredBundle, found.digest)) is not None:
                return there, False
            row = StoredBundle(
                digest=found.digest,
                name=found.name[:80],
                version=found.version[:40],
                task=found.task[:80],
                title=found.title[:200],
                rendered=found.rendered,
                size=size,
                added_by=access.user,
            )
            session.add(row)
            session.flush()
            held.audit.add(
                session,
                "model.added",
                who=access.user,
                subject=row.digest,
                name=row.name,
                version=row.version,
                task=row.task,
            )
        return row, True
    except IntegrityError:
        if new:
            kept.unlink(missing_ok=True)
        raise
