"""Whose face it is: skin, age, and where its features lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cutis.phantoms import optics
from cutis.phantoms.canvas import Rng


@dataclass(frozen=True)
class Anatomy:
    """Where the features of a face lie, in mm from the middle between its pupils.

    Attributes:
        eye: half width and half height of the open eye.
        slant: of the eye, mm that its outer corner lies above its inner one.
        brow: height of the brow above the pupil, and half its thickness.
        brow_start: distance of the brow's inner end from the midline.
        brow_arch: how far its middle lies above its ends.
        nose_tip: y of the tip, and half the width of the wings.
        mouth: y of the line between the lips, and half its width.
        lips: thickness of the upper and of the lower lip.
        chin: y of the furrow below the lower lip.
        hairline: y in the middle of the forehead.
        lean: mm by which the right half lies lower than the left.
    """

    eye: tuple[float, float]
    slant: float
    brow: tuple[float, float]
    brow_start: float
    brow_arch: float
    nose_tip: tuple[float, float]
    mouth: tuple[float, float]
    lips: tuple[float, float]
    chin: float
    hairline: float
    lean: float


@dataclass(frozen=True)
class Person:
    """Somebody's face.

    Attributes:
        skin_type: Fitzpatrick 1 (I) to 6 (VI).
        melanin: melanosome share of the epidermis.
        blood: blood share of the dermis.
        age: years, 18 to 85.
        sex: ``female`` or ``male``.
        oil: 0 (matt) to 1 (oily): how much the skin mirrors.
        beard: 0 (none) to 1 (dark stubble).
        hair: melanin of hair, 0 (white) to 1 (black).
        iris: melanin of the iris, 0 (blue) to 1 (dark brown).
        anatomy: where the features lie.
        build: seed of everything about the face that has no name: the course of its lines, its blotches.
        leaning: by condition, how far the person is from having none, standard deviations.
    """

    skin_type: int
    melanin: float
    blood: float
    age: int
    sex: str
    oil: float
    beard: float
    hair: float
    iris: float
    anatomy: Anatomy
    build: int
    leaning: Mapping[str, float]

    @property
    def ita(self) -> float:
        """Individual typology angle of the bare skin under daylight, degrees."""
        spectrum = optics.reflectance_spectrum(self.melanin, self.blood)
        return optics.typology_angle(optics.spectrum_to_srgb(spectrum))


def draw_person(rng: Rng, types: tuple[float, ...] = (1, 1, 1, 1, 1, 1)) -> Person:
    """Somebody between 18 and 85.

    Args:
        types: weights of the Fitzpatrick types I to VI.
    """
    from cutis.phantoms.facial.grades import draw_leaning

    weights = np.array(types, dtype=np.float64)
    skin_type = int(rng.choice(6, p=weights / weights.sum())) + 1
    age = int(rng.integers(18, 86))
    sex = "female" if rng.random() < 0.55 else "male"
    grey = float(np.clip((age - 45) / 40, 0, 1)) * float(rng.random() < 0.7)
    dark = float(np.clip(rng.normal(0.25 + 0.17 * skin_type, 0.15), 0.1, 1.0))
    return Person(
        skin_type=skin_type,
        melanin=optics.melanin_of_type(skin_type, rng.uniform(0.1, 0.9)),
        blood=optics.NORMAL_BLOOD * float(np.clip(rng.lognormal(0.62, 0.18), 1.2, 2.8)),  # faces are red
        age=age,
        sex=sex,
        oil=float(np.clip(rng.beta(2.0, 2.5) - 0.004 * (age - 30), 0.03, 1.0)),
        beard=float(rng.beta(1.2, 1.6)) if sex == "male" else 0.0,
        hair=float(np.clip(dark * (1 - 0.9 * grey), 0.03, 1.0)),
        iris=float(np.clip(rng.normal(0.12 + 0.19 * skin_type, 0.25), 0.0, 1.0)),
        anatomy=_draw_anatomy(sex, age, rng),
        build=int(rng.integers(2**62)),
        leaning=draw_leaning(age, skin_type, rng),
    )


def _draw_anatomy(sex: str, age: int, rng: Rng) -> Anatomy:
    male = float(sex == "male")
    sag = max(age - 40, 0) / 45
    return Anatomy(
        eye=(rng.normal(15.0, 0.7), float(np.clip(rng.normal(5.2 - 0.9 * sag, 0.6), 3.4, 6.6))),
        slant=rng.normal(1.5 - 1.2 * sag, 0.8),
        brow=(rng.normal(22.0 - 3.0 * male, 1.3), float(rng.uniform(2.4, 3.2) + 1.2 * male)),
        brow_start=rng.normal(11.5 - 1.5 * male, 1.2),
        brow_arch=float(rng.uniform(1.5, 5.0) - 1.5 * male),
        nose_tip=(rng.normal(40.0, 1.5), rng.normal(16.5 + 1.2 * male, 1.0)),
        mouth=(rng.normal(68.0, 1.3), rng.normal(25.0, 1.5)),
        lips=(
            float(np.clip(rng.normal(7.0 - 2.0 * sag, 1.2), 2.8, 10)),
            float(np.clip(rng.normal(9.0 - 2.0 * sag, 1.2), 4, 12)),
        ),
        chin=rng.normal(85.0, 1.2),
        hairline=rng.normal(-68.0 - 5.0 * male * sag, 3.0),
        lean=rng.normal(0.0, 0.6),
    )
