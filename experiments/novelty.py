"""Does a bundle notice photos that are none of its kind? Fit on photos it was trained on, asked of others.

    python experiments/novelty.py MANIFEST --bundle dermoscopy --strange clinical=MILK_MANIFEST:clinical
    python experiments/novelty.py MANIFEST --strange phantoms=PHANTOMS_MANIFEST

MANIFEST has columns image, dx, lesion_id and split; ``:modality`` takes rows of that modality only. Known
photos are drawn from its part train, and photos that belong from its part test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.manifest import Manifest, read_manifest
from cutis.runtime.engine import Engine
from cutis.stats.comparison import delong_interval
from cutis.stats.drift import embedding_drift
from cutis.stats.novelty import fit_mahalanobis, fit_neighbours

Embedded = tuple[NDArray[np.float64], list[str], list[str]]  # embeddings, groups, targets


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--bundle", default="dermoscopy")
    parser.add_argument("--target", default="dx")
    parser.add_argument("--strange", action="append", default=[], help="name=manifest[:modality]")
    parser.add_argument("-n", type=int, default=600, help="photos of each kind at most")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    engine = Engine.open(options.bundle, threads=1)
    table = read_manifest(options.manifest, target=options.target)
    known = embed(engine, table.part("train"), 2 * options.n, rng)
    belong = embed(engine, table.part("test"), options.n, rng)
    scores = {
        "Mahalanobis, by class": fit_mahalanobis(known[0], known[2]),
        "10th neighbour, cosine": fit_neighbours(known[0], 10),
    }
    print(f"{len(known[0])} known photos, {len(belong[0])} that belong")
    print("| strange photos | n | " + " | ".join(scores) + " | drift p |")
    for asked in options.strange:
        name, _, place = asked.partition("=")
        path, _, modality = place.partition(":")
        odd = embed(engine, read_manifest(Path(path)), options.n, rng, modality)
        truth = np.repeat([0, 1], [len(belong[0]), len(odd[0])])
        groups = [f"a{group}" for group in belong[1]] + [f"b{group}" for group in odd[1]]
        both = np.concatenate([belong[0], odd[0]])
        cells = []
        for score in scores.values():
            found = delong_interval(truth, score(both), groups)
            cells.append(f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f})")
        moved = embedding_drift(belong[0], odd[0], 999, rng, first_groups=belong[1], second_groups=odd[1])
        print(f"| {name} | {len(odd[0])} | " + " | ".join(cells) + f" | {moved.p:.3f} |", flush=True)
    half = rng.permutation(sorted(set(belong[1])))
    first = np.isin(belong[1], half[::2])
    groups = np.array(belong[1])
    same = embedding_drift(
        belong[0][first],
        belong[0][~first],
        999,
        rng,
        first_groups=groups[first],
        second_groups=groups[~first],
    )
    print(f"drift between two halves of the photos that belong: p {same.p:.3f}")


def embed(
    engine: Engine, manifest: Manifest, most: int, rng: np.random.Generator, modality: str = ""
) -> Embedded:
    """Embeddings of photos drawn from a manifest, with their groups and targets."""
    rows = manifest.table.with_columns(path=pl.Series([str(path) for path in manifest.paths]))
    if modality:
        rows = rows.filter(pl.col("modality") == modality)
    rows = rows[np.sort(rng.permutation(len(rows))[:most])]
    kept, found = [], []
    for row, (_, result) in zip(
        rows.iter_rows(named=True), engine.stream([Path(p) for p in rows["path"]]), strict=True
    ):
        if not isinstance(result, Exception):
            kept.append(row)
            found.append(result.embedding)
    targets = [str(row[manifest.target]) if manifest.target else "" for row in kept]
    return np.array(found, dtype=np.float64), [str(row[manifest.group]) for row in kept], targets


if __name__ == "__main__":
    main()
