r"""What the gate tells of detail at full resolution, by strength of the fault in pixels of the photo.

    python experiments/quality_native.py SPLIT.csv --part tune --seed 601 --photos 120     the thresholds
    python experiments/quality_native.py SPLIT.csv --part test --seed 602 --photos 200     the check

No photo at hand is large. A photo of 256 pixels that was made smaller is sharp pixel by pixel, so it stands
for the region of interest of a large one, mirrored at its borders; every other one is a close-up: 96 pixels
of its middle, mirrored. What counts as faultless is a phone's: softened by a deviation of 0.3 to 0.9 pixels,
grain of 0.3 to 2 grey levels, JPEG of quality 88 to 97. Faults are counted in pixels of the photo.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.cli.progress import progress
from cutis.core.manifest import read_manifest
from cutis.imaging.native import of_pixels
from cutis.imaging.read import read_rgb
from cutis.imaging.regions import given
from cutis.phantoms.degradations.blur import SPREADS, convolved
from cutis.phantoms.degradations.light import softened, to_light, to_rgb
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.runtime.gate_detail import ABOVE, Detail, look
from cutis.stats.discrimination import auc
from cutis.stats.intervals import percentile

LENSES = ("gaussian", "disc", "streak", "polygon", "astigmatic", "shake", "ghost")
FAULTS: dict[str, tuple[float, ...]] = {"blur": (1.5, 2, 3, 5), "noise": (4, 8), "compression": (50, 25)}
ROOM = 160  # pixels of mirrored skin on each side of the region
REPLICATES = 2000
Pixels = NDArray[np.uint8]


def spoilt(rgb: Pixels, seed: int, fault: str = "", strength: float = 0.0) -> Pixels:
    """A phone's photo, with one fault or none; the same seed gives the same phone and hand."""
    rng = np.random.default_rng(seed)
    lens, hand = float(rng.uniform(0.3, 0.9)), str(rng.choice(LENSES))
    grain, quality = float(rng.uniform(0.3, 2.0)), int(rng.integers(88, 98))
    shape = rng.spawn(1)[0]
    kernel = SPREADS[hand](strength, shape) if fault == "blur" else SPREADS["gaussian"](lens, shape)
    light = to_light(rgb)
    seen = to_rgb(convolved(light, kernel) if len(kernel) > 1 else light).astype(np.float32)
    grain = float(np.hypot(grain, strength if fault == "noise" else 0.0))
    white = softened(rng.standard_normal((3, *rgb.shape[:2]), dtype=np.float32), 0.5)
    mixed = 1.4 * white.mean(axis=0, keepdims=True) + 0.4 * white
    seen += (grain / mixed.std() * mixed).transpose(1, 2, 0)
    memory = io.BytesIO()
    photo = Image.fromarray(np.rint(np.clip(seen, 0, 255)).astype(np.uint8))
    photo.save(memory, "JPEG", quality=int(strength) if fault == "compression" else quality, subsampling=2)
    return np.asarray(Image.open(memory))


def region_of(path: Path, near: bool) -> Pixels:
    """(256, 256, 3) sharp pixel by pixel."""
    rgb = read_rgb(path)
    side = 96 if near else 256
    top, left = ((length - side) // 2 for length in rgb.shape[:2])
    part = rgb[top : top + side, left : left + side]
    return np.pad(part, ((80, 80), (80, 80), (0, 0)), mode="symmetric") if near else part


def judged(engine: Engine, region: Pixels, seed: int, fault: str = "", strength: float = 0.0) -> Detail:
    """What the gate says of the region of interest of a large photo."""
    large = np.pad(region, ((ROOM, ROOM), (ROOM, ROOM), (0, 0)), mode="symmetric")
    photo = spoilt(large, seed, fault, strength)
    small = np.asarray(Image.fromarray(photo).reduce(2))
    box = (ROOM / 2, ROOM / 2, ROOM / 2 + 128, ROOM / 2 + 128)
    return look(of_pixels(photo, small), given(box, small.shape[:2]), engine.quick, engine.info)


def logit(chance: float) -> float:
    """Logarithm of the odds."""
    return float(np.log(chance / (1 - chance)))


def interval(values: NDArray[np.float64], groups: NDArray[np.str_]) -> str:
    """A mean with its interval by lesion."""
    _, index = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(index, values), np.bincount(index)
    draws = np.random.default_rng(0).integers(len(sums), size=(REPLICATES, len(sums)))
    low, high = percentile((sums[draws].sum(1) / sizes[draws].sum(1))[None])[0]
    return f"{values.mean():.3f} ({low:.3f}-{high:.3f})"


def auc_interval(bad: NDArray[np.float64], sound: NDArray[np.float64], groups: NDArray[np.str_]) -> str:
    """An area under the curve, photos paired, with its interval by lesion."""
    truth = np.r_[np.ones(len(bad)), np.zeros(len(sound))]
    names, index = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(index == number) for number in range(len(names))]
    rng, found = np.random.default_rng(0), []
    for _ in range(400):
        rows = np.concatenate([members[number] for number in rng.integers(len(names), size=len(names))])
        found.append(auc(np.repeat([1, 0], len(rows)), np.r_[bad[rows], sound[rows]]))
    low, high = percentile(np.array(found)[None])[0]
    return f"{auc(truth, np.r_[bad, sound]):.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--bundle", default="image_quality")
    parser.add_argument("--part", default="tune")
    parser.add_argument("--seed", type=int, default=601)
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--halves", type=int, default=30)
    asked = parser.parse_args()
    table = read_manifest(asked.manifest, target="dx").part(asked.part)
    engine = Engine.open(asked.bundle, threads=1)
    rng = np.random.default_rng(asked.seed)
    rows = rng.permutation(len(table))[: asked.photos]
    groups = table.table[table.group].to_numpy()[rows].astype(str)
    kinds = [("", 0.0), *((fault, value) for fault, values in FAULTS.items() for value in values)]
    said: dict[tuple[str, float], list[Detail]] = {kind: [] for kind in kinds}
    with progress("Judging", total=len(rows)) as step:
        for number, row in enumerate(rows):
            region, seed = region_of(table.paths[row], number % 2 == 1), int(rng.integers(2**31))
            for fault, value in kinds:
                said[fault, value].append(judged(engine, region, seed, fault, value))
            step(1)
    report(said, groups)
    print(halves(engine, [region_of(table.paths[row], False) for row in rows[: asked.halves]], rng))


def halves(engine: Engine, regions: list[Pixels], rng: np.random.Generator) -> str:
    """Whether the map points at the half of a large photo that is soft by 2 pixels."""
    gate, found = Gate(engine), []
    for region in regions:
        sound = np.pad(region, ((256, 256), (256, 256), (0, 0)), mode="symmetric")
        seed = int(rng.integers(2**31))
        photo = spoilt(sound, seed).copy()
        photo[:, 384:] = spoilt(sound, seed, "blur", 2.0)[:, 384:]
        areas = []
        for shown in (np.asarray(Image.fromarray(photo).reduce(2)), photo):
            worse = gate.map(shown)
            right = np.broadcast_to(np.arange(worse.shape[1]) >= worse.shape[1] / 2, worse.shape)
            areas.append(auc(right.ravel().astype(int), worse.ravel()))
        found.append(areas)
    names = np.arange(len(found)).astype(str)
    small, large = (interval(values, names) for values in np.array(found).T)
    return f"map, area by place: {large} with full resolution, {small} without"


def report(said: dict[tuple[str, float], list[Detail]], groups: NDArray[np.str_]) -> None:
    """Print what is found in faultless photos, and of each fault."""
    scores = {
        name: {kind: np.array([logit(one.findings[name]) for one in all_]) for kind, all_ in said.items()}
        for name in ABOVE
    }
    print(f"{len(groups)} photos, {len(set(groups))} lesions")
    for name in ABOVE:
        sound = scores[name]["", 0.0]
        share = interval((sound >= ABOVE[name]).astype(float), groups)
        print(
            f"{name}: 0.95 quantile of faultless ones {np.quantile(sound, 0.95):.2f}; told in {share} of them"
        )
        for kind in said:
            if kind[0] != name:
                continue
            bad = scores[name][kind]
            told = interval((bad >= ABOVE[name]).astype(float), groups)
            print(f"  {kind[1]:g}: AUC {auc_interval(bad, sound, groups)}, told in {told}")
    for kind, all_ in said.items():
        if kind[0] in ("", "blur"):
            steps, counts = np.unique([one.step for one in all_], return_counts=True)
            lost = interval(np.array([one.lost(10**6) for one in all_], float), groups)
            print(f"plainly soft {kind[1]:g}: {lost}")
            shares = ", ".join(
                f"{step}: {count / len(all_):.2f}" for step, count in zip(steps, counts, strict=True)
            )
            print(f"steps of {kind[0] or 'faultless'} {kind[1]:g}: {shares}")


if __name__ == "__main__":
    main()
