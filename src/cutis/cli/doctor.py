"""`cutis doctor`: does everything here do what it should?"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

PACKAGES = ("onnxruntime", "numpy", "pillow", "pillow-heif", "polars", "torch", "timm", "onnx")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    bundles: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BUNDLE...]", help="Files or shipped names; all shipped ones by default."),
    ] = None,
) -> None:
    """Print versions, and check that each bundle gives here what it gave where it was made."""
    import platform

    from cutis import __version__, zoo
    from cutis.runtime.session import available_cores

    print(f"cutis {__version__}, Python {platform.python_version()}, {platform.platform()}")
    print(f"{available_cores()} processor cores, {platform.machine()}")
    for package in PACKAGES:
        print(f"{package} {_version(package)}")
    chosen = bundles or list(zoo.names())
    if not chosen:
        print("No bundles are shipped with this installation.")
    sound = [_check(name) for name in chosen]
    if not all(sound):
        raise typer.Exit(1)
    print(f"{len(sound)} bundles checked: they are whole, and answer as they did where they were made.")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _check(name: str) -> bool:
    """Print one bundle's verdict."""
    from cutis.cli.progress import say
    from cutis.core.errors import BundleError
    from cutis.runtime.check import check_parity
    from cutis.runtime.engine import Engine

    try:
        bundle = Engine.open(name).bundle
        parity = check_parity(bundle)
    except BundleError as error:
        say(f"failed   {error}")
        return False
    rendered = ", trained on rendered images, not for care" if bundle.info.training.rendered else ""
    classes = f"{len(bundle.info.labels)} classes{rendered}"
    about = f"{Path(name).name}: {bundle.info.title} {bundle.info.version}, {classes}"
    measured = f"{parity.cases} test images, largest difference {parity.difference:.1e}"
    if parity.passed:
        print(f"passed   {about}; {measured}")
        return True
    say(
        f"failed   {about}; {measured}, but no more than {parity.tolerance:.1e} is allowed. "
        "Do not use it here: install the onnxruntime version that constraints.txt names, and try again."
    )
    return False
