"""Dermoscopic photos told from clinical ones by the embedding of their quality; see `web.analyse.telling`.

    cutis data split MILK10k/manifest.csv --target dx --seed 1 --parts 0.75,0.1,0.15 --out milk.csv
    python experiments/analyse_kinds.py milk.csv HAM10000/manifest.csv docs/models/dermoscopy-split.csv

The first is the split of `image_quality` (docs/models/image_quality.md), the last that of `dermoscopy`.
Fitted on photos of lesions that neither has in its test part, a third of them degraded too, and on rendered
faces, facial areas, eruptions, lesions and dermoscopic photos; the strength of the penalty is that which does
best on the tune part. Measured on the lesions of the test parts, and on rendered photos of other seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.read import read_rgb
from cutis.runtime.engine import Engine
from cutis.stats.intervals import wilson
from cutis.web.analyse.telling import Telling, write

SURE = 0.9  # probability from which on a kind counts as found
RENDERED = {"fit": 60, "test": 40}  # photos of each rendered set


@dataclass(frozen=True)
class Photo:
    """A photo and what it is."""

    name: str  # of the set that it is counted in
    kind: str
    part: str
    group: str
    pixels: NDArray[np.uint8]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("milk", type=Path)
    asked.add_argument("ham", type=Path)
    asked.add_argument("dermoscopy", type=Path)
    asked.add_argument("-n", type=int, default=600, help="photos of HAM10000 in each part")
    asked.add_argument("--kept", type=Path, default=Path("kinds-embedded.npz"), help="embeddings, for again")
    options = asked.parse_args()
    engine = Engine.open("image_quality", threads=1)
    if not options.kept.is_file():
        embed(engine, options)
    with np.load(options.kept) as found:
        table, rows = found["embeddings"], {key: found[key] for key in ("name", "kind", "part", "group")}
    truth = rows["kind"] == "dermoscopic"
    fit, tune, test = (rows["part"] == part for part in ("fit", "tune", "test"))
    best = min(
        (fitted(table[fit], truth[fit], strength, engine) for strength in (1.0, 10.0, 100.0, 1000.0)),
        key=lambda one: loss(one.dermoscopic(table[tune]), truth[tune]),
    )
    print(f"{fit.sum()} photos fitted, {tune.sum()} to choose by, {test.sum()} to measure: {write(best)}")
    print(
        "| photos | n | taken for what they are | sure | of these, wrong |\n| :-- | --: | --: | --: | --: |"
    )
    for name in dict.fromkeys(rows["name"][test].tolist()):
        own = test & (rows["name"] == name)
        say(name, best.dermoscopic(table[own]), truth[own], rows["group"][own])


def embed(engine: Engine, options: argparse.Namespace) -> None:
    """Ask for the embedding of every photo, and keep them."""
    kept: dict[str, list[str]] = {key: [] for key in ("name", "kind", "part", "group")}
    table = []
    for photo in photos(options):
        table.append(engine(photo.pixels).embedding)
        for key, values in kept.items():
            values.append(getattr(photo, key))
        if len(table) % 250 == 0:
            print(len(table), photo.name, flush=True)
    np.savez(
        options.kept, embeddings=np.array(table, np.float32), **{k: np.array(v) for k, v in kept.items()}
    )


def photos(options: argparse.Namespace) -> Iterator[Photo]:
    """Real photos of both kinds, degraded ones, and rendered ones."""
    split = pl.read_csv(options.dermoscopy)
    tested = set(split.filter(pl.col("split") == "test")["image_id"].to_list())
    yield from of_milk(options.milk, tested)
    table = pl.read_csv(options.ham).join(split, on="image_id")
    for part, to in (("train", "fit"), ("test", "test")):
        drawn = table.filter(pl.col("split") == part).sample(options.n, seed=1)
        for image, lesion in drawn.select("image", "lesion_id").iter_rows():
            yield Photo("HAM10000", "dermoscopic", to, lesion, read_rgb(options.ham.parent / image))
    yield from rendered()


def of_milk(place: Path, tested: set[str]) -> Iterator[Photo]:
    """Photos of both kinds of each lesion, and a degraded copy of some."""
    from cutis.phantoms.degradations import SHIFTED, VARIED, degrade, draw_plan

    table = pl.read_csv(place, infer_schema_length=None)
    theirs = set(table.filter(pl.col("image_id").is_in(list(tested)))["lesion_id"].to_list())
    parts = {"train": "fit", "tune": "tune", "test": "test"}
    columns = ("image", "lesion_id", "modality", "split")
    for number, (image, lesion, kind, part) in enumerate(table.select(columns).iter_rows()):
        if part != "test" and lesion in theirs:
            continue  # of a test part of the other bundle
        pixels = read_rgb(place.parent / image)
        yield Photo(f"MILK10k, {kind}", kind, parts[part], lesion, pixels)
        if part == "test" or number % 6 < 2:
            rng = np.random.default_rng([17, number])
            plan = {**draw_plan(rng).severities, "not_skin": 0.0}
            spoilt = degrade(pixels, plan, rng, SHIFTED if part == "test" else VARIED)
            yield Photo(f"MILK10k, {kind}, degraded", kind, parts[part], lesion, spoilt)


def rendered() -> Iterator[Photo]:
    """Rendered photos of each kind; those that are measured have other seeds."""
    from cutis.phantoms import dermoscopy, erythema, facial
    from cutis.phantoms.erythema.wide import render_wide
    from cutis.phantoms.faces import Sight, Sitter, draw_look, render_faces
    from cutis.phantoms.facial.person import draw_person

    for part, count in RENDERED.items():
        for number in range(count):
            rng = np.random.default_rng([71 if part == "fit" else 72, number])
            label, condition = dermoscopy.LABELS[number % len(dermoscopy.LABELS)], number % 8
            severe = "severe" if number % 2 else "not_severe"
            person = draw_person(rng)
            sight = Sight(*rng.uniform((-8, -25, -10, 1.0), (8, 25, 10, 1.7)), (150, 160), 450.0)
            sitter = Sitter(person, sight, draw_look(person, rng))
            made = {
                ("dermoscopic", "dermoscopic"): dermoscopy.render(label, 256, rng).image,
                ("clinical", "lesions"): erythema.render(severe, 200, rng).image,
                ("clinical", "eruptions"): render_wide(severe, 240, rng).image,
                ("clinical", "facial areas"): facial.render(facial.CONDITIONS[condition], 240, rng).image,
                ("clinical", "faces"): render_faces([sitter], (320, 300), rng).image,
            }
            for (kind, name), pixels in made.items():
                yield Photo(f"rendered {name}", kind, part, f"{name}{part}{number}", pixels)


def fitted(table: NDArray[np.float32], truth: NDArray[np.bool_], strength: float, engine: Engine) -> Telling:
    """A logistic regression in which both kinds count alike."""
    from sklearn.linear_model import LogisticRegression

    directions = table / np.linalg.norm(table, axis=1, keepdims=True)
    made = LogisticRegression(C=strength, class_weight="balanced", max_iter=5000).fit(directions, truth)
    weights, bias = np.asarray(made.coef_[0], np.float32), float(made.intercept_[0])
    return Telling(engine.bundle.digest, weights, bias, SURE)


def loss(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Mean logarithm of what the truth was given."""
    return float(-np.log(np.maximum(np.where(truth, chances, 1 - chances), 1e-9)).mean())


def say(name: str, chances: NDArray[np.float64], truth: NDArray[np.bool_], groups: NDArray[np.str_]) -> None:
    """A line of the table; the interval counts each lesion once."""
    right = (chances >= 0.5) == truth
    sure = np.maximum(chances, 1 - chances) >= SURE
    lesions = len(set(groups.tolist()))
    found = wilson(lesions * float(right.mean()), lesions)
    share = f"{right.mean():.3f} ({found.low:.3f}–{found.high:.3f})"
    print(f"| {name} | {len(right)} | {share} | {sure.mean():.0%} | {int((sure & ~right).sum())} |")


if __name__ == "__main__":
    main()
