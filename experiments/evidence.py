"""Simulated readers for a truth table, to try an evidence report with beside a model's own predictions.

Each reader has a latent score per class: skill for the true class, what a case is hard by for everyone, and a
part of one's own. One reader in ten stops after six of ten cases.

    python experiments/evidence.py manifest.csv --target dx --out readers
    cutis evaluate predictions.csv readers/*.csv --truth manifest.csv --target dx --evidence --out out
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from cutis.core.manifest import read_manifest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("--target", default="dx")
    parser.add_argument("--split", default="test")
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--skill", type=float, default=2.2, help="mean; the spread between readers is 0.45")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    manifest = read_manifest(options.truth, target=options.target, find_images=False)
    part = manifest.part(options.split) if "split" in manifest.table.columns else manifest
    table = part.labelled().table
    labels = sorted(set(table[options.target]))
    truth = np.array([labels.index(label) for label in table[options.target]])
    shared = rng.normal(size=(len(truth), len(labels)))
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.readers):
        skill = rng.normal(options.skill, 0.45)
        own = rng.normal(size=shared.shape)
        said = (skill * np.eye(len(labels))[truth] + 0.7 * shared + 0.71 * own).argmax(axis=1)
        name = f"reader {number + 1:02}"
        rows = pl.DataFrame(
            {
                "image_id": table["image_id"],
                "source": [name] * len(said),
                "kind": ["reader"] * len(said),
                "prediction": [labels[k] for k in said],
            }
        )
        if number % 10 == 3:
            rows = rows.sample(fraction=0.6, seed=options.seed)
        rows.write_csv(options.out / f"{name.replace(' ', '_')}.csv")
        print(f"{name}: {rows.height} cases, {np.mean(said == truth):.3f} right")


if __name__ == "__main__":
    main()
