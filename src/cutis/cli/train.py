"""`cutis train`: from a manifest to a run folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say
from cutis.models import AuxiliaryUse, Imbalance
from cutis.training.recipe import Precision, Recipe

if TYPE_CHECKING:
    from cutis.task import Task
    from cutis.training.run import Run


_SHOWN = (
    "balanced_accuracy",
    "accuracy",
    "auc_macro",
    "auc",
    "mean_absolute_deviation",
    "mean_absolute_deviation_normalised",
    "quadratic_kappa",
    "expected_calibration_error",
)  # of a run's figures, those that it has


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    task_name: Annotated[str, typer.Argument(metavar="TASK", help="As listed by `cutis tasks`.")],
    manifest: Annotated[Path, typer.Argument(help="Table of labelled photos, CSV or Parquet.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    target: Annotated[str | None, typer.Option(help="Target column, where it is not the task's own.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only these rows, such as area=nose; repeatable, also for one column.",
        ),
    ] = None,
    backbone: Annotated[str | None, typer.Option(help="timm model name.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Weights file, 'imagenet', or 'none'. As a rule the default is ImageNet's weights as far as "
            "they are on this machine; only 'imagenet' fetches them."
        ),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Shorter side of the input, pixels.", min=1)] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            help="Sizes by phase, such as 128,160,192: small photos first save time. Where --size is not "
            "given, the task's own by default."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training photos; the task's own by default.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Photos per step.")] = 32,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate; the task's own by default.")
    ] = None,
    auxiliary: Annotated[int | None, typer.Option(help="Auxiliary classifiers; 0 for none.")] = None,
    auxiliary_use: Annotated[AuxiliaryUse, typer.Option(help="Auxiliary classifiers at inference.")] = "drop",
    imbalance: Annotated[Imbalance, typer.Option(help="Answer to rare classes.")] = "balanced-sampling",
    sampling_power: Annotated[
        float, typer.Option(help="Balanced sampling: 1 all classes alike, 0 as they come.")
    ] = 0.5,
    smoothing: Annotated[
        float | None, typer.Option(help="Label smoothing; the task's own by default.")
    ] = None,
    mixup: Annotated[float, typer.Option(help="Mixing of photos in pairs; 0 for none.")] = 0.0,
    vary: Annotated[
        float, typer.Option(help="How strongly photos are varied: 0 turned and mirrored only, 1 fully.")
    ] = 1.0,
    average: Annotated[float, typer.Option(help="Decay of the weights' moving average; 0 for none.")] = 0.998,
    precision: Annotated[
        Precision, typer.Option(help="Number format; auto takes bfloat16 where it is fast.")
    ] = "auto",
    freeze: Annotated[
        int, typer.Option(help="First stages that keep their weights: faster on a CPU, and rarely worse.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0)] = 0,
    checkpoint_steps: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 50,
    workers: Annotated[int, typer.Option(help="Processes that prepare photos.")] = 0,
    devices: Annotated[int, typer.Option(help="GPUs or processes per machine.")] = 1,
    nodes: Annotated[int, typer.Option(help="Machines.")] = 1,
    allow: Annotated[
        list[str] | None, typer.Option(help="Switch off a leakage check by name: groups, duplicates.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Terms of the data, for the card.")] = "",
    data_name: Annotated[str, typer.Option(help="Name of the data, for the card.")] = "",
    probe: Annotated[
        bool, typer.Option("--probe", help="Embed once and fit a linear layer: minutes on a CPU.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a stopped run was.")] = False,
) -> None:
    """Train a task's network; the run folder holds weights, split, predictions and metrics."""
    from cutis.tasks import get_task

    task = get_task(task_name)
    if weights != "imagenet":
        os.environ["HF_HUB_OFFLINE"] = "1"  # no host is contacted unasked
    _need_torch()
    from cutis.models.classifier import ClassifierSettings
    from cutis.training.fit import Watch, describe_data, fit, start_run
    from cutis.training.preparation import check_network, prepare
    from cutis.training.probe import fit_probe
    from cutis.training.run import kept_once_begun, load_run, need_no_run
    from cutis.training.watching import watcher

    rows = _rows(where or [])
    going_on = resume and (out / "run.json").exists()
    if going_on:
        say(f"{out} goes on as it was begun, whatever other options say.")
    if not going_on:
        need_no_run(out)
        if resume:
            say(f"{out} holds no run yet; a new one is begun.")
        recipe = Recipe(
            epochs=task.network.epochs if epochs is None else epochs,
            batch=batch,
            learning_rate=task.network.learning_rate if learning_rate is None else learning_rate,
            sizes=task.network.sizes if sizes is None and size is None else _sizes(sizes or ""),
            imbalance=imbalance,
            sampling_power=sampling_power,
            smoothing=task.network.smoothing if smoothing is None else smoothing,
            mixup=mixup,
            average_decay=average,
            precision=precision,
            freeze=freeze,
            seed=seed,
            checkpoint_steps=checkpoint_steps,
            workers=workers,
            devices=devices,
            nodes=nodes,
            augmentation=task.network.augmentation.scaled(vary),
        )
        own = backbone in (None, task.network.backbone)
        settings = ClassifierSettings(
            backbone=backbone or task.network.backbone,
            classes=len(task.labels.outputs),
            size=size or task.network.size,
            auxiliary=0 if probe else task.network.auxiliary if auxiliary is None else auxiliary,
            auxiliary_use=auxiliary_use,
            weights=weights or (task.network.weights if own else "imagenet"),
        )
        check_network(task, settings, recipe)
        with progress("Searching for copies") as searching:
            prepared = prepare(
                task,
                manifest,
                target=target,
                seed=seed,
                where=rows,
                allow=allow or (),
                probe=probe,
                echo=say,
                reading=searching,
            )
        settings = replace(
            settings,
            classes=len(prepared.labels.outputs),
            questions=len(prepared.labels.questions),
            ordinal=prepared.labels.ordered and not probe,  # a probe fits a plain layer
        )
        chosen = "".join(f", {column} {' or '.join(values)}" for column, values in rows.items())
        data = describe_data(prepared, (data_name or manifest.resolve().parent.name) + chosen, licence)
        start_run(task, prepared, out, settings, recipe, data, probe=probe)
    begun = nullcontext() if going_on else kept_once_begun(out)
    with begun, _full_disk_is_told(out), progress("Reading photos") as reading:
        watch = Watch(say, reading, (watcher(say),))
        run = fit_probe(out, watch) if load_run(out).probe else fit(out, watch)
    _report(get_task(run.task), run)


def _need_torch() -> None:
    """Prepare the process before torch is loaded, and say what is missing where it is not installed."""
    from importlib.util import find_spec

    from cutis.core.errors import MissingExtraError
    from cutis.training.process import prepare

    if any(find_spec(name) is None for name in ("torch", "timm", "lightning")):
        raise MissingExtraError("train", "Training")
    prepare()
    from cutis.models.torchvision_operators import ensure

    ensure()


@contextmanager
def _full_disk_is_told(out: Path) -> Iterator[None]:
    """Checkpoints, weights and logs are written by libraries that each say so in their own way."""
    from zipfile import is_zipfile

    from cutis.core.errors import CutisError, OutputError

    try:
        yield
    except CutisError:
        raise
    except Exception as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if not full and os.strerror(errno.ENOSPC) not in str(error):
            raise
        last = out / "checkpoints" / "last.ckpt"
        if last.exists() and not is_zipfile(last):  # copied in part, where scratch files lie on another disk
            last.unlink()
        raise OutputError(
            f"{out}: the disk is full. What was written before is whole: make room, then go on with --resume."
        ) from error


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a list of sizes such as 128,160,192") from None


def _rows(where: list[str]) -> dict[str, list[str]]:
    """Wanted values by column."""
    rows: dict[str, list[str]] = {}
    for text in where:
        column, sign, value = (part.strip() for part in text.partition("="))
        if not (column and sign and value):
            raise typer.BadParameter(f"'{text}' is not COLUMN=VALUE, such as area=nose", param_hint="--where")
        rows.setdefault(column, []).append(value)
    return rows


def _report(task: Task, run: Run) -> None:
    """The run's figures on its test split, as a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from cutis.evaluation.words import decimal_range
    from cutis.stats.intervals import Estimate

    title = f"{task.title}: {run.name} on its test split"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("figure", "value", "95% interval"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name in _SHOWN:
        if name in run.metrics:
            estimate = Estimate(**run.metrics[name])
            table.add_row(name.replace("_", " "), f"{estimate.value:.3f}", decimal_range(estimate))
    Console().print(table)
    print(f"Run: {run.path}. Next: cutis export {quote(str(run.path))} --out NAME.cutis")
