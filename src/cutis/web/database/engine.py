"""The database of an installation, and its two ways of being used: reading and writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError, MissingExtraError
from cutis.web.database.within import narrow

_WRITING = "cutis_writing"
_BUSY_SECONDS = 30
WRITE_LOCK = 0x63757469  # of PostgreSQL's advisory locks; any number that nobody else takes


class Questions(Session):
    """A session that answers of the sites that whoever asks may see."""


event.listen(Questions, "do_orm_execute", narrow)


class Database:
    """Transactions on one database. Every change of a request is in one `writing` block, with its audit.

    Args:
        url: of SQLAlchemy, ``sqlite:///...`` or ``postgresql://...``.

    Raises:
        CutisError: another kind of database.
        MissingExtraError: the driver of PostgreSQL is not installed.
    """

    def __init__(self, url: str) -> None:
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that changes nothing: all of it sees one moment, and others may write meanwhile."""
        engine = self.engine
        if engine.dialect.name == "postgresql":  # SQLite's are so by themselves
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Questions(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that changes something: committed at the end, undone on any error.

        SQLite has one writer at a time, and asks for that place at the start: asked for later, after a read,
        it is refused at once whenever somebody else wrote in between. Keep the block short.
        """
        engine = self.engine.execution_options(**{_WRITING: True})
        with Questions(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def forget(self) -> None:
        """See that what was deleted is nowhere in SQLite's files; PostgreSQL's vacuum does it in its time."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def one_writer(session: Session) -> None:
    """Let no other transaction pass this point until this one ends; on SQLite that is so already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions; the listener below does
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get(_WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise CutisError(
            f"The database is '{scheme}', not sqlite or postgresql. Correct CUTIS_DATABASE_URL, such as "
            "postgresql://user:password@host/cutis."
        )
    try:
        return create_engine(f"postgresql+psycopg://{rest}", pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise MissingExtraError("postgresql", "A PostgreSQL database") from error
