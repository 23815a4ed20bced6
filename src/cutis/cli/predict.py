"""`cutis predict`: photos in, a table of predictions out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.runtime.predict import Outcome

SHOWN = 50  # unreadable photos


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(predict)


def predict(
    bundle: Annotated[str, typer.Argument(help="A .cutis file, or the name of a shipped bundle.")],
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT...", help="Images, folders of images, or manifests.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write, .csv or .parquet.")],
    split: Annotated[str | None, typer.Option(help="Only this split of the manifest.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the source column; the bundle's by default.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Processor cores to use; all by default.", min=1)
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of going on with an interrupted run.")
    ] = False,
) -> None:
    """Predict any number of photos. An interrupted run goes on when the same command is given again.

    Photos that cannot be read are listed at the end; the others are written all the same (exit status 1).
    """
    from cutis.runtime.engine import Engine
    from cutis.runtime.inputs import gather
    from cutis.runtime.predict import predict as run

    engine = Engine.open(bundle, threads)
    photos = gather(inputs, split=split)
    for note in photos.notes:
        say(note)
    if engine.info.training.rendered:
        say(f"{engine.info.name} was trained on rendered images, not for care.")
    try:
        with progress("Predicting", total=len(photos)) as step:
            outcome = run(engine, photos, out, source=source, restart=restart, progress=step)
    except KeyboardInterrupt:
        say("Stopped. What is done is kept: the same command goes on from there.")
        raise typer.Exit(1) from None
    _report(outcome, out)


def _report(outcome: Outcome, out: Path) -> None:
    if outcome.earlier:
        say(f"{outcome.earlier} rows are from the interrupted run.")
    if outcome.made_grey:
        are = "1 photo is" if outcome.made_grey == 1 else f"{outcome.made_grey} photos are"
        say(f"{are} in colour, and the model looks at grey ones: made grey.")
    if outcome.passed is not None:
        asked = outcome.written - outcome.earlier
        say(f"{outcome.passed} of {asked} photos are good enough (column passed).")
    for error in outcome.unreadable[:SHOWN]:
        say(str(error))
    if len(outcome.unreadable) > SHOWN:
        say(f"... and {len(outcome.unreadable) - SHOWN} more.")
    if outcome.unreadable:
        everything = outcome.written + len(outcome.unreadable)
        say(f"{len(outcome.unreadable)} of {everything} photos could not be read.")
    print(f"Predictions: {out} ({outcome.written} rows). For research use; not a medical device.")
    if outcome.unreadable:
        raise typer.Exit(1)
