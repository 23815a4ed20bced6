"""Viral warts, and keloid and hypertrophic scar.

Sources: Al Rudaisat and Cheng 2021, Int J Gen Med 14:9903 (common, palmar, plantar and flat warts);
León-Herce et al. 2024, Dermatol Ther, doi 10.1155/DTH/4056433 (plantar warts: interrupted skin lines, clots);
Yoo and Kim 2014, Ann Dermatol 26:603 (vessels in 90% of keloids, 27% of hypertrophic scars; arborising 52%,
linear irregular 33%, comma-shaped 15%).
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Field, blur, rise
from cutis.phantoms.dermoscopy import vessels
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import inside, outline
from cutis.phantoms.dermoscopy.surface import papillae, scale


def viral_wart(case: Case) -> None:
    """Papillae with a dot or clot in each, or a keratin disc with clots, or a flat papule with fine dots."""
    canvas, rng = case.canvas, case.rng
    ridged = case.person.ridged
    kind = "plantar" if case.chance(0.75 if case.person.site == "foot" else 0.15) else "common"
    if not ridged:
        kind = "flat" if case.chance(0.4) else "common"
    radius = case.size(1.5 if kind == "flat" else 2.3, 0.32, 0.8, 5.0)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.4), uneven=case.between(0.05, 0.14))
    weight = inside(depth, case.between(0.12, 0.4))
    case.mark(weight)
    if kind == "common":
        _papillated(case, weight)
    elif kind == "plantar":
        _plantar(case, weight)
    else:
        case.tan(weight, case.between(0.0, 0.05))
        case.layers.yellow += weight * np.float32(case.between(0.0, 0.2))
        case.redden(weight, case.between(0.0, 0.02))
        case.layers.relief += weight * np.float32(0.08)
        dots = vessels.dotted(canvas, rng, case.between(0.25, 0.4), 0.05, share=case.between(0.4, 0.9))
        case.vessels(weight * dots, case.between(0.1, 0.25))
    if case.chance(0.5):
        collar = rise(0.12 - np.abs(depth), 0.3)
        case.veil(collar, case.between(0.03, 0.16))


def _papillated(case: Case, weight: Field) -> None:
    canvas, rng, layers = case.canvas, case.rng, case.layers
    height, groove, distance = papillae(canvas, rng, case.between(0.38, 0.75))
    strength = np.float32(0.4 + 0.6 * case.severity)
    layers.relief += weight * height * np.float32(0.16)
    case.veil(weight * height * strength, case.between(0.1, 0.4))
    layers.scatter += weight * np.float32(0.3)
    layers.yellow += weight * np.float32(case.between(0.0, 0.25))
    case.redden(weight * (1.0 - 0.5 * groove), case.between(0.008, 0.04))
    layers.crust += weight * np.minimum(groove, 1.0) * np.float32(case.between(0.0, 0.2)) * strength
    dot = rise(np.float32(case.between(0.10, 0.2)) - distance, 0.12)
    clotted = canvas.cells(rng, case.between(0.4, 0.8)).draw(rng)
    share = case.between(0.0, 0.8)
    case.vessels(weight * dot * (clotted >= share), case.between(0.2, 0.45))
    layers.crust += weight * dot * (clotted < share) * np.float32(case.between(0.8, 2.4)) * strength
    if case.chance(0.35):
        flakes = scale(canvas, rng, amount=case.between(0.2, 0.6), patch=1.0, coarse=0.3)
        case.veil(weight * flakes, 0.5)


def _plantar(case: Case, weight: Field) -> None:
    canvas, rng, layers = case.canvas, case.rng, case.layers
    layers.relief *= 1.0 - 0.9 * weight  # skin lines stop at the wart
    case.veil(weight * case.mottle(0.45, 0.8), case.between(0.08, 0.3))
    layers.yellow += weight * np.float32(case.between(0.1, 0.4))
    layers.scatter += weight * np.float32(0.3)
    case.redden(weight, case.between(0.0, 0.03))
    clots = canvas.cells(
        rng, case.between(0.4, 0.75), stretch=case.between(1.0, 1.8), angle=case.between(0, np.pi)
    )
    wobble = clots.distance + np.float32(0.08) * canvas.rough(rng, 0.4)
    dot = rise(clots.draw(rng, 0.03, 0.22) - wobble, 0.16) * (clots.draw(rng) < case.between(0.3, 0.85))
    dot = dot * clots.draw(rng, 0.3, 1.0)
    black = case.between(0.2, 1.0)
    layers.crust += weight * dot * np.float32(2.2 * black * (0.4 + 0.6 * case.severity))
    case.vessels(weight * dot, 0.35 * (1.0 - 0.5 * black), 0.4)


def keloid(case: Case) -> None:
    """A smooth pink to white plaque, drawn out, with branching vessels under a stretched surface."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    radius = case.size(4.2, 0.35, 2.2, 9.0)
    turn, away = case.between(0, 2 * np.pi), case.between(0.0, 0.5) * radius
    centre = (away * float(np.cos(turn)), away * float(np.sin(turn)))
    depth = outline(
        canvas, rng, radius, centre=centre, longer=case.between(1.1, 2.8), uneven=case.between(0.04, 0.12)
    )
    weight = inside(depth, case.between(0.4, 1.3))
    case.mark(weight)
    strength = 0.4 + 0.6 * case.severity
    case.redden(
        weight * case.mottle(0.25, 2.0), case.size(0.02, 0.6, 0.003, 0.08) * strength, case.between(0.2, 0.5)
    )
    white = rise(
        canvas.smooth(rng, case.between(1.2, 2.5))
        + 0.5 * canvas.rough(rng, 1.2)
        + np.float32(case.between(-0.5, 0.8)),
        3.2,
    )
    layers.scatter += weight * (0.25 + white) * np.float32(case.between(0.15, 0.8) * strength)
    layers.shiny += weight * white * np.float32(case.between(0.1, 0.7))
    case.bleach(weight * white, 0.35)
    case.tan(weight, case.between(0.0, 0.02) + case.between(-0.1, 0.5) * case.person.melanin)
    layers.relief += weight * np.float32(0.15)
    if case.chance(0.25 + 0.5 * case.severity):
        _scar_vessels(case, weight, radius, centre)
    if case.chance(0.3):
        case.tan(rise(0.6 - np.abs(depth), 0.8), 0.04 + 0.2 * case.person.melanin)


def _scar_vessels(case: Case, weight: Field, radius: float, centre: tuple[float, float]) -> None:
    canvas, rng = case.canvas, case.rng
    kind = rng.choice(["arborising", "linear", "comma"], p=[0.52, 0.33, 0.15])
    width = case.between(0.06, 0.15)
    if kind == "arborising":
        trunks = int(rng.integers(3, 9))
        cover = vessels.arborising(canvas, rng, trunks, centre=centre, radius=radius, width=width)
    elif kind == "linear":
        count = int(rng.integers(10, 50))
        cover = vessels.linear(canvas, rng, count, centre=centre, reach=radius, length=2.0, width=0.8 * width)
    else:
        cover = vessels.commas(canvas, rng, case.between(0.7, 1.2), width, 0.5)
    case.vessels(weight * blur(cover, case.between(0.0, 0.04) / canvas.pixel), case.between(0.1, 0.35))
