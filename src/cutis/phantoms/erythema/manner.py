"""What the lesions of one patient have in common, and what all kinds of lesion begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema.lesion import Lesion, new_seed


@dataclass(frozen=True)
class Manner:
    """What the lesions of one patient have in common.

    Attributes:
        scale: of their diameters, 1 is usual.
        blood: of their redness, 1 is usual.
        venous: added to the share of blood poor in oxygen: above 0 the rash is violet.
        dusk: 0..1, how readily middles turn dusky.
        soft: of the width of borders, 1 is usual.
        raised: of heights, 1 is usual.
        stain: brown of lesions some days old.
        late: whether the eruption is in full bloom or beyond.
        legs: whether this is skin of lower legs, where blood leaves vessels even in harmless rashes.
    """

    scale: float
    blood: float
    venous: float
    dusk: float
    soft: float
    raised: float
    stain: float
    late: bool
    legs: bool = False


Kind = Callable[[Manner, Rng], Lesion]


def size(rng: Rng, manner: Manner, median: float, spread: float, low: float, high: float) -> float:
    """A radius in mm, log-normal about its median."""
    return float(np.clip(rng.lognormal(np.log(median), spread), low, high)) * manner.scale


def common(kind: str, radius: float, manner: Manner, rng: Rng, blood: tuple[float, float]) -> Lesion:
    """A flat red lesion, of which each kind makes its own; ``blood`` is the range of its redness."""
    return Lesion(
        kind=kind,
        radius=radius,
        seed=new_seed(rng),
        longer=float(rng.uniform(1.0, 1.35)),
        uneven=float(rng.uniform(0.06, 0.17)),
        soft=float(rng.uniform(0.35, 0.75)) * manner.soft,
        blood=float(rng.uniform(*blood)) * manner.blood,
        venous=float(np.clip(rng.uniform(0.06, 0.20) + manner.venous, 0.02, 0.8)),
        stain=manner.stain * float(rng.uniform(0.5, 1.2)),
    )
