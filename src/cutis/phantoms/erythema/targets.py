"""Targets and what is on its way to one: typical, raised atypical, flat atypical; fixed eruptions.

Source: Bastuji-Garin et al. 1993, Arch Dermatol 129:92 (typical targets: under 3 cm, round, well defined,
at least three zones; raised atypical; flat atypical: two zones, ill defined).
"""

from __future__ import annotations

from dataclasses import replace

from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema.lesion import Lesion
from cutis.phantoms.erythema.manner import Manner, common, size


def target(manner: Manner, rng: Rng) -> Lesion:
    """A typical target: dusky or blistered middle, pale swollen ring, red border, all sharp and raised."""
    lesion = common("typical target", size(rng, manner, 6.5, 0.3, 3.5, 14.0), manner, rng, (0.016, 0.034))
    bleb = float(rng.random() < 0.18)
    return replace(
        lesion,
        longer=float(rng.uniform(1.0, 1.15)),
        uneven=float(rng.uniform(0.03, 0.09)),
        soft=float(rng.uniform(0.15, 0.35)),
        rim=float(rng.uniform(0.3, 1.0)),
        height=float(rng.uniform(0.6, 1.4)) * manner.raised,
        flat_top=rng.random() < 0.5,
        pale=float(rng.uniform(0.45, 0.95)),
        pale_at=float(rng.uniform(0.50, 0.62)),
        dusk=float(rng.uniform(0.35, 1.0)),
        dusk_radius=float(rng.uniform(0.22, 0.38)),
        dusk_soft=float(rng.uniform(0.10, 0.25)),
        bleb=bleb,
        bleb_radius=float(rng.uniform(0.2, 0.32)),
        crust=0.5 * float(rng.random() < 0.15),
    )


def plaque(manner: Manner, rng: Rng) -> Lesion:
    """A raised red disc on its way to a target."""
    lesion = common("raised disc", size(rng, manner, 5.5, 0.3, 3.2, 11.0), manner, rng, (0.014, 0.032))
    return replace(
        lesion,
        longer=float(rng.uniform(1.0, 1.2)),
        uneven=float(rng.uniform(0.04, 0.12)),
        soft=float(rng.uniform(0.2, 0.45)),
        rim=float(rng.uniform(0.0, 0.5)),
        height=float(rng.uniform(0.5, 1.3)) * manner.raised,
        dusk=float(rng.uniform(0.1, 0.6)) * (rng.random() < 0.5),
        dusk_radius=float(rng.uniform(0.25, 0.5)),
        dusk_soft=0.35,
    )


def atypical(manner: Manner, rng: Rng) -> Lesion:
    """A flat atypical target: two zones, dusky middle, ill defined red around it."""
    lesion = common("atypical target", size(rng, manner, 6.2, 0.33, 3.2, 13.0), manner, rng, (0.012, 0.028))
    return replace(
        lesion,
        sign="atypical target",
        parts=int(rng.choice([1, 2], p=[0.8, 0.2])),
        uneven=float(rng.uniform(0.08, 0.18)),
        soft=float(rng.uniform(0.4, 0.8)),
        height=float(rng.uniform(0.0, 0.25)),
        dusk=float(rng.uniform(0.5, 1.0)),
        dusk_radius=float(rng.uniform(0.35, 0.6)),
        dusk_soft=float(rng.uniform(0.2, 0.45)),
        purpura=float(rng.uniform(0.2, 0.6)) * (rng.random() < 0.3),
        bleb=float(rng.random() < 0.12),
        bleb_radius=float(rng.uniform(0.25, 0.45)),
        slack=float(rng.uniform(0.4, 1.0)),
    )


def raised_atypical(manner: Manner, rng: Rng) -> Lesion:
    """A raised atypical target of erythema multiforme: two zones, felt by the finger, less sharp."""
    lesion = atypical(manner, rng)
    return replace(
        lesion,
        kind="raised atypical target",
        sign="none",
        parts=1,
        uneven=float(rng.uniform(0.05, 0.13)),
        soft=float(rng.uniform(0.25, 0.6)),
        height=float(rng.uniform(0.2, 0.9)) * manner.raised,
        dusk=float(rng.uniform(0.3, 0.9)),
        dusk_radius=float(rng.uniform(0.3, 0.5)),
        purpura=0.0,
        slack=float(rng.uniform(0.0, 0.6)),
    )


def fixed(manner: Manner, rng: Rng) -> Lesion:
    """A fixed drug eruption: a sharp round dusky patch; a few blister."""
    lesion = common("fixed eruption", size(rng, manner, 8.5, 0.35, 4.0, 18.0), manner, rng, (0.014, 0.030))
    blistered = rng.random() < 0.15
    return replace(
        lesion,
        longer=float(rng.uniform(1.0, 1.3)),
        uneven=float(rng.uniform(0.03, 0.09)),
        soft=float(rng.uniform(0.12, 0.3)),
        height=float(rng.uniform(0.0, 0.6)) * manner.raised,
        dusk=float(rng.uniform(0.3, 0.95)),
        dusk_radius=float(rng.uniform(0.7, 0.95)),
        dusk_soft=float(rng.uniform(0.2, 0.4)),
        stain=lesion.stain + float(rng.uniform(0.1, 0.6)),
        bleb=float(blistered),
        bleb_radius=float(rng.uniform(0.3, 0.6)),
        slack=float(rng.uniform(0.0, 0.6)),
    )
