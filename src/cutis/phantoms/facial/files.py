"""Areas of many participants and their truth as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cutis.core.manifest import MASK, write_manifest
from cutis.phantoms.facial.area import render_area
from cutis.phantoms.facial.areas import AREAS, CONDITIONS
from cutis.phantoms.facial.grades import draw_grades
from cutis.phantoms.facial.person import draw_person
from cutis.phantoms.facial.settings import USUAL, Settings
from cutis.phantoms.files import each, generator, refuse, store

_AREAS_OF_ONE = (4, 6)  # fewest and most of a participant


@dataclass(frozen=True)
class _Job:
    number: int
    participant: int
    area: str
    seed: int
    size: int
    out: Path
    masks: bool
    settings: Settings


def write_photos(
    out: Path | str,
    n: int,
    seed: int = 0,
    *,
    size: int = 240,
    masks: bool = False,
    conditions: Settings = USUAL,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render areas of participants' faces into a folder.

    Photo number i depends on the seed and on i, not on how many are asked for. A killed run leaves photos but
    no manifest; running it again writes the same photos.

    Args:
        out: folder; made where it is missing.
        n: number of photos, at least 1; each participant has four to six, of different areas.
        seed: 0 or more.
        size: pixels on the shorter side, which shows 36 mm.
        masks: also write where each condition is, as PNG ``masks/<image_id>_<condition>.png``, where it
            is at all, with a manifest column ``mask_<condition>``, and the usable skin,
            ``masks/<image_id>_skin.png``.
        conditions: phones and lights.
        jobs: processes; the photos are the same with any number.
        progress: called with the number of photos just written.

    Returns:
        Path of ``manifest.csv``: image, image_id, patient_id, area, view, ``grade_<condition>`` (0 to 4),
        age, sex, skin_type, device, conditions, modality, rendered and ``true_<measure>``.

    Raises:
        CutisError: a number is too small.
        OutputError: the folder already holds a manifest, or cannot be written to.
    """
    manifest = Path(out) / "manifest.csv"
    refuse(n, seed, manifest)
    todo = [
        _Job(number, participant, area, seed, size, Path(out), masks, conditions)
        for number, (participant, area) in enumerate(islice(planned(seed), n))
    ]
    rows = []
    for row in each(_write, todo, jobs):
        rows.append(row)
        if progress is not None:
            progress(1)
    write_manifest(pl.DataFrame(rows, infer_schema_length=None), manifest)
    return manifest


def planned(seed: int) -> Iterator[tuple[int, str]]:
    """Participants without end, and which areas of theirs are photographed; every area has its turn."""
    names = list(AREAS)
    deck: list[str] = []
    participant = 0
    while True:
        lot = generator(seed, 1, participant)
        chosen: list[str] = []
        for _ in range(int(lot.integers(_AREAS_OF_ONE[0], _AREAS_OF_ONE[1] + 1))):
            left = [name for name in deck if name not in chosen]
            if not left:
                deck += [names[i] for i in lot.permutation(len(names))]
                left = [name for name in deck if name not in chosen]
            chosen.append(left[0])
            deck.remove(left[0])
        for area in chosen:
            yield participant, area
        participant += 1


def _write(job: _Job) -> dict[str, Any]:
    """Render and store one area; its row in the manifest."""
    person = draw_person(generator(job.seed, 2, job.participant), job.settings.types)
    rng = generator(job.seed, 3, job.participant, list(AREAS).index(job.area))
    grades = draw_grades(job.area, person, rng)
    rendered = render_area(job.area, grades, person, rng, settings=job.settings, size=job.size)
    name = f"f{job.seed}_{job.number:06d}"
    row: dict[str, Any] = {
        "image": f"images/{name}.jpg",
        "image_id": name,
        "patient_id": f"f{job.seed}_p{job.participant:05d}",
        "modality": "clinical",
        "rendered": True,
    }
    store(rendered.image, job.out / row["image"])
    if job.masks:
        for what in ("skin", *(f"{MASK}{condition}" for condition in CONDITIONS)):
            mask = np.asarray(rendered.truth[what]) > 0.5
            there = f"masks/{name}_{what.removeprefix(MASK)}.png" if mask.any() else None
            if there:
                store(mask, job.out / there)
            if what != "skin":
                row[what] = there
    for key, value in rendered.truth.items():
        if isinstance(value, bool | int | float | str):
            row[key] = round(value, 4) if isinstance(value, float) else value
    return row
