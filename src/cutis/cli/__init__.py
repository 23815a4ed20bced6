"""The command line: one file per command group, loaded only when its command is called.

`cutis predict` must answer within two seconds, so that nothing here may import torch, matplotlib or another
command's needs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

# command (or group of commands) -> modules that register it
COMMANDS: dict[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "tasks": ("tasks",),
    "data": ("data", "data_import", "data_merge", "phantoms", "degrade", "raters"),
    "enhance": ("enhance",),
    "train": ("train",),
    "export": ("export",),
    "predict": ("predict",),
    "map": ("map",),
    "screen": ("screen",),
    "face": ("face",),
    "norms": ("norms",),
    "explain": ("explain",),
    "embed": ("explain",),
    "evaluate": ("evaluate",),
    "compare": ("evaluate",),
    "mrmc": ("mrmc",),
    "clinical": ("clinical",),
    "plan": ("plan",),
    "serve": ("serve",),
    "studies": ("studies",),
    "audit": ("audit",),
    "backup": ("backup",),
    "restore": ("backup",),
    "dicom": ("dicom",),
    "fhir": ("fhir",),
    "gateway": ("gateway",),
    "doctor": ("doctor",),
}


def build_app(arguments: list[str]) -> Any:
    """The typer application with the command that the arguments name, or with all of them for help."""
    import typer

    app = typer.Typer(
        name="cutis",
        help="An open workbench for dermatology imaging AI. For research use; not a medical device.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    named = arguments[0] if arguments and arguments[0] in COMMANDS else None
    data = typer.Typer(help="Check, split, import and render data.", no_args_is_help=True)
    modules = dict.fromkeys(COMMANDS[named] if named else [m for group in COMMANDS.values() for m in group])
    for name in modules:
        module = import_module(f"cutis.cli.{name}")
        module.register(data if name in COMMANDS["data"] else app)
    if named in (None, "data"):
        app.add_typer(data, name="data")
    return app


def _root() -> None:
    """Make typer treat every command as a named one, also when only one is loaded."""


def main() -> None:
    """Entry point of ``cutis``. Exit status: 0 done, 1 something the user can mend, 2 wrong usage."""
    from cutis.core.errors import CutisError

    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from cutis import __version__

        print(f"cutis {__version__}")
        return
    try:
        build_app(arguments)()
    except CutisError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has gone, such as `| head`
        sys.exit(0)
    except OSError as error:  # a path that may not be read, or that no file can have; a disk that fails
        why = error.strerror or str(error)
        where = f"{error.filename}: {why}. Check the path, and who may read it or write there."
        print(f"The system refused: {why}." if error.filename is None else where, file=sys.stderr)
        sys.exit(1)
    except MemoryError as error:
        print(f"There is too little memory ({error}). Ask for less at once.", file=sys.stderr)
        sys.exit(1)
