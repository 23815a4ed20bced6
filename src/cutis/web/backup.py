"""A copy of everything that an installation keeps, in one file, taken while the server runs; and its return.

The file is a tar of:

    backup.json            format, version, form of the database, moment, last line of the audit
    tables/NAME.jsonl      every row of a table, as one moment saw all tables; one JSON object a line
    secret.key             of the installation
    photos/DIGEST.KIND     and previews/DIGEST.jpg, models/DIGEST.cutis, maps/...: what the rows name
    sums.json              SHA-256 of every other member; the last one, so that a cut-off file shows

The database is read first, in one transaction that sees one moment. A photo's file is there before a row
speaks of it and is named by its content, so copying files afterwards gives what the rows name. Where a photo
was deleted in between, all begins anew. Rows are plain JSON: SQLite goes back into PostgreSQL and the other
way round. Sign-ins of browsers are left out.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Date, DateTime, LargeBinary, Table, insert, select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.core.files import replacing
from cutis.core.version import __version__
from cutis.web.audit.chain import Audit
from cutis.web.database import Database, Photo, Row, StoredBundle
from cutis.web.database.migrate import revision_of
from cutis.web.database.row import UtcTime, now
from cutis.web.models.registry import place as model_place
from cutis.web.photos.store import Store, open_store
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

FORMAT = 1
LEFT_OUT = frozenset({"web_sessions"})  # a copy signs nobody in
DERIVED = "maps"  # folder of what was computed from photos and would take long again
_TRIES = 5
_ROWS = 500
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
                        _sums(archive, scratch)
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
            rows = {table.name: _dump(session, table, Path(spool)) for table in _tables()}
            photos = sorted(set(session.execute(select(Photo.digest, Photo.kind)).all()))
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
        _add(archive, sums, "backup.json", json.dumps(about, indent=1).encode())
        _add(archive, sums, "secret.key", secret)
        for name in rows:
            _add_file(archive, sums, f"tables/{name}.jsonl", Path(spool) / f"{name}.jsonl")
        said(f"Copying {len(photos)} photos")
        for digest, kind in photos:
            if not _add_file(archive, sums, f"photos/{digest}.{kind}", store.photo(digest, kind), digest):
                _need_gone(database, digest)
            if not _add_file(archive, sums, f"previews/{digest}.jpg", store.preview(digest)):
                _need_gone(database, digest)
        for digest in models:
            place = model_place(settings.data_folder, digest)
            if not _add_file(archive, sums, f"models/{digest}.cutis", place):
                raise CutisError(
                    f"{place}: the file of this model is missing. Restore it, or upload it again."
                )
        derived = settings.data_folder / DERIVED
        for place in sorted(derived.rglob("*")) if derived.is_dir() else ():
            if place.is_file() and not place.name.startswith("."):
                _add(archive, sums, place.relative_to(settings.data_folder).as_posix(), place.read_bytes())
        _add(archive, {}, "sums.json", json.dumps(sums).encode())
    return Copied(len(photos), sum(rows.values()), found.head, out.stat().st_size)


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
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        archive = tarfile.open(source)  # noqa: SIM115
    except (tarfile.TarError, OSError) as error:
        raise CutisError(f"{source}: is no backup of cutis, or cannot be read ({error}).") from error
    with archive, tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as scratch:
        said("Checking the file")
        members = _sums(archive, source)
        about = json.loads(_read(archive, members["backup.json"]))
        if about.get("format", 0) > FORMAT:
            raise CutisError(f"{source}: was written by a newer cutis. Install version {about['cutis']}.")
        inside = Path(scratch) / "data"
        inside.mkdir(mode=0o700)
        said("Writing files")
        _unpack(archive, members, inside, settings)
        said("Writing the database")
        from cutis.web.restoring import filled

        copied = filled(
            settings, inside, about, lambda name: _lines(archive, members[f"tables/{name}.jsonl"])
        )
        if folder.exists():
            folder.rmdir()
        inside.rename(folder)
        handle = os.open(folder.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return Copied(copied, sum(about["rows"].values()), about["head"], source.stat().st_size)


def _tables() -> list[Table]:
    """Tables in an order in which rows come after those that they name."""
    return [table for table in Row.metadata.sorted_tables if table.name not in LEFT_OUT]


def _dump(session: Session, table: Table, spool: Path) -> int:
    """Write a table's rows, one JSON object a line; how many there are."""
    count = 0
    with (spool / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
        rows = session.execute(select(table).execution_options(yield_per=_ROWS))
        for row in rows.mappings():
            file.write(json.dumps({name: _plain(value) for name, value in row.items()}) + "\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | datetime) else value


def row_of(table: Table, said: dict[str, Any]) -> dict[str, Any]:
    """A row as the database takes it, from a line of a backup."""
    return {name: _value(table, name, value) for name, value in said.items()}


def _value(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, UtcTime | DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def insert_rows(session: Session, table: Table, rows: Iterator[dict[str, Any]]) -> int:
    """Write rows, some at a time; how many there were."""
    count, waiting = 0, list[dict[str, Any]]()
    for row in rows:
        waiting.append(row_of(table, row))
        count += 1
        if len(waiting) == _ROWS:
            session.execute(insert(table), waiting)
            waiting = []
    if waiting:
        session.execute(insert(table), waiting)
    return count


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


def _add(archive: tarfile.TarFile, sums: dict[str, str], name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def _add_file(
    archive: tarfile.TarFile, sums: dict[str, str], name: str, place: Path, digest: str = ""
) -> bool:
    """Add a file; False where it is not there, or is not what its name says."""
    try:
        with place.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if digest and found != digest:
                return False
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
            file.seek(0)
            archive.addfile(entry, file)
    except FileNotFoundError:
        return False
    sums[name] = found
    return True


def _sums(archive: tarfile.TarFile, path: Path) -> dict[str, tarfile.TarInfo]:
    """The members of a backup by name, each of which is what it was.

    Raises:
        CutisError: the file is cut off, damaged or none of ours.
    """
    found: dict[str, tarfile.TarInfo] = {}
    digests: dict[str, str] = {}
    told = ""
    try:
        for entry in archive:
            if not entry.isreg() or entry.name in found or not _sound(entry.name):
                raise CutisError(f"{path}: is no backup of cutis ({entry.name[:80]} does not belong in one).")
            file = archive.extractfile(entry)
            assert file is not None
            found[entry.name] = entry
            if entry.name == "sums.json":
                told = file.read().decode()
            else:
                digests[entry.name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        wanted = json.loads(told) if told else None
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise CutisError(
            f"{path}: is damaged or cut off ({error}). Copy it again, or take another."
        ) from error
    if wanted is None:
        raise CutisError(f"{path}: is cut off, or no backup of cutis. Copy it again, or take another.")
    wrong = sorted(name for name in {*wanted, *digests} if wanted.get(name) != digests.get(name))
    if wrong:
        raise CutisError(f"{path}: is damaged: {', '.join(wrong[:5])}. Copy it again, or take another.")
    return found


def _sound(name: str) -> bool:
    """A name that leads nowhere but inside."""
    parts = name.split("/")
    top = parts[0] if len(parts) > 1 else ""
    return top in ("", "tables", "photos", "previews", "models", DERIVED) and not any(
        part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts
    )


def _read(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    assert file is not None
    return file.read()


def _lines(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[dict[str, Any]]:
    file: IO[bytes] | None = archive.extractfile(entry)
    assert file is not None
    for line in file:
        yield json.loads(line)


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
            scratch.write_bytes(_read(archive, entry))
            store.put(scratch, store.photo(digest, kind) if top == "photos" else store.preview(digest))
            store.settle(scratch, kept=True)
        elif top in ("models", DERIVED) or name == "secret.key":
            place = inside / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                file.write(_read(archive, entry))
                file.flush()
                os.fsync(file.fileno())
