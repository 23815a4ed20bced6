"""One lesion of an eruption: what it is made of, and how that is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Field, Rng, rise
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import outline
from cutis.phantoms.erythema import epidermis
from cutis.phantoms.erythema.frame import Scene, seen

SIGNS = ("atypical target", "dusky", "purpura", "confluence", "blister", "erosion")


@dataclass(frozen=True)
class Lesion:
    """What a lesion is made of. Strengths are 0 (none) to 1 (as in a textbook); radii in parts of its own.

    Attributes:
        kind: such as ``macule``.
        radius: mm, of one of its parts.
        centre: mm on the skin.
        seed: of all that is left to chance in it.
        sign: the sign of a severe reaction that it shows, one of SIGNS, or ``none``.
        parts: discs that have flowed together.
        longer: length over width.
        uneven: how far the border strays.
        soft: width of the border.
        blood: share of the dermis added to it.
        venous: share of that blood that is poor in oxygen.
        rim: more redness near the border.
        halo: redness that fades into the skin around.
        height: mm above the skin.
        flat_top: a plateau with steep sides, as wheals and blisters have, else a dome.
        pale: paleness of a ring or centre swollen with fluid.
        pale_at: where its middle lies.
        dusk: violet-grey of a centre that dies.
        dusk_radius: how far it reaches.
        dusk_soft: width of its border.
        purpura: blood outside the vessels.
        bleb, bleb_radius: a blister, and how far it reaches.
        slack: 0 (tense blister) to 1 (flaccid, wrinkled).
        bleb_blood: blood in the blister's fluid.
        raw: skin that has come off.
        crust: dried serum and blood.
        punctum: the mark of a sting in the middle.
        stain: brown that inflammation leaves.
    """

    kind: str
    radius: float
    centre: tuple[float, float] = (0.0, 0.0)
    seed: int = 0
    sign: str = "none"
    parts: int = 1
    longer: float = 1.0
    uneven: float = 0.12
    soft: float = 0.4
    blood: float = 0.012
    venous: float = 0.3
    rim: float = 0.0
    halo: float = 0.0
    height: float = 0.0
    flat_top: bool = False
    pale: float = 0.0
    pale_at: float = 0.0
    dusk: float = 0.0
    dusk_radius: float = 0.5
    dusk_soft: float = 0.25
    purpura: float = 0.0
    bleb: float = 0.0
    bleb_radius: float = 0.5
    slack: float = 0.0
    bleb_blood: float = 0.0
    raw: float = 0.0
    crust: float = 0.0
    punctum: float = 0.0
    stain: float = 0.0

    @property
    def reach(self) -> float:
        """Half the side of the square that holds it, mm."""
        return self.radius * (1.0 + 0.45 * (self.parts > 1)) * float(np.sqrt(self.longer))


def paint(lesion: Lesion, scene: Scene, number: int) -> None:
    """Paint a lesion over the scene, in place, and write its number where it is."""
    local = scene.window(lesion.centre, 1.7 * lesion.reach + 2.0)
    if local is None:
        return
    rng = np.random.default_rng(lesion.seed)
    case = Case(local.canvas, local.layers, local.person, rng, 1.0)
    depth = _depth(lesion, case)
    along = 1.0 - depth / np.float32(lesion.radius)  # 0 in the middle, 1 at the border
    body = rise(depth, max(lesion.soft * lesion.radius, 2 * local.canvas.pixel))
    _redden(lesion, case, depth, along, body)
    if lesion.height > 0:
        _raise(lesion, case, along, depth)
    if lesion.dusk > 0:
        _dusk(lesion, case, along, body)
    if lesion.purpura > 0:
        _purpura(lesion, case, along, body)
    if lesion.bleb > 0:
        epidermis.blister(case, local, lesion, along)
    if lesion.raw > 0:
        epidermis.erosion(case, local, lesion, along)
    if lesion.crust > 0 or lesion.punctum > 0:
        epidermis.crust(case, local, lesion, along)
    case.mark(body)
    local.numbers[depth > 0] = number


def _depth(lesion: Lesion, case: Case) -> Field:
    canvas, rng = case.canvas, case.rng
    depth: Field | None = None
    for part in range(lesion.parts):
        turn = rng.uniform(0, 2 * np.pi)
        away = lesion.radius * (0.0 if lesion.parts == 1 else rng.uniform(0.45, 0.75))
        if lesion.parts == 2:
            turn = np.pi * part + 0.3 * turn
        place = (
            lesion.centre[0] + float(away * np.cos(turn)),
            lesion.centre[1] + float(away * np.sin(turn)),
        )
        size = lesion.radius * (1.0 if lesion.parts == 1 else rng.uniform(0.55, 0.95))
        one = outline(canvas, rng, size, centre=place, longer=lesion.longer, uneven=lesion.uneven)
        one = one / np.float32(size) * np.float32(lesion.radius)
        depth = one if depth is None else np.maximum(depth, one)
    assert depth is not None  # a lesion has a part
    # Noise must not make an island far away, where the outline's own border is long past.
    return np.minimum(depth, np.float32(lesion.radius))


def _redden(lesion: Lesion, case: Case, depth: Field, along: Field, body: Field) -> None:
    """Wider vessels full of blood: all over, more at the rim, less where fluid presses them shut."""
    person, layers = case.person, case.layers
    blotchy = case.mottle(case.between(0.08, 0.22), max(0.35 * lesion.radius, 1.0))
    profile = 1.0 + np.float32(lesion.rim) * _ring(along, 0.85, 0.2)
    profile -= np.float32(lesion.pale * 0.8) * _ring(along, lesion.pale_at, 0.22 if lesion.pale_at else 0.5)
    red = body * blotchy * np.maximum(profile, np.float32(0.05))
    case.redden(red, lesion.blood, lesion.venous)
    if lesion.halo > 0:
        around = rise(depth + np.float32(0.45 * lesion.radius), 0.9 * lesion.radius)
        case.redden(around, lesion.halo * lesion.blood * 0.5, 0.2)
    if lesion.pale > 0:
        swollen = body * _ring(along, lesion.pale_at, 0.22 if lesion.pale_at else 0.5)
        layers.scatter += swollen * np.float32(0.35 * lesion.pale)
        layers.melanin *= 1 - swollen * np.float32(0.12 * lesion.pale)
    # Blue light turns back above most of that blood, which a dermis of one layer does not know.
    layers.yellow -= red * np.float32(0.12 * min(lesion.blood / 0.02, 1.0))
    # Inflamed dark skin looks darker as much as it looks red.
    dark = min(person.melanin, 0.3) * (0.16 + 4.5 * lesion.blood)
    dark += lesion.stain * (0.02 + 0.2 * person.melanin)
    layers.melanin += red * np.float32(dark)


def _raise(lesion: Lesion, case: Case, along: Field, depth: Field) -> None:
    if lesion.flat_top:
        height = rise(depth - np.float32(0.2 * lesion.radius), 0.6 * lesion.radius)
    else:
        height = np.clip(1.0 - along, 0.0, 1.0)
        height = height * (2.0 - height)
    case.layers.relief += np.float32(lesion.height) * height


def _dusk(lesion: Lesion, case: Case, along: Field, body: Field) -> None:
    """The violet to slate-grey middle of a lesion whose epidermis dies."""
    wander = 0.10 * case.canvas.smooth(case.rng, max(0.5 * lesion.radius, 1.0))
    centre = body * rise(np.float32(lesion.dusk_radius) - along + wander, lesion.dusk_soft)
    uneven = centre * case.mottle(0.18, max(0.3 * lesion.radius, 0.8))
    layers, strength = case.layers, lesion.dusk
    layers.arterial *= 1 - np.float32(0.45 * strength) * centre
    case.redden(uneven, 0.011 * strength, 0.92)
    layers.deep += uneven * np.float32(0.40 * strength)
    layers.melanin += uneven * np.float32(strength * (0.006 + 0.22 * case.person.melanin))


def _purpura(lesion: Lesion, case: Case, along: Field, body: Field) -> None:
    """Blood that has left the vessels: fine dots that flow together into patches."""
    canvas, rng = case.canvas, case.rng
    dots = canvas.rough(rng, seen(canvas, 0.5)) + 0.8 * canvas.smooth(rng, max(0.5 * lesion.radius, 1.2))
    more = np.float32(1.2 - 1.7 * lesion.purpura) + np.float32(0.6) * np.clip(along, 0, 1.5)
    specks = body * rise(dots - more, 2.0)
    case.redden(specks, case.between(0.035, 0.07), case.between(0.45, 0.65))
    case.layers.deep += specks * np.float32(0.08)
    case.layers.melanin += specks * np.float32(0.15 * case.person.melanin)


def _ring(along: Field, middle: float, width: float) -> Field:
    return np.asarray(np.exp(-(((along - np.float32(middle)) / np.float32(width)) ** 2)))


def new_seed(rng: Rng) -> int:
    """A seed for a lesion."""
    return int(rng.integers(2**31))
