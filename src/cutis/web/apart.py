"""Have a process of its own look at a file that somebody sent, and end it when it takes too long.

What reads files that strangers make can be hurt by them: that process knows neither the database nor the
secret, and may be ended at any moment. It is a copy of one that was started before and holds the decoders of
photos; nothing of the server is imported here, since that process imports this too.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from typing import Any

_PATIENCE = 3.0  # times as long is waited for a process that others keep from the processor
_LOADED = ["cutis.web.photos.examine", "pillow_heif"]


@dataclass(frozen=True)
class NotTaken:
    """Why a file is not taken, in words for the person who sent it."""

    reason: str


class LateError(Exception):
    """Others kept the process from the processor, which says nothing of the file."""


class EndedError(Exception):
    """The process ended without an answer.

    Args:
        too_long: it had all the processor's time that it may have.
    """

    def __init__(self, *, too_long: bool) -> None:
        super().__init__("too long" if too_long else "fell over")
        self.too_long = too_long


def warm_up() -> None:
    """Start the process of which the others are copies, with the decoders loaded."""
    from multiprocessing import forkserver

    _context()
    forkserver.ensure_running()


def ask(work: Callable[..., None], seconds: float, *given: object) -> Any:
    """What another process says.

    Args:
        work: what it does: called with a connection, ``seconds`` and what is given, it sends one answer.
        seconds: of a processor.
        given: what `work` needs; it is copied.

    Raises:
        LateError: it had no answer in several times as long, and was ended.
        EndedError: it ended by itself.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, seconds, *given), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_PATIENCE * seconds):
            raise LateError
        return ours.recv()
    except EOFError as error:
        process.join(_PATIENCE)
        raise EndedError(too_long=process.exitcode == -signal.SIGXCPU) from error
    finally:
        process.kill()
        process.join()
        ours.close()


def bound(seconds: float, memory: int) -> None:
    """Within that process: no more of a processor and of memory than is given.

    Args:
        seconds: of a processor.
        memory: bytes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    whole = int(seconds) + 1
    # At the second limit it is killed, which tells nobody why: the first one comes before it.
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 2))


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context
