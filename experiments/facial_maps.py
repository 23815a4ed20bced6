"""Do the maps of a facial bundle show where conditions are? On rendered areas, whose masks are known.

    cutis data phantoms facial --masks --out areas -n 400 --seed S
    python experiments/facial_maps.py --manifest areas/manifest.csv --out DIR [--bundle NAME] [--limit N]

Of every condition that an area has and the bundle sees (grade 1 or more by both): the chance that a place
that shows it lies higher on the map than one that does not (area under the curve over pixels), and whether
the highest place of the map shows it, or lies within 2 mm of it. Prints and writes (``facial_maps.json``)
means by condition, with intervals that draw participants anew.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cutis.cli.progress import progress
from cutis.core.manifest import MASK, read_manifest
from cutis.imaging.read import read_rgb
from cutis.runtime.engine import Engine
from cutis.stats.discrimination import auc
from cutis.stats.intervals import percentile
from cutis.stats.resampling import bootstrap, number_groups

MM_PER_PIXEL = 0.15
NEAR = 2.0  # mm
EVERY = 2  # pixels: so many to one that is compared
REPLICATES = 2000
FIGURES = ("above", "hit")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", type=Path, required=True, help="with columns mask_<condition>")
    parser.add_argument("--bundle", default="facial")
    parser.add_argument("--limit", type=int, default=400, help="areas")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    found = measured(given.manifest, Engine.open(given.bundle), given.limit)
    for name, row in found.items():
        told = [f"{row[key]:.3f} ({row[key + '_low']:.3f} to {row[key + '_high']:.3f})" for key in FIGURES]
        above, hit = told
        print(f"{name:12} {row['maps']:5.0f} maps   higher where it is {above}   highest place right {hit}")
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "facial_maps.json").write_text(json.dumps(found, indent=2) + "\n")


def measured(path: Path, engine: Engine, limit: int) -> dict[str, dict[str, float]]:
    """By condition and for all together: how many maps, and both figures with their intervals."""
    manifest = read_manifest(path)
    names = engine.info.labels.names
    rows: list[tuple[str, str, float, float]] = []  # condition, participant, above, hit
    photos = list(zip(manifest.paths, manifest.table.iter_rows(named=True), strict=True))[:limit]
    with progress("Comparing maps", total=len(photos)) as step:
        for photo, row in photos:
            shown = read_rgb(photo)
            said = engine(shown)
            for place, name in enumerate(names):
                mask = row[f"{MASK}{name}"]
                if mask and row[f"grade_{name}"] != "0" and said.grades[name] != "0":
                    where = read_rgb(manifest.path.parent / mask)[..., 0] > 127
                    if where[::EVERY, ::EVERY].any() and not where[::EVERY, ::EVERY].all():
                        pair = compared(said.saliency[place], where)
                        rows.append((name, str(row[manifest.group]), *pair))
            step(1)
    found = {name: summed([row for row in rows if row[0] == name]) for name in names}
    return found | {"all": summed(rows)}


def compared(field: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[float, float]:
    """The map's area under the curve over pixels, and whether its highest place is right."""
    grown = cv2.resize(field, where.shape[::-1], interpolation=cv2.INTER_LINEAR)
    away = cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 5) * MM_PER_PIXEL
    top = np.unravel_index(int(grown.argmax()), grown.shape)
    return auc(where[::EVERY, ::EVERY].ravel(), grown[::EVERY, ::EVERY].ravel()), float(away[top] <= NEAR)


def summed(rows: list[tuple[str, str, float, float]]) -> dict[str, float]:
    """Means over maps, and intervals that draw participants anew."""
    if not rows:
        return {"maps": 0.0} | {key + end: float("nan") for key in FIGURES for end in ("", "_low", "_high")}
    values = np.array([[row[2], row[3], 1.0] for row in rows])
    index, count = number_groups([row[1] for row in rows])
    sums = np.zeros((3, count))
    for row, column in zip(sums, values.T, strict=True):
        np.add.at(row, index, column)

    def means(weights: NDArray[np.floating]) -> NDArray[Any]:
        drawn = sums @ weights
        return np.asarray(drawn[:2] / drawn[2])

    ends = percentile(bootstrap(means, count, REPLICATES, np.random.default_rng(0)))
    told = {"maps": float(len(rows))}
    for place, key in enumerate(FIGURES):
        told |= {key: float(values[:, place].mean())}
        told |= {f"{key}_low": float(ends[place][0]), f"{key}_high": float(ends[place][1])}
    return told


if __name__ == "__main__":
    main()
