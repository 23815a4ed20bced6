"""`cutis serve`: the platform, for browsers on this machine or near it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    from cutis.web.platform import Platform


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    data: Annotated[
        Path | None, typer.Option(help="Folder of all that is kept; ./cutis-data by default.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 8000,
    administrator_link: Annotated[
        bool, typer.Option(help="Print a one-time link for a new administrator, though there is one.")
    ] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Fill an empty folder with a study of rendered photos.")
    ] = False,
) -> None:
    """Start the platform; open its address in a browser. Ctrl-C ends it."""
    from cutis.core.errors import CutisError, MissingExtraError

    try:
        import uvicorn

        from cutis.web.app import create_app, open_platform
        from cutis.web.holding import hold
        from cutis.web.jobs.keeper import worker_of
        from cutis.web.people.invitations import first_start
        from cutis.web.settings import read_settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis serve") from error
    settings = read_settings(data_folder=data)
    listening = _listening(host, port)
    address = settings.public_url or f"http://{_host_of(host)}:{listening.getsockname()[1]}"
    with hold(settings.data_folder):
        platform = open_platform(settings)
        if example:
            _fill(platform)
        link = first_start(
            platform.database, platform.audit, settings.invitation_hours, again=administrator_link
        )
        print(f"cutis keeps its data in {settings.data_folder.resolve()}")
        for off in platform.missing:
            print(f"Off, since a browser library is not installed (make setup brings it): {off}")
        if link:
            hours = f"{settings.invitation_hours:g}"
            print(f"Make yourself the administrator, once, within {hours} hours: {address}/join/{link}")
        print(f"Open {address}", flush=True)
        config = uvicorn.Config(
            create_app(platform),
            log_level="warning",
            access_log=False,  # addresses hold one-time links
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        server = uvicorn.Server(config)
        with worker_of(settings):
            server.run(sockets=[listening])
    if not server.started:
        raise CutisError("The server could not start; the reason is above.")


def _fill(platform: Platform) -> None:
    """Make the example, and say how to sign in."""
    from cutis.cli.progress import progress
    from cutis.web.example import make_example
    from cutis.web.example.study import PHOTOS

    with progress("Rendering the example", total=PHOTOS) as step:
        made = make_example(platform, step)
    print(f"The example is a study of rendered photos. Sign in as {made.login}, password {made.password}")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that is bound before anything is opened, so that a port in use is said first.

    Raises:
        CutisError: the port or the address cannot be had.
    """
    import socket

    from cutis.core.errors import CutisError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise CutisError(
            f"{host}:{port} cannot be listened at ({error.strerror}). Choose another --port or --host."
        ) from error
    return listening


def _host_of(host: str) -> str:
    """The address as it is typed into a browser."""
    if host in ("0.0.0.0", "::"):
        import socket

        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
