"""How close is a map to the grades that are true of a rendered mosaic?

    cutis data phantoms confocal --mosaic 4000 --seed 77 --out mosaic
    cutis map confocal mosaic/mosaic.tif --out map
    python experiments/map_truth.py map mosaic/grade.tif

Every cell of the map is compared with the true grade at its centre. Cells outside tissue by either are left
out, and counted. `--draw FILE` writes truth and map side by side.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

EVERY = 8  # pixels of the mosaic for one of the field, see `cutis.phantoms.confocal.files`


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("map", type=Path, help="folder that `cutis map` wrote")
    options.add_argument("truth", type=Path, help="grade.tif beside the mosaic")
    options.add_argument("--draw", type=Path)
    given = options.parse_args()
    facts = json.loads((given.map / "map.json").read_text())
    found = tifffile.imread(given.map / "grade.tif")
    truth = at_centres(tifffile.imread(given.truth), facts, found.shape)
    both = np.isfinite(found) & np.isfinite(truth)
    apart = found[both] - truth[both]
    print(f"{both.sum():,} cells of {both.size:,}")
    print(f"tissue left out by the map {np.mean(np.isnan(found[np.isfinite(truth)])):.1%}")
    print(f"graded outside tissue {np.mean(np.isnan(truth[np.isfinite(found)])):.1%}")
    print(f"correlation {np.corrcoef(found[both], truth[both])[0, 1]:.4f}")
    print(
        f"mean absolute deviation {np.abs(apart).mean():.3f} of a grade, mean deviation {apart.mean():+.3f}"
    )
    if given.draw:
        draw(given.draw, truth, found)


def at_centres(field: NDArray[Any], facts: dict[str, Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The field at the centres of the map's cells, interpolated between its own."""
    places = [(facts["offset"] + np.arange(count) * facts["stride"]) / EVERY - 0.5 for count in shape]
    whole = [np.floor(p).astype(int) for p in places]
    part = [p - w for p, w in zip(places, whole, strict=True)]
    rows = _mixed(field.astype(np.float64), whole[0], part[0][:, None])
    return _mixed(rows.T, whole[1], part[1][:, None]).T


def _mixed(field: NDArray[np.float64], first: NDArray[Any], share: NDArray[Any]) -> NDArray[np.float64]:
    after = np.minimum(first + 1, len(field) - 1)
    return (1 - share) * field[first] + share * field[after]


def draw(path: Path, truth: NDArray[Any], found: NDArray[Any]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5), layout="constrained")
    for place, (title, values) in enumerate({"true grade": truth, "map": found}.items(), 1):
        axes = figure.add_subplot(1, 2, place)
        axes.imshow(values, vmin=0, vmax=4, cmap="viridis")
        axes.set_title(title)
        axes.axis("off")
    figure.savefig(path)


if __name__ == "__main__":
    main()
