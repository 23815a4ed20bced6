"""Progress of long work: a bar on a terminal, a plain line a minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 60.0  # seconds between plain lines


def say(sentence: str) -> None:
    """Tell the user one thing, on standard error, so that standard output holds results only."""
    print(sentence, file=sys.stderr, flush=True)


class Step:
    """What a loop calls as it goes on, with the number of steps just done.

    Attributes:
        total: number of steps; None until it is known, see `expect`.
    """

    def __init__(self, total: int | None, show: Callable[[int, int | None], None]) -> None:
        self.total = total
        self.done = 0
        self._show = show

    def __call__(self, count: int) -> None:
        """So many steps were just done."""
        self.done += count
        self._show(self.done, self.total)

    def expect(self, total: int) -> None:
        """Tell how many steps there are, where that is known only after a while."""
        self.total = total


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Step]:
    """Show how far a loop is.

    Args:
        title: what is being done, such as ``Reading photos``.
        total: number of steps, where it is known.

    Yields:
        A function that is called with the number of steps just done.
    """
    if sys.stderr.isatty():
        with _bar(title, total) as step:
            yield step
    else:
        yield _lines(title, total)


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, rate="")

        def show(done: int, total: int | None) -> None:
            rate = done / max(1e-9, time.monotonic() - started)
            bar.update(task, completed=done, total=total, rate=f"{rate:.{0 if rate >= 10 else 1}f}/s")

        yield Step(total, show)


def _lines(title: str, total: int | None) -> Step:
    started = last = time.monotonic()

    def show(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            rate = done / (now - started)
            left = f", about {(total - done) / rate / 60:.0f} min left" if total and rate else ""
            say(f"{title}: {done}{f' of {total}' if total else ''}, {rate:.1f}/s{left}")

    return Step(total, show)
