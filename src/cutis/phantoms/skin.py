"""A person, and the normal skin around a lesion as layers of what colours it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cutis.phantoms import optics
from cutis.phantoms.canvas import Canvas, Field, Rng, rise

SITES = ("head_neck_face", "trunk", "upper_extremity", "lower_extremity", "hand", "foot")
_TYPE_SHARES = (0.10, 0.24, 0.26, 0.18, 0.13, 0.09)  # Fitzpatrick I-VI where a disease has no preference


@dataclass(frozen=True)
class Habits:
    """Whom and where a disease meets.

    Attributes:
        sites: weight by body site.
        age: mean and deviation in years.
        female: share of women.
        tone: above 0 where darker skin is affected more often, below 0 where paler skin is.
    """

    sites: Mapping[str, float]
    age: tuple[float, float]
    female: float = 0.5
    tone: float = 0.0


@dataclass(frozen=True)
class Person:
    """Somebody's skin.

    Attributes:
        skin_type: Fitzpatrick 1 (I) to 6 (VI).
        melanin: melanosome share of the epidermis.
        blood: blood share of the dermis.
        sun: 0 (unexposed) to 1 (sun-damaged): mottling, freckles, small vessels.
        hair: 0 (bald spot) to 1 (thick terminal hair).
        hair_melanin: 0 (white) to 1 (black).
    """

    skin_type: int
    melanin: float
    blood: float
    age: int
    sex: str
    site: str
    sun: float
    hair: float
    hair_melanin: float

    @property
    def follicles(self) -> bool:
        """Whether follicles are close and wide, as on the face."""
        return self.site == "head_neck_face"

    @property
    def ridged(self) -> bool:
        """Whether the skin bears ridges, as on palm and sole."""
        return self.site in ("hand", "foot")


@dataclass
class Layers:
    """What is in each pixel of skin. Fields are (size, size); shares of volume or coverage.

    Attributes:
        melanin: melanosome share of the epidermis.
        arterial: well oxygenated blood in the upper dermis.
        venous: poorly oxygenated blood.
        deep: melanin in the dermis, which looks blue-grey through the tissue above it.
        scatter: scattering of the dermis relative to normal; fibrous tissue is above 1.
        yellow: serum, sebum and the keratin that they soak, as absorbance of blue.
        keratin: coverage with scale or keratin.
        crust: dried blood or black keratin plugs, as absorbance.
        shiny: white lines and blotches that polarised light alone shows well, as added scattering.
        relief: height in mm, for shading where light is not polarised.
        lesion: 0 outside to 1 inside.
    """

    melanin: Field
    arterial: Field
    venous: Field
    deep: Field
    scatter: Field
    yellow: Field
    keratin: Field
    crust: Field
    shiny: Field
    relief: Field
    lesion: Field

    def reflectance(self, polarised: bool) -> Field:
        """Diffuse reflectance by camera band, (3, size, size), 0..1."""
        scatter = self.scatter + self.shiny * np.float32(1.0 if polarised else 0.25)
        light = optics.dermis_reflectance(self.arterial, self.venous, np.maximum(scatter, np.float32(0.3)))
        optics.add_deep_melanin(light, self.deep)
        optics.add_epidermis(light, self.melanin)
        optics.add_keratin(light, self.keratin)
        optics.add_yellow(light, self.yellow)
        optics.add_crust(light, self.crust)
        return light


def draw_person(habits: Habits, rng: Rng) -> Person:
    """Somebody whom a disease of these habits would meet."""
    shares = np.array(_TYPE_SHARES) * np.exp(habits.tone * np.linspace(-1, 1, 6))
    skin_type = int(rng.choice(6, p=shares / shares.sum())) + 1
    sites = list(habits.sites)
    weights = np.array(list(habits.sites.values()))
    site = str(rng.choice(sites, p=weights / weights.sum()))
    age = int(np.clip(rng.normal(*habits.age), 1, 92))
    sex = "female" if rng.random() < habits.female else "male"
    exposed = {"head_neck_face": 1.0, "upper_extremity": 0.8, "hand": 0.5, "foot": 0.1}.get(site, 0.5)
    sun = float(np.clip(exposed * age / 70 * rng.uniform(0.2, 1.3) * (1.3 - 0.15 * skin_type), 0, 1))
    palm = 0.6 if site in ("hand", "foot") else 1.0
    hairy = {"trunk": 0.5, "lower_extremity": 0.6, "upper_extremity": 0.4, "head_neck_face": 0.5}.get(
        site, 0.05
    )
    return Person(
        skin_type=skin_type,
        melanin=optics.melanin_of_type(skin_type, rng.uniform(0.1, 0.9)) * palm,
        blood=optics.NORMAL_BLOOD * float(rng.lognormal(0.0, 0.45)),
        age=age,
        sex=sex,
        site=site,
        sun=sun,
        hair=float(rng.beta(1.1, 2.2)) * hairy * (1.5 if sex == "male" else 0.8) * float(rng.random() < 0.75),
        hair_melanin=float(np.clip(rng.normal(0.35 + 0.12 * skin_type - 0.4 * (age > 60), 0.2), 0.02, 1)),
    )


def normal_skin(canvas: Canvas, person: Person, rng: Rng) -> Layers:
    """The person's skin before any lesion."""
    mottle = canvas.smooth(rng, rng.uniform(2.0, 5.0))
    grain = canvas.rough(rng, 1.0)
    fine = canvas.rough(rng, 0.25)
    # Absorbance varies less, relative to itself, where there is much of it.
    uneven = 1.0 / (1.0 + 10.0 * person.melanin)
    melanin = person.melanin * np.exp(
        uneven * ((0.12 + 0.4 * person.sun) * mottle + 0.2 * grain + 0.15 * fine)
    )
    flush = canvas.smooth(rng, rng.uniform(1.5, 4.0))
    arterial = person.blood * 0.75 * np.exp(0.30 * flush + 0.25 * canvas.rough(rng, 1.5))
    layers = Layers(
        melanin=melanin,
        arterial=arterial,
        venous=arterial * np.float32(0.35),
        deep=canvas.full(0.0),
        scatter=1.0 + 0.05 * grain + 0.05 * fine,
        yellow=canvas.full(float(rng.uniform(0.0, 0.06))),
        keratin=canvas.full(0.0),
        crust=canvas.full(0.0),
        shiny=canvas.full(0.0),
        relief=canvas.full(0.0),
        lesion=canvas.full(0.0),
    )
    np.clip(layers.scatter, 0.6, 1.6, out=layers.scatter)
    _furrows(layers, canvas, person, rng)
    if person.ridged:
        _ridges(layers, canvas, rng)
    if person.follicles:
        _follicles(layers, canvas, person, rng)
    if person.sun > 0.25:
        _sun_damage(layers, canvas, person, rng)
    return layers


def _furrows(layers: Layers, canvas: Canvas, person: Person, rng: Rng) -> None:
    """The criss-cross of skin lines, and the faint brown net that dark skin shows."""
    warp = (0.12 * canvas.smooth(rng, 1.2), 0.12 * canvas.smooth(rng, 1.2))
    spacing, stretch, angle = rng.uniform(0.35, 0.6), rng.uniform(1.3, 2.6), rng.uniform(0, np.pi)
    furrow = canvas.cells(rng, spacing, stretch=stretch, angle=angle, warp=warp)
    groove = np.maximum(0.35 - furrow.edge, 0.0)
    strength = rng.uniform(0.2, 1.0)
    layers.relief -= 0.06 * strength * groove
    layers.melanin *= 1.0 - 0.35 * strength * groove
    layers.scatter += 0.12 * strength * groove
    net = canvas.cells(rng, rng.uniform(0.16, 0.28), warp=warp)
    faint = (0.01 + 0.02 * person.skin_type) * rise(canvas.smooth(rng, 3.0), 2.0)
    layers.melanin *= 1.0 + faint * (net.lines(0.3, 0.5) - 0.4)


def _ridges(layers: Layers, canvas: Canvas, rng: Rng) -> None:
    """The parallel ridges of palm and sole."""
    angle = rng.uniform(0, np.pi)
    across = np.float32(np.cos(angle)) * canvas.x + np.float32(np.sin(angle)) * canvas.y
    across = across + 0.5 * canvas.smooth(rng, 4.0)
    wave = np.sin(across * np.float32(2 * np.pi / rng.uniform(0.42, 0.6)))
    layers.relief += 0.02 * wave
    layers.scatter += 0.07 * wave
    layers.melanin *= 1.0 - 0.15 * wave
    layers.yellow += 0.06


def _follicles(layers: Layers, canvas: Canvas, person: Person, rng: Rng) -> None:
    """Openings of the follicles of the face: pale, in a faint brown net."""
    warp = (0.10 * canvas.smooth(rng, 1.0), 0.10 * canvas.smooth(rng, 1.0))
    pore = canvas.cells(rng, rng.uniform(0.6, 1.0), warp=warp)
    size = pore.draw(rng, 0.02, 0.16)
    opening = pore.dots(size, 0.14) * pore.draw(rng, 0.2, 1.0)
    layers.melanin *= 1.0 - rng.uniform(0.1, 0.45) * opening
    layers.scatter += rng.uniform(0.05, 0.3) * opening
    layers.yellow += rng.uniform(0.0, 0.2) * pore.dots(0.7 * size, 0.08)
    ring = rise(0.07 - np.abs(pore.distance - size - 0.06), 0.08)
    layers.melanin *= 1.0 + rng.uniform(0.0, 0.3) * ring
    layers.relief -= 0.02 * opening
    layers.crust += 0.5 * float(rng.random() < 0.3) * pore.dots(0.05) * pore.draw(rng)


def _sun_damage(layers: Layers, canvas: Canvas, person: Person, rng: Rng) -> None:
    """Freckles, smudges of pigment and small vessels."""
    spots = canvas.cells(rng, rng.uniform(1.2, 2.5))
    wobble = spots.distance + 0.10 * canvas.rough(rng, 0.7)
    chosen = spots.draw(rng) < 0.5 * person.sun
    freckle = rise(spots.draw(rng, 0.04, 0.24) - wobble, 0.3) * chosen
    layers.melanin *= 1.0 + 0.9 * freckle
    smudge = rise(canvas.rough(rng, 2.0) - 0.9, 1.2)
    layers.melanin *= 1.0 + person.sun * smudge
    capillary = canvas.cells(rng, 1.1, warp=(0.3 * canvas.smooth(rng, 0.8), 0.3 * canvas.smooth(rng, 0.8)))
    seen = rise(canvas.smooth(rng, 1.6) - 0.7, 0.6)
    layers.arterial += 0.05 * person.sun * seen * capillary.lines(0.045, 0.05)
