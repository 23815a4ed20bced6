"""`cutis tasks`: what cutis can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cutis.core.labels import Labels


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tasks)


def tasks() -> None:
    """List the tasks, their labels and their shipped bundles."""
    from rich.console import Console
    from rich.table import Table

    from cutis import zoo
    from cutis.core.bundle import Bundle
    from cutis.tasks import get_task, task_names

    console = Console()
    shipped: dict[str, list[str]] = {}
    for name in zoo.names():
        info = Bundle.open(zoo.path(name)).info
        rendered = ", trained on rendered images, not for care" if info.training.rendered else ""
        shipped.setdefault(info.task, []).append(
            f"{name} ({len(info.labels)} {_noun(info.labels)}{rendered})"
        )
    table = Table(title="Tasks", title_justify="left", show_lines=True)
    for column in ("task", "labels", "shipped bundles"):
        table.add_column(column)
    for name in task_names():
        task = get_task(name)
        labels = "\n".join(f"{label.name}: {label.text}" for label in task.labels.items)
        if task.labels.several:
            grades = task.labels.answers.items
            labels += (
                f"\neach from {grades[0].name} ({grades[0].text}) to {grades[-1].name} ({grades[-1].text})"
            )
        table.add_row(f"{name}\n{task.title}", labels, "\n".join(shipped.get(name, ["none"])))
    console.print(table)
    console.print("For research use; not a medical device.")


def _noun(labels: Labels) -> str:
    return "conditions" if labels.several else "classes"
