"""What `drug_reaction` says of rendered skin on which there is no lesion: faces, and parts of the body.

    python experiments/healthy_skin.py [--each 100] [--seed 9101] [--faces 2.0]

Each photo is of another person. Faces have no condition (grade 0 of all), with the hair, glasses and masks
that rendered people wear; parts of the body are those of `render_wide` that an eruption spares, with moles,
scars, hair, clothes and shadows. Photos are kept as JPEG, as on the platform, and screened as `cutis
screen` does.
"""

from __future__ import annotations

import argparse
from collections import Counter
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.phantoms.erythema import wide
from cutis.phantoms.faces import Sight, Sitter, draw_look, render_faces
from cutis.phantoms.facial.person import draw_person
from cutis.runtime.engine import Engine
from cutis.runtime.screening import screen
from cutis.stats.intervals import wilson

Pixels = NDArray[np.uint8]


def face(seed: int, number: int, scale: float) -> Pixels:
    """A face without any condition; ``scale`` is in pixels per mm."""
    rng = np.random.default_rng([seed, 1, number])
    person = draw_person(rng)
    height, width = round(240 * scale), round(220 * scale)
    middle = (width / 2 + rng.normal(0, 4), 0.46 * height + rng.normal(0, 4))
    sight = Sight(rng.normal(0, 5), rng.normal(0, 8), rng.normal(0, 5), scale, middle, 450.0)
    return render_faces([Sitter(person, sight, draw_look(person, rng))], (height, width), rng).image


def body(seed: int, number: int) -> Pixels:
    """A part of the body that is spared."""
    rng = np.random.default_rng([seed, 2, number])
    made = wide.render_wide("severe" if number % 2 else "not_severe", 480, rng)
    assert not made.lesions
    return made.image


def kept(pixels: Pixels) -> Pixels:
    """As the platform keeps a phone's photo."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return np.asarray(Image.open(BytesIO(out.getvalue())))


def main() -> None:
    """Print what is said of each kind."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--each", type=int, default=100)
    asked.add_argument("--seed", type=int, default=9101)
    asked.add_argument("--faces", type=float, default=2.0, help="pixels per mm")
    given = asked.parse_args()
    wide._SPARED = 1.0  # every part of the body
    engine = Engine.open("drug_reaction")
    for name in ("faces", "parts of the body"):
        said: Counter[str] = Counter()
        found, scores = [], []
        for number in range(given.each):
            made = face(given.seed, number, given.faces) if name == "faces" else body(given.seed, number)
            done = screen(engine, [kept(made)])
            found.append(len(done.lesions))
            said[done.state if not done.lesions else "refer" if done.refer else "no reason to refer"] += 1
            if done.patient:
                scores.append(done.patient.probability)
        print(f"{name}: {given.each} photos, seed {given.seed}")
        for what, count in said.most_common():
            share = wilson(count, given.each)
            print(f"  {what}: {count} ({share.low:.3f}-{share.high:.3f})")
        print(f"  lesions found: {sum(found)}; in each photo with one: {sorted(one for one in found if one)}")
        print(f"  scores: {', '.join(f'{one:.2f}' for one in sorted(scores))}", flush=True)


if __name__ == "__main__":
    main()
