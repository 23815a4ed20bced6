"""What the measures of facial skin differ by when nothing has changed: the same rendered face, again.

Each subject is one area of one person; each repeat another phone, light, distance and turn of the head, and
landmarks as far off as a detector's, looked at as `cutis face` does. Writes
src/cutis/runtime/facial/repeats.json, which reports fall back on where a study brings no repeated photos of
its own. With a bundle its grades are repeated too. `--rows` keeps every value, from which
`experiments/facial_ranges.py` finds the ranges beside single values.

    python experiments/facial_repeats.py [--faces 12] [--repeats 10] [--bundle facial] [--stand] [--rows FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from cutis.core.files import write_text
from cutis.imaging.face import Landmarks
from cutis.imaging.face.values import Box, Found
from cutis.phantoms.faces import Sight, Sitter, draw_look, render_faces
from cutis.phantoms.faces.face import sheet
from cutis.phantoms.facial import (
    AREAS,
    BY_NAME,
    CONDITIONS,
    Person,
    draw_grades,
    draw_person,
    draw_severity,
    severity_field,
)
from cutis.runtime.engine import Engine
from cutis.runtime.facial.analysis import Asked, analyse
from cutis.runtime.facial.norms import repeats_of
from cutis.runtime.facial.values import Source

OUT = Path(__file__).resolve().parents[1] / "src" / "cutis" / "runtime" / "facial" / "repeats.json"
POINTS = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
SCALE = 6.5  # pixels per mm between the pupils
DETAIL = 0.15  # mm per pixel in which skin is painted
OFF = 0.015  # deviation of landmarks, of the distance of the pupils
Rng = np.random.Generator
Row = dict[str, str | float]


@dataclass(frozen=True)
class Task:
    """The photos of one face."""

    face: int
    repeats: int
    seed: int
    settings: str
    bundle: str | None


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--faces", type=int, default=12)
    asked.add_argument("--repeats", type=int, default=10)
    asked.add_argument("--bundle", help="that grades conditions")
    asked.add_argument("--seed", type=int, default=21)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--stand", action="store_true", help="one phone on a stand; print only")
    asked.add_argument("--rows", type=Path, help="file that keeps every value; nothing else is written")
    asked.add_argument("--out", type=Path, default=OUT)
    given = asked.parse_args()
    settings = "stand" if given.stand else "usual"
    tasks = [Task(face, given.repeats, given.seed, settings, given.bundle) for face in range(given.faces)]
    rows: list[Row] = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for own in pool.map(photographed, tasks):
            rows += own
            if given.rows:  # face by face, as all of them take an hour
                pl.DataFrame(rows).write_csv(given.rows)
    found = repeats_of(pl.DataFrame(rows))
    for name, one in found.items():
        unit = " (ratio)" if one.scale == "ratio" else ""
        low, value, high = (
            f"{end:.3g}"
            for end in (one.smallest_change.low, one.smallest_change.value, one.smallest_change.high)
        )
        print(f"{name:16} {value} ({low} to {high}){unit}, grows {one.grows:.2f}")
    if given.stand or given.rows:
        return
    said = {
        "format": 1,
        "source": f"nine areas of {given.faces} rendered faces, each photographed {given.repeats} times by "
        "other phones in other light",
        "measures": {name: one.to_dict() for name, one in found.items()},
    }
    write_text(given.out, json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    print(f"{len(found)} measures: {given.out}")


def photographed(task: Task) -> list[Row]:
    """Every measure of every area of each photo of one face."""
    import cv2

    cv2.setNumThreads(1)
    chance = np.random.default_rng([task.seed, task.face])
    person = draw_person(chance, BY_NAME[task.settings].types)
    look = draw_look(person, chance)
    severity = conditions(person, chance)
    engine = Engine.open(task.bundle, 1) if task.bundle else None
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        for repeat in range(task.repeats):
            rng = np.random.default_rng([task.seed, task.face, repeat])
            scale = SCALE * float(rng.uniform(0.95, 1.05))
            high, wide = round(300 * scale), round(250 * scale)
            sight = Sight(
                roll=rng.normal(0, 4),
                yaw=rng.normal(0, 4),
                pitch=rng.normal(0, 4),
                scale=scale,
                centre=(wide / 2, 0.44 * high),
                distance=float(rng.uniform(350, 550)),
            )
            sitter = Sitter(person, sight, look, severity)
            made = render_faces([sitter], (high, wide), rng, settings=BY_NAME[task.settings], detail=DETAIL)
            path = Path(folder) / f"{repeat}.png"
            Image.fromarray(made.image).save(path, compress_level=1)
            detector = seen(made.faces[0].landmarks, rng)
            source = Source(path, f"{task.face}_{repeat}", str(task.face))
            done = analyse(source, Asked(engine=engine, detector=lambda _, found=detector: [found]))
            for area in done.areas:
                rows += told(task.face, area.area.name, area.values())
    return rows


def conditions(person: Person, chance: Rng) -> dict[str, Any]:
    """Severities as people have them, in each area."""
    by_condition: dict[str, dict[str, float]] = {name: {} for name in CONDITIONS}
    for area, place in AREAS.items():
        severity = draw_severity(draw_grades(area, person, chance), chance)
        for name in place.conditions:
            by_condition[name][area] = severity[name]
    canvas = sheet(DETAIL)
    return {name: severity_field(canvas, by_area) for name, by_area in by_condition.items()}


def seen(landmarks: Any, rng: Rng) -> Found:
    """A face as a detector finds it."""
    points = {name: np.array(landmarks[name]) for name in POINTS}
    pupils = float(np.linalg.norm(points["eye_left"] - points["eye_right"]))
    points = {name: place + rng.normal(0, OFF * pupils, 2) for name, place in points.items()}
    across, down = np.mean(list(points.values()), axis=0)
    box = Box(across - 1.3 * pupils, down - 1.8 * pupils, across + 1.3 * pupils, down + 1.6 * pupils)
    return Found(box, Landmarks(**{name: (place[0], place[1]) for name, place in points.items()}), 0.99)


def told(face: int, area: str, values: dict[str, float]) -> Iterator[Row]:
    for name, value in values.items():
        if np.isfinite(value):
            yield {
                "patient_id": str(face),
                "visit": "",
                "view": "front",
                "area": area,
                "measure": name,
                "value": value,
            }


if __name__ == "__main__":
    main()
