"""What probabilities are worth for decisions: calibration, prediction sets, net benefit, abstention.

    python experiments/decisions.py PREDICTIONS --truth MANIFEST --positive akiec,bcc,mel

MANIFEST has the column split: what is fitted is fitted on its part tune, all that is printed is of its
part test. ``--positive`` names the classes that are looked for in the decision curve.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.manifest import read_manifest
from cutis.core.predictions import read_predictions
from cutis.stats import calibration, conformal
from cutis.stats.abstention import abstention_figures
from cutis.stats.brier import PARTS, brier_parts
from cutis.stats.calibration_debiased import debiased_calibration_error
from cutis.stats.classification import Figures, estimates
from cutis.stats.decision import cost_curve, decision_curve
from cutis.stats.intervals import Estimate
from cutis.stats.recalibration import fit_isotonic, slopes
from cutis.stats.resampling import number_groups

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Part:
    """Cases of one part.

    Attributes:
        scores: (cases, classes).
        truth: (cases,).
        groups: (cases,) names.
        index: (cases,) numbers of the groups.
        count: number of groups.
    """

    scores: NDArray[np.float64]
    truth: NDArray[np.intp]
    groups: NDArray[np.str_]
    index: NDArray[np.intp]
    count: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--target", default="dx")
    parser.add_argument("--positive", required=True, help="classes with commas between")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    labels, tune, test = read(options)
    print(f"tune {len(tune.truth)} photos of {tune.count}, test {len(test.truth)} of {test.count}")
    of_calibration(test, options.replicates, rng)
    of_sets(labels, tune, test, options.replicates, rng)
    wanted = [labels.index(name) for name in options.positive.split(",")]
    of_decisions(wanted, tune, test, options.replicates, rng)
    of_abstention(test, options.replicates, rng)


def read(options: argparse.Namespace) -> tuple[list[str], Part, Part]:
    manifest = read_manifest(options.truth, target=options.target, find_images=False)
    said = read_predictions([options.predictions])
    labels = [name.removeprefix("p_") for name in said.columns if name.startswith("p_")]
    truth = manifest.table.select(
        "image_id", "split", options.target, pl.col(manifest.group).alias("of_group")
    )
    rows = said.join(truth, on="image_id").filter(pl.col(options.target).is_in(labels))
    parts = []
    for split in ("tune", "test"):
        part = rows.filter(pl.col("split") == split)
        groups = part["of_group"].to_numpy().astype(str)
        index, count = number_groups(groups)
        scores = part.select(f"p_{label}" for label in labels).to_numpy().astype(np.float64)
        numbers = np.array([labels.index(name) for name in part[options.target]], dtype=np.intp)
        parts.append(Part(scores / scores.sum(axis=1, keepdims=True), numbers, groups, index, count))
    return labels, parts[0], parts[1]


def of_calibration(test: Part, replicates: int, rng: np.random.Generator) -> None:
    print("\n| calibration, of the named class | value | 95% |\n|---|---|---|")
    sure, right = test.scores.max(axis=1), test.scores.argmax(axis=1) == test.truth
    binned = calibration.confidence_bins(sure, right, test.index, test.count)
    plain = Figures(
        ("calibration error, 15 bins",),
        (0,),
        lambda weights: calibration.weighted_calibration_error(binned, weights)[None],
    )
    tell(estimates(plain, test.count, replicates, rng))
    for norm in ("l1", "l2"):
        found = debiased_calibration_error(sure, right, replicates, rng, groups=test.groups, norm=norm)
        tell({f"debiased, {norm}": found})
    parts = estimates(
        brier_parts(test.truth, test.scores, test.index, test.count), test.count, replicates, rng
    )
    tell({name: parts[name] for name in PARTS if name in parts}, digits=4)


def of_sets(labels: list[str], tune: Part, test: Part, replicates: int, rng: np.random.Generator) -> None:
    print("\nEvery lesion counts as one.\n")
    print("| sets | promised | covered | classes in a set | one class | none | least covered class |")
    print("|---|---|---|---|---|---|---|")
    eye = np.eye(len(labels))
    for by_class in (False, True):
        for score in ("threshold", "cumulative"):
            for miss in (0.1, 0.05):
                limits = conformal.calibrate(
                    conformal.strangeness(tune.scores, score),
                    tune.truth,
                    miss,
                    groups=tune.groups,
                    by_class=by_class,
                )
                sets = conformal.prediction_sets(conformal.strangeness(test.scores, score), limits)
                asked = conformal.set_figures(
                    sets, eye[test.truth], labels, test.index, test.count, per_group=True
                )
                found = estimates(asked, test.count, replicates, rng)
                least = min(labels, key=lambda label: found[f"coverage_{label}"].value)
                names = ("coverage", "set_size", "single", "empty")
                told = " | ".join(written(found[name]) for name in names)
                kind = f"{score}, by class" if by_class else score
                print(f"| {kind} | {1 - miss:g} | {told} | {least} {written(found[f'coverage_{least}'])} |")
                if by_class and not np.isfinite(limits).all():
                    always = [label for label, limit in zip(labels, limits, strict=True) if np.isinf(limit)]
                    print(f"(always in the set, as too few tune: {', '.join(always)})")


def of_decisions(
    wanted: list[int], tune: Part, test: Part, replicates: int, rng: np.random.Generator
) -> None:
    truth, chance = np.isin(test.truth, wanted), test.scores[:, wanted].sum(axis=1)
    mend = fit_isotonic(np.isin(tune.truth, wanted), tune.scores[:, wanted].sum(axis=1))
    print(
        f"\n| {truth.mean():.3f} of cases looked for | as given | isotonic, fitted on tune |\n|---|---|---|"
    )
    sources = (chance, mend(chance))
    both = [estimates(slopes(truth, one, test.index), test.count, replicates, rng) for one in sources]
    large = "calibration_in_the_large"  # of isotonic fits only this: they say 0 and 1, which have no log odds
    for name in both[0]:
        print(f"| {name} | {written(both[0][name])} | {written(both[1][name]) if name == large else ''} |")
    curves = [decision_curve(truth, one, THRESHOLDS, replicates, rng, groups=test.groups) for one in sources]
    for number, threshold in enumerate(THRESHOLDS):
        cells = []
        for one in curves:
            gain = Estimate(one.gain.value[number], one.gain.low[number], one.gain.high[number])
            cells.append(f"{one.model.value[number]:.3f}, gain {written(gain)}")
        everybody = curves[0].everybody.value[number]
        print(f"| net benefit at {threshold:g} (everybody {everybody:.3f}) | {' | '.join(cells)} |")
    costs = cost_curve(truth, chance, min(replicates, 500), rng, points=11, groups=test.groups)
    for number in (1, 2, 3, 5, 7):
        found = Estimate(*(getattr(costs.model, end)[number] for end in ("value", "low", "high")))
        at, trivial = costs.probability_cost[number], costs.trivial[number]
        print(f"| expected cost at {at:.1f} (trivial {trivial:.1f}) | {written(found)} | |")


def of_abstention(test: Part, replicates: int, rng: np.random.Generator) -> None:
    print("\n| the least sure handed over | value | 95% |\n|---|---|---|")
    wrong = test.scores.argmax(axis=1) != test.truth
    asked = abstention_figures(test.scores.max(axis=1), wrong, test.index, test.count)
    tell(estimates(asked, test.count, replicates, rng))


def tell(found: dict[str, Estimate], digits: int = 3) -> None:
    for name, one in found.items():
        print(f"| {name} | {one.value:.{digits}f} | {one.low:.{digits}f}-{one.high:.{digits}f} |")


def written(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


if __name__ == "__main__":
    main()
