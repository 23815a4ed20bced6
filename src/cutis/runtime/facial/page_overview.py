"""The face and its areas as a page shows them first: photos with outlines, and all grades in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutis.runtime.facial.pictures import data_of
from cutis.runtime.facial.values import AreaAnalysis, FaceAnalysis
from cutis.runtime.facial.words import AREA_TITLES, figure, measure_title, unit_words

_TABLE = (
    "erythema_index",
    "melanin_index",
    "spot_area",
    "wrinkle_length",
    "pore_count",
    "roughness",
    "shine",
)


def shown(photos: Sequence[FaceAnalysis]) -> list[tuple[FaceAnalysis, AreaAnalysis]]:
    """Each area once, from the photo that shows most of it."""
    best: dict[str, tuple[FaceAnalysis, AreaAnalysis]] = {}
    for photo in photos:
        for area in photo.areas:
            if area.judged and (area.name not in best or area.area.usable > best[area.name][1].area.usable):
                best[area.name] = (photo, area)
    order = {name: place for place, name in enumerate(AREA_TITLES)}
    return sorted(best.values(), key=lambda one: order.get(one[1].name, len(order)))


def outlined(photo: FaceAnalysis) -> dict[str, Any]:
    """A photo with the outlines and numbers of its areas."""
    height, width = photo.picture.shape[:2]
    outlines = []
    for area in photo.areas:
        places = photo.outlines.get(area.name)
        if places is None:
            continue
        corners = " ".join(f"{100 * x:.2f},{100 * y * height / width:.2f}" for x, y in places)
        middle = places.mean(axis=0)
        outlines.append(
            {
                "anchor": area.name,
                "title": AREA_TITLES[area.name],
                "corners": corners,
                "x": f"{100 * middle[0]:.2f}",
                "y": f"{100 * middle[1] * height / width:.2f}",
                "judged": area.judged,
                "number": list(AREA_TITLES).index(area.name) + 1,
            }
        )
    return {
        "source": data_of(photo.picture),
        "box": f"0 0 100 {100 * height / width:.2f}",
        "outlines": outlines,
        "name": photo.source.image_id,
        "view": photo.source.view if photo.source.area is None else AREA_TITLES[photo.source.area].lower(),
        "masked": photo.masked,
        "ratio": f"{width} / {height}",
    }


def overview(photos: Sequence[FaceAnalysis]) -> dict[str, Any]:
    """Areas down, conditions across, or where nothing is graded some measures."""
    best = shown(photos)
    graded = any(area.grades for _, area in best)
    columns: dict[str, str] = {}
    for _, area in best:
        if graded:
            columns |= {one.condition: one.title for one in area.grades}
        else:
            columns |= {name: measure_title(name) for name in _TABLE}
    rows = []
    for _, area in best:
        cells: list[dict[str, Any]] = []
        for name in columns:
            if graded:
                grade = next((one for one in area.grades if one.condition == name), None)
                share = 0.0 if grade is None else grade.score / (len(grade.scale) - 1)
                text = "" if grade is None else f"{grade.score:.1f}"
                cells.append({"text": text, "share": share, "said": "" if grade is None else grade.words})
            else:
                one = next((each for each in area.measures if each.name == name), None)
                text = "" if one is None else figure(name, one.value)
                cells.append({"text": "" if text == "not measured" else text, "share": None, "said": ""})
        number = list(AREA_TITLES).index(area.name) + 1
        rows.append({"anchor": area.name, "title": AREA_TITLES[area.name], "number": number, "cells": cells})
    if not graded:
        _shade(rows)
        units = {one.name: one.unit for _, area in best for one in area.measures}
        titles = [(title, unit_words(units.get(name, ""))) for name, title in columns.items()]
    else:
        titles = [(title, "") for title in columns.values()]
    return {"columns": titles, "rows": rows, "graded": graded}


def _shade(rows: list[dict[str, Any]]) -> None:
    """Shade each column from its lowest to its highest value."""
    for column in range(len(rows[0]["cells"]) if rows else 0):
        cells = [row["cells"][column] for row in rows]
        numbers = [float(one["text"].replace("−", "-")) if one["text"] else None for one in cells]
        known = [one for one in numbers if one is not None]
        low, high = (min(known), max(known)) if known else (0.0, 0.0)
        for cell, value in zip(cells, numbers, strict=True):
            cell["share"] = 0.0 if value is None or high == low else (value - low) / (high - low)
