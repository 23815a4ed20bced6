"""What the measures of facial skin differ by when nothing has changed: the same rendered skin, again.

Each subject is one area of one person; each repeat another phone, light, distance and framing, enhanced as
`cutis face` does. Writes src/cutis/runtime/facial/repeats.json, which reports fall back on where a study
brings no repeated photos of its own. With a bundle its grades are repeated too.

    python experiments/facial_repeats.py [--subjects 27] [--repeats 10] [--bundle facial]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import polars as pl

from cutis.core.files import write_text
from cutis.core.labels import MultiLabel
from cutis.imaging.enhance import Enhancement, enhance
from cutis.imaging.measures import measure
from cutis.phantoms.facial import (
    AREAS,
    STAND,
    USUAL,
    Settings,
    draw_grades,
    draw_person,
    draw_severity,
    render_area,
)
from cutis.runtime.engine import Engine
from cutis.runtime.facial.norms import repeats_of

OUT = Path(__file__).resolve().parents[1] / "src" / "cutis" / "runtime" / "facial" / "repeats.json"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--subjects", type=int, default=27)
    asked.add_argument("--repeats", type=int, default=10)
    asked.add_argument("--bundle", help="that grades conditions")
    asked.add_argument("--seed", type=int, default=20)
    asked.add_argument("--stand", action="store_true", help="one phone on a stand; print only")
    asked.add_argument("--out", type=Path, default=OUT)
    given = asked.parse_args()
    engine = Engine.open(given.bundle, 1) if given.bundle else None
    rows = [
        {
            "patient_id": str(subject),
            "visit": "",
            "view": "front",
            "area": area,
            "measure": name,
            "value": value,
        }
        for subject in range(given.subjects)
        for area, values in photos(
            subject, given.repeats, given.seed, engine, STAND if given.stand else USUAL
        )
        for name, value in values.items()
        if np.isfinite(value)
    ]
    found = repeats_of(pl.DataFrame(rows))
    for name, one in found.items():
        unit = " (ratio)" if one.scale == "ratio" else ""
        low, value, high = (
            f"{end:.3g}"
            for end in (one.smallest_change.low, one.smallest_change.value, one.smallest_change.high)
        )
        print(f"{name:16} {value} ({low} to {high}){unit}, grows {one.grows:.2f}")
    if given.stand:
        return
    said = {
        "format": 1,
        "source": f"{given.subjects} areas of rendered faces, each photographed {given.repeats} times by "
        "other phones in other light",
        "measures": {name: one.to_dict() for name, one in found.items()},
    }
    write_text(given.out, json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    print(f"{len(found)} measures: {given.out}")


def photos(
    subject: int, repeats: int, seed: int, engine: Engine | None, settings: Settings
) -> list[tuple[str, dict[str, float]]]:
    """The area of one subject and, of each of its photos, every measure."""
    chance = np.random.default_rng([seed, subject])
    area = list(AREAS)[subject % len(AREAS)]
    person = draw_person(chance)
    grades = draw_grades(area, person, chance)
    severity = draw_severity(grades, chance)
    found = []
    for repeat in range(repeats):
        taken = np.random.default_rng([seed, subject, repeat])
        done = render_area(area, grades, person, taken, severity=severity, settings=settings)
        image = enhance(done.image, Enhancement(contrast=0.0, card="off")).image
        skin = np.asarray(done.truth["skin"]) > 0.5
        values = {one.name: one.value for one in measure(image, skin)}
        if engine is not None:
            assert isinstance(engine.info.labels, MultiLabel)
            said = engine.ask(image)
            values |= {f"grade_{name}": score for name, score in said.expected.items()}
        found.append((area, values))
    return found


if __name__ == "__main__":
    main()
