"""`cutis export`: from training runs to one file that runs anywhere, and from there to a device."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from cutis import zoo
from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.export.targets.make import Options as TargetOptions
    from cutis.export.targets.measure import Figures

Weights = Literal["float32", "float16", "int8"]
Target = Literal["web", "phone", "camera"]
_VERSION = "1.0"
_WIDEST = 8192  # pixels on a side of a camera's frames


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of finished runs; several are averaged. With --target also one bundle, by its file "
            "or its shipped name.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Bundle to write, NAME.cutis; with --target a folder.")],
    name: Annotated[str, typer.Option(help="Name of the model; the file's by default.")] = "",
    version: Annotated[str, typer.Option(help="Version of the model.")] = _VERSION,
    views: Annotated[
        int, typer.Option(help="Views of each photo to average: 1, 2 (mirrored) or 4 (mirrored both ways).")
    ] = 1,
    size: Annotated[
        int | None, typer.Option(help="Shorter side of photos, pixels, if not as in training.", min=1)
    ] = None,
    weights: Annotated[
        Weights,
        typer.Option(
            help="Number format of the stored weights: float16 halves the file; int8 makes it a third, if "
            "99% of the answers stay the same."
        ),
    ] = "float32",
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Compute with 8 bits as well, if 99% of the answers stay the same."),
    ] = False,
    measure: Annotated[
        bool,
        typer.Option("--measure/--no-measure", help="Fit thresholds and figures through the exported graph."),
    ] = True,
    licence: Annotated[str, typer.Option(help="Terms of the model; those of its data by default.")] = "",
    target: Annotated[
        Target | None,
        typer.Option(help="Write a folder for a web page, a phone (8 bits) or a camera (C), not a bundle."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="With --target: folder or manifest of photos that set up and judge the export."),
    ] = None,
    input_: Annotated[
        str, typer.Option("--input", metavar="WxH", help="With --target camera: size of its frames, 640x480.")
    ] = "",
    runtime: Annotated[
        Path | None,
        typer.Option(help="With --target web: folder of onnxruntime-web; cutis's own copy by default."),
    ] = None,
) -> None:
    """Write a bundle: one file with the model, its own test, its thresholds and its card.

    With --target a folder for a device instead, with the figures of how it compares with the bundle.
    """
    if views not in (1, 2, 4):
        raise typer.BadParameter(f"--views is {views}, expected 1, 2 or 4.")
    bundles = [place for place in runs if _is_bundle(place)]
    if target is None:
        _only_with_target(images=images, input=input_, runtime=runtime)
        if bundles:
            raise typer.BadParameter(
                f"'{bundles[0]}' is a bundle already. Add --target web, phone or camera; or give a run."
            )
        if out.suffix.lower() != ".cutis":
            raise typer.BadParameter(
                f"'{out}' is no name of a bundle, which ends in .cutis.", param_hint="--out"
            )
    how = _How(name, version, views, size, weights, int8, measure, licence)
    if target is None:
        _export_runs(runs, out, how)
        print(
            f"Bundle: {out} ({out.stat().st_size / 1e6:.1f} MB). "
            f"Next: cutis predict {quote(str(out))} INPUT --out FILE.csv"
        )
        return
    from cutis.export.targets.make import Options

    if out.suffix.lower() == ".cutis":
        raise typer.BadParameter(
            f"'{out}' is named like a bundle; --target writes a folder.", param_hint="--out"
        )
    if int8:
        raise typer.BadParameter("--int8 is for bundles; --target phone is 8-bit, web and camera are not.")
    if bundles and len(runs) > 1:
        raise typer.BadParameter("--target takes one bundle, or runs, which are averaged.")
    options = Options(images, None, _sides(input_, target), _runtime(runtime, target))
    if bundles:
        _only_of_runs(how)
        _export_bundle(bundles[0], out, target, options)
    else:
        _export_runs_to(runs, out, target, options, how)


@dataclass(frozen=True)
class _How:
    """The options of a bundle that is made from runs."""

    name: str
    version: str
    views: int
    size: int | None
    weights: Weights
    int8: bool
    measure: bool
    licence: str


_USUAL = _How("", _VERSION, 1, None, "float32", False, True, "")


def _is_bundle(place: Path) -> bool:
    """A file, or a plain word that is no folder, such as the name of a shipped bundle."""
    return not place.is_dir() and (
        place.is_file() or place.suffix.lower() == ".cutis" or str(place) in zoo.names()
    )


def _only_with_target(**given: object) -> None:
    for option, value in given.items():
        if value:
            raise typer.BadParameter(f"--{option} needs --target web, phone or camera.")


def _only_of_runs(how: _How) -> None:
    """A bundle is exported as it is; what it answers was settled when it was made."""
    for option, value in asdict(how).items():
        if value != getattr(_USUAL, option):
            named = "no-measure" if option == "measure" else option
            raise typer.BadParameter(f"--{named} is for runs; a bundle is exported as it is.")


def _sides(text: str, target: Target) -> tuple[int, int] | None:
    """Height and width of ``640x480``."""
    if not text:
        return None
    if target != "camera":
        raise typer.BadParameter("--input is for --target camera; others take photos of any size.")
    width, _, height = text.lower().partition("x")
    if not (width.isascii() and height.isascii() and width.isdigit() and height.isdigit()):
        raise typer.BadParameter(f"'{text}' is no size in pixels, such as 640x480.", param_hint="--input")
    if max(int(width), int(height)) > _WIDEST:
        raise typer.BadParameter(f"'{text}' is more than {_WIDEST} pixels on a side.", param_hint="--input")
    return int(height), int(width)


def _runtime(given: Path | None, target: Target) -> Path | None:
    """Where onnxruntime-web is: named by the user, or the copy that the platform's pages use."""
    if target != "web":
        if given:
            raise typer.BadParameter("--runtime is for --target web.")
        return None
    own = Path(str(files("cutis").joinpath("web/static/vendor/onnxruntime-web")))
    return given or (own if (own / "ort.wasm.min.mjs").is_file() else None)


def _export_runs(runs: list[Path], out: Path, how: _How) -> None:
    _need_torch()
    from cutis.export.bundle import Options, Views, Watch, export_bundle

    options = Options(
        name=how.name,
        version=how.version,
        views=cast(Views, how.views),
        size=how.size,
        weights=how.weights,
        int8=how.int8,
        measure=how.measure,
        licence=how.licence,
    )
    with progress("Asking the exported graph about held-out photos") as step:
        info = export_bundle(runs, out, options, Watch(say, step))
    figures = [
        f"{title} {info.metrics[key]['value']:.3f}"
        for key, title in (("balanced_accuracy", "balanced accuracy"), ("auc_macro", "AUC"))
        if key in info.metrics
    ]
    if figures:
        print(f"{', '.join(figures)} on {info.metrics_on}.")


def _export_runs_to(runs: list[Path], out: Path, target: Target, options: TargetOptions, how: _How) -> None:
    """By way of a bundle that is not kept; judged on the photos that the run was tuned on."""
    if target == "phone" and options.images is None:
        options = replace(options, images=runs[0] / "split.csv", split="tune")
    with TemporaryDirectory() as scratch:
        bundle = Path(scratch, f"{how.name or out.name}.cutis")
        _export_runs(runs, bundle, how)
        _export_bundle(bundle, out, target, options)


def _export_bundle(place: Path, out: Path, target: Target, options: TargetOptions) -> None:
    from cutis.core.bundle import Bundle
    from cutis.export.targets.make import export_target

    shipped = not place.is_file() and str(place) in zoo.names()
    bundle = Bundle.open(zoo.path(str(place)) if shipped else place)
    with progress("Asking the bundle and the exported graph") as step:
        figures = export_target(bundle, out, target, options, step)
    _show(figures)
    if target == "web" and options.runtime is None:
        say("onnxruntime-web is not here: put it beside the page, see README.md.")
    print(f"Folder: {out}. Next: read {out / 'README.md'}")


def _show(figures: Figures) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading, side in ((f"target {figures.target}", "left"), ("exported", "right"), ("bundle", "right")):
        table.add_column(heading, justify=cast(Literal["left", "right"], side))
    for row in figures.rows():
        table.add_row(*row)
    Console().print(table)


def _need_torch() -> None:
    """Say what is missing where training is not installed, and prepare the process for torch."""
    from importlib.util import find_spec

    from cutis.core.errors import MissingExtraError
    from cutis.training.process import prepare

    if any(find_spec(package) is None for package in ("torch", "timm", "onnx")):
        raise MissingExtraError("train", "Exporting")
    prepare()
    from cutis.models.torchvision_operators import ensure

    ensure()
