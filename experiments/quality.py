r"""What the gate for photos is worth on photos degraded by other means than it was trained on.

Four tables of `cutis data degrade`, all of lesions that training has not seen but for the first:

    python experiments/quality.py BUNDLE --train USUAL --mixed SHIFTED --single SINGLE \
        --halves HALVES --out DIR

prints and writes (``quality.json``) how well good photos are told from others in each cohort, at the first
look and after the second; a single number per photo (sharpness and exposure) beside it; how often the most
probable reason is the one that was put in; and whether the quality map points at the half that was degraded.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.cli.progress import progress
from cutis.core.errors import CutisError, ImageError
from cutis.core.manifest import Manifest, read_manifest
from cutis.imaging.read import read_rgb
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate, in_words
from cutis.stats.intervals import Estimate, percentile
from cutis.stats.resampling import number_groups
from cutis.stats.thresholds import by_ppv
from cutis.training.worth import gate_metrics

REPLICATES = 2000
PUBLISHED = {"auc": 0.885, "sensitivity": 0.829, "specificity": 0.784, "ppv": 0.906}
PPV = 0.9
Figures = dict[str, Estimate]


@dataclass(frozen=True)
class Judged:
    """Photos with what the gate says of them.

    Attributes:
        table: the manifest.
        good: (photos,) the raters' majority.
        first: (photos,) probability that the whole photo is good.
        second: (photos,) that of the region that was looked at again; -1 where none was.
        reason: (photos,) the most probable one.
        threshold: of the gate.
    """

    table: Manifest
    good: NDArray[np.bool_]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    reason: NDArray[np.str_]
    threshold: float


def judge(gate: Gate, table: Manifest, what: str) -> Judged:
    """Ask the gate about every photo."""
    first, second, reason = [], [], []
    with progress(what, total=len(table)) as step:
        for _, said in gate.stream(table.paths):
            if isinstance(said, ImageError):
                raise CutisError(str(said))
            first.append(said.good)
            second.append(-1.0 if said.good_region is None else said.good_region)
            reason.append(said.reason)
            step(1)
    return Judged(
        table, good(table), np.array(first), np.array(second), np.array(reason), gate.point.threshold
    )


def good(table: Manifest) -> NDArray[np.bool_]:
    """(photos,) whether the majority of the raters calls a photo good."""
    return np.asarray(table.table["quality"].cast(int).to_numpy() >= 3)


def plain_features(table: Manifest, what: str) -> NDArray[np.float64]:
    """(photos, 6) sharpness and exposure: what a photo can be judged by without learning to see."""
    import cv2

    rows = []
    with progress(what, total=len(table)) as step:
        for path in table.paths:
            grey = cv2.cvtColor(read_rgb(path), cv2.COLOR_RGB2GRAY).astype(np.float64)
            sharp = np.log(cv2.Laplacian(grey, cv2.CV_64F).var() + 1)
            dark, bright = (grey < 20).mean(), (grey > 245).mean()
            rows.append([sharp, grey.mean(), grey.std(), dark, bright, abs(grey.mean() - 140)])
            step(1)
    return np.array(rows)


def baseline(train: Manifest, test: Manifest) -> tuple[NDArray[np.float64], float]:
    """(photos,) one number per photo, fitted on the same training photos, and its threshold from tune."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = {name: train.part(name) for name in ("train", "tune")}
    seen = {name: plain_features(part, f"Sharpness of {name}") for name, part in parts.items()}
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(seen["train"], good(parts["train"]))
    chosen = by_ppv(good(parts["tune"]), model.predict_proba(seen["tune"])[:, 1], PPV)
    return model.predict_proba(plain_features(test, "Sharpness of test"))[:, 1], chosen.threshold


def cohorts(table: Manifest) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """All photos, then each modality."""
    yield "all", np.ones(len(table), dtype=np.bool_)
    modality = table.table["modality"].to_numpy()
    for name in sorted(set(modality)):
        yield str(name), modality == name


def first_and_second_look(judged: Judged, plain: NDArray[np.float64], cut: float) -> dict[str, Figures]:
    """Each cohort at the first look, after the second, and by the plain number."""
    groups = judged.table.table[judged.table.group].to_numpy()
    best = np.maximum(judged.first, judged.second)
    found = {}
    for name, here in cohorts(judged.table):
        rows = {
            "first look": (judged.first, judged.threshold),
            "second look": (best, judged.threshold),
            "sharpness and exposure": (plain, cut),
        }
        for what, (score, threshold) in rows.items():
            told = gate_metrics(groups[here], judged.good[here], score[here], threshold)
            found[f"{name}, {what}"] = {key: Estimate(**value) for key, value in told.items()}
    return found


def share(right: NDArray[np.float64], groups: NDArray[np.str_]) -> Estimate:
    """The mean with its interval by lesion."""
    index, count = number_groups(groups)
    sums, sizes = np.bincount(index, right, count), np.bincount(index, minlength=count)
    draws = np.random.default_rng(0).integers(count, size=(REPLICATES, count))
    low, high = percentile((sums[draws].sum(1) / sizes[draws].sum(1))[None])[0]
    return Estimate(float(right.mean()), float(low), float(high))


def reasons(judged: Judged) -> Figures:
    """How often the most probable reason is the dominant one, where there is exactly one."""
    table = judged.table.table
    given = table["reason"].fill_null("").to_numpy().astype(str)
    columns = {name: table[f"severity_{name}"].cast(float).to_numpy() for name in set(given) - {""}}
    severity = np.array([columns[name][row] if name else 0.0 for row, name in enumerate(given)])
    groups = table[judged.table.group].to_numpy()
    visible = severity >= 0.15
    right = np.array([in_words(name) for name in given]) == judged.reason
    found = {"any severity": share(right[visible].astype(float), groups[visible])}
    bad = visible & (severity >= 0.4)
    found["severity from 0.4"] = share(right[bad].astype(float), groups[bad])
    for name in sorted(set(given[visible])):
        here = visible & (given == name)
        found[name] = share(right[here].astype(float), groups[here])
    return found


def halves(gate: Gate, table: Manifest) -> Estimate:
    """Mean over photos of the area under the curve of the map's cells: degraded half against the other."""
    from cutis.stats.discrimination import auc

    areas = []
    with progress("Halves", total=len(table)) as step:
        for path, half in zip(table.paths, table.table["half"], strict=True):
            step(1)
            worse = gate.map(path)
            rows, columns = np.mgrid[0 : worse.shape[0], 0 : worse.shape[1]]
            down, across = (rows + 0.5) / worse.shape[0], (columns + 0.5) / worse.shape[1]
            sides = {"left": across < 0.5, "right": across >= 0.5, "top": down < 0.5, "bottom": down >= 0.5}
            inside = sides[half]
            areas.append(auc(inside.ravel(), worse.ravel()))
    return share(np.array(areas), table.table[table.group].to_numpy())


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle")
    for name in ("train", "mixed", "single", "halves", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    engine = Engine.open(given.bundle)
    gate = Gate(engine)
    mixed = judge(gate, test_part(given.mixed), "Judging")
    plain, cut = baseline(read_manifest(given.train, target="quality"), mixed.table)
    found: dict[str, Figures] = first_and_second_look(mixed, plain, cut)
    found["reasons"] = reasons(judge(gate, test_part(given.single), "Reasons"))
    half = test_part(given.halves)
    kept = half.table.filter(half.table["half"].is_not_null())
    found["quality map"] = {
        "area by region": halves(gate, Manifest(half.path, kept, half.group, half.targets))
    }
    report(found, len(mixed.table))
    given.out.mkdir(parents=True, exist_ok=True)
    plainly = {name: {key: value.to_dict() for key, value in row.items()} for name, row in found.items()}
    (given.out / "quality.json").write_text(json.dumps(plainly, indent=1) + "\n", encoding="utf-8")
    print(f"Figures: {given.out / 'quality.json'}")


def test_part(path: Path) -> Manifest:
    """The photos of lesions that training has not seen."""
    table = read_manifest(path, target="quality")
    return table.part("test") if "split" in table.table.columns else table


def report(found: dict[str, Figures], photos: int) -> None:
    """Print every table."""
    print(f"{photos} photos; published: " + ", ".join(f"{name} {value}" for name, value in PUBLISHED.items()))
    for name, row in found.items():
        said = "  ".join(f"{key} {e.value:.3f} ({e.low:.3f}–{e.high:.3f})" for key, e in row.items())
        print(f"{name}: {said}")


if __name__ == "__main__":
    main()
