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


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
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
        yield from _lines(title, total)


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
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
    done = 0
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, rate="")

        def step(count: int) -> None:
            nonlocal done
            done += count
            rate = done / max(1e-9, time.monotonic() - started)
            bar.update(task, advance=count, rate=f"{rate:.0f}/s")

        yield step


def _lines(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    started = last = time.monotonic()
    done = 0

    def step(count: int) -> None:
        nonlocal done, last
        done += count
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            rate = done / (now - started)
            left = f", about {(total - done) / rate / 60:.0f} min left" if total and rate else ""
            say(f"{title}: {done}{f' of {total}' if total else ''}, {rate:.1f}/s{left}")

    yield step
