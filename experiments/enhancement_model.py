"""What the first of two steps of facial analysis is worth to a model, on the same photos with and without it.

    python experiments/enhancement_model.py --manifest TABLE --out DIR [--bundle NAME] [--limit N]

Each photo is judged as it is, with noise, with a colour cast and with both; each without the step, with noise
reduction only, with colours too, and with the local contrast that `cutis face` gives to a model. Prints and
writes (``enhancement_model.json``) the share of right answers and its gain over no step, with intervals
that draw participants anew, and how far the photos are from the clean ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.cli.progress import progress
from cutis.imaging.enhance import Enhancement, enhance
from cutis.imaging.read import read_rgb
from cutis.stats.intervals import percentile
from cutis.stats.resampling import bootstrap, number_groups
from enhancement import Photo, Table, apart, cast, noisy, report, write

SPOILT: dict[str, Callable[[Photo, np.random.Generator], Photo]] = {
    "as it is": lambda image, rng: image,
    "noise 10": lambda image, rng: noisy(image, 10.0, rng, 0.6),
    "noise 20": lambda image, rng: noisy(image, 20.0, rng, 0.6),
    "warm, 120 mired": lambda image, rng: cast(image, 120.0),
    "cold, 120 mired": lambda image, rng: cast(image, -120.0),
    "noise 10 and warm": lambda image, rng: noisy(cast(image, 120.0), 10.0, rng, 0.6),
}
STEPS = {
    "without": None,
    "noise only": Enhancement(colour=0.0, contrast=0.0, card="off"),
    "noise and colour": Enhancement(contrast=0.0, card="off"),
    "with contrast": Enhancement(card="off"),
}
REPLICATES = 2000


@dataclass(frozen=True)
class Asked:
    """A photo, whose it is, and what is true of it by question; of one question the name is empty."""

    image: Photo
    participant: str
    truth: dict[str, str]


def model(bundle: str, photos: list[Asked]) -> Table:
    """Share of right answers as photos are, with noise and with a cast, without and with the step."""
    from cutis.runtime.engine import Engine

    engine = Engine.open(bundle)
    found: Table = {}
    with progress("Asking the model", total=len(photos) * len(SPOILT)) as step:
        for name, spoil in SPOILT.items():
            right: dict[str, list[float]] = {how: [] for how in STEPS}
            away: dict[str, list[tuple[float, float]]] = {how: [] for how in STEPS}
            for index, one in enumerate(photos):
                dirty = spoil(one.image, np.random.default_rng(index))
                for how, wanted in STEPS.items():
                    seen = dirty if wanted is None else enhance(dirty, wanted).image
                    right[how].append(float(np.nanmean(list(judged(engine(seen), one.truth)))))
                    away[how].append(apart(seen, one.image))
                step(1)
            scores = np.array([right[how] for how in STEPS])  # (ways, photos)
            worth = intervals(scores, [one.participant for one in photos])
            for n, how in enumerate(STEPS):
                ratio, colour = np.mean(away[how], axis=0).tolist()
                found[f"{name}, {how}"] = worth[n] | {"psnr": ratio, "colour_error": colour}
    return found


def intervals(scores: NDArray[np.float64], participants: list[str]) -> list[dict[str, float]]:
    """Of each way: right answers, and what they gain over the first way; participants are drawn anew."""
    index, count = number_groups(participants)
    lists = np.zeros((len(scores) + 1, count))
    for row, values in enumerate([*scores, np.ones(scores.shape[1])]):
        np.add.at(lists[row], index, values)

    def shares(weights: NDArray[np.floating]) -> NDArray[np.float64]:
        sums = lists @ weights
        means = sums[:-1] / sums[-1]
        return np.concatenate([means, means - means[0]])

    ends = percentile(bootstrap(shares, count, REPLICATES, np.random.default_rng(0)))
    told = []
    for values, (low, high), (gain_low, gain_high) in zip(
        scores, ends[: len(scores)], ends[len(scores) :], strict=True
    ):
        gain = float((values - scores[0]).mean())
        told.append(
            {
                "right": float(values.mean()),
                "low": float(low),
                "high": float(high),
                "gain": gain,
                "gain_low": float(gain_low),
                "gain_high": float(gain_high),
            }
        )
    return told


def rated(manifest: Path, target: str | None, limit: int) -> Iterator[Asked]:
    """Photos with what is true of them, by question; of one question the name is empty."""
    from cutis.core.manifest import read_manifest

    table = read_manifest(manifest, target=target)
    rows = table.part("test") if "split" in table.table.columns else table
    column = table.target
    questions = [name for name in rows.table.columns if name.startswith("grade_")]
    for path, row in list(zip(rows.paths, rows.table.iter_rows(named=True), strict=True))[:limit]:
        if questions and target is None:
            truth = {name[6:]: str(row[name]) for name in questions if row[name] not in (None, "")}
        elif column is not None and row[column] not in (None, ""):
            truth = {"": str(row[column])}
        else:
            continue
        yield Asked(read_rgb(path), str(row[rows.group]), truth)


def judged(result: Any, truth: dict[str, str]) -> Iterator[float]:
    """1 for each right answer, 0 for each wrong one, NaN where nothing is known."""
    for question in sorted(result.grades) if result.grades else [""]:
        said = result.grades[question] if question else result.label
        yield float(said == truth[question]) if question in truth else float("nan")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bundle", default="facial", help="a .cutis file, or the name of a shipped bundle")
    parser.add_argument("--manifest", type=Path, required=True, help="photos to ask the bundle about")
    parser.add_argument("--target", help="column of the truth; default: the manifest's, or its grades")
    parser.add_argument("--limit", type=int, default=400, help="photos to ask about")
    given = parser.parse_args()
    photos = list(rated(given.manifest, given.target, given.limit))
    found = {"model": model(given.bundle, photos)}
    report("model", found["model"])
    write(given.out / "enhancement_model.json", found)


if __name__ == "__main__":
    main()
