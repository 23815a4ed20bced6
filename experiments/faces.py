"""How well faces are found and cut into areas, measured on rendered faces whose truth is known.

    python experiments/faces.py [--people 12] [--covered 6]

Each person is photographed twice from the front and once from either side. Landmark errors are in percent of
the distance of the pupils; errors of areas are the distance of their centres, in mm, and what both squares
share of what either covers. Areas are cut twice: from the true landmarks, and from those that the packaged
detector found. Repeatability is the deviation between the two front photos of where an area's centre lies on
the person. Then as many people for each thing that can cover a face: what is said of it,
of bare faces, and of bare faces with severe conditions, from true landmarks.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.face import AREAS_OF_VIEW, Face, Landmarks, View, cut_areas, face_of, find_faces, refusals
from cutis.phantoms.faces import FaceTruth, Look, Sight, Sitter, draw_look, render_faces
from cutis.phantoms.facial import CONDITIONS, Person, draw_person

NAMES = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
Row = dict[str, float | str | int]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--people", type=int, default=12)
    options.add_argument("--covered", type=int, default=6, help="people for each covering")
    given = options.parse_args()
    cv2.setNumThreads(1)
    if given.people:
        accuracy(given.people)
    if given.covered:
        coverings(given.covered)


def accuracy(people: int) -> None:
    """Landmarks, turn, scale and areas of whole bare faces."""
    photos: list[Row] = []
    areas: list[Row] = []
    for number in range(people):
        rng = np.random.default_rng([4, number])
        person = draw_person(rng)
        look = draw_look(person, rng)
        views: tuple[View, ...] = ("front", "front", "left", "right")
        for photo, view in enumerate(views):
            one, cuts = measured(person, look, view, rng)
            photos.append(
                {"person": number, "photo": photo, "view": view, "skin_type": person.skin_type, **one}
            )
            areas += [{"person": number, "photo": photo, "view": view, **row} for row in cuts]
            print(photos[-1], flush=True)
    told(pl.DataFrame(photos, infer_schema_length=None), pl.DataFrame(areas, infer_schema_length=None))


def measured(person: Person, look: Look, view: View, rng: np.random.Generator) -> tuple[Row, list[Row]]:
    """One photo: errors of the face, and of each area."""
    yaw = {"front": rng.normal(0, 6), "left": rng.uniform(-55, -25), "right": rng.uniform(25, 55)}[view]
    scale = rng.uniform(1.6, 2.6)
    high, wide = round(300 * scale), round(250 * scale)
    sight = Sight(
        roll=rng.normal(0, 8),
        yaw=yaw,
        pitch=rng.normal(0, 5),
        scale=scale,
        centre=(wide / 2 - 0.3 * yaw * scale, 0.44 * high),
        distance=rng.uniform(300, 600),
    )
    made = render_faces([Sitter(person, sight, look)], (high, wide), rng)
    truth = made.faces[0]
    given = face_of(Landmarks(**{name: truth.landmarks[name] for name in NAMES}))
    row = posed(given, truth, "given")
    cuts = [{"from": "given", **one} for one in placed(made.image, given, truth, view)]
    faces = find_faces(made.image)
    row["found"] = len(faces)
    if faces:
        row |= posed(faces[0], truth, "found")
        cuts += [{"from": "found", **one} for one in placed(made.image, faces[0], truth, view)]
        places = np.array([truth.landmarks[name] for name in NAMES])
        away = np.hypot(*(faces[0].landmarks.points - places).T) / (63 * truth.scale) * 100
        row |= {f"{name}_percent": float(error) for name, error in zip(NAMES, away, strict=True)}
        row["landmarks_percent"] = float(away.mean())
    return row, cuts


def posed(face: Face, truth: FaceTruth, name: str) -> Row:
    """Errors of turn, degrees, and of scale, percent."""
    return {
        f"{name}_roll": face.roll - truth.sight.roll,
        f"{name}_yaw": face.yaw - truth.sight.yaw,
        f"{name}_pitch": face.pitch - truth.sight.pitch,
        f"{name}_scale": 100 * (face.pose.scale / truth.scale - 1),
    }


def placed(rgb: NDArray[np.uint8], face: Face, truth: FaceTruth, view: View) -> list[Row]:
    """Errors of each area: along and across the face, mm, and overlap."""
    roll = np.radians(truth.sight.roll)
    upright = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    rows: list[Row] = []
    for area in cut_areas(rgb, face, view, 0.6):
        where = np.array(truth.outlines[area.name])
        away = upright @ (area.outline.mean(axis=0) - np.array(truth.centres[area.name])) / truth.scale
        shared = cv2.intersectConvexConvex(area.outline.astype(np.float32), where.astype(np.float32))[0]
        both = sum(cv2.contourArea(part.astype(np.float32)) for part in (area.outline, where))
        rows.append(
            {
                "area": area.name,
                "across": float(away[0]),
                "down": float(away[1]),
                "mm": float(np.hypot(*away)),
                "overlap": shared / (both - shared),
            }
        )
    return rows


def coverings(people: int) -> None:
    """What is said of faces with and without something over them."""
    severe = dict.fromkeys(CONDITIONS, 4.0)
    cases: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
        "bare": ({}, {}),
        "bare, everything severe": ({}, severe),
        "thin rims": ({"glasses": "thin"}, {}),
        "thick rims": ({"glasses": "thick"}, {}),
        "dark glasses": ({"glasses": "dark"}, {}),
        "surgical mask": ({"mask": "surgical"}, {}),
        "cloth mask": ({"mask": "cloth"}, {}),
        "beard": ({"beard": True}, {}),
        "fringe": ({"fringe": True}, {}),
    }
    for number, (name, (worn, severity)) in enumerate(cases.items()):
        said: Counter[str] = Counter()
        for person in range(people):
            rng = np.random.default_rng([5, number, person])
            sitter = draw_person(rng)
            while name == "beard" and sitter.sex != "male":
                sitter = draw_person(rng)
            look = replace(draw_look(sitter, rng), **worn)
            sight = Sight(rng.normal(0, 5), rng.normal(0, 6), rng.normal(0, 4), 2.0, (220, 220), 450.0)
            made = render_faces([Sitter(sitter, sight, look, severity)], (480, 440), rng)
            truth = made.faces[0]
            face = face_of(Landmarks(**{one: truth.landmarks[one] for one in NAMES}))
            said.update({one.reason for one in refusals(made.image, face, coarsest=0.8)})
            said.update(
                f"{area.name}: {area.refusal.reason}" for area in cut_areas(made.image, face) if area.refusal
            )
            said["found by the detector"] += len(find_faces(made.image)) > 0
        print(name, people, dict(said), flush=True)


def told(photos: pl.DataFrame, areas: pl.DataFrame) -> None:
    """Print the tables of docs/faces.md."""
    pl.Config.set_tbl_rows(40)
    pl.Config.set_tbl_cols(12)
    for view in AREAS_OF_VIEW:
        seen = photos.filter(pl.col("view") == view)
        print(f"\n{view}: {len(seen)} photos, a face found in {(seen['found'] > 0).sum()}")
        for name in [c for c in photos.columns if c.startswith(("given", "found_")) or c.endswith("percent")]:
            values = seen[name].drop_nulls().to_numpy()
            if len(values):
                print(
                    f"  {name}: mean {values.mean():.2f}, root mean square {np.sqrt((values**2).mean()):.2f}"
                )
    print(
        areas.group_by("view", "from", "area")
        .agg(
            pl.col("mm").mean().round(2),
            pl.col("mm").quantile(0.9).round(2).alias("mm_90"),
            pl.col("overlap").mean().round(3),
            pl.len(),
        )
        .sort("view", "from", "area")
    )
    print(areas.group_by("view", "from").agg(pl.col("mm", "overlap").mean().round(3)).sort("view", "from"))
    twice = areas.filter(pl.col("photo") < 2)
    pairs = twice.filter(pl.col("photo") == 0).join(
        twice.filter(pl.col("photo") == 1), on=["person", "from", "area"], suffix="_again"
    )
    apart = np.hypot(pairs["across"] - pairs["across_again"], pairs["down"] - pairs["down_again"])
    print(pairs.with_columns(apart=apart).group_by("from").agg(pl.col("apart").mean(), pl.len()))


if __name__ == "__main__":
    main()
