r"""The recipe of `drug_reaction` on real photos: does a threshold that is fitted on the sensitivity keep it?

There are no public photos of severe drug reactions with a usable licence. MILK10k's clinical close-ups carry
the same question with another answer: malignant lesions must not be missed.

    python experiments/malignancy.py MILK10k/manifest.csv --out malignancy.csv
    cutis train drug_reaction malignancy.csv --target finding --out RUN --weights FILE ...
    python experiments/malignancy.py malignancy.csv --run RUN

The first line writes a manifest of the clinical photos with a column ``finding`` (benign, malignant) and a
split by lesion; the last prints, for the test split, what the fitted threshold finds and what a plain
classifier finds that calls everything from one half up.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from cutis.core.errors import CutisError
from cutis.core.manifest import read_manifest, write_manifest
from cutis.data.split import split_manifest
from cutis.stats.intervals import Estimate, wilson
from cutis.training.run import load_run

MALIGNANT = ("bcc", "sccka", "scck", "mel", "mal_oth")
PARTS = (0.5, 0.3, 0.2)  # the threshold needs many positive lesions of its own


def prepare(source: Path, out: Path) -> None:
    """Write the manifest of clinical photos with its two findings."""
    manifest = read_manifest(source)
    table = manifest.table.filter(pl.col("modality") == "clinical").with_columns(
        image=pl.concat_str(pl.lit(str(source.resolve().parent) + "/"), "image"),
        finding=pl.when(pl.col("dx").is_in(MALIGNANT)).then(pl.lit("malignant")).otherwise(pl.lit("benign")),
    )
    kept = ["image", "image_id", "lesion_id", "finding", "dx", "age", "sex", "body_site"]
    write_manifest(table.select(kept), out)
    write_manifest(
        split_manifest(read_manifest(out, target="finding"), parts=PARTS, seed=1).table.drop("row"), out
    )


def report(run_folder: Path) -> None:
    """Print sensitivity and specificity on the test split, one photo for each lesion."""
    run = load_run(run_folder)
    if run.patient is None:
        raise CutisError(f"{run_folder}: no threshold was fitted. Train with --target finding.")
    truth = read_manifest(run_folder / "split.csv", target="finding").part("test").table
    said = pl.read_csv(run_folder / "predictions.csv")
    joined = truth.select("image_id", "finding").join(said, on="image_id")
    positive = (joined["finding"] == "malignant").to_numpy()
    score = joined["p_malignant"].to_numpy()
    (point,) = run.operating_points
    print(f"{len(positive)} lesions of the test split, {positive.sum()} malignant")
    for name, threshold in ((point.rule, point.threshold), ("plain, from one half up", 0.5)):
        called = score >= threshold
        found = wilson(int(called[positive].sum()), int(positive.sum()))
        left = wilson(int((~called)[~positive].sum()), int((~positive).sum()))
        print(f"{name} (threshold {threshold:.3f}): sensitivity {_said(found)}, specificity {_said(left)}")
    print(
        f"On the tune split the threshold found {_said(Estimate(**point.found['sensitivity']))}. {point.note}"
    )


def _said(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--run", type=Path)
    asked = parser.parse_args()
    if asked.out:
        prepare(asked.manifest, asked.out)
    if asked.run:
        report(asked.run)


if __name__ == "__main__":
    main()
