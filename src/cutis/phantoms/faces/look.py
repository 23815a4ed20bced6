"""How somebody looks besides their skin: hair, glasses, a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cutis.phantoms.canvas import Rng
from cutis.phantoms.facial import Person

Hair = Literal["bald", "short", "long"]
Glasses = Literal["none", "thin", "thick", "dark"]
Mask = Literal["none", "surgical", "cloth"]


@dataclass(frozen=True)
class Look:
    """What covers a head.

    Attributes:
        hair: of the scalp.
        fringe: hair over the forehead.
        beard: a full one.
        glasses: with thin or thick rims, or dark.
        mask: over nose, mouth and chin.
        shirt: reflectance by camera band.
    """

    hair: Hair = "short"
    fringe: bool = False
    beard: bool = False
    glasses: Glasses = "none"
    mask: Mask = "none"
    shirt: tuple[float, float, float] = (0.25, 0.28, 0.33)


def draw_look(person: Person, rng: Rng) -> Look:
    """Hair as people wear it, and nothing that covers the face."""
    female = person.sex == "female"
    bald = not female and rng.random() < 0.005 * max(person.age - 25, 0)
    hair: Hair = "bald" if bald else "long" if rng.random() < (0.7 if female else 0.05) else "short"
    dark, light = sorted(rng.uniform(0.02, 0.7, 2))
    shirt = rng.permutation([dark, (dark + light) / 2, light])
    return Look(hair=hair, shirt=(float(shirt[0]), float(shirt[1]), float(shirt[2])))
