"""Several graded conditions on real photos: is a fine-tuned network worth more than a linear probe?

    python experiments/concepts.py manifest MILK10K/manifest.csv --out FOLDER
    cutis train facial FOLDER/manifest.csv --out FOLDER/fine ...    (options: docs/models/concepts.md)
    cutis train facial FOLDER/fine/split.csv --out FOLDER/probe --probe ...
    python experiments/concepts.py compare FOLDER/fine FOLDER/probe --out FOLDER

The conditions are MILK10k's seven concepts, each present (score above one half) or absent, on clinical
close-ups and dermoscopic photos. The first command writes the manifest with a column ``grade_<concept>``
each. The last one asks both runs about the test split: mean area under the ROC curve over the concepts with
its interval, that of each concept, and the differences, all from the same draws of lesions; also for each
kind of photo.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cutis.core.files import write_text
from cutis.core.manifest import read_manifest, rebased, write_manifest
from cutis.data.importers.milk10k import graded_concepts
from cutis.evaluation.assessment import Draws
from cutis.evaluation.conditions import Graded, GradedSource, read_conditions
from cutis.stats.conditions import by_condition
from cutis.stats.intervals import percentile
from cutis.stats.resampling import Weights, bootstrap, observed

REPLICATES = 2000
FIGURE = "auc"


def manifest(source: Path, out: Path) -> None:
    """Write the manifest with the concepts' columns, beside which images stay where they are."""
    out.mkdir(parents=True, exist_ok=True)
    table = rebased(read_manifest(source), out)
    table = table.with_columns(graded_concepts(table))
    write_manifest(table, out / "manifest.csv")
    for name in (name for name in table.columns if name.startswith("grade_")):
        counts = dict(
            table.group_by(name, "modality")
            .len()
            .select(pl.format("{} {}", name, "modality"), "len")
            .iter_rows()
        )
        print(name, counts)


def compare(runs: list[Path], out: Path) -> None:
    """Figures of two runs on their test split, and what lies between them."""
    truth = pl.read_csv(runs[0] / "split.csv", infer_schema=False)
    found: dict[str, Any] = {}
    for kind in ("all", *sorted(set(truth["modality"]))):
        part = runs[0] / f"truth_{kind}.csv"
        truth.filter(pl.lit(kind == "all") | (pl.col("modality") == kind)).write_csv(part)
        graded = read_conditions(runs, part, draws=Draws(REPLICATES))
        found[kind] = _measured(graded)
        part.unlink()
        _show(kind, graded, found[kind])
    write_text(out / "concepts.json", json.dumps(found, indent=1) + "\n")


def _measured(graded: Graded) -> dict[str, Any]:
    first, second = graded.sources
    wanted = [name for name in first.figures if name.startswith(FIGURE) and name in second.figures]
    return {
        "photos": len(graded.truth),
        "lesions": graded.count,
        **{
            source.name: {name: source.figures[name].to_dict() for name in wanted}
            for source in graded.sources
        },
        "difference": _difference(first, second, wanted, graded.count),
    }


def _difference(first: GradedSource, second: GradedSource, wanted: list[str], count: int) -> dict[str, Any]:
    """First less second, by figure, from the same draws of lesions."""
    one, other = by_condition(first.answers), by_condition(second.answers)
    rows = [one.names.index(name) for name in wanted], [other.names.index(name) for name in wanted]

    def statistic(weights: Weights) -> Any:
        return one.statistic(weights)[rows[0]] - other.statistic(weights)[rows[1]]

    values = observed(statistic, count)
    ends = percentile(bootstrap(statistic, count, REPLICATES, np.random.default_rng(0)))
    return {
        name: {"value": float(value), "low": float(low), "high": float(high)}
        for name, value, (low, high) in zip(wanted, values, ends, strict=True)
    }


def _show(kind: str, graded: Graded, found: dict[str, Any]) -> None:
    names = [source.name for source in graded.sources]
    print(f"\n{kind}: {found['photos']} photos of {found['lesions']} lesions")
    print(f"| figure | {' | '.join(names)} | difference |\n| --- | --- | --- | --- |")
    for figure in found["difference"]:
        cells = [found[name][figure] for name in (*names, "difference")]
        print(
            "|",
            figure,
            "|",
            " | ".join("{value:.3f} ({low:.3f} to {high:.3f})".format(**c) for c in cells),
            "|",
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    one = tasks.add_parser("manifest")
    one.add_argument("source", type=Path)
    two = tasks.add_parser("compare")
    two.add_argument("runs", type=Path, nargs=2)
    for each in (one, two):
        each.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if asked.task == "manifest":
        manifest(asked.source, asked.out)
    else:
        compare(asked.runs, asked.out)


if __name__ == "__main__":
    main()
