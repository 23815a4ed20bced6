"""Psoriasis, eczema, lichen planus and seborrheic dermatitis.

Sources: Lallas et al. 2012, Br J Dermatol 166:1198 (psoriasis: regular dotted vessels on light red, white
scale; dermatitis: patchy dotted vessels, yellow scale; lichen planus: Wickham striae); Errichetti 2019,
Dermatol Pract Concept 9(3):169; Lallas et al. 2014, J Eur Acad Dermatol Venereol 28:609 and Kang et al. 2020,
Indian J Dermatol 65:316 (seborrheic dermatitis of the face); Ankad and Koti 2020, Clin Dermatol Rev 4:74
(dark skin).
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Field, blur, rise
from cutis.phantoms.dermoscopy import pigment, surface, vessels
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import inside, outline, plaque, scattered


def psoriasis(case: Case) -> None:
    """Regularly distributed dots on light red, and white scale."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    depth = plaque(canvas, rng)
    weight = inside(depth, case.between(0.2, 0.8))
    case.mark(weight)
    _erythema(case, weight, case.between(0.018, 0.05), 0.15)
    layers.relief += weight * np.float32(0.08)
    spacing = case.between(0.24, 0.42)
    if case.chance(0.7):
        dots = vessels.dotted(canvas, rng, spacing, case.between(0.04, 0.075), share=case.between(0.75, 1.0))
    else:
        dots = vessels.coiled(
            canvas, rng, 1.2 * spacing, case.between(0.075, 0.11), share=case.between(0.75, 1.0)
        )
    if case.chance(0.92):
        case.vessels(weight * dots, case.between(0.12, 0.3))
    amount = case.between(0.15, 0.75) * (0.5 + 0.5 * case.severity)
    white = surface.scale(
        canvas, rng, amount=amount, patch=case.between(0.8, 2.5), coarse=case.between(0.15, 0.45)
    )
    spread = rng.choice(["patchy", "diffuse", "peripheral", "central"], p=[0.45, 0.25, 0.15, 0.15])
    if spread == "diffuse":
        white = 0.5 * white + 0.25 * rise(canvas.rough(rng, 0.4), 1.5)
    elif spread == "peripheral":
        white = white * rise(1.4 - depth, 1.0)
    elif spread == "central":
        white = white * rise(depth - np.float32(0.8), 1.2)
    _scaled(case, weight * white, case.between(0.35, 0.85), yellow=case.between(0.0, 0.12))


def eczema(case: Case) -> None:
    """Dull ill-defined red, dots in clusters, yellow scale and serous crusts."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    weight = inside(plaque(canvas, rng), case.between(0.8, 2.2))
    case.mark(weight)
    _erythema(case, weight, case.between(0.010, 0.038), 0.4)
    clusters = rise(canvas.smooth(rng, case.between(1.2, 2.2)) - np.float32(0.2), 0.9)
    regular = case.chance(0.5)
    dots = vessels.dotted(
        canvas, rng, case.between(0.25, 0.42), case.between(0.05, 0.09), regular=regular, share=0.8
    )
    if case.chance(0.85):
        case.vessels(weight * dots * clusters, case.between(0.1, 0.24))
    amount = case.between(0.1, 0.55)
    flakes = surface.scale(
        canvas, rng, amount=amount, patch=case.between(0.8, 2.0), coarse=case.between(0.15, 0.35)
    )
    _scaled(case, weight * flakes, case.between(0.25, 0.7), yellow=case.between(0.03, 0.2))
    if case.chance(0.78):
        serum = rise(
            canvas.smooth(rng, case.between(0.7, 1.4)) + 0.5 * canvas.rough(rng, 0.5) - np.float32(0.8), 1.3
        )
        layers.yellow += weight * serum * np.float32(case.between(0.3, 0.9) * case.severity)
        layers.crust += weight * serum * np.float32(case.between(0.0, 0.25))
        layers.relief += weight * serum * np.float32(0.06)
    if case.chance(0.2):
        scratch = vessels.linear(
            canvas,
            rng,
            int(rng.integers(1, 5)),
            reach=3.0,
            length=case.between(1.5, 4.0),
            width=0.16,
            wiggle=0.06,
        )
        layers.crust += weight * blur(scratch, 0.6) * np.float32(case.between(0.6, 1.6))
    if case.chance(0.3):
        lichenified = canvas.cells(rng, case.between(0.6, 1.0), stretch=1.4, angle=case.between(0, np.pi))
        layers.relief -= weight * lichenified.lines(0.15, 0.35) * np.float32(0.03)
        case.tan(weight * lichenified.lines(0.1, 0.35), 0.015)


def lichen_planus(case: Case) -> None:
    """Wickham striae on violet, vessels at the edge, grey-brown dots."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    if case.chance(0.6):
        radius = case.size(3.0, 0.35, 1.4, 6.0)
        depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.5), uneven=case.between(0.08, 0.18))
    else:
        radius, depth = 2.0, scattered(canvas, rng, int(rng.integers(3, 9)), 4.0, (0.6, 1.7))
    weight = inside(depth, case.between(0.25, 0.9))
    case.mark(weight)
    _erythema(case, weight, case.between(0.014, 0.045), case.between(0.4, 0.75))
    case.tan(weight, case.between(0.0, 0.04) + 0.12 * case.person.melanin)
    layers.relief += weight * np.float32(0.1)
    if case.chance(0.86):
        white = surface.striae(canvas, rng, case.between(0.6, 1.4), case.between(0.06, 0.15))
        if case.chance(0.35):
            white = white * rise(np.float32(0.55 * radius) - depth, 0.5)  # an annular lesion
        white = white * np.clip(0.7 + 0.3 * canvas.rough(rng, 0.6), 0.1, 1.0)
        opacity = case.between(0.15, 0.5)
        _scaled(case, weight * blur(white, 0.03 / canvas.pixel), opacity, yellow=0.02)
        case.bleach(weight * white, 0.5)
        layers.scatter += weight * white * np.float32(0.6)
    rim = rise(0.5 - np.abs(depth - 0.3), 0.5)
    if case.chance(0.6):
        dots = vessels.dotted(canvas, rng, case.between(0.25, 0.4), 0.07, regular=False, share=0.8)
        case.vessels(rim * dots, case.between(0.1, 0.25), 0.3)
    if radius > 2.0 and case.chance(0.5):
        spokes = vessels.radial(
            canvas, rng, int(rng.integers(8, 26)), (0.0, 0.0), (0.6 * radius, 1.05 * radius), 0.07
        )
        case.vessels(spokes, case.between(0.12, 0.28), 0.3)
    if case.chance(0.25 + 0.1 * case.person.skin_type):
        pepper = pigment.specks(canvas, rng, case.between(0.25, 0.5), 0.06, case.between(0.15, 0.6))
        layers.deep += weight * pepper * np.float32(case.between(0.15, 0.6))


def seborrheic_dermatitis(case: Case) -> None:
    """Yellow greasy scale on dull red, blurred dots and lines, yellow plugs."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    weight = inside(plaque(canvas, rng), case.between(0.9, 2.2))
    case.mark(weight)
    _erythema(case, weight, case.between(0.008, 0.030), 0.25)
    patches = rise(canvas.smooth(rng, case.between(1.2, 2.5)), 1.6)
    layers.yellow += weight * (0.15 + patches) * np.float32(case.between(0.1, 0.4) * case.severity)
    dots = vessels.dotted(
        canvas, rng, case.between(0.28, 0.5), 0.075, regular=False, share=case.between(0.4, 0.8)
    )
    lines = vessels.linear(
        canvas, rng, int(rng.integers(20, 90)), reach=8.0, length=1.3, width=0.075, wiggle=0.35
    )
    soft = case.between(0.01, 0.035) / canvas.pixel
    case.vessels(weight * blur(dots, soft) * rise(canvas.smooth(rng, 1.6), 1.2), case.between(0.06, 0.18))
    if case.chance(0.65):
        case.vessels(weight * blur(lines, soft), case.between(0.06, 0.18))
    flakes = surface.scale(
        canvas,
        rng,
        amount=case.between(0.15, 0.55),
        patch=case.between(0.8, 2.2),
        coarse=case.between(0.2, 0.5),
    )
    _scaled(case, weight * flakes, case.between(0.35, 0.85), yellow=case.between(0.10, 0.32))
    if case.person.follicles and case.chance(0.5):
        pore = canvas.cells(rng, case.between(0.7, 1.1))
        halo = rise(0.28 - pore.distance, 0.25) * (pore.draw(rng) < 0.6)
        layers.yellow += weight * halo * np.float32(case.between(0.1, 0.45))


def _erythema(case: Case, weight: Field, blood: float, venous: float) -> None:
    """Inflamed skin: blood, and in dark skin more pigment than redness."""
    redness = weight * case.mottle(case.between(0.15, 0.35), case.between(0.8, 2.0))
    case.redden(redness, blood * (0.35 + 0.65 * case.severity), venous)
    case.tan(weight, max(0.0, case.between(-0.2, 0.35)) * case.person.melanin)


def _scaled(case: Case, cover: Field, opacity: float, *, yellow: float) -> None:
    cover = cover * np.float32(opacity * (0.35 + 0.65 * case.severity))
    case.veil(cover, 1.0)
    case.layers.yellow += cover * np.float32(2.0 * yellow)
    case.layers.relief += cover * np.float32(0.07)
