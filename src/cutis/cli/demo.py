"""`cutis demo`: the main job, step by step, each step a command that the user can repeat."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cutis.cli.progress import say

BUNDLE = "dermoscopy_rendered"
PHOTOS = 280  # twenty of each class
SEED = 20261121  # not a seed that the model was trained on


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything that the demo writes.")] = Path("demo"),
    images: Annotated[
        Path | None, typer.Option(help="Folder of dermoscopic photos to predict and explain instead.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Offer the platform when done.")] = True,
) -> None:
    """Run the main job on a shipped bundle: render, check, predict, evaluate, explain, embed."""
    started = time.monotonic()
    page = _given(images, out) if images else _rendered(out)
    say(f"Done in {time.monotonic() - started:.0f} s. For research use; not a medical device.")
    if serve:
        _offer(out / "platform")
    print(f"Open in a browser: {page.resolve().as_uri()}")


def _offer(data: Path) -> None:
    """Say how to start the platform with an example study, and start it where somebody says yes."""
    say("\nThe same models in a platform for studies, filled with rendered participants, for your browser:")
    command = ("serve", "--data", data, "--example")
    words = shlex.join(str(word) for word in command)
    if sys.stdin.isatty() and typer.confirm(f"Start it now (cutis {words})?", default=False):
        _run("Serve the example; Ctrl-C ends it", *command)
        return
    say(f"$ cutis {words}")


def _rendered(out: Path) -> Path:
    """Rendered photos whose truth is known, through a model that was trained on other rendered photos."""
    from cutis.cli.demo_page import write_index

    say("Rendered photos, and a model that was trained on rendered photos: this shows how cutis works, not")
    say("how well a model sees real skin. `cutis tasks` names the bundle that was trained on real photos.")
    photos, predictions = out / "photos", out / "predictions.csv"
    truth = photos / "manifest.csv"
    truth.unlink(missing_ok=True)  # of an earlier demo; the same photos are rendered again
    render = ("data", "phantoms", "dermoscopy", "--out", photos, "-n", PHOTOS, "--seed", SEED)
    evaluate = ("evaluate", predictions, "--truth", truth, "--bundle", BUNDLE, "--out", out / "report")
    done = [
        _run("Check the shipped bundles", "doctor"),
        _run("Render photos", *render),
        _run("Check them", "data", "check", truth),
        _run("Predict", "predict", BUNDLE, truth, "--out", predictions),
        _run("Evaluate", *evaluate),
        _run("Explain", "explain", BUNDLE, truth, "--out", out / "explanation", "--images", 40),
        _run("Map the embedding", "embed", BUNDLE, truth, "--out", out / "embedding.parquet"),
    ]
    return write_index(out, BUNDLE, done)


def _given(images: Path, out: Path) -> Path:
    """The user's own photos through the bundle that was trained on real ones."""
    predictions = out / "predictions.csv"
    _run("Predict", "predict", "dermoscopy", images, "--out", predictions)
    _run("Explain", "explain", "dermoscopy", images, "--out", out / "explanation")
    return out / "explanation" / "index.html"


def _run(title: str, *arguments: object) -> str:
    """Show a command, run it in this process, and return it as a user would type it."""
    from cutis.cli import build_app

    words = [str(argument) for argument in arguments]
    command = f"cutis {shlex.join(words)}"
    say(f"\n{title}\n$ {command}")
    status = build_app(words)(words, standalone_mode=False)
    if status:
        raise typer.Exit(status)
    return command
