"""The queue: it wakes a worker, and nothing is lost with it. What is to be done stands in the database."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from threading import Lock
from typing import Any

from cutis.web.settings import Settings

_log = logging.getLogger("cutis.web")
_SCHEMA = "cutis_jobs"  # of PostgreSQL, so that the queue's tables stand apart from ours
NOW, LATER = 1, 0  # priorities: what somebody waits for goes before what was left over


class Queue:
    """Where the server tells workers of photos, and workers hear of them.

    Args:
        settings: of the installation.
        analyse: what a worker does with the identity of a photo; the server only sends.
        look: what a worker does once a minute.
    """

    def __init__(
        self,
        settings: Settings,
        analyse: Callable[[str], object] = lambda _: None,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        self._settings, self._analyse, self._look = settings, analyse, look
        self._lock = Lock()
        self._huey: Any = None
        self._send: Any = None

    @property
    def huey(self) -> Any:
        """Huey itself, opened at the first use."""
        with self._lock:
            if self._huey is None:
                from huey import crontab

                def analyse(photo: str) -> None:  # huey knows a task by this module and this name
                    self._analyse(photo)

                def look() -> None:
                    self._look()

                self._huey = open_huey(self._settings)
                self._send = self._huey.task()(analyse)
                self._huey.periodic_task(crontab(minute="*"))(look)
            return self._huey

    def wake(self, photo: str, priority: int = NOW) -> None:
        """Tell a worker of a photo; where that fails it finds the photo itself, a little later."""
        try:
            huey = self.huey
            huey.enqueue(self._send.s(photo, priority=priority))
        except Exception as error:  # of a database that is busy, full or away
            _log.warning("the queue of analyses cannot be reached (%s)", type(error).__name__)

    def waiting(self) -> int:
        """How many photos workers were told of and have not taken up."""
        return int(self.huey.storage.queue_size())


def open_huey(settings: Settings, name: str = "analyses") -> Any:
    """A queue of huey beside the installation's database.

    Args:
        settings: of the installation.
        name: of the queue.
    """
    if settings.database.startswith("sqlite"):
        from huey import SqliteHuey

        place = settings.data_folder / "queue.db"
        return SqliteHuey(name, filename=str(place), results=False, timeout=30, serializer=_json())
    from huey.contrib.sql_huey import SqlHuey

    return SqlHuey(name, database=_postgresql(settings), results=False, serializer=_json())


def _postgresql(settings: Settings) -> Any:
    """The same server, by the same driver, in a schema of its own."""
    from peewee import PostgresqlDatabase
    from sqlalchemy import text

    from cutis.web.database import Database

    ours = Database(settings.database)
    with ours.writing() as session:
        session.execute(text(f"SELECT pg_advisory_xact_lock({0x63757461})"))  # made at once by two, it fails
        session.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"))
    url = ours.engine.url
    ours.close()
    given = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        **{name: value for name, value in url.query.items() if isinstance(value, str)},
    }
    given["options"] = f"-c search_path={_SCHEMA}"
    known = {name: value for name, value in given.items() if value is not None}
    return PostgresqlDatabase(url.database, prefer_psycopg3=True, **known)  # type: ignore[arg-type]


def _json() -> Any:
    """Messages as JSON: what somebody writes into the queue is never run, as pickled objects would be."""
    from huey.registry import Message
    from huey.serializer import Serializer

    class Json(Serializer):  # type: ignore[misc]
        def _serialize(self, data: Any) -> bytes:
            return json.dumps(list(data)).encode()

        def _deserialize(self, data: bytes) -> Any:
            return Message(*json.loads(data))

    return Json()
