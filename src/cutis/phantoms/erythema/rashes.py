"""Lesions of harmless rashes: exanthems, wheals and bites.

Source: Zuberbier et al. 2022, Allergy 77:734 (wheals).
"""

from __future__ import annotations

from dataclasses import replace

from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema.lesion import Lesion
from cutis.phantoms.erythema.manner import Manner, common, size


def macule(manner: Manner, rng: Rng) -> Lesion:
    """A flat red spot, as exanthems have them and early SJS has them too."""
    lesion = common("macule", size(rng, manner, 4.6, 0.32, 2.7, 10.0), manner, rng, (0.008, 0.024))
    dusk = manner.dusk * float(rng.uniform(0.0, 0.55)) * (rng.random() < 0.5)
    leg = 0.45 * float(rng.uniform(0.3, 1.0)) if manner.legs and rng.random() < 0.35 else 0.0
    return replace(lesion, dusk=dusk, dusk_radius=float(rng.uniform(0.35, 0.6)), dusk_soft=0.5, purpura=leg)


def papule(manner: Manner, rng: Rng) -> Lesion:
    """A small raised red spot of a maculopapular eruption."""
    lesion = common("papule", size(rng, manner, 3.4, 0.25, 2.5, 6.0), manner, rng, (0.012, 0.030))
    height = float(rng.uniform(0.35, 0.9)) * manner.raised
    leg = 0.4 * float(rng.uniform(0.3, 1.0)) if manner.legs and rng.random() < 0.25 else 0.0
    return replace(lesion, height=height, halo=float(rng.uniform(0.0, 0.4)), purpura=leg)


def measles(manner: Manner, rng: Rng) -> Lesion:
    """Blotches of a measles-like eruption, which run together and fade to copper."""
    lesion = common("measles-like", size(rng, manner, 4.2, 0.3, 2.8, 8.0), manner, rng, (0.012, 0.028))
    return replace(
        lesion,
        parts=int(rng.choice([1, 2, 3, 4], p=[0.45, 0.25, 0.2, 0.1])),
        venous=min(lesion.venous + 0.08 * manner.late, 0.8),
        height=float(rng.uniform(0.0, 0.3)) * manner.raised,
        stain=lesion.stain + 0.25 * manner.late,
    )


def purpuric(manner: Manner, rng: Rng) -> Lesion:
    """A macule of a harmless exanthem that has bled a little, as under pressure and on legs."""
    lesion = macule(manner, rng)
    return replace(lesion, kind="purpuric macule", purpura=float(rng.uniform(0.25, 0.8)))


def wheal(manner: Manner, rng: Rng) -> Lesion:
    """An urticarial wheal: swollen, pale or pink, with a flare; some are rings with a violet middle."""
    lesion = common("wheal", size(rng, manner, 8.0, 0.45, 3.5, 20.0), manner, rng, (0.009, 0.022))
    ring = rng.random() < 0.3
    return replace(
        lesion,
        parts=int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])),
        soft=float(rng.uniform(0.22, 0.5)),
        uneven=float(rng.uniform(0.07, 0.16)),
        height=float(rng.uniform(0.7, 1.8)) * manner.raised,
        flat_top=True,
        halo=float(rng.uniform(0.3, 0.9)),
        pale=float(rng.uniform(0.2, 0.9)),
        rim=0.8 if ring else 0.2,
        dusk=0.45 * float(rng.uniform(0.2, 1.0)) if ring and rng.random() < 0.5 else 0.0,
        dusk_soft=0.5,
    )


def bite(manner: Manner, rng: Rng) -> Lesion:
    """The papule or wheal of an insect bite, with its mark."""
    lesion = common("bite", size(rng, manner, 4.5, 0.35, 2.8, 10.0), manner, rng, (0.012, 0.030))
    return replace(
        lesion,
        longer=float(rng.uniform(1.0, 1.2)),
        uneven=float(rng.uniform(0.04, 0.12)),
        height=float(rng.uniform(0.6, 1.6)) * manner.raised,
        halo=float(rng.uniform(0.3, 1.0)),
        punctum=float(rng.uniform(0.4, 1.6)) * (rng.random() < 0.8),
        purpura=0.35 * float(rng.random() < 0.2),
        crust=0.6 * float(rng.random() < 0.15),
    )


def bullous_bite(manner: Manner, rng: Rng) -> Lesion:
    """A tense blister on an insect bite."""
    lesion = bite(manner, rng)
    return replace(
        lesion,
        kind="bullous bite",
        bleb=1.0,
        bleb_radius=float(rng.uniform(0.35, 0.75)),
        slack=float(rng.uniform(0.0, 0.3)),
        bleb_blood=float(rng.random() < 0.2) * float(rng.uniform(0.2, 0.7)),
        punctum=0.0,
        crust=0.0,
    )
