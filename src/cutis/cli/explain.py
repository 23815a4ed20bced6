"""`cutis explain` and `cutis embed`: where a model looked, and how its cases lie together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say
from cutis.explain.methods import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cutis.core.errors import ImageError
    from cutis.core.labels import Labels
    from cutis.explain.embedding import Separation
    from cutis.explain.explainer import Explainer
    from cutis.explain.inputs import Inputs

_INPUTS = typer.Argument(metavar="INPUT...", help="Images, folders or manifests.")
_TARGET = typer.Option(
    help="Column of the labels; found by itself where one column holds the model's classes."
)
_THREADS = typer.Option(help="Processor cores to use; all by default.", min=1)
_SPLIT = typer.Option(help="train, tune, test or all; default test where a manifest has a split.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(explain)
    app.command()(embed)


def explain(
    model: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A bundle, a shipped name, or a run folder.")
    ],
    inputs: Annotated[list[Path], _INPUTS],
    out: Annotated[Path, typer.Option(help="Folder for the page, the overlays and the scores.")],
    images: Annotated[
        int, typer.Option(help="Photos to score the maps on; 0 for none. About 120 predictions each.", min=0)
    ] = 24,
    label: Annotated[str | None, typer.Option(help="Class to explain; default each photo's answer.")] = None,
    method: Annotated[Method, typer.Option(help="Of the maps; a bundle has 'cam' only.")] = "cam",
    target: Annotated[str | None, _TARGET] = None,
    split: Annotated[str | None, _SPLIT] = None,
    threads: Annotated[int | None, _THREADS] = None,
    seed: Annotated[int, typer.Option(help="Of the photos scored and the maps to compare with.", min=0)] = 0,
) -> None:
    """Show which places of each photo speak for the answer, and how far that picture can be trusted."""
    from contextlib import nullcontext

    import numpy as np

    from cutis.core.folders import filling
    from cutis.explain.explainer import label_index
    from cutis.explain.page import write_explanation
    from cutis.explain.photos import check_weights, explain_photos
    from cutis.explain.sanity import SEEDS, STAGES
    from cutis.explain.trust import judge

    explainer = _explainer(model, method, threads)
    chosen = None if label is None else label_index(explainer.labels, label)
    found = _found(inputs, explainer.labels, target, split)
    rng = np.random.default_rng(seed)
    # A new folder is there whole or not at all; into one that the user has, files are added.
    place = nullcontext(out) if out.exists() else filling(out)
    with place as folder:
        with progress("Explaining photos", len(found.items)) as step:
            explanation = explain_photos(
                explainer, found.items, folder, rng, scored=images, label=chosen, progress=step
            )
        if explainer.cascade and images:
            with progress("Forgetting what was learnt", SEEDS * STAGES) as step:
                explanation = check_weights(explanation, rng, step)
        page = out / write_explanation(explanation, folder).name
    verdict = judge(explanation.summary, explanation.sanity, explainer.no_cascade)
    print(f"{verdict.headline}. {verdict.sentence}")
    for finding in verdict.findings:
        print(f"  {finding.word}: {finding.sentence}")
    _finish(explanation.failures, page)


def embed(
    bundle: Annotated[str, typer.Argument(help="A bundle or a shipped name.")],
    inputs: Annotated[list[Path], _INPUTS],
    out: Annotated[
        Path, typer.Option(help="Table to write: .parquet, .csv or .npz; pages are put beside it.")
    ],
    target: Annotated[str | None, _TARGET] = None,
    split: Annotated[str | None, _SPLIT] = None,
    perplexity: Annotated[
        float, typer.Option(help="Neighbours that each point keeps on the map.", min=1)
    ] = 30.0,
    threads: Annotated[int | None, _THREADS] = None,
    seed: Annotated[int, typer.Option(help="Of the map and of the intervals.", min=0)] = 0,
) -> None:
    """Write each photo's embedding, and a map where photos that look alike to the model lie side by side."""
    import json
    import os

    import numpy as np

    from cutis.core.files import write_text
    from cutis.explain.cases import embed_photos, need_table, write_table
    from cutis.explain.embedding import ITERATIONS, flat_map
    from cutis.explain.embedding_page import facts, measured, write_figure, write_page
    from cutis.runtime.engine import Engine
    from cutis.training.process import prepare

    prepare()  # idle threads sleep: the map is laid out by OpenMP
    need_table(out)
    engine = Engine.open(bundle, threads=threads)
    info = engine.info
    found = _found(inputs, info.labels, target, split)
    rng = np.random.default_rng(seed)
    with progress("Embedding photos", len(found.items)) as step:
        cases = embed_photos(engine, found.items, rng, step)
    with progress("Laying out the map", ITERATIONS) as step:
        jobs = threads or os.cpu_count() or 1
        positions = flat_map(cases.vectors, seed=seed, jobs=jobs, perplexity=perplexity, step=step)
    result = measured(
        cases,
        positions,
        info.labels,
        model=info.name,
        title=info.title,
        group=found.group,
        rendered=info.training.rendered,
        rng=rng,
    )
    write_table(cases, positions, found.group, out)
    write_text(out.with_suffix(".json"), json.dumps(facts(result), indent=1, ensure_ascii=False) + "\n")
    write_figure(result, [out.with_suffix(".svg"), out.with_suffix(".png")])
    page = out.with_suffix(".html")
    size = write_page(result, page)
    _tell_separation(result.full)
    print(f"The page holds {sum(p is not None for p in cases.pictures):,} photos, {size / 1e6:.1f} MB.")
    _finish(cases.failures, page)


def _explainer(model: str, method: Method, threads: int | None) -> Explainer:
    from cutis.core.errors import CutisError
    from cutis.explain.explainer import bundle_explainer, run_explainer

    if Path(model).is_dir():
        return run_explainer(model, method)
    if method != "cam":
        raise CutisError(
            f"a bundle explains itself by 'cam' only, the map inside its graph. For '{method}' give the "
            "folder of the training run that the bundle was exported from."
        )
    from cutis.runtime.engine import Engine

    return bundle_explainer(Engine.open(model, threads))


def _found(inputs: Sequence[Path], labels: Labels, target: str | None, split: str | None) -> Inputs:
    from cutis.explain.inputs import gather

    found = gather(inputs, labels, target=target, split=split)
    for note in found.notes:
        say(note)
    return found


def _tell_separation(found: Separation | None) -> None:
    from cutis.explain.trust import percent

    if found is None:
        print("How classes separate was not measured: it needs labels of two classes from three groups.")
        return
    print(
        f"The {found.neighbours} nearest photos of other groups name a photo's class for "
        f"{percent(found.balanced)} balanced over {found.classes} classes, {percent(found.accuracy)} of all "
        f"{found.photos:,} photos (always the largest class: {found.largest:.0%})."
    )


def _finish(failures: Sequence[ImageError], page: Path) -> None:
    """Say where the result is; files that could not be read make the exit status 1."""
    if failures:
        say(f"{len(failures)} {'file' if len(failures) == 1 else 'files'} could not be read:")
        for failure in failures:
            say(f"  {failure}")
    print(f"Written to {page}")
    if failures:
        raise typer.Exit(1)
