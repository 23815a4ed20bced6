"""Lesions of early SJS and TEN: dusky macules that run together, blister and come off.

Sources: Bastuji-Garin et al. 1993, Arch Dermatol 129:92 (macules with or without blisters); Duong et al.
2017, Lancet 390:1996 and Stern, Divito 2017, J Clin Invest 127:95 (dusky centre, pain, detachment).
"""

from __future__ import annotations

from dataclasses import replace

from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema.lesion import Lesion
from cutis.phantoms.erythema.manner import Manner, common, size
from cutis.phantoms.erythema.targets import atypical


def dusky(manner: Manner, rng: Rng) -> Lesion:
    """A flat dusky or purpuric macule, ill defined."""
    lesion = common("dusky macule", size(rng, manner, 5.2, 0.33, 2.8, 12.0), manner, rng, (0.012, 0.026))
    purple = rng.random() < 0.4
    return replace(
        lesion,
        sign="purpura" if purple else "dusky",
        uneven=float(rng.uniform(0.08, 0.20)),
        dusk=float(rng.uniform(0.35, 1.0)),
        dusk_radius=float(rng.uniform(0.4, 0.8)),
        dusk_soft=float(rng.uniform(0.3, 0.6)),
        purpura=float(rng.uniform(0.4, 0.95)) if purple else 0.0,
    )


def confluent(manner: Manner, rng: Rng) -> Lesion:
    """Dusky macules that have run together."""
    lesion = dusky(manner, rng)
    return replace(
        lesion,
        kind="confluent",
        sign="confluence",
        radius=lesion.radius * float(rng.uniform(1.3, 2.0)),
        parts=int(rng.integers(3, 6)),
        dusk_radius=float(rng.uniform(0.45, 0.75)),
    )


def blister(manner: Manner, rng: Rng) -> Lesion:
    """A flaccid blister on a dusky ground."""
    lesion = atypical(manner, rng)
    return replace(
        lesion,
        kind="flaccid blister",
        sign="blister",
        bleb=1.0,
        bleb_radius=float(rng.uniform(0.45, 0.95)),
        slack=float(rng.uniform(0.4, 1.0)),
        bleb_blood=float(rng.uniform(0.2, 0.9)) * (rng.random() < 0.3),
    )


def erosion(manner: Manner, rng: Rng) -> Lesion:
    """Detached epidermis: a wet red floor in a dusky patch."""
    lesion = confluent(manner, rng) if rng.random() < 0.4 else dusky(manner, rng)
    return replace(
        lesion,
        kind="erosion",
        sign="erosion",
        radius=lesion.radius * float(rng.uniform(1.1, 1.6)),
        raw=float(rng.uniform(0.35, 1.0)),
        crust=float(rng.uniform(0.2, 0.9)) * (rng.random() < 0.35),
    )
