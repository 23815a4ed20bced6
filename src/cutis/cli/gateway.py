"""`cutis gateway`: photos come from cameras, archives and records, and results go back to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cutis.web.gateway.rules import Rules
    from cutis.web.settings import Settings

Data = Annotated[Path | None, typer.Option(help="Folder of all that is kept; ./cutis-data by default.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help="Take photos from cameras, archives and records, and send results back. Ctrl-C ends it.",
        invoke_without_command=True,
    )
    group.callback()(gateway)
    group.command()(again)
    group.command()(check)
    app.add_typer(group, name="gateway")


def gateway(
    context: typer.Context,
    data: Data = None,
    watch: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a camera; each folder in it is named as its patient."),
    ] = None,
    dicom_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port for DICOM; 0 takes a free one.")
    ] = None,
) -> None:
    """Take photos from cameras, archives and records, and send results back. Ctrl-C ends it."""
    if context.invoked_subcommand:
        return
    import logging
    import signal
    import sys
    import threading

    from cutis.core.errors import CutisError

    settings, rules = _read(data)
    rules = _with(rules, watch or [], dicom_port)
    if not rules.listens:
        raise CutisError(
            f"There is nothing to listen to. Give --watch or --dicom-port, or write "
            f"{settings.data_folder / 'gateway.toml'} (docs/gateway.md shows one)."
        )
    from cutis.web.gateway.run import run

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    print(f"cutis gateway keeps its data in {settings.data_folder.resolve()}", flush=True)
    run(settings, rules, lambda line: print(line, flush=True), over)
    print("Stopped.", flush=True)


def again(
    letters: Annotated[
        list[str] | None, typer.Argument(help="Dead letters, by the names of their folders; all by default.")
    ] = None,
    data: Data = None,
) -> None:
    """Send dead letters again. The gateway may run meanwhile."""
    from cutis.core.errors import CutisError

    settings, rules = _read(data)
    from cutis.web.app import open_platform
    from cutis.web.errors import RefusedError
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.sending import again as send_again
    from cutis.web.gateway.sending import dead_letters

    held = Gateway(open_platform(settings, beside=True), rules)
    chosen = letters or dead_letters(held)
    for one in chosen:
        try:
            send_again(held, one)
        except RefusedError as error:
            raise CutisError(f"{one}: {error.words}") from error
    held.platform.database.close()
    print(f"{len(chosen)} dead letter{'' if len(chosen) == 1 else 's'} will be sent again.")


def check(data: Data = None) -> None:
    """See whether the gateway's document holds, without starting anything."""
    settings, rules = _read(data)
    from cutis.web.gateway.document import place_of

    place = place_of(settings.data_folder)
    if place is None:
        print(f"There is no gateway.toml or gateway.json in {settings.data_folder}.")
        return
    print(f"{place} holds: {rules.listens} inlets, {len(rules.rules)} rules.")


def _read(data: Path | None) -> tuple[Settings, Rules]:
    from cutis.core.errors import MissingExtraError

    try:
        from cutis.web.gateway.document import read_rules
        from cutis.web.settings import read_settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis gateway") from error
    settings = read_settings(data_folder=data)
    return settings, read_rules(settings.data_folder)


def _with(rules: Rules, watch: list[Path], port: int | None) -> Rules:
    """The document with what the command line adds."""
    from cutis.web.gateway.peers import Folder, Receiver

    folders = (
        *rules.folders,
        *(Folder(name=f"watch {number}", path=path) for number, path in enumerate(watch, 1)),
    )
    receiver = rules.receiver
    if port is not None:
        receiver = (receiver or Receiver()).model_copy(update={"port": port})
    return rules.model_copy(update={"folders": folders, "receiver": receiver})
