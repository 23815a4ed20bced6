"""Run by alembic: the tables' names and the connection that `migrate` holds."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

import cutis.web.database  # noqa: F401  (every table is known)
from cutis.web.database.row import Row, UtcTime


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a type of our own as the one that it is in the database: migrations outlive our types."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_item=render,
    compare_type=True,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
