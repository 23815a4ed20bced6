"""The files of a map: float TIFFs in the image's coordinates, areas, and what is needed to read them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.runtime.cells import CellFiles
from cutis.runtime.map_facts import READING, MapFacts

_TILE = 256


def write_tables(facts: MapFacts, out: Path) -> None:
    """Write ``areas.csv`` and ``map.json``."""
    with (out / "areas.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["grade", "title", "percent", "mm2"])
        for area in facts.areas:
            numbers = ["" if value is None else f"{value:.6g}" for value in (area.percent, area.mm2)]
            table.writerow([area.grade, area.title, *numbers])
    text = json.dumps(facts.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    (out / "map.json").write_text(text + "\n", encoding="utf-8")


def write_tiffs(cells: CellFiles, facts: MapFacts, out: Path) -> None:
    """Write ``grade.tif``, ``confidence.tif`` and ``class.tif``, a row of tiles at a time."""
    for kind, name in (("grade", "grade.tif"), ("confidence", "confidence.tif"), ("named", "class.tif")):
        _write_tiff(cells, kind, facts, out / name)


def _write_tiff(cells: CellFiles, kind: str, facts: MapFacts, path: Path) -> None:
    import tifffile

    about = {
        "what": READING[path.name],
        "image": facts.image,
        "stride": facts.stride,
        "offset": facts.offset,
        "spacing": facts.spacing,
        "grades": facts.grades,
        "coordinates": READING["coordinates"],
        "model": f"{facts.model} {facts.version}",
    }
    resolution: dict[str, Any] = {}
    if facts.spacing:
        each = 1e4 / (facts.stride * facts.spacing)  # cells per centimetre
        resolution = {"resolution": (each, each), "resolutionunit": "CENTIMETER"}
    number_type = np.dtype(CellFiles.KINDS[kind])
    tifffile.imwrite(
        path,
        _tiles(cells, kind, facts),
        shape=(facts.rows, facts.columns),
        dtype=number_type,
        tile=(_TILE, _TILE),
        photometric="minisblack",
        compression="zlib",
        predictor=number_type == np.float32,
        description=json.dumps(about),
        software="cutis",
        metadata=None,
        maxworkers=1,
        **resolution,
    )


def _tiles(cells: CellFiles, kind: str, facts: MapFacts) -> Iterator[NDArray[Any]]:
    fill = np.nan if kind != "named" else 255
    for top in range(0, facts.rows, _TILE):
        rows = cells.read(kind, top, min(top + _TILE, facts.rows))
        padded = np.pad(
            rows,
            ((0, _TILE - len(rows)), (0, -rows.shape[1] % _TILE)),
            constant_values=fill,
        )
        for left in range(0, padded.shape[1], _TILE):
            yield np.ascontiguousarray(padded[:, left : left + _TILE])
