"""A face while it is painted: what is in its skin, how high it lies, and where which condition is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cutis.phantoms import optics
from cutis.phantoms.canvas import Field, Points, Rng, rise
from cutis.phantoms.facial.canvas import Sheet
from cutis.phantoms.facial.person import Person
from cutis.phantoms.skin import Layers

Severity = Field | float  # 0 (none) to 4 (severe), one for all or (height, width)
SEEN_FROM = 0.3  # severity below which a condition is not there


@dataclass
class Skin:
    """Skin of a face or of a part of it. All fields are (height, width) float32.

    Attributes:
        canvas: places on the face, mm.
        layers: what is in each pixel; ``relief`` is the fine relief in mm: lines, pores, scales.
        form: height of the face itself, mm.
        gloss: 0 (matt) to 1 (wet).
        hollow: 0 to 1, light that narrow openings swallow.
        usable: 0 to 1, skin that can be judged: no eye, brow, nostril, lip or hair.
        open: 0 to 1, all skin: no eye and no red of the lips.
        masks: by condition, 0 to 1, where it is.
        measures: what was painted, in numbers.
        name: of the part of the face; makes its chance its own.
        frame: left, top, right, bottom, mm, between which spots and pores are strewn; all where None.
    """

    canvas: Sheet
    person: Person
    layers: Layers
    form: Field
    gloss: Field
    hollow: Field
    usable: Field
    open: Field
    masks: dict[str, Field] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    name: str = "face"
    frame: tuple[float, float, float, float] | None = None

    def own(self, what: str) -> Rng:
        """Chance that belongs to the person's face: the same for each photo of it.

        Args:
            what: is decided; other words give other chance.
        """
        key = [self.person.build, *self.name.encode(), 0, *what.encode()]
        return np.random.default_rng(key)


def bare(canvas: Sheet, person: Person) -> Skin:
    """Skin of a face without any condition: mottled a little, with fine lines and narrow pores."""
    rng = np.random.default_rng([person.build, 0])
    uneven = 1.0 / (1.0 + 8.0 * person.melanin)
    slow, grain = canvas.smooth(rng, 14.0), canvas.rough(rng, 1.2)
    melanin = person.melanin * np.exp(uneven * (0.07 * slow + 0.07 * grain))
    flush, fine = canvas.smooth(rng, 9.0), canvas.rough(rng, 2.5)
    arterial = person.blood * 0.75 * ruddy(canvas, person, rng) * np.exp(0.10 * flush + 0.08 * fine)
    zero = canvas.full(0.0)
    layers = Layers(
        melanin=melanin.astype(np.float32),
        arterial=arterial.astype(np.float32),
        venous=(arterial * 0.35).astype(np.float32),
        deep=zero.copy(),
        scatter=np.clip(1.0 + 0.03 * grain, 0.7, 1.4).astype(np.float32),
        yellow=canvas.full(float(rng.uniform(0.0, 0.05))),
        keratin=zero.copy(),
        crust=zero.copy(),
        shiny=zero.copy(),
        relief=zero.copy(),
        lesion=zero.copy(),
    )
    gloss = person.oil * (0.45 + 0.55 * oily_zone(canvas)) * np.exp(0.2 * canvas.smooth(rng, 5.0))
    shiny = gloss.astype(np.float32)
    skin = Skin(
        canvas,
        person,
        layers,
        zero.copy(),
        shiny,
        zero.copy(),
        usable=canvas.full(1.0),
        open=canvas.full(1.0),
    )
    _fine_lines(skin, rng)
    _narrow_pores(skin, rng)
    return skin


def ruddy(canvas: Sheet, person: Person, rng: Rng) -> Field:
    """How much more blood there is on cheeks, nose and chin than on the forehead."""
    x, y = np.abs(canvas.x), canvas.y
    cheek = np.exp(-(((x - 38) / 17) ** 2) - ((y - 36) / 16) ** 2)
    nose = np.exp(-((x / 13) ** 2) - ((y - 38) / 12) ** 2)
    chin = np.exp(-((x / 14) ** 2) - ((y - 98) / 9) ** 2)
    rosy = rng.uniform(0.15, 0.55, 3)
    return np.asarray(1.0 + rosy[0] * cheek + rosy[1] * nose + 0.5 * rosy[2] * chin, dtype=np.float32)


def oily_zone(canvas: Sheet) -> Field:
    """Forehead, nose and chin, 0 to 1, where skin is oilier."""
    x, y = np.abs(canvas.x), canvas.y
    top = np.exp(-np.square(np.square(x / 30)) - np.square(np.square((y + 46) / 20)))
    middle = np.exp(-np.square(x / 16) - np.square(np.square((y - 30) / 24)))
    chin = np.exp(-np.square(x / 16) - np.square((y - 97) / 10))
    return np.asarray(np.maximum(np.maximum(top, middle), chin), dtype=np.float32)


def _fine_lines(skin: Skin, rng: Rng) -> None:
    """The criss-cross that all skin has, a little coarser with age."""
    canvas, person = skin.canvas, skin.person
    spacing = max(rng.uniform(0.55, 0.8) + 0.003 * (person.age - 20), 4 * canvas.pixel)
    warp = (0.2 * canvas.smooth(rng, 2.0), 0.2 * canvas.smooth(rng, 2.0))
    net = canvas.cells(rng, spacing, stretch=rng.uniform(1.2, 1.9), angle=rng.uniform(0, np.pi), warp=warp)
    groove = np.maximum(np.float32(0.3) - net.edge, 0)
    depth = rng.uniform(0.035, 0.06) + 0.0004 * (person.age - 20)
    skin.layers.relief -= np.float32(depth) * groove
    skin.layers.relief += np.float32(0.004) * canvas.rough(rng, max(0.9, 4 * canvas.pixel))


def _narrow_pores(skin: Skin, rng: Rng) -> None:
    """Openings of follicles as everybody has them: hardly seen at this scale."""
    canvas = skin.canvas
    spacing = rng.uniform(0.9, 1.2)
    if spacing < 4 * canvas.pixel:
        return
    pore = canvas.cells(rng, spacing)
    opening = pore.dots(pore.draw(rng, 0.05, 0.10), 0.12) * pore.draw(rng, 0.0, 1.0)
    skin.hollow += np.float32(0.10) * opening


def anchored(severity: Severity, anchors: tuple[float, float, float, float]) -> Severity:
    """A length, count or contrast at some severity, from what it is at grades 1 to 4; 0 below `SEEN_FROM`."""
    last = anchors[3] + 0.3 * (anchors[3] - anchors[2])
    value = np.asarray(np.interp(severity, (SEEN_FROM, 1.0, 2.0, 3.0, 4.0, 4.3), (0.0, *anchors, last)))
    return value.astype(np.float32) if isinstance(severity, np.ndarray) else float(value)


def most(severity: Severity) -> float:
    """The greatest severity anywhere."""
    return float(np.max(severity))


def covering(skin: Skin, pattern: Field, share: Severity) -> Field:
    """A level per pixel above which the pattern covers that share of the usable skin."""
    inside = pattern[skin.usable > 0.5][::7]
    if len(inside) < 20:
        inside = pattern.ravel()
    ordered = np.sort(inside)
    level = np.interp(1.0 - np.asarray(share), np.linspace(0, 1, len(ordered)), ordered)
    return np.asarray(level, dtype=np.float32)


def strewn(skin: Skin, rng: Rng, per_cm2: Severity, limit: float, apart: float = 0.0) -> Points:
    """Places on usable skin, so many per square centimetre; fewer are always some of more.

    Args:
        per_cm2: how many; one for all, or a field.
        limit: the highest that ``per_cm2`` may be.
        apart: mm by which places keep away from each other.
    """
    canvas = skin.canvas
    left, top, right, bottom = skin.frame or canvas.box
    whole = (right - left) * (bottom - top) / 100.0
    cm2 = float((skin.usable > 0.5).mean()) * whole
    tries = int(np.ceil(limit * whole * (1.3 if apart == 0 else 3.0))) + 12
    edge = min(0.25 * apart, 1.5)
    places = rng.uniform((left + edge, top + edge), (right - edge, bottom - edge), (tries, 2))
    if apart > 0:
        places = _parted(places, apart)
    places = places[canvas.at(skin.usable, places) > 0.5]
    wanted = canvas.at(per_cm2, places) if isinstance(per_cm2, np.ndarray) else np.full(len(places), per_cm2)
    return np.asarray(places[np.arange(len(places)) + 0.5 < wanted * cm2])


def _parted(places: Points, apart: float) -> Points:
    from scipy.spatial import cKDTree

    pairs = cKDTree(places).query_pairs(apart, output_type="ndarray")
    kept = np.ones(len(places), dtype=np.bool_)
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if kept[first]:
            kept[second] = False
    return np.asarray(places[kept])


def darkened(melanin: Field, contrast: Field) -> Field:
    """Melanin that sends back less green light by so much (natural log), on pale skin and on dark."""
    green = float(optics.melanin_absorbance()[1, 0, 0])
    spread = 0.35
    more = (1.0 + spread * green * melanin) * np.exp(np.float32(spread) * contrast) - 1.0
    return np.asarray(more / np.float32(spread * green), dtype=np.float32)


def soft(depth: Field, width: float) -> Field:
    """From 0 to 1 where ``depth`` crosses 0; see `cutis.phantoms.canvas.rise`."""
    return rise(depth, width)
