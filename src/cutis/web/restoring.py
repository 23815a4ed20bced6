"""The return of a backup: files and database, checked before anything of it counts."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.web.audit.chain import Audit
from cutis.web.backup import Copied, Said
from cutis.web.backup_file import DERIVED, FORMAT, GATEWAY, RULES, lines, members_of, read
from cutis.web.backup_rows import insert_rows
from cutis.web.database import Database, Photo, Row, StoredBundle
from cutis.web.database.migrate import migrate
from cutis.web.models.registry import place as model_place
from cutis.web.photos.store import open_store
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

Lines = Callable[[str], Iterator[dict[str, Any]]]


def restore(settings: Settings, source: Path, *, said: Said = lambda words: None) -> Copied:
    """Bring an installation back from a file, all of it or nothing.

    Args:
        settings: of the installation to be; its folder is empty or not there, as is its database.
        source: that `back_up` wrote.
        said: called with what is being done.

    Raises:
        CutisError: something is there already, the file is damaged or of a newer cutis, or what came out of
            it does not hold together.
    """
    folder = settings.data_folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CutisError(f"{folder}: is not empty. Name a new folder with --data; nothing was changed.")
    if folder.is_mount():  # what a disk is mounted on can be neither removed nor replaced
        raise CutisError(
            f"{folder}: a disk is mounted there. Name a folder on it, such as {folder / 'data'}."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        archive = tarfile.open(source)  # noqa: SIM115
    except (tarfile.TarError, OSError) as error:
        raise CutisError(f"{source}: is no backup of cutis, or cannot be read ({error}).") from error
    with archive, tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as scratch:
        said("Checking the file")
        members = members_of(archive, source)
        about = json.loads(read(archive, members["backup.json"]))
        if about.get("format", 0) > FORMAT:
            raise CutisError(f"{source}: was written by a newer cutis. Install version {about['cutis']}.")
        inside = Path(scratch) / "data"
        inside.mkdir(mode=0o700)
        said("Writing files")
        _unpack(archive, members, inside, settings)
        said("Writing the database")
        copied = _filled(
            settings, inside, about, lambda name: lines(archive, members[f"tables/{name}.jsonl"])
        )
        _put(settings, inside)
        handle = os.open(folder.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return Copied(copied, sum(about["rows"].values()), about["head"], source.stat().st_size)


def _put(settings: Settings, inside: Path) -> None:
    """Give the data folder its place; where it has none, nothing of it is left.

    Raises:
        CutisError: another is there, or it may not be put there.
    """
    folder = settings.data_folder
    try:
        if folder.exists():
            folder.rmdir()
        inside.rename(folder)
    except OSError as error:
        database = Database(settings.model_copy(update={"data_folder": inside}).database)
        _empty(database)
        database.close()
        raise CutisError(
            f"{folder}: the data cannot be put there ({error.strerror}). Nothing was kept; name another "
            "folder with --data."
        ) from error


def _unpack(
    archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], inside: Path, settings: Settings
) -> None:
    """Write all files but the tables to where a server looks for them."""
    store = open_store(settings.model_copy(update={"data_folder": inside}))
    for name, entry in members.items():
        top, _, rest = name.partition("/")
        if top in ("photos", "previews"):
            digest, _, kind = rest.partition(".")
            scratch = store.scratch()
            with scratch.open("wb") as file:
                _copy(archive, entry, file)
            store.put(scratch, store.photo(digest, kind) if top == "photos" else store.preview(digest))
            store.settle(scratch, kept=True)
        elif top in ("models", DERIVED, GATEWAY) or name in ("secret.key", *RULES):
            place = inside / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                _copy(archive, entry, file)
                file.flush()
                os.fsync(file.fileno())


def _copy(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: IO[bytes]) -> None:
    source = archive.extractfile(entry)
    assert source is not None
    shutil.copyfileobj(source, target)


def _filled(settings: Settings, inside: Path, about: dict[str, Any], rows: Lines) -> int:
    """Make the database, fill it, and see that all holds together; else it is as empty as before.

    Args:
        settings: of the installation to be.
        inside: the data folder in the making.
        about: ``backup.json``.
        rows: of a table.

    Returns:
        How many photos there are.

    Raises:
        CutisError: the database is not empty, or the backup does not hold together.
    """
    there = settings.model_copy(update={"data_folder": inside})
    database = Database(there.database)
    try:
        if inspect(database.engine).get_table_names():
            where = database.engine.url.render_as_string(hide_password=True)
            raise CutisError(f"{where}: is not empty. Name an empty database; nothing was changed.")
        migrate(database, to=about["revision"])  # the form that the rows have
        try:
            with database.writing() as session:
                _fill(session, about, rows)
                photos = _checked(session, there, about)
            migrate(database)
            _gather(database)
        except BaseException:
            _empty(database)
            raise
    finally:
        database.close()
    for name in ("cutis.db.lock", "cutis.db-wal", "cutis.db-shm"):
        (inside / name).unlink(missing_ok=True)
    return photos


def _gather(database: Database) -> None:
    """Bring into SQLite's one file what stands beside it: closing alone does not say whether it did.

    Raises:
        CutisError: somebody else has the database open.
    """
    if database.engine.dialect.name != "sqlite":
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        raise CutisError(f"{database.engine.url.database}: another program has it open. End it first.")


def _fill(session: Session, about: dict[str, Any], rows: Lines) -> None:
    known = {table.name for table in Row.metadata.sorted_tables}
    if unknown := sorted(set(about["rows"]) - known):
        raise CutisError(f"The backup has tables that this cutis does not know: {', '.join(unknown)}.")
    for table in Row.metadata.sorted_tables:
        if table.name in about["rows"]:
            count = insert_rows(session, table, rows(table.name))
            if count != about["rows"][table.name]:
                raise CutisError(
                    f"The backup has {count} rows of {table.name}, and says that it has another number."
                )


def _checked(session: Session, settings: Settings, about: dict[str, Any]) -> int:
    """Every photo and model that the database names is there, and the audit is whole up to its noted end."""
    store = open_store(settings)
    photos = set(session.execute(select(Photo.digest, Photo.kind)).all())
    missing = [digest for digest, kind in photos if not store.photo(digest, kind).is_file()]
    missing += [digest for digest, _kind in photos if not store.preview(digest).is_file()]
    models = session.scalars(select(StoredBundle.digest)).all()
    missing += [digest for digest in models if not model_place(settings.data_folder, digest).is_file()]
    if missing:
        raise CutisError(f"The backup lacks files that its database names: {', '.join(sorted(missing)[:5])}.")
    found = Audit(read_secret(settings.data_folder)).verify(
        session, about["head"] if found_any(about) else ""
    )
    if found.problems:
        raise CutisError(f"The audit of the backup is not whole: {found.problems[0]}")
    return len(photos)


def found_any(about: dict[str, Any]) -> bool:
    """The audit has lines."""
    return not str(about["head"]).startswith("0:")


def _empty(database: Database) -> None:
    """Leave a database of somebody else's server as it was found; one in a file goes with its folder."""
    if database.engine.dialect.name != "sqlite":
        from sqlalchemy import text

        with database.engine.begin() as connection:
            for name in inspect(connection).get_table_names():
                connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
            for name in ("audit_is_kept", "readings_are_kept"):  # of the migrations
                connection.execute(text(f"DROP FUNCTION IF EXISTS {name}() CASCADE"))
