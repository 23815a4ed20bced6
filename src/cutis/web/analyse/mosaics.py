"""The map of grades of a whole grey image: drawn once, kept as tiles, shown in the deep-zoom viewer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.folders import filling
from cutis.imaging.mosaic import open_mosaic
from cutis.imaging.pyramid import level_sizes
from cutis.runtime.dense import DenseSession
from cutis.runtime.draw import draw_map
from cutis.runtime.map_page import FOLDER, PHOTO_TILE
from cutis.web.analyse import grids
from cutis.web.analyse.scene import Scene
from cutis.web.analyse.viridis import VIRIDIS

GRADES = "grade.png"


def place(folder: Path, photo: str, bundle: str) -> Path:
    """Where a map is kept.

    Args:
        folder: of the data.
        photo, bundle: their digests.
    """
    return folder / "maps" / photo[:2] / f"{photo}-{bundle[:16]}"


def mapped(session: DenseSession, scene: Scene, out: Path) -> dict[str, Any]:
    """Grade every place of an image, and keep the tiles of photo and map.

    Raises:
        ImageError: it is smaller than a patch, or damaged.
    """
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(out, ignore_errors=True)  # of a run that was cut off; who reads it waits for this one
    with filling(out) as scratch, open_mosaic(scene.path) as mosaic:
        facts = draw_map(session, mosaic, scratch)
        _write_grades(scratch, len(facts.grades))
        for name in ("map.html", "overlay.png", "areas.csv", "class.tif", "confidence.tif"):
            (scratch / name).unlink(missing_ok=True)
        shutil.rmtree(scratch / FOLDER / "cells", ignore_errors=True)
        (scratch / "map.json").write_text(json.dumps(facts.to_dict()), encoding="utf-8")
    return {
        "map": {
            "tile": PHOTO_TILE,
            "sizes": [list(one) for one in level_sizes(facts.height, facts.width, PHOTO_TILE)],
            "rows": facts.rows,
            "columns": facts.columns,
            "stride": facts.stride,
            "offset": facts.offset,
            "patch": facts.patch,
            "spacing": facts.spacing,
            "expected_spacing": facts.expected_spacing,
            "grades": list(facts.grades),
            "titles": list(facts.titles),
            "mean": facts.mean,
            "middle": list(facts.middle),
            "confidence": list(facts.confidence),
            "tissue_percent": facts.tissue_percent,
            "percents": [one.percent for one in facts.areas],
            "notes": [one for one in facts.notes if "--" not in one],
        },
        "unlike": {"known": False},
    }


def tile(out: Path, level: int, row: int, column: int) -> Path:
    """A tile of the photo; level 0 is the finest."""
    return out / FOLDER / "photo" / str(level) / f"{row}_{column}.jpg"


def _write_grades(out: Path, grades: int) -> None:
    """The grades as a picture, a pixel for each place, clear where nothing was graded."""
    import tifffile
    from PIL import Image

    values = tifffile.imread(out / "grade.tif")
    seen = np.isfinite(values)
    shares = np.clip(np.where(seen, values, 0) / max(1, grades - 1), 0, 1)
    picture = np.dstack([VIRIDIS[np.rint(shares * 255).astype(np.intp)], (seen * 255).astype(np.uint8)])
    (out / GRADES).write_bytes(grids.png(Image.fromarray(picture.astype(np.uint8))))
    (out / "grade.tif").unlink()
