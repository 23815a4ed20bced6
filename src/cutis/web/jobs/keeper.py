"""The server keeps its worker: it starts it, starts it again when it dies, and takes it along at its end."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cutis.web.settings import Settings

_log = logging.getLogger("cutis.web")
_PAUSES = (1.0, 5.0, 30.0)  # seconds before the next start, of a worker that keeps dying
_FIRST = 0.5  # seconds in which the server starts without a neighbour
_LIVED = 60.0  # seconds after which it counts as one that works


@contextmanager
def worker_of(settings: Settings) -> Iterator[None]:
    """Have a worker while the block runs.

    Args:
        settings: of the installation.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, over), name="keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(10)


def _keep(settings: Settings, over: threading.Event) -> None:
    deaths = 0
    over.wait(_FIRST)
    while not over.is_set():
        process = _start(settings)
        ended = _watch(process, over)
        if over.is_set():
            return
        deaths = 0 if ended > _LIVED else deaths + 1
        _log.warning("the worker that analyses photos ended (%s) and is started again", process.returncode)
        over.wait(_PAUSES[min(max(deaths - 1, 0), len(_PAUSES) - 1)])


def _start(settings: Settings) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cutis.web.jobs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for the server, which takes its worker along
    )
    assert process.stdin is not None
    process.stdin.write(settings.model_dump_json() + "\n")
    process.stdin.flush()  # and stays open: the worker ends when it closes
    return process


def _watch(process: subprocess.Popen[str], over: threading.Event) -> float:
    """Wait until a worker ends, or the server does; the seconds that it lived."""
    from time import monotonic

    begun = monotonic()
    while process.poll() is None:
        if over.wait(0.2):
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            break
    return monotonic() - begun
