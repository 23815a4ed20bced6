"""Whose skin under which microscope: ranges, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Conditions:
    """Ranges from which subjects and microscopes are drawn, each evenly.

    Attributes:
        name: as in the manifest.
        granular, spinous: diameter of the keratinocytes of the two layers, micrometres.
        papilla: diameter of dermal papillae in mid-junction, micrometres.
        inflammatory: diameter of inflammatory cells, micrometres.
        pigment: how bright keratinocytes are, 0 (fair) to 1 (dark skin).
        speckle: deviation of the speckle's logarithm.
        grain: deviation of a speckle grain, pixels.
        unevenness: of the light across a field of view, 1 is a factor of 2.7.
        blur: of the optics at the surface, deviation in pixels.
        attenuation: loss of light per level of depth, as a natural logarithm.
        motion: greatest shift of rows, pixels.
        gamma: of the display curve; above 1 is harder.
        exposure: mean grey that the laser's power control aims for, 0..1.
        haze: light from outside the focal plane, as a share of the mean.
    """

    name: str
    granular: Range
    spinous: Range
    papilla: Range
    inflammatory: Range
    pigment: Range
    speckle: Range
    grain: Range
    unevenness: Range
    blur: Range
    attenuation: Range
    motion: Range
    gamma: Range
    exposure: Range
    haze: Range


USUAL = Conditions(
    name="usual",
    granular=(27.0, 33.0),
    spinous=(18.0, 23.0),
    papilla=(66.0, 100.0),
    inflammatory=(8.6, 11.0),
    pigment=(0.0, 0.65),
    speckle=(0.09, 0.17),
    grain=(0.5, 0.72),
    unevenness=(0.05, 0.22),
    blur=(0.5, 0.76),
    attenuation=(0.1, 0.25),
    motion=(0.0, 1.5),
    gamma=(0.8, 1.05),
    exposure=(0.26, 0.42),
    haze=(0.05, 0.15),
)

SHIFTED = Conditions(
    name="shifted",
    granular=(25.6, 26.8),
    spinous=(16.9, 17.9),
    papilla=(101.0, 110.0),
    inflammatory=(8.3, 8.55),
    pigment=(0.66, 0.78),
    speckle=(0.172, 0.185),
    grain=(0.725, 0.755),
    unevenness=(0.225, 0.28),
    blur=(0.765, 0.81),
    attenuation=(0.255, 0.30),
    motion=(1.55, 2.0),
    gamma=(1.055, 1.1),
    exposure=(0.232, 0.257),
    haze=(0.152, 0.175),
)

BY_NAME: Mapping[str, Conditions] = MappingProxyType({c.name: c for c in (USUAL, SHIFTED)})


@dataclass(frozen=True)
class Skin:
    """One subject's skin.

    Attributes:
        seed: where on the endless skin of `lattice` this subject's is.
        pigment: how bright keratinocytes and the basal layer are, 0..1.
        contour: brightness of the borders between keratinocytes.
        thickness: of those borders, micrometres.
        stretch, direction: how much longer than wide cells are, and along which angle.
        dendritic: share of places with a dendritic cell.
        mottled: share of keratinocytes that are brighter than their neighbours.
        melanophages: share of places with a melanophage.
        fibres: brightness of collagen.
        fibre_width: distance of collagen fibres, micrometres.
        granular, spinous, papilla, inflammatory: sizes as in `Conditions`.
        signs: how strongly each sign of inflammation shows, about 1: exocytosis, spongiosis, blur, vessels.
    """

    seed: int
    pigment: float
    contour: float
    thickness: float
    stretch: float
    direction: float
    dendritic: float
    mottled: float
    melanophages: float
    fibres: float
    fibre_width: float
    granular: float
    spinous: float
    papilla: float
    inflammatory: float
    signs: tuple[float, float, float, float]


@dataclass(frozen=True)
class Microscope:
    """One microscope and its settings; see `Conditions` for what the numbers mean."""

    speckle: float
    grain: float
    unevenness: float
    blur: float
    attenuation: float
    motion: float
    gamma: float
    exposure: float
    haze: float
    metering: float
    levels: int


def draw_skin(conditions: Conditions, rng: np.random.Generator) -> Skin:
    """A subject."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    return Skin(
        seed=int(rng.integers(2**31)),
        pigment=between(*conditions.pigment),
        contour=between(0.50, 0.80),
        thickness=between(1.0, 1.5),
        stretch=between(1.0, 1.25),
        direction=between(0.0, np.pi),
        dendritic=between(0.0, 0.30) * float(rng.random() < 0.7),
        mottled=between(0.0, 0.22) * float(rng.random() < 0.7),
        melanophages=between(0.0, 0.25) * float(rng.random() < 0.5),
        fibres=between(0.45, 0.75),
        fibre_width=between(7.0, 12.0),
        granular=between(*conditions.granular),
        spinous=between(*conditions.spinous),
        papilla=between(*conditions.papilla),
        inflammatory=between(*conditions.inflammatory),
        signs=(between(0.96, 1.04), between(0.96, 1.04), between(0.9, 1.1), between(0.96, 1.04)),
    )


def draw_microscope(conditions: Conditions, rng: np.random.Generator) -> Microscope:
    """A microscope as it was set that day."""

    def between(limits: Range) -> float:
        return float(rng.uniform(*limits))

    return Microscope(
        speckle=between(conditions.speckle),
        grain=between(conditions.grain),
        unevenness=between(conditions.unevenness),
        blur=between(conditions.blur),
        attenuation=between(conditions.attenuation),
        motion=between(conditions.motion),
        gamma=between(conditions.gamma),
        exposure=between(conditions.exposure),
        haze=between(conditions.haze),
        metering=float(rng.uniform(0.5, 1.0)),
        levels=int(rng.choice([64, 128, 256, 256])),
    )
