"""The kinds of lesion: each draws what one lesion is made of, from how the patient's lesions are.

Sources: Bastuji-Garin et al. 1993, Arch Dermatol 129:92 (typical targets: under 3 cm, round, well defined,
at least three zones; raised atypical; flat atypical: two zones, ill defined; macules with or without
blisters); Duong et al. 2017, Lancet 390:1996 and Stern, Divito 2017, J Clin Invest 127:95 (exanthem and
early SJS/TEN: dusky centre, pain, detachment); Zuberbier et al. 2022, Allergy 77:734 (wheals).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

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


def _size(rng: Rng, manner: Manner, median: float, spread: float, low: float, high: float) -> float:
    """A radius in mm, log-normal about its median."""
    return float(np.clip(rng.lognormal(np.log(median), spread), low, high)) * manner.scale


def _common(kind: str, radius: float, manner: Manner, rng: Rng, blood: tuple[float, float]) -> Lesion:
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


def macule(manner: Manner, rng: Rng) -> Lesion:
    """A flat red spot, as exanthems have them and early SJS has them too."""
    lesion = _common("macule", _size(rng, manner, 4.6, 0.32, 2.7, 10.0), manner, rng, (0.008, 0.024))
    dusk = manner.dusk * float(rng.uniform(0.0, 0.55)) * (rng.random() < 0.5)
    leg = 0.45 * float(rng.uniform(0.3, 1.0)) if manner.legs and rng.random() < 0.35 else 0.0
    return replace(lesion, dusk=dusk, dusk_radius=float(rng.uniform(0.35, 0.6)), dusk_soft=0.5, purpura=leg)


def papule(manner: Manner, rng: Rng) -> Lesion:
    """A small raised red spot of a maculopapular eruption."""
    lesion = _common("papule", _size(rng, manner, 3.4, 0.25, 2.5, 6.0), manner, rng, (0.012, 0.030))
    height = float(rng.uniform(0.35, 0.9)) * manner.raised
    leg = 0.4 * float(rng.uniform(0.3, 1.0)) if manner.legs and rng.random() < 0.25 else 0.0
    return replace(lesion, height=height, halo=float(rng.uniform(0.0, 0.4)), purpura=leg)


def measles(manner: Manner, rng: Rng) -> Lesion:
    """Blotches of a measles-like eruption, which run together and fade to copper."""
    lesion = _common("measles-like", _size(rng, manner, 4.2, 0.3, 2.8, 8.0), manner, rng, (0.012, 0.028))
    return replace(
        lesion,
        parts=int(rng.choice([1, 2, 3, 4], p=[0.45, 0.25, 0.2, 0.1])),
        venous=min(lesion.venous + 0.08 * manner.late, 0.8),
        height=float(rng.uniform(0.0, 0.3)) * manner.raised,
        stain=lesion.stain + 0.25 * manner.late,
    )


def wheal(manner: Manner, rng: Rng) -> Lesion:
    """An urticarial wheal: swollen, pale or pink, with a flare; some are rings with a violet middle."""
    lesion = _common("wheal", _size(rng, manner, 8.0, 0.45, 3.5, 20.0), manner, rng, (0.009, 0.022))
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


def target(manner: Manner, rng: Rng) -> Lesion:
    """A typical target: dusky or blistered middle, pale swollen ring, red border, all sharp and raised."""
    lesion = _common("typical target", _size(rng, manner, 6.5, 0.3, 3.5, 14.0), manner, rng, (0.016, 0.034))
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
    lesion = _common("raised disc", _size(rng, manner, 5.5, 0.3, 3.2, 11.0), manner, rng, (0.014, 0.032))
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


def bite(manner: Manner, rng: Rng) -> Lesion:
    """The papule or wheal of an insect bite, with its mark."""
    lesion = _common("bite", _size(rng, manner, 4.5, 0.35, 2.8, 10.0), manner, rng, (0.012, 0.030))
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


def fixed(manner: Manner, rng: Rng) -> Lesion:
    """A fixed drug eruption: a sharp round dusky patch; a few blister."""
    lesion = _common("fixed eruption", _size(rng, manner, 8.5, 0.35, 4.0, 18.0), manner, rng, (0.014, 0.030))
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


def dusky(manner: Manner, rng: Rng) -> Lesion:
    """A flat dusky or purpuric macule, ill defined."""
    lesion = _common("dusky macule", _size(rng, manner, 5.2, 0.33, 2.8, 12.0), manner, rng, (0.012, 0.026))
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


def atypical(manner: Manner, rng: Rng) -> Lesion:
    """A flat atypical target: two zones, dusky middle, ill defined red around it."""
    lesion = _common("atypical target", _size(rng, manner, 6.2, 0.33, 3.2, 13.0), manner, rng, (0.012, 0.028))
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


def purpuric(manner: Manner, rng: Rng) -> Lesion:
    """A macule of a harmless exanthem that has bled a little, as under pressure and on legs."""
    lesion = macule(manner, rng)
    return replace(lesion, kind="purpuric macule", purpura=float(rng.uniform(0.25, 0.8)))


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


KINDS: Mapping[str, Kind] = {
    "macule": macule,
    "papule": papule,
    "measles": measles,
    "wheal": wheal,
    "target": target,
    "plaque": plaque,
    "bite": bite,
    "bullous_bite": bullous_bite,
    "fixed": fixed,
    "dusky": dusky,
    "atypical": atypical,
    "raised_atypical": raised_atypical,
    "purpuric": purpuric,
    "confluent": confluent,
    "blister": blister,
    "erosion": erosion,
}
