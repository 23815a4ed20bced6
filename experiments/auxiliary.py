"""What do seven auxiliary classifiers bring? Same backbone, same split, some seeds, with and without.

    python experiments/auxiliary.py HAM10000/manifest.csv WEIGHTS.safetensors --out FOLDER
    python experiments/auxiliary.py HAM10000/manifest.csv WEIGHTS.safetensors --out FOLDER --seeds 0 1 2 3 4 5

Trains two small runs per seed with `cutis train` and compares their predictions on the same held-out lesions.
Two intervals of the difference are printed: of these very runs, with lesions drawn anew; and of such runs,
with seeds drawn anew too. Of three seeds the second is still too narrow, as a bootstrap of so few is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.manifest import read_manifest, write_manifest
from cutis.stats.classification import Answers, figures
from cutis.stats.intervals import percentile
from cutis.stats.resampling import bootstrap, number_groups, observed, stacked

WANTED = ("balanced_accuracy", "auc_macro")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("manifest", type=Path, help="a manifest with columns dx and split")
    options.add_argument("weights", help="MobileNetV2 weights")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--train", type=int, default=1500, help="training photos")
    options.add_argument("--size", default="96")
    options.add_argument("--epochs", default="6")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = options.parse_args()
    manifest = small_manifest(given.manifest, given.out, given.train)
    runs: dict[int, list[Path]] = {}
    for auxiliary in (0, 7):
        for seed in given.seeds:
            out = given.out / f"auxiliary{auxiliary}-seed{seed}"
            runs.setdefault(auxiliary, []).append(out)
            train(manifest, given, out, auxiliary, seed)
    report(manifest, runs, given.seeds)


def small_manifest(source: Path, out: Path, count: int) -> Path:
    """All tune and test photos, and a random part of the training photos, lesions kept whole."""
    manifest = read_manifest(source, target="dx")
    train = manifest.part("train").table
    lesions = train[manifest.group].unique().sort().to_numpy()
    order = np.random.default_rng(0).permutation(lesions)
    sizes = dict(train.group_by(manifest.group).len().iter_rows())
    kept = order[np.cumsum([sizes[lesion] for lesion in order]) <= count]
    inside = (pl.col("split") != "train") | pl.col(manifest.group).is_in(kept.tolist())
    out.mkdir(parents=True, exist_ok=True)
    paths = [Path(os.path.relpath(p, out.absolute())).as_posix() for p in manifest.paths]
    write_manifest(
        manifest.table.with_columns(pl.Series("image", paths)).filter(inside), out / "manifest.csv"
    )
    return out / "manifest.csv"


def train(manifest: Path, given: argparse.Namespace, out: Path, auxiliary: int, seed: int) -> None:
    if (out / "run.json").exists() and json.loads((out / "run.json").read_text())["finished"]:
        return
    command = [sys.executable, "-m", "cutis", "train", "dermoscopy", str(manifest), "--target", "dx"]
    # The split was checked when it was made; the six runs need not search it for copies six times.
    command += ["--out", str(out), "--allow", "duplicates", "--resume"]
    command += ["--backbone", "mobilenetv2_100", "--weights", given.weights, "--size", given.size]
    command += ["--epochs", given.epochs, "--auxiliary", str(auxiliary), "--seed", str(seed)]
    subprocess.run(command, check=True)


def report(manifest: Path, runs: dict[int, list[Path]], seeds: list[int]) -> None:
    test = read_manifest(manifest, target="dx").part("test")
    labels = test.labels
    index, count = number_groups(test.table[test.group].to_numpy())
    truth = indices(test.table["dx"], labels)
    asked = []
    for auxiliary in (0, 7):
        for run in runs[auxiliary]:
            table = test.table.select("image_id").join(
                pl.read_csv(run / "predictions.csv"), on="image_id", how="left"
            )
            p = table.select([f"p_{name}" for name in labels]).to_numpy()
            scored = np.ones(len(labels), dtype=np.bool_)
            answers = Answers(labels, truth, p.argmax(1), p, scored, index, count)
            asked.append(figures(answers, WANTED).statistic)
    values = observed(stacked(asked), count).reshape(2, len(seeds), len(WANTED))
    draws = bootstrap(stacked(asked), count, 2000, np.random.default_rng(0))
    draws = draws.reshape(2, len(seeds), len(WANTED), -1)
    chosen = np.random.default_rng(1).integers(0, len(seeds), (len(seeds), draws.shape[-1]))
    print(f"{len(test)} photos of {count} lesions; means over seeds {', '.join(map(str, seeds))}")
    for i, name in enumerate(WANTED):
        for row, who in enumerate(("none", "seven")):
            spread = ", ".join(f"{v:.3f}" for v in values[row, :, i])
            print(f"{name:18} {who:6} {values[row, :, i].mean():.3f}   by seed {spread}")
        differences = draws[1, :, i] - draws[0, :, i]
        low, high = percentile(differences.mean(0))[0]
        least, most = percentile(np.take_along_axis(differences, chosen, 0).mean(0))[0]
        gain = values[1, :, i].mean() - values[0, :, i].mean()
        print(
            f"{name:18} seven minus none {gain:+.3f}; of these runs {low:+.3f} to {high:+.3f}, "
            f"of such runs {least:+.3f} to {most:+.3f}"
        )


def indices(names: pl.Series, labels: tuple[str, ...]) -> NDArray[np.intp]:
    return np.array([labels.index(name) for name in names], dtype=np.intp)


if __name__ == "__main__":
    main()
