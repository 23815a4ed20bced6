"""Which photos are to be looked at: images, folders, manifests; and whose, from where and when they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from cutis.core.errors import ManifestError
from cutis.core.manifest import Manifest, read_manifest
from cutis.imaging.face import AREAS, AreaName, View
from cutis.runtime.facial.values import Source
from cutis.runtime.inputs import TABLES, gather

VIEWS: tuple[View, ...] = get_args(View)
_Row = dict[str, Any]


def sources(
    inputs: Sequence[Path | str], *, view: View = "front", area: AreaName | None = None, patient: str = ""
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """List photos.

    Args:
        inputs: images, folders, and manifests with the columns image, patient_id and, where known, visit,
            date, view, area, age, sex, skin_type.
        view: of photos whose row says nothing.
        area: that photos show whose row says nothing; None for whole faces.
        patient: whose the photos outside of manifests are; each stands for itself by default.

    Returns:
        The photos, by participant and visit, and what the user should know.

    Raises:
        CutisError: a path is not there, or a folder has no images.
        ManifestError: wrong rows, all at once, among them visits that contradict their dates.
    """
    places = [Path(item) for item in inputs]
    loose = gather([place for place in places if place.suffix.lower() not in TABLES] or [])
    found = [
        Source(Path(path), name, patient or name, view=view, area=area, identified=bool(patient))
        for name, path in zip(loose.ids, loose.paths, strict=True)
    ]
    notes = list(loose.notes)
    for place in places:
        if place.suffix.lower() in TABLES:
            rows, said = _of_manifest(read_manifest(place, find_images=False), view, area)
            found += rows
            notes += said
    twice = _twice(found)
    if twice:
        raise ManifestError(twice)
    return tuple(sorted(found, key=lambda one: (one.patient, one.order))), tuple(notes)


def _twice(found: Iterable[Source]) -> list[str]:
    seen: dict[str, Source] = {}
    problems = []
    for one in found:
        if one.image_id in seen:
            words = f"the name '{one.image_id}' stands for two photos. Give them a column image_id."
            problems.append(f"{one.path}: {words}")
        seen[one.image_id] = one
    return problems


def _of_manifest(manifest: Manifest, view: View, area: AreaName | None) -> tuple[list[Source], list[str]]:
    rows = [
        {**row, "path": path}
        for row, path in zip(manifest.table.iter_rows(named=True), manifest.paths, strict=True)
    ]
    whose = "patient_id" in manifest.table.columns
    timed = [name for name in ("visit", "date") if name in manifest.table.columns]
    if timed and not whose:
        words = f"has a column {timed[0]} but no patient_id: nobody knows whose visits they are. Add it."
        raise ManifestError([f"{manifest.path}:1: {words}"])
    problems = [problem for row in rows for problem in _wrong(row)]
    if problems:
        raise ManifestError([f"{manifest.path}:{line}: {words}" for line, words in sorted(problems)])
    rows = [_in_one_form(row) for row in rows]
    notes: list[str] = []
    found = []
    for patient, own in _by(rows, "patient_id" if whose else "image_id").items():
        own = _dated(own)
        orders, wrong, note = _orders(own, patient)
        problems += wrong
        notes += note
        found += [
            replace(_source(row, patient, view, area), order=order, identified=whose)
            for row, order in zip(own, orders, strict=True)
        ]
        problems += _one_person(own, patient)
    if problems:
        raise ManifestError([f"{manifest.path}:{line}: {words}" for line, words in sorted(problems)])
    return found, notes


def _source(row: _Row, patient: str, view: View, area: AreaName | None) -> Source:
    day = date.fromisoformat(row["date"]) if row.get("date") else None
    kind = row.get("skin_type")
    return Source(
        path=row["path"],
        image_id=row["image_id"],
        patient=patient,
        visit=row.get("visit") or (day.isoformat() if day else ""),
        day=day,
        view=row.get("view") or view,
        area=row.get("area") or area,
        age=row.get("age"),
        sex=row.get("sex"),
        skin_type=None if kind is None else round(float(kind)),
    )


def _wrong(row: _Row) -> list[tuple[int, str]]:
    problems = []
    mend = "Correct the cell, or leave it empty."
    for name, allowed in (("view", VIEWS), ("area", AREAS)):
        cell = row.get(name)
        if cell is not None and cell not in allowed:
            problems.append((row["row"], f"{name} is '{cell}', not one of {', '.join(allowed)}. {mend}"))
    kind = row.get("skin_type")
    if kind is not None and kind.removesuffix(".0") not in tuple("123456"):
        problems.append((row["row"], f"skin_type is '{kind}', not a Fitzpatrick type 1 to 6. {mend}"))
    day = row.get("date")
    if day is not None:
        try:
            date.fromisoformat(day)
        except ValueError:
            problems.append((row["row"], f"date is '{day}', not a day such as 2026-03-09. {mend}"))
    return problems


def _in_one_form(row: _Row) -> _Row:
    """The same day and skin type are the same text, so that they can be compared and put in order."""
    day, kind = row.get("date"), row.get("skin_type")
    return row | {
        "date": day and date.fromisoformat(day).isoformat(),
        "skin_type": kind and kind.removesuffix(".0"),
    }


def _dated(rows: list[_Row]) -> list[_Row]:
    """A person's visits that have no dates and are all called by days took place on them."""
    days = [_day(row.get("visit")) for row in rows]
    if any(row.get("date") for row in rows) or not all(days):
        return rows
    return [row | {"date": day} for row, day in zip(rows, days, strict=True)]


def _day(visit: str | None) -> str | None:
    try:
        return date.fromisoformat(visit).isoformat() if visit and "-" in visit else None
    except ValueError:
        return None


def _by(rows: Iterable[_Row], column: str) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups


def _orders(rows: Sequence[_Row], patient: str) -> tuple[list[int], list[tuple[int, str]], list[str]]:
    """The place of each row's visit, what contradicts itself, and what the user should know."""
    visits = {_visit(row): row for row in rows}
    if len(visits) == 1 and len({row.get("date") for row in rows} - {None}) < 2:
        return [0] * len(rows), [], []
    dated = [row for row in rows if row.get("date")]
    problems: list[tuple[int, str]] = []
    notes: list[str] = []
    if not dated:
        if all(_number(name) is not None for name in visits):
            order = sorted(visits, key=lambda name: _number(name) or 0.0)
        else:
            order = list(visits)
            notes.append(
                f"{patient}: the visits have neither dates nor numbers, and are taken in the order of the "
                f"rows: {', '.join(order)}."
            )
        return [order.index(_visit(row)) for row in rows], problems, notes
    words = f"date is empty, while other photos of '{patient}' have one. Fill it in."
    problems += [(row["row"], words) for row in rows if not row.get("date")]
    if problems:
        return [0] * len(rows), problems, notes
    first: dict[str, _Row] = {}
    for row in rows:
        same = first.setdefault(_visit(row), row)
        if same["date"] != row["date"]:
            problems.append(
                (
                    row["row"],
                    f"visit '{row['visit']}' of '{patient}' is dated {row['date']}, and {same['date']} in "
                    f"row {same['row']}. Correct one, or name the visits apart.",
                )
            )
    order = sorted(first, key=lambda name: first[name]["date"])
    problems += _against_numbers(order, first, patient)
    return [order.index(_visit(row)) for row in rows], problems, notes


def _against_numbers(order: Sequence[str], first: Mapping[str, _Row], patient: str) -> list[tuple[int, str]]:
    """Visits that are numbered one way and dated the other."""
    numbers = [_number(name) for name in order]
    problems = []
    for (earlier, before), (later, after) in zip(
        zip(order, numbers, strict=True), list(zip(order, numbers, strict=True))[1:], strict=False
    ):
        if before is not None and after is not None and after < before:
            row = first[later]
            problems.append(
                (
                    row["row"],
                    f"visit {later} of '{patient}' is dated {row['date']}, after visit {earlier} "
                    f"({first[earlier]['date']}). Correct the date or the visit.",
                )
            )
    return problems


def _visit(row: _Row) -> str:
    return str(row.get("visit") or row.get("date") or "")


def _number(name: str) -> float | None:
    try:
        number = float(name.lower().removeprefix("visit").removeprefix("v").strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _one_person(rows: Sequence[_Row], patient: str) -> list[tuple[int, str]]:
    """Sex and skin type of one participant that contradict each other: two people under one name."""
    problems = []
    for name in ("sex", "skin_type"):
        known = [row for row in rows if row.get(name)]
        problems += [
            (
                row["row"],
                f"{name} of '{patient}' is '{row[name]}', and '{known[0][name]}' in row "
                f"{known[0]['row']}: two participants under one patient_id? Correct one.",
            )
            for row in known
            if row[name] != known[0][name]
        ]
    return problems
