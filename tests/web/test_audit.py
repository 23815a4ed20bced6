"""The audit is only added to, and every change of it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cutis.core.errors import CutisError
from cutis.web.audit.chain import Audit, Verified
from cutis.web.database import Database
from cutis.web.platform import Platform

LINES = 12


@pytest.fixture
def chain(platform: Platform) -> Platform:
    """A platform whose audit has twelve lines, and lets itself be changed."""
    with platform.database.engine.begin() as connection:
        if platform.database.engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
            connection.execute(text("DROP TRIGGER IF EXISTS audit_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_is_kept ON audit_entries"))
        connection.execute(text("DELETE FROM audit_entries"))
        connection.execute(text("DELETE FROM audit_head"))
    for number in range(LINES):
        platform.audit.note(
            platform.database, "photo.seen", who=f"u{number % 3}", subject=f"p{number}", n=number
        )
    return platform


def _verified(platform: Platform, head: str = "") -> Verified:
    with platform.database.reading() as session:
        return platform.audit.verify(session, head)


def _change(platform: Platform, *statements: str) -> None:
    with platform.database.engine.begin() as connection:
        for one in statements:
            connection.execute(text(one))


def test_an_untouched_audit_is_whole(chain: Platform) -> None:
    found = _verified(chain)
    assert found.problems == ()
    assert found.lines == LINES
    assert _verified(chain, found.head).problems == ()


def test_the_last_lines_can_be_checked_by_themselves(chain: Platform) -> None:
    def last(count: int) -> Verified:
        with chain.database.reading() as session:
            return chain.audit.verify(session, last=count)

    assert (last(5).lines, last(5).problems) == (5, ())
    assert last(100).lines == LINES
    _change(chain, "UPDATE audit_entries SET who = 'x' WHERE number = 8")
    assert last(5).problems == ("Line 8 was changed after it was written.",)
    assert last(4).problems == ()
    _change(chain, "DELETE FROM audit_entries WHERE number = 8")
    assert "Line 8 is missing." in last(4).problems


_COLUMNS = ("moment", "who", "action", "study", "subject", "previous", "seal")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(1, LINES),
    column=st.sampled_from(_COLUMNS),
    at=st.integers(0, 19),
    to=st.characters(codec="ascii", categories=["L", "N"]),
)
def test_any_edit_shows(chain: Platform, number: int, column: str, at: int, to: str) -> None:
    with chain.database.engine.connect() as connection:
        where = {"number": number}
        old = connection.execute(text(f"SELECT {column} FROM audit_entries WHERE number = :number"), where)
        before = old.scalar_one()
    after = before[:at] + to + before[at + 1 :]
    if after == before:
        after += "x" if len(after) < 20 else ""
    write = text(f"UPDATE audit_entries SET {column} = :value WHERE number = :number")
    with chain.database.engine.begin() as connection:
        connection.execute(write, {"value": after, **where})
    found = _verified(chain).problems
    with chain.database.engine.begin() as connection:
        connection.execute(write, {"value": before, **where})
    assert found or after == before
    assert _verified(chain).problems == ()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(removed=st.sets(st.integers(1, LINES), min_size=1))
def test_any_deletion_shows_the_last_lines_too(chain: Platform, removed: set[int]) -> None:
    rows = []
    with chain.database.engine.begin() as connection:
        for number in removed:
            row = connection.execute(
                text("SELECT * FROM audit_entries WHERE number = :n"), {"n": number}
            ).one()
            rows.append(row)
            connection.execute(text("DELETE FROM audit_entries WHERE number = :n"), {"n": number})
    assert _verified(chain).problems
    from cutis.web.database import AuditEntry  # put them back as they were

    with chain.database.writing() as session:
        for row in rows:
            values = dict(row._mapping)
            if isinstance(values["details"], str):
                import json

                values["details"] = json.loads(values["details"])
            session.add(AuditEntry(**values))
    assert _verified(chain).problems == ()


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 9), (11, 12)])
def test_lines_that_changed_places_show(chain: Platform, one: int, other: int) -> None:
    swap = "UPDATE audit_entries SET number = {} WHERE number = {}"
    _change(chain, swap.format(999, one), swap.format(one, other), swap.format(other, 999))
    assert _verified(chain).problems


def test_a_line_put_in_by_somebody_without_the_secret_shows(chain: Platform) -> None:
    Audit(b"x" * 32).note(chain.database, "photo.seen", who="u1")
    assert _verified(chain).problems


def test_cut_off_lines_show_even_where_the_record_of_the_last_one_was_changed_to_fit(chain: Platform) -> None:
    head = _verified(chain).head
    before = "(SELECT seal FROM audit_entries WHERE number = 9)"
    _change(
        chain,
        "DELETE FROM audit_entries WHERE number > 9",
        f"UPDATE audit_head SET number = 9, last = {before}",
    )
    assert "The record of the last line was changed." in _verified(chain).problems
    assert "Line 12 was noted, but the last one here is 9." in _verified(chain, head).problems


def test_details_that_changed_show(chain: Platform) -> None:
    _change(chain, """UPDATE audit_entries SET details = '{"n": 7}' WHERE number = 3""")
    assert _verified(chain).problems == ("Line 3 was changed after it was written.",)


def test_a_head_that_is_none_is_named(chain: Platform) -> None:
    with pytest.raises(CutisError, match="NUMBER:SEAL"):
        _verified(chain, "yesterday")


def test_what_is_undone_leaves_no_line(chain: Platform) -> None:
    with pytest.raises(ZeroDivisionError), chain.database.writing() as session:
        chain.audit.add(session, "photo.added")
        raise ZeroDivisionError
    assert _verified(chain).lines == LINES


def test_many_writers_at_once_make_one_chain(chain: Platform) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: chain.audit.note(chain.database, "photo.seen", n=n), range(40)))
    found = _verified(chain)
    assert found.problems == ()
    assert found.lines == LINES + 40


def test_the_database_itself_refuses_to_change_or_remove_lines(
    tmp_path: Path, new_database: Any, platform: Platform
) -> None:
    from cutis.web.app import open_platform
    from cutis.web.settings import Settings

    kind = platform.database.engine.dialect.name
    fresh = open_platform(Settings(data_folder=tmp_path, database_url=new_database(kind)))
    fresh.audit.note(fresh.database, "photo.seen")
    for statement in ("UPDATE audit_entries SET who = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError, match="only added to"):
            _change(fresh, statement)
    fresh.database.close()


def test_the_command_says_whether_the_audit_is_whole(tmp_path: Path) -> None:
    from cutis.web.app import open_platform
    from cutis.web.settings import Settings

    fresh = open_platform(Settings(data_folder=tmp_path))
    for n in range(3):
        fresh.audit.note(fresh.database, "photo.seen", n=n)
    command = [Path(sys.executable).parent / "cutis", "audit", "verify", "--data", tmp_path]
    whole = subprocess.run(command, capture_output=True, text=True, check=False)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.startswith("3 lines, all as they were written. The last: 3:")
    with Database(f"sqlite:///{tmp_path}/cutis.db").engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text("DELETE FROM audit_entries WHERE number = 2"))
    torn = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (torn.returncode, torn.stderr) == (1, "Line 2 is missing.\n")
    fresh.database.close()
