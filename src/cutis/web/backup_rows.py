"""Rows of the database as plain JSON, one object a line: out of one kind of database, into either."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Date, DateTime, LargeBinary, Table, insert, select
from sqlalchemy.orm import Session

from cutis.web.database import Row
from cutis.web.database.row import UtcTime

LEFT_OUT = frozenset({"web_sessions"})  # a copy signs nobody in
_ROWS = 500


def tables() -> list[Table]:
    """Tables in an order in which rows come after those that they name."""
    return [table for table in Row.metadata.sorted_tables if table.name not in LEFT_OUT]


def dump(session: Session, table: Table, spool: Path) -> int:
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


def _row(table: Table, said: dict[str, Any]) -> dict[str, Any]:
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
        waiting.append(_row(table, row))
        count += 1
        if len(waiting) == _ROWS:
            session.execute(insert(table), waiting)
            waiting = []
    if waiting:
        session.execute(insert(table), waiting)
    return count
