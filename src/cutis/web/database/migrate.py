"""Bring a database to the form that this cutis needs, once, whoever starts at the same time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from cutis.core.errors import CutisError
from cutis.web.database.engine import WRITE_LOCK, Database

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database, *, to: str = "") -> None:
    """Run every migration that the database has not seen, in one transaction.

    Args:
        database: of the installation.
        to: the last migration that is run; the newest one when empty.

    Raises:
        CutisError: the database cannot be reached, or is of a newer cutis.
    """
    try:
        with _alone(database), database.engine.begin() as connection:
            now, known = revision_of(connection), _revisions()
            if now and now not in known:
                raise CutisError(
                    f"The database was written by a newer cutis (its form is {now}, the newest known here "
                    f"{known[-1]}). Install that version, or restore a backup."
                )
            if to and to not in known:
                raise CutisError(f"This is of a newer cutis (its form is {to}). Install that version.")
            if now == (to or known[-1]):
                return  # alembic takes half a second to load
            from alembic import command

            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to or "head")
    except OperationalError as error:
        where = database.engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        raise CutisError(
            f"{where}: the database cannot be opened ({reason}). Check CUTIS_DATABASE_URL."
        ) from error


def revision_of(connection: Connection) -> str | None:
    """The form of a database; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _revisions() -> list[str]:
    """Every form that a database can have, in order: the first part of the files' names."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold a lock that one process at a time can have."""
    if database.engine.dialect.name == "sqlite":
        place = Path(f"{database.engine.url.database}.lock")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": WRITE_LOCK + 1})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": WRITE_LOCK + 1})
