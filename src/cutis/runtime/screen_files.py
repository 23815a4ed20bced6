"""The files of a screening: a row per lesion, the patient's answer, an overlay per photo and the page."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

from cutis.clinical.summary import Summary, to_json
from cutis.runtime.screen_facts import answer_with, refer
from cutis.runtime.screen_page import write_page
from cutis.runtime.screen_picture import encoded, overlay
from cutis.runtime.screen_words import (
    NO_DIAGNOSIS,
    NOT_CLINICAL,
    in_words,
    per_thousand,
    reasons,
)
from cutis.runtime.screening import Screening


def write_screening(
    done: Screening, out: Path, prevalence: float | None = None, beside: Summary | None = None
) -> None:
    """Write ``lesions.csv``, ``patient.json``, ``overlay_*.png`` and ``screening.html``.

    Args:
        done: a screening.
        out: folder that exists and to which nothing else writes, see `cutis.core.folders.filling`.
        prevalence: share of positive patients where this is used, 0..1; then what answers mean there is said.
        beside: what clinical facts of this patient say, see `cutis.runtime.screen_facts.with_facts`.

    Raises:
        CutisError: the prevalence is not from 0 to 1.
    """
    overlays = _write_overlays(done, out)
    _write_lesions(done, out / "lesions.csv")
    said = json.dumps(
        _patient(done, prevalence, overlays, beside), indent=1, ensure_ascii=False, allow_nan=False
    )
    (out / "patient.json").write_text(said + "\n", encoding="utf-8")
    write_page(done, out / "screening.html", prevalence, beside)


def _write_overlays(done: Screening, out: Path) -> list[str | None]:
    names: list[str | None] = []
    for number, photo in enumerate(done.photos):
        if photo.shown is None:
            names.append(None)
            continue
        stem = re.sub(r"[^\w-]+", "_", Path(photo.name).stem)[:60]
        name = f"overlay_{number + 1:02d}_{stem}.png"
        scored = [one for one in done.lesions if one.photo == number]
        (out / name).write_bytes(encoded(overlay(photo, scored, done), "PNG"))
        names.append(name)
    return names


def _write_lesions(done: Screening, path: Path) -> None:
    box = ("left", "top", "right", "bottom")
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        found = ("source", "diameter", "contrast", "clarity")
        table.writerow(["photo", "number", *box, *found, f"p_{done.positive}", "contribution"])
        for one in done.lesions:
            lesion = one.lesion
            numbers = [lesion.diameter, lesion.contrast, lesion.score, one.probability, one.share]
            texts = ["" if value is None else f"{value:.6g}" for value in numbers]
            corners = [getattr(lesion.box, side) for side in box]
            table.writerow([done.photos[one.photo].name, lesion.number, *corners, lesion.source, *texts])


def _patient(
    done: Screening, prevalence: float | None, overlays: list[str | None], beside: Summary | None
) -> dict[str, Any]:
    info, patient = done.info, done.patient
    thousand = None if prevalence is None else per_thousand(done, prevalence)
    return {
        "state": done.state,
        "answer": answer_with(done, beside),
        "because": list(reasons(done)),
        "refer": refer(done, beside),
        "refer_by_photos": done.refer,
        "looked_for": done.positive,
        "score": None if patient is None else patient.probability,
        "operating_point": None if patient is None else patient.threshold,
        "score_is_for_prevalence": None if patient is None else patient.prevalence,
        "most_telling": [done.name(one) for one in done.telling],
        "at_prevalence": None
        if thousand is None
        else {
            "prevalence": thousand.prevalence,
            "ppv": _number(thousand.ppv),
            "npv": _number(thousand.npv),
            "of_1000_found": thousand.found,
            "of_1000_missed": thousand.missed,
            "of_1000_needlessly_referred": thousand.alarms,
            "of_1000_rightly_not_referred": thousand.cleared,
            "probability_of_this_patient": _number(thousand.probability),
            "in_words": in_words(thousand),
        },
        "photos": [
            {
                "name": photo.name,
                "state": "unreadable" if photo.lesions is None else photo.lesions.state,
                "note": photo.problem,
                "overlay": name,
                "lesions": None if photo.lesions is None else photo.lesions.to_dict(),
            }
            for photo, name in zip(done.photos, overlays, strict=True)
        ],
        "model": {
            "name": info.name,
            "version": info.version,
            "rendered": info.training.rendered,
            "licence": info.licence,
        },
        "clinical": None if beside is None else to_json(beside),
        "notes": [NO_DIAGNOSIS, *([NOT_CLINICAL] if info.training.rendered else []), "For research use."],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
