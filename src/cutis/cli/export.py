"""`cutis export`: from training runs to one file that runs anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from cutis.cli.progress import progress, say

Weights = Literal["float32", "float16"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs; several are averaged.")
    ],
    out: Annotated[Path, typer.Option(help="Bundle to write, NAME.cutis.")],
    name: Annotated[str, typer.Option(help="Name of the model; the file's by default.")] = "",
    version: Annotated[str, typer.Option(help="Version of the model.")] = "1.0",
    views: Annotated[
        int, typer.Option(help="Views of each photo to average: 1, 2 (mirrored) or 4 (mirrored both ways).")
    ] = 1,
    size: Annotated[
        int | None, typer.Option(help="Shorter side of photos, pixels, if not as in training.")
    ] = None,
    weights: Annotated[
        Weights, typer.Option(help="Number format of the stored weights; float16 halves the file.")
    ] = "float32",
    int8: Annotated[
        bool, typer.Option("--int8", help="Quantise to 8 bits, if 99% of the answers stay the same.")
    ] = False,
    measure: Annotated[
        bool,
        typer.Option("--measure/--no-measure", help="Fit thresholds and figures through the exported graph."),
    ] = True,
    licence: Annotated[str, typer.Option(help="Terms of the model; those of its data by default.")] = "",
) -> None:
    """Write a bundle: one file with the model, its own test, its thresholds and its card."""
    if views not in (1, 2, 4):
        raise typer.BadParameter(f"--views is {views}, expected 1, 2 or 4.")
    if out.suffix.lower() != ".cutis":
        raise typer.BadParameter(f"'{out}' is no name of a bundle, which ends in .cutis.", param_hint="--out")
    _need_torch()
    from cutis.export.bundle import Options, Views, Watch, export_bundle

    options = Options(
        name=name,
        version=version,
        views=cast(Views, views),
        size=size,
        weights=weights,
        int8=int8,
        measure=measure,
        licence=licence,
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
    print(
        f"Bundle: {out} ({out.stat().st_size / 1e6:.1f} MB). Next: cutis predict {out} INPUT --out FILE.csv"
    )


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
