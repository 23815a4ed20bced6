"""A patient with an eruption: skin, what the lesions have in common, how often each kind, and the photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cutis.core.errors import CutisError
from cutis.phantoms import optics
from cutis.phantoms.canvas import Rng
from cutis.phantoms.erythema.conditions import Conditions
from cutis.phantoms.erythema.kinds import KINDS
from cutis.phantoms.erythema.lesion import Lesion
from cutis.phantoms.erythema.manner import Manner
from cutis.phantoms.erythema.photo import Shot, draw_shot
from cutis.phantoms.skin import Person

LABELS = ("not_severe", "severe")
PHOTOS = (1, 4)  # of a patient, fewest and most

_EARLY, _LATE = ("early", "late")


@dataclass(frozen=True)
class Eruption:
    """What a disease does to skin.

    Attributes:
        share: among patients of its label.
        early, late: weight by kind of lesion, early and in full bloom.
        density: of lesions per cm2 of affected skin, lowest and highest.
        age: mean and deviation, years.
        sites: weight by body site.
    """

    share: float
    early: Mapping[str, float]
    late: Mapping[str, float]
    density: tuple[float, float]
    age: tuple[float, float]
    sites: Mapping[str, float]


_TRUNK = {"trunk": 0.5, "upper_extremity": 0.2, "lower_extremity": 0.2, "head_neck_face": 0.1}
_ACRAL = {"hand": 0.22, "upper_extremity": 0.33, "lower_extremity": 0.2, "foot": 0.08, "trunk": 0.17}
_LIMBS = {"upper_extremity": 0.35, "lower_extremity": 0.45, "hand": 0.05, "trunk": 0.15}

_EXANTHEM = {"macule": 0.48, "papule": 0.30, "measles": 0.11, "wheal": 0.05, "purpuric": 0.06}
_MEASLES = {"measles": 0.7, "macule": 0.2, "papule": 0.1}
_HIVES = {"wheal": 0.92, "macule": 0.08}
_BITES = {"bite": 0.66, "bullous_bite": 0.24, "wheal": 0.10}
_FIXED = {"fixed": 0.85, "macule": 0.15}
_EARLY_SJS = {
    "macule": 0.52,
    "papule": 0.07,
    "measles": 0.05,
    "target": 0.02,
    "atypical": 0.17,
    "dusky": 0.14,
    "blister": 0.03,
}
_LATE_SJS = {
    "macule": 0.22,
    "papule": 0.02,
    "measles": 0.03,
    "atypical": 0.23,
    "dusky": 0.18,
    "confluent": 0.12,
    "blister": 0.11,
    "erosion": 0.09,
}

ERUPTIONS: Mapping[str, Mapping[str, Eruption]] = {
    "not_severe": {
        "maculopapular exanthem": Eruption(0.30, _EXANTHEM, _EXANTHEM, (0.06, 0.22), (50, 20), _TRUNK),
        "measles-like eruption": Eruption(0.15, _MEASLES, _MEASLES, (0.10, 0.25), (24, 16), _TRUNK),
        "urticaria": Eruption(0.15, _HIVES, _HIVES, (0.015, 0.07), (38, 18), _TRUNK),
        "erythema multiforme": Eruption(
            0.22,
            {"plaque": 0.42, "target": 0.25, "macule": 0.17, "raised_atypical": 0.16},
            {"target": 0.53, "plaque": 0.25, "macule": 0.05, "raised_atypical": 0.17},
            (0.03, 0.12),
            (33, 16),
            _ACRAL,
        ),
        "insect bites": Eruption(0.10, _BITES, _BITES, (0.01, 0.05), (35, 20), _LIMBS),
        "fixed drug eruption": Eruption(0.08, _FIXED, _FIXED, (0.008, 0.03), (45, 18), _TRUNK),
    },
    "severe": {
        "SJS/TEN": Eruption(
            1.0,
            _EARLY_SJS,
            _LATE_SJS,
            (0.04, 0.18),
            (48, 20),
            {**_TRUNK, "hand": 0.05, "foot": 0.05},
        ),
    },
}


@dataclass(frozen=True)
class Patient:
    """Somebody with an eruption, and the photos taken of it.

    Attributes:
        label: ``severe`` or ``not_severe``.
        eruption: name of the disease.
        stage: ``early`` or ``late``.
        kinds: share by kind of lesion.
        density: lesions per cm2.
        shots: one a photo; each is of another part of the body.
    """

    label: str
    eruption: str
    stage: str
    person: Person
    manner: Manner
    kinds: Mapping[str, float]
    density: float
    shots: tuple[Shot, ...]

    def at(self, shot: Shot) -> Person:
        """The person's skin where that photo is taken."""
        palm = 0.55 if shot.site in ("hand", "foot") and shot.palm else 1.0
        exposed = {"head_neck_face": 1.0, "upper_extremity": 0.8, "hand": 0.5, "foot": 0.1}
        hairy = {"trunk": 0.5, "lower_extremity": 0.6, "upper_extremity": 0.45, "head_neck_face": 0.1}
        return replace(
            self.person,
            site=shot.site,
            melanin=self.person.melanin * palm * shot.tan,
            sun=self.person.sun * exposed.get(shot.site, 0.35),
            hair=self.person.hair * hairy.get(shot.site, 0.05),
        )

    def lesion(self, shot: Shot, rng: Rng) -> Lesion:
        """One more lesion, as this patient has them there."""
        names = list(self.kinds)
        legs = shot.site in ("lower_extremity", "foot")
        kind = names[int(rng.choice(len(names), p=np.array([self.kinds[name] for name in names])))]
        return KINDS[kind](replace(self.manner, legs=legs), rng)


def draw_patient(label: str, conditions: Conditions, rng: Rng) -> Patient:
    """Somebody with that label.

    Raises:
        CutisError: there is no such label.
    """
    if label not in ERUPTIONS:
        raise CutisError(f"'{label}' cannot be rendered. The labels are: {', '.join(LABELS)}.")
    diseases = ERUPTIONS[label]
    names = list(diseases)
    name = names[int(rng.choice(len(names), p=np.array([diseases[n].share for n in names])))]
    disease = diseases[name]
    stage = _EARLY if rng.random() < 0.5 else _LATE
    person = _person(disease, conditions, rng)
    weights = disease.early if stage == _EARLY else disease.late
    # No two patients have the same mixture.
    loose = {kind: share * float(rng.lognormal(0.0, 0.35)) for kind, share in weights.items()}
    total = sum(loose.values())
    manner = _manner(label, stage, conditions, rng)
    count = int(rng.choice(np.arange(PHOTOS[0], PHOTOS[1] + 1), p=[0.25, 0.35, 0.25, 0.15]))
    return Patient(
        label=label,
        eruption=name,
        stage=stage,
        person=person,
        manner=manner,
        kinds={kind: share / total for kind, share in loose.items()},
        density=float(np.exp(rng.uniform(*np.log(disease.density)))) / manner.scale**2,
        shots=tuple(draw_shot(disease.sites, conditions, rng) for _ in range(count)),
    )


def _person(disease: Eruption, conditions: Conditions, rng: Rng) -> Person:
    shares = np.array(conditions.types)
    skin_type = int(rng.choice(6, p=shares / shares.sum())) + 1
    age = int(np.clip(rng.normal(*disease.age), 2, 92))
    sex = "female" if rng.random() < 0.5 else "male"
    return Person(
        skin_type=skin_type,
        melanin=optics.melanin_of_type(skin_type, rng.uniform(0.1, 0.9)),
        blood=optics.NORMAL_BLOOD * float(rng.lognormal(0.0, 0.3)),
        age=age,
        sex=sex,
        site="trunk",
        sun=float(np.clip(age / 70 * rng.uniform(0.2, 1.3) * (1.3 - 0.15 * skin_type), 0, 1)),
        hair=float(rng.beta(1.1, 2.2)) * (1.5 if sex == "male" else 0.4) * float(age > 13),
        hair_melanin=float(np.clip(rng.normal(0.4 + 0.12 * skin_type - 0.4 * (age > 60), 0.2), 0.02, 1)),
    )


def _manner(label: str, stage: str, conditions: Conditions, rng: Rng) -> Manner:
    severe = label == "severe"
    late = stage == _LATE
    dusk = rng.uniform(0.05, 0.65) if severe else rng.uniform(0.0, 0.6) * (rng.random() < 0.5)
    return Manner(
        scale=float(rng.uniform(*conditions.scale)),
        blood=float(rng.uniform(0.75, 1.3)),
        venous=float(rng.normal(0.05 if severe else 0.02, 0.06)),
        dusk=float(dusk),
        soft=float(rng.uniform(0.75, 1.3)),
        raised=float(rng.uniform(0.7, 1.3)),
        stain=float(rng.uniform(0.0, 0.5)) * late,
        late=late,
    )
