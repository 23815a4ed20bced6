"""A copy of everything that an installation keeps, in one file, taken while the server runs; and its return.

The file is a tar of:

    backup.json            format, version, form of the database, moment, last line of the audit
    tables/NAME.jsonl      every row of a table, as one moment saw all tables; one JSON object a line
    secret.key             of the installation
    photos/DIGEST.KIND     and previews/DIGEST.jpg, models/DIGEST.cutis, maps/...: what the rows name
    gateway/...            and gateway.toml or .json: what came to the gateway, what waits; its rules
    sums.json              SHA-256 of every other member; the last one, so that a cut-off file shows

The database is read first, in one transaction that sees one moment. A photo's file is there before a row
speaks of it and is named by its content, so copying files afterwards gives what the rows name. Where a photo
was deleted in between, all begins anew. Rows are plain JSON: SQLite goes back into PostgreSQL and the other
way round. Sign-ins of browsers are left out.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from cutis.core.errors import CutisError
from cutis.core.files import replacing
from cutis.core.version import __version__
from cutis.web.audit.chain import Audit
from cutis.web.backup_file import DERIVED, FORMAT, GATEWAY, RULES, add, add_file, members_of
from cutis.web.backup_rows import dump, tables
from cutis.web.database import Database, Photo, StoredBundle
from cutis.web.database.migrate import revision_of
from cutis.web.database.row import now
from cutis.web.models.registry import place as model_place
from cutis.web.photos.store import Store, open_store
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

_TRIES = 5
Said = Callable[[str], None]


@dataclass(frozen=True)
class Copied:
    """What a backup holds."""

    photos: int
    rows: int
    head: str
    size: int


class _GoneError(Exception):
    """A file that the rows name was deleted since they were read."""


def back_up(settings: Settings, out: Path, *, said: Said = lambda words: None) -> Copied:
    """Copy everything into one file; the server may run meanwhile, and write.

    Args:
        settings: of the installation.
        out: the file; it appears when it is whole and was read back.
        said: called with what is being done.

    Raises:
        CutisError: there is no installation, something of it is missing, or the file cannot be written.
    """
    folder = settings.data_folder
    if not (folder / "secret.key").is_file():
        raise CutisError(f"{folder}: no data of the platform is here. Name its folder with --data.")
    database, store = Database(settings.database), open_store(settings)
    try:
        for _try in range(_TRIES):
            try:
                with replacing(out) as scratch:
                    scratch.touch(mode=0o600)
                    copied = _write(settings, database, store, scratch, said)
                    said("Reading it back")
                    with tarfile.open(scratch) as archive:
                        members_of(archive, scratch)
                return copied
            except _GoneError:
                said("A photo was deleted meanwhile: beginning anew")
    finally:
        database.close()
    raise CutisError(
        f"{out}: photos were deleted each time that the copy was taken. Nothing was kept; try again later."
    )


def _write(settings: Settings, database: Database, store: Store, out: Path, said: Said) -> Copied:
    sums: dict[str, str] = {}
    secret = read_secret(settings.data_folder)
    with (
        tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as archive,
        tempfile.TemporaryDirectory(dir=out.parent, prefix=".backup-") as spool,
    ):
        said("Reading the database")
        with database.reading() as session:
            session.connection()  # the moment that all of it sees
            rows = {table.name: dump(session, table, Path(spool)) for table in tables()}
            photos = sorted(
                {(one.digest, one.kind) for one in session.execute(select(Photo.digest, Photo.kind))}
            )
            models = sorted(session.scalars(select(StoredBundle.digest)))
            found = Audit(secret).verify(session)
            revision = revision_of(session.connection())
        if found.problems:
            raise CutisError(
                f"The audit is not whole, so that a copy of it proves nothing: {found.problems[0]}"
            )
        about = {
            "format": FORMAT,
            "cutis": __version__,
            "revision": revision,
            "created": now().isoformat(),
            "head": found.head,
            "rows": rows,
        }
        add(archive, sums, "backup.json", json.dumps(about, indent=1).encode())
        add(archive, sums, "secret.key", secret)
        for name in rows:
            add_file(archive, sums, f"tables/{name}.jsonl", Path(spool) / f"{name}.jsonl")
        said(f"Copying {len(photos)} photos")
        _add_photos(archive, sums, photos, database, store)
        _add_others(archive, sums, models, settings.data_folder)
        add(archive, {}, "sums.json", json.dumps(sums).encode())
    return Copied(len(photos), sum(rows.values()), found.head, out.stat().st_size)


def _add_photos(
    archive: tarfile.TarFile,
    sums: dict[str, str],
    photos: Iterable[tuple[str, str]],
    database: Database,
    store: Store,
) -> None:
    """Photos and their small copies.

    Raises:
        _GoneError: one was deleted meanwhile.
        CutisError: one is missing, or is not what it was.
    """
    for digest, kind in photos:
        if not add_file(archive, sums, f"photos/{digest}.{kind}", store.photo(digest, kind), digest):
            _need_gone(database, digest)
        if not add_file(archive, sums, f"previews/{digest}.jpg", store.preview(digest)):
            _need_gone(database, digest)


def _add_others(archive: tarfile.TarFile, sums: dict[str, str], models: Iterable[str], folder: Path) -> None:
    """Models, maps and what the gateway keeps.

    Raises:
        CutisError: a model is missing.
    """
    for digest in models:
        place = model_place(folder, digest)
        if not add_file(archive, sums, f"models/{digest}.cutis", place):
            raise CutisError(f"{place}: the file of this model is missing. Restore it, or upload it again.")
    for place in _beside(folder):  # one that is gone meanwhile was derived, or was sent
        add_file(archive, sums, place.relative_to(folder).as_posix(), place)


def _need_gone(database: Database, digest: str) -> None:
    """A missing file is no fault where its photo was deleted since.

    Raises:
        _GoneError: it was.
        CutisError: it was not.
    """
    with database.reading() as session:
        if session.scalar(select(Photo.id).where(Photo.digest == digest).limit(1)) is None:
            raise _GoneError
    raise CutisError(
        f"The file of the photo {digest} is missing, or is not what it was. Restore it from an earlier "
        "backup; nothing was kept."
    )


def _beside(folder: Path) -> list[Path]:
    """Files that no row names by its hash: maps, and what the gateway keeps."""
    there = [one for name in (DERIVED, GATEWAY) for one in sorted((folder / name).rglob("*"))]
    rules = (folder / name for name in RULES)
    return [one for one in (*rules, *there) if one.is_file() and not one.name.startswith(".")]
