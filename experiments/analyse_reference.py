"""What the analyse page knows of a shipped model's own kind of photos; see `cutis.web.analyse.reference`.

    python experiments/analyse_reference.py dermoscopy MANIFEST --target dx --known train --belong tune
    python experiments/analyse_reference.py drug_reaction PHANTOMS_MANIFEST --target severity

Photos of part KNOWN are what an embedding is compared with, photos of part BELONG how far off one of the
model's own kind can be, and which labels are kept so that 9 of 10 truths are. BELONG must not have been
trained on. A manifest without splits is halved by group.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from cutis.core.errors import ImageError
from cutis.core.manifest import read_manifest
from cutis.runtime.engine import Engine
from cutis.stats.conformal import calibrate, strangeness
from cutis.web.analyse.reference import ODD, UNLIKE, fit, write


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("bundle")
    asked.add_argument("manifest", type=Path)
    asked.add_argument("--target", default=None, help="column of the truth; without it no labels are kept")
    asked.add_argument("--known", default="train")
    asked.add_argument("--belong", default="tune")
    asked.add_argument("-n", type=int, default=1000, help="photos of each part at most")
    asked.add_argument("--strange", type=Path, action="append", default=[], help="manifests of other photos")
    options = asked.parse_args()
    rng = np.random.default_rng(0)
    engine = Engine.open(options.bundle, threads=1)
    table = read_manifest(options.manifest, target=options.target).table
    groups = read_manifest(options.manifest, target=options.target).group
    base = options.manifest.parent
    if "split" in table.columns and table["split"].null_count() < len(table):
        parts = [table.filter(pl.col("split") == name) for name in (options.known, options.belong)]
    else:
        names = rng.permutation(table[groups].unique().sort().to_numpy())
        first = pl.col(groups).is_in(names[: len(names) // 2].tolist())
        parts = [table.filter(first), table.filter(~first)]
    drawn = [part.sample(min(options.n, len(part)), seed=1) for part in parts]
    (known, _, _), (belong, shares, kept) = [embed(engine, part, base) for part in drawn]
    least: float | None = None
    if options.target is not None and not engine.info.labels.several:
        column = drawn[1][options.target].cast(pl.String).to_list()
        truth = [column[number] for number in kept]
        good = np.array([one in engine.info.labels.names for one in truth])
        numbers = np.array([engine.info.labels.names.index(one) for one in np.array(truth)[good]])
        whose = np.array(drawn[1][groups].to_list())[kept][good]
        limits = calibrate(strangeness(shares[good]), numbers, 0.1, groups=whose)
        least = 1 - float(limits[0])
        sizes = (shares[good] >= least).sum(axis=1)
        print(f"labels from {least:.3f} are kept: {sizes.mean():.2f} of {len(engine.info.labels)} on average")
    made = fit(known, belong, least)
    print(f"{options.bundle}: {len(known)} known, {len(belong)} belong: {write(made, engine.bundle.digest)}")
    for place in options.strange:
        other = read_manifest(place).table
        odd, _, _ = embed(engine, other.sample(min(300, len(other)), seed=1), place.parent)
        shares = made.share(odd)
        print(
            f"{place}: of {len(odd)} photos {np.mean(shares < ODD):.0%} are warned of, "
            f"{np.mean(shares < UNLIKE):.0%} set aside"
        )


def embed(engine: Engine, table: pl.DataFrame, base: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings, probabilities, and which rows could be read."""
    found, shares, kept = [], [], []
    for number, (_, said) in enumerate(engine.stream([base / name for name in table["image"]])):
        if isinstance(said, ImageError):
            continue
        found.append(said.embedding)
        shares.append(list(said.probabilities.values()))
        kept.append(number)
    return np.array(found, np.float32), np.array(shares), np.array(kept)


if __name__ == "__main__":
    main()
