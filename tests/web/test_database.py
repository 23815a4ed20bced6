"""Migrations make what the program expects; transactions keep their promises on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, MetaData, insert, inspect, null, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from cutis.core.errors import CutisError
from cutis.web.database import Analysis, Database, Participant, Row, Site, Study, User
from cutis.web.database.migrate import _revisions, migrate
from cutis.web.platform import Platform
from cutis.web.settings import Settings, read_settings


def test_migrations_make_exactly_the_tables_that_the_program_knows(platform: Platform) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with platform.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Row.metadata) == []
    tables = set(inspect(platform.database.engine).get_table_names())
    assert tables == {*Row.metadata.tables, "alembic_version"}


def test_several_servers_that_start_at_once_migrate_once(
    platform: Platform, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    kind = platform.database.engine.dialect.name
    url = Settings(data_folder=tmp_path, database_url=new_database(kind)).database
    wrong: list[BaseException] = []

    def start() -> None:
        database = Database(url)
        try:
            migrate(database)
        except BaseException as error:
            wrong.append(error)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    database = Database(url)
    with database.reading() as session:
        assert session.scalars(text("SELECT version_num FROM alembic_version")).all() == _revisions()[-1:]
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_asked_anyway_before_there_was_a_column_keeps_the_mark(
    kind: str, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    database = Database(Settings(data_folder=tmp_path, database_url=new_database(kind)).database)
    migrate(database, to="0009")
    said = {"waiting": {"asked_anyway": True}, "done": {"asked_anyway": True, "kind": "classes"}}
    rows: dict[str, Any] = {**said, "plain": {"kind": "classes"}, "none": None}
    there = MetaData()
    there.reflect(database.engine, only=["studies", "participants", "photos", "analyses"])
    with database.engine.begin() as connection:

        def add(table: str, **values: Any) -> None:
            of = there.tables[table]
            free = {
                "id": table,
                "created": datetime(2026, 1, 1),
                "state": "enrolled",
                "pseudonym": "p",
                "name": "s",
            }
            free |= {"study_id": "studies", "participant_id": "participants", "photo_id": "photos"}
            free |= {
                one.name: 0 if isinstance(one.type, Integer) else "" for one in of.c if not one.nullable
            } | free
            free["keeps_capture_time"] = False
            wanted = {one.name for one in of.c if not one.nullable}
            connection.execute(insert(of).values({k: v for k, v in free.items() if k in wanted} | values))

        add("studies")
        add("participants")
        add("photos")
        for name, result in rows.items():
            state = "waiting" if name == "waiting" else "done"
            add(
                "analyses",
                id=name,
                bundle_digest=name,
                state=state,
                result=null() if result is None else result,
            )
    migrate(database)
    with database.reading() as session:
        found = {one.id: (one.asked_anyway, one.result) for one in session.scalars(select(Analysis))}
    assert found == {
        "waiting": (True, None),
        "done": (True, {"asked_anyway": True, "kind": "classes"}),
        "plain": (False, {"kind": "classes"}),
        "none": (False, None),
    }
    database.close()


def test_a_database_of_a_newer_cutis_is_left_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CutisError, match="newer cutis"):
        migrate(database)
    database.close()


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    database = Database("postgresql://someone:hunter2@127.0.0.1:1/none")
    with pytest.raises(CutisError, match="cannot be opened") as caught:
        migrate(database)
    assert "hunter2" not in str(caught.value)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(CutisError, match="'mysql', not sqlite or postgresql"):
        Database("mysql://x")


def test_a_setting_that_does_not_hold_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTIS_UPLOAD_MEGABYTES", "many")
    with pytest.raises(CutisError, match=r"CUTIS_UPLOAD_MEGABYTES.*many"):
        read_settings()


def test_rows_that_point_nowhere_are_refused(platform: Platform) -> None:
    with pytest.raises(IntegrityError), platform.database.writing() as session:
        session.add(Site(study_id="nowhere", name="x"))


def test_a_pseudonym_is_taken_once_in_a_study_and_free_in_another(platform: Platform) -> None:
    with platform.database.writing() as session:
        one, two = Study(name="one"), Study(name="two")
        session.add_all([one, two])
        session.flush()
        session.add_all([Participant(study_id=study.id, pseudonym="A-1") for study in (one, two)])
    with pytest.raises(IntegrityError), platform.database.writing() as session:
        session.add(Participant(study_id=one.id, pseudonym="A-1"))


def test_moments_come_back_with_their_zone_and_none_is_refused(platform: Platform) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=UTC)
    with platform.database.writing() as session:
        session.add(Study(id="zone", name="zone", created=moment))
    with platform.database.reading() as session:
        assert session.scalar(select(Study.created).where(Study.id == "zone")) == moment
    with pytest.raises(StatementError, match="no time zone"), platform.database.writing() as session:
        session.add(Study(name="no zone", created=datetime(2026, 1, 1)))


def test_what_two_threads_write_at_once_is_all_there(platform: Platform) -> None:
    def write(name: str) -> None:
        for n in range(15):
            with platform.database.writing() as session:
                session.scalar(select(User.id).where(User.login == "nobody"))  # a read before the write
                session.add(User(login=f"{name}{n}", name=name, password="-"))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("p", "q", "r")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with platform.database.reading() as session:
        assert len(session.scalars(select(User.id).where(User.name.in_(["p", "q", "r"]))).all()) == 45


def test_sqlite_survives_a_power_cut_and_keeps_readers_and_a_writer_apart(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with database.engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in names}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    database.close()
