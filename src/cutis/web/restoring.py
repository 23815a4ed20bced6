"""The database of a backup, brought back and checked before anything of it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.web.audit.chain import Audit
from cutis.web.database import Database, Photo, Row, StoredBundle
from cutis.web.database.migrate import migrate
from cutis.web.models.registry import place as model_place
from cutis.web.photos.store import open_store
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

Lines = Callable[[str], Iterator[dict[str, Any]]]


def filled(settings: Settings, inside: Path, about: dict[str, Any], lines: Lines) -> int:
    """Make the database, fill it, and see that all holds together; else it is as empty as before.

    Args:
        settings: of the installation to be.
        inside: the data folder in the making.
        about: ``backup.json``.
        lines: of a table.

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
                _fill(session, about, lines)
                photos = _checked(session, there, about)
            migrate(database)
        except BaseException:
            _empty(database)
            raise
    finally:
        database.close()
    for name in ("cutis.db.lock", "cutis.db-wal", "cutis.db-shm"):
        (inside / name).unlink(missing_ok=True)
    return photos


def _fill(session: Session, about: dict[str, Any], lines: Lines) -> None:
    from cutis.web.backup import insert_rows

    known = {table.name for table in Row.metadata.sorted_tables}
    if unknown := sorted(set(about["rows"]) - known):
        raise CutisError(f"The backup has tables that this cutis does not know: {', '.join(unknown)}.")
    for table in Row.metadata.sorted_tables:
        if table.name in about["rows"]:
            count = insert_rows(session, table, lines(table.name))
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
            connection.execute(text("DROP FUNCTION IF EXISTS audit_is_kept() CASCADE"))
