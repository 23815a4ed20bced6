"""The tasks: each module of this folder defines ``TASK``, and the folder is the registry."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from cutis.core.errors import CutisError
from cutis.task import Task


def task_names() -> tuple[str, ...]:
    """Names of all tasks, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        CutisError: there is none; the message lists those there are.
    """
    if name not in task_names():
        raise CutisError(f"there is no task '{name}'. The tasks are: {', '.join(task_names())}.")
    task: Task = import_module(f"{__name__}.{name}").TASK
    return task
