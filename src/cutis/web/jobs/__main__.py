"""The worker's process: ``python -m cutis.web.jobs``, started by the server, ended with it.

The settings come by standard input, where no other user of the machine can read them. When it closes, the
server is no more, and so is the worker.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
from pathlib import Path
from typing import IO

from cutis.web.settings import Settings

POLL = 0.05  # seconds between two looks into an empty queue: how long a photo waits for a worker at most


def main() -> None:
    """Work until standard input closes."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    settings = Settings.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    os.nice(5)  # pages and uploads go first
    lock = _alone(settings.data_folder)
    _work(settings, lock)


def _end_with_the_server() -> None:
    sys.stdin.read()
    os._exit(0)  # in the middle of whatever it does: what is not written waits


def _alone(folder: Path) -> IO[str]:
    """Wait until the worker before this one has ended; one folder has one worker."""
    handle = (folder / "worker.lock").open("a+")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _work(settings: Settings, lock: IO[str]) -> None:
    from cutis.web.audit.chain import Audit
    from cutis.web.database import Database
    from cutis.web.jobs import claims
    from cutis.web.jobs.queue import LATER, Queue
    from cutis.web.jobs.worker import Worker
    from cutis.web.photos.store import open_store
    from cutis.web.secret import read_secret

    database = Database(settings.database)
    store, audit = open_store(settings), Audit(read_secret(settings.data_folder))
    worker = Worker.of(database, store, audit, settings.data_folder)
    lock.seek(0)
    if before := lock.read().strip():
        with database.writing() as session:
            claims.give_back(session, before)
    lock.truncate(0)
    lock.write(worker.name)
    lock.flush()

    def look() -> None:
        """Tell ourselves of what waits, unless there is enough to do."""
        if not queue.waiting():
            for photo in worker.left_over():
                queue.wake(photo, LATER)

    queue = Queue(settings, worker.do, look)
    look()
    consumer = queue.huey.create_consumer(
        workers=1, initial_delay=POLL, max_delay=POLL, backoff=1.0, check_worker_health=True
    )
    consumer.run()


if __name__ == "__main__":
    main()
