"""Nevus, seborrheic keratosis, dermatofibroma and basal cell carcinoma.

Sources: Zalaudek et al. 2009, Semin Cutan Med Surg 28:149 (patterns of nevi); Braun et al. 2002, Arch
Dermatol 138:1556 (seborrheic keratosis: cysts in 135 and openings in 144 of 203, network-like structures in
46%); Zaballos et al. 2008, Arch Dermatol 144:75 (dermatofibroma); Menzies et al. 2000, Arch Dermatol 136:1012
and Lallas et al. 2014, Dermatol Pract Concept 4(3):11 (basal cell carcinoma and its subtypes).
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Field, rise
from cutis.phantoms.dermoscopy import pigment, surface, vessels
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import inside, moth_eaten, outline

_NEVUS = {
    "reticular": 0.34,
    "globular": 0.18,
    "homogeneous": 0.22,
    "mixed": 0.12,
    "dermal": 0.11,
    "blue": 0.03,
}


def nevus(case: Case) -> None:
    """Network, globules or even colour, symmetrical about the middle."""
    canvas, rng = case.canvas, case.rng
    radius = case.size(2.5, 0.32, 1.2, 5.0)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.5), uneven=case.between(0.05, 0.22))
    depth += np.float32(0.12) * canvas.rough(rng, 0.8)
    weight = inside(depth, case.between(0.35, 1.8))
    pattern = str(rng.choice(list(_NEVUS), p=list(_NEVUS.values())))
    case.mark(weight)
    if pattern == "blue":
        case.layers.deep += (
            weight * np.float32(case.between(0.5, 1.4) * case.severity) * case.mottle(0.15, 1.0)
        )
        return
    amount = (
        weight
        * case.mottle(case.between(0.08, 0.3), 1.0)
        * case.mottle(case.between(0.1, 0.45), 0.35 * radius)
    )
    amount = amount * _radial(case, depth, radius)
    if pattern in ("reticular", "mixed"):
        net = pigment.network(canvas, rng, case.between(0.16, 0.30), case.between(0.12, 0.28))
        centre = rise(depth - np.float32(0.45 * radius), 0.5 * radius) if pattern == "mixed" else 0.0
        holes = np.float32(case.between(0.3, 0.75))
        amount = amount * (holes + (1.25 - holes) * net * (1.0 - centre) + 0.5 * centre)
    if pattern in ("globular", "mixed"):
        clods = pigment.globules(canvas, rng, case.between(0.2, 0.36), case.between(0.26, 0.4))
        base = np.float32(case.between(0.45, 0.85))
        amount = amount * (base + (1.4 - base) * clods)
    if pattern == "dermal":
        _dermal(case, weight)
        amount = amount * np.float32(0.3)
    case.tan(amount, case.size(0.32, 0.5, 0.08, 1.0) * (0.35 + 0.65 * case.severity))
    case.redden(weight, case.between(0.0, 0.05))
    if case.chance(0.25):
        case.layers.deep += (
            weight * rise(depth - np.float32(0.4 * radius), radius) * np.float32(case.between(0.1, 0.5))
        )


def _radial(case: Case, depth: Field, radius: float) -> Field:
    """More or less pigment in the middle, or neither."""
    kind = case.rng.choice(["even", "dark", "pale", "patchy"], p=[0.4, 0.25, 0.2, 0.15])
    middle = np.clip(depth / np.float32(radius), 0.0, 1.0)
    if kind == "dark":
        return np.asarray(0.65 + 0.9 * middle)
    if kind == "pale":
        return np.asarray(1.15 - 0.75 * middle)
    if kind == "patchy":
        return np.asarray(np.clip(1.0 + 0.5 * case.canvas.smooth(case.rng, 0.6 * radius), 0.25, 2.0))
    return np.ones_like(depth)


def _dermal(case: Case, weight: Field) -> None:
    """A raised pink-brown nevus: cobblestones and comma vessels."""
    height, groove, _ = surface.papillae(case.canvas, case.rng, case.between(0.35, 0.6))
    case.layers.relief += weight * height * np.float32(0.06)
    case.tan(weight * groove, 0.05)
    case.layers.scatter += weight * np.float32(case.between(0.1, 0.4))
    case.redden(weight, case.between(0.005, 0.02))
    case.vessels(weight * vessels.commas(case.canvas, case.rng, case.between(0.8, 1.4), 0.09, 0.5), 0.25)


def seborrheic_keratosis(case: Case) -> None:
    """Sharp border, milia-like cysts, comedo-like openings, fissures and ridges, dull keratin."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    radius = case.size(3.3, 0.35, 1.6, 7.0)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.7), uneven=case.between(0.06, 0.2))
    if case.chance(0.4):
        depth = moth_eaten(canvas, rng, depth)
    weight = inside(depth, case.between(0.08, 0.3) if case.chance(0.75) else case.between(0.3, 0.9))
    case.mark(weight)
    flat = case.chance(0.3)
    amount = weight * case.mottle(case.between(0.2, 0.55), case.between(0.6, 1.5))
    if flat:
        lines = pigment.fingerprint(canvas, rng, case.between(0.16, 0.26))
        net = pigment.network(canvas, rng, case.between(0.2, 0.35), 0.2)
        shown = rise(canvas.smooth(rng, 1.5), 1.5) * np.float32(case.between(0.1, 0.45))
        amount = amount * (0.9 + shown * ((lines if case.chance(0.6) else net) - 0.4))
    case.tan(amount, case.size(0.13 if flat else 0.24, 0.6, 0.04, 0.9) * (0.4 + 0.6 * case.severity))
    layers.yellow += weight * np.float32(case.between(0.0, 0.35))
    if not flat:
        _keratotic(case, weight)
    if case.chance(0.66 if not flat else 0.25):
        cyst = weight * surface.cysts(
            canvas, rng, case.between(0.6, 1.1), (0.05, 0.15), case.between(0.2, 0.7)
        )
        case.bleach(cyst, 0.75)
        layers.scatter += np.float32(1.0) * cyst
        case.veil(cyst, case.between(0.1, 0.4) * case.severity)
    if case.chance(0.2):
        stroke, halo = vessels.hairpins(canvas, rng, case.between(0.5, 0.8), 0.07, case.between(0.2, 0.7))
        case.vessels(weight * stroke, 0.22)
        layers.scatter += np.float32(0.3) * weight * halo


def _keratotic(case: Case, weight: Field) -> None:
    canvas, rng, layers = case.canvas, case.rng, case.layers
    layers.keratin += weight * np.float32(case.between(0.0, 0.08)) * (0.6 + 0.4 * case.mottle(0.4, 0.8))
    layers.relief += weight * (1.0 + 0.5 * canvas.rough(rng, 0.6)) * np.float32(case.between(0.02, 0.08))
    if case.chance(0.4):
        furrow, ridge = surface.fissures(canvas, rng, case.between(0.35, 0.75), case.between(0.15, 0.35))
        case.tan(weight * furrow, 0.35 * case.severity)
        layers.crust += weight * furrow * np.float32(case.between(0.1, 0.9) * case.severity)
        layers.relief += weight * ridge * np.float32(0.08)
    if case.chance(0.7):
        plug, rim = surface.openings(canvas, rng, case.between(0.7, 1.3), (0.06, 0.2), case.between(0.2, 0.7))
        layers.crust += weight * plug * np.float32(case.between(0.3, 1.8) * case.severity)
        layers.yellow += weight * plug * np.float32(0.5)
        case.bleach(weight * rim, 0.25)
    if case.chance(0.25):
        flakes = surface.scale(canvas, rng, amount=case.between(0.2, 0.7), patch=1.5, coarse=0.3)
        case.veil(weight * flakes, 0.5)


def dermatofibroma(case: Case) -> None:
    """A white scar-like patch in the middle of a delicate network that fades."""
    canvas, rng = case.canvas, case.rng
    radius = case.size(2.9, 0.28, 1.6, 5.0)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.3), uneven=case.between(0.05, 0.12))
    weight = inside(depth, case.between(0.7, 2.0))
    case.mark(weight)
    kind = rng.choice(["patch", "white_net", "even", "patches"], p=[0.52, 0.13, 0.23, 0.12])
    spacing = case.between(0.18, 0.3)
    net = pigment.network(canvas, rng, spacing, case.between(0.1, 0.2))
    brown = weight * case.mottle(0.2, 1.2) * (0.45 + case.between(0.3, 0.9) * net)
    case.tan(brown, case.size(0.11, 0.4, 0.04, 0.3) * (0.4 + 0.6 * case.severity))
    case.redden(weight, case.between(0.0, 0.03), 0.4)
    if kind in ("patch", "white_net"):
        share = case.between(0.35, 0.6)
        white = inside(outline(canvas, rng, share * radius, uneven=0.28), case.between(0.7, 1.6))
        white = white * np.clip(0.75 + 0.3 * canvas.rough(rng, 0.6), 0.2, 1.0)
        if kind == "white_net":
            white = white * pigment.network(canvas, rng, case.between(0.3, 0.55), 0.25)
        _scar(case, white)
    elif kind == "patches":
        spots = canvas.cells(rng, 0.45 * radius)
        _scar(
            case,
            weight * rise(spots.draw(rng, 0.1, 0.4) - spots.distance + 0.1 * canvas.smooth(rng, 0.8), 0.35),
        )
    if case.chance(0.3):
        inner = rise(depth - np.float32(0.4 * radius), 0.6 * radius)
        case.vessels(inner * vessels.dotted(canvas, rng, case.between(0.3, 0.5), 0.07, share=0.6), 0.12)


def _scar(case: Case, white: Field) -> None:
    strength = np.float32(0.4 + 0.6 * case.severity)
    case.bleach(white * strength, 0.75)
    case.layers.scatter += white * strength * np.float32(case.between(0.3, 1.2))
    case.layers.arterial *= 1.0 - 0.35 * white
    lines = surface.shiny_lines(case.canvas, case.rng, case.between(0.4, 0.7))
    case.layers.shiny += white * (0.4 + 1.2 * lines) * np.float32(case.between(0.2, 1.0))


def basal_cell_carcinoma(case: Case) -> None:
    """Arborising vessels, blue-grey nests, leaf-like areas, ulceration, white shiny areas on pink."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    radius = case.size(3.0, 0.33, 1.5, 5.5)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.6), uneven=case.between(0.1, 0.22))
    weight = inside(depth, case.between(0.4, 1.4))
    case.mark(weight)
    kind = rng.choice(["nodular", "superficial", "pigmented"], p=[0.42, 0.33, 0.25])
    case.redden(weight * case.mottle(0.3, 1.0), case.between(0.008, 0.04), 0.35)
    case.bleach(weight, case.between(0.2, 0.6))
    layers.scatter += weight * np.float32(case.between(0.05, 0.4))
    layers.shiny += (
        weight * rise(canvas.rough(rng, 0.7) - np.float32(0.6), 0.7) * np.float32(case.between(0.0, 1.2))
    )
    if kind == "superficial":
        fine = vessels.linear(
            canvas, rng, int(rng.integers(5, 22)), reach=radius, length=0.9, width=0.06, wiggle=0.35
        )
        case.vessels(weight * fine, 0.2)
        _erosions(case, weight)
    else:
        layers.relief += weight * np.float32(0.1)
        trunks = int(rng.integers(2, 6)) if kind == "nodular" else int(rng.integers(0, 3))
        tree = vessels.arborising(canvas, rng, trunks, radius=radius, width=case.between(0.07, 0.16))
        case.vessels(tree * (0.2 + 0.8 * weight), case.between(0.15, 0.4))
    if case.chance({"nodular": 0.4, "superficial": 0.3, "pigmented": 1.0}[str(kind)]):
        _blue_grey(case, radius, weight, heavy=kind == "pigmented")
    if case.chance({"nodular": 0.35, "superficial": 0.1, "pigmented": 0.2}[str(kind)]):
        _ulcer(case, radius)


def _blue_grey(case: Case, radius: float, weight: Field, *, heavy: bool) -> None:
    canvas, rng, layers = case.canvas, case.rng, case.layers
    count = int(rng.integers(4, 10) if heavy else rng.integers(1, 5))
    ovoid = pigment.nests(canvas, rng, count, 0.75 * radius, (0.15, 0.7 if heavy else 0.45))
    strength = np.float32(case.between(0.4, 1.0) * (0.4 + 0.6 * case.severity))
    layers.deep += ovoid * strength * case.mottle(0.15, 0.4)
    case.tan(ovoid, case.between(0.0, 0.05))
    layers.deep += weight * pigment.specks(canvas, rng, 0.4, 0.055, case.between(0.05, 0.4)) * np.float32(0.6)
    if case.chance(0.45):
        turn = case.between(0, 2 * np.pi)
        base = (0.7 * radius * float(np.cos(turn)), 0.7 * radius * float(np.sin(turn)))
        leaf = pigment.leaves(canvas, rng, base, case.between(0.5, 1.1))
        case.tan(leaf, 0.12 * case.severity)
        layers.deep += leaf * np.float32(0.4 * case.severity)


def _ulcer(case: Case, radius: float) -> None:
    canvas, rng = case.canvas, case.rng
    turn, away = case.between(0, 2 * np.pi), case.between(0.0, 0.5) * radius
    centre = (away * float(np.cos(turn)), away * float(np.sin(turn)))
    sore = inside(outline(canvas, rng, case.between(0.12, 0.35) * radius, centre=centre, uneven=0.3), 0.4)
    case.redden(sore, case.between(0.06, 0.25), 0.4)
    clot = rise(canvas.rough(rng, 0.6) + np.float32(case.between(-0.6, 0.5)), 1.6)
    case.layers.crust += sore * clot * np.float32(case.between(0.2, 0.9))
    case.layers.yellow += sore * np.float32(case.between(0.0, 0.3))


def _erosions(case: Case, weight: Field) -> None:
    if case.chance(0.45):
        spots = case.canvas.cells(case.rng, case.between(0.8, 1.6))
        spot = rise(spots.draw(case.rng, 0.04, 0.16) - spots.distance, 0.1) * (spots.draw(case.rng) < 0.5)
        case.layers.crust += weight * spot * np.float32(case.between(0.3, 1.0))
        case.layers.yellow += weight * spot * np.float32(0.5)
        case.redden(weight * spot, 0.1)
