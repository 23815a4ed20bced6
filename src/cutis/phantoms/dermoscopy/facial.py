"""Rosacea and acne vulgaris.

Sources: Lallas et al. 2014, J Eur Acad Dermatol Venereol 28:609 (vascular polygons of rosacea); Trave et al.
2021, Clin Exp Dermatol 46:1434 (papulopustular rosacea: polygons, yellow dots, follicular scale, plugs);
Madarkar et al. 2025, J Clin Med Res 6(3):1 (acne: follicular plugs, redness around follicles, pus).
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import blur, rise
from cutis.phantoms.dermoscopy import surface, vessels
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import inside, outline, plaque

_SPOT = {"open": 0.25, "closed": 0.17, "papule": 0.28, "pustule": 0.2, "mark": 0.1}


def rosacea(case: Case) -> None:
    """Linear vessels that form polygons, on red, with plugged follicles."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    weight = inside(plaque(canvas, rng) + 1.0, case.between(1.2, 2.5))
    case.mark(weight)
    case.redden(weight * case.mottle(0.3, 1.8), case.between(0.008, 0.038) * (0.4 + 0.6 * case.severity), 0.3)
    broken = 0.55 - 0.45 * case.severity * case.between(0.6, 1.0)
    soft = case.between(0.02, 0.09)
    polygons = vessels.net(
        canvas, rng, case.between(0.65, 1.25), case.between(0.04, 0.10), broken=broken, soft=soft
    )
    case.vessels(weight * polygons, case.between(0.08, 0.28), 0.25)
    if case.chance(0.4):
        lines = vessels.linear(
            canvas, rng, int(rng.integers(6, 30)), reach=6.0, length=2.0, width=case.between(0.06, 0.13)
        )
        case.vessels(weight * lines, case.between(0.12, 0.3), 0.25)
    pore = canvas.cells(rng, case.between(0.7, 1.1))
    taken = pore.draw(rng) < case.between(0.1, 0.8)
    layers.yellow += (
        weight
        * rise(pore.draw(rng, 0.08, 0.2) - pore.distance, 0.1)
        * taken
        * np.float32(case.between(0.1, 0.4))
    )
    if case.chance(0.5):
        collar = rise(0.07 - np.abs(pore.distance - 0.2), 0.08) * taken
        case.veil(weight * collar, case.between(0.02, 0.12))
    if case.chance(0.25):
        flakes = surface.scale(canvas, rng, amount=case.between(0.1, 0.4), patch=1.5, coarse=0.3)
        case.veil(weight * flakes, case.between(0.2, 0.5))
        layers.yellow += weight * flakes * np.float32(case.between(0.0, 0.3))
    if case.chance(0.3):
        for _ in range(int(rng.integers(1, 4))):
            _spot(case, "pustule" if case.chance(0.6) else "papule", *_place(case, 3.0))


def acne(case: Case) -> None:
    """Comedones, papules and pustules around follicles, and the marks they leave."""
    canvas, rng = case.canvas, case.rng
    count = int(rng.integers(1, 4)) if case.severity < 0.55 else int(rng.integers(2, 8))
    if case.chance(0.5):
        case.redden(case.mottle(0.4, 2.0) * rise(canvas.smooth(rng, 3.0), 2.0), case.between(0.0, 0.015))
    for number in range(count):
        kind = str(rng.choice(list(_SPOT), p=list(_SPOT.values())))
        if number == 0 and kind == "mark":
            kind = "papule"
        place = _place(case, 0.8) if number == 0 else _place(case, 4.2)
        _spot(case, kind, *place)


def _place(case: Case, reach: float) -> tuple[float, float]:
    turn, away = case.between(0, 2 * np.pi), reach * np.sqrt(case.between(0, 1))
    return float(away * np.cos(turn)), float(away * np.sin(turn))


def _spot(case: Case, kind: str, x: float, y: float) -> None:
    canvas, rng, layers = case.canvas, case.rng, case.layers
    strength = 0.4 + 0.6 * case.severity
    radius = {"open": 0.45, "closed": 0.5, "papule": 1.3, "pustule": 1.2, "mark": 1.1}[kind] * case.between(
        0.65, 1.4
    )
    area = outline(canvas, rng, radius, centre=(x, y), longer=case.between(1.0, 1.25), uneven=0.1)
    weight = inside(area, case.between(0.35, 0.7) * radius)
    case.mark(weight)
    if kind == "mark":
        case.tan(weight, 0.05 * strength + 0.3 * case.person.melanin * strength)
        case.redden(weight, case.between(0.0, 0.03), 0.5)
        return
    layers.relief += weight * np.float32(0.08 * radius)
    case.redden(
        weight, (0.07 if kind in ("papule", "pustule") else 0.008) * strength * case.between(0.5, 1.3), 0.3
    )
    core = inside(outline(canvas, rng, 0.42 * radius, centre=(x, y), uneven=0.12), 0.3 * radius)
    if kind == "open":
        plug = inside(outline(canvas, rng, 0.55 * radius, centre=(x, y), uneven=0.12), 0.14)
        layers.crust += plug * np.float32(case.between(0.8, 2.2) * strength)
        layers.yellow += plug * np.float32(0.4)
        layers.scatter += weight * (1.0 - plug) * np.float32(0.4)
    elif kind == "closed":
        case.bleach(weight, 0.4)
        layers.scatter += weight * np.float32(0.6 * strength)
        case.veil(core, 0.2 * strength)
        layers.yellow += weight * np.float32(0.25)
    elif kind == "pustule":
        case.veil(core, case.between(0.3, 0.65) * strength)
        layers.yellow += core * np.float32(case.between(0.1, 0.4))
        layers.arterial *= 1.0 - 0.6 * core
    else:
        layers.scatter += core * np.float32(case.between(0.1, 0.6))
        if case.chance(0.4):
            layers.crust += inside(outline(canvas, rng, 0.16, centre=(x, y)), 0.15) * np.float32(
                case.between(0.4, 1.5)
            )
    if kind in ("papule", "pustule") and case.chance(0.4):
        fine = vessels.radial(
            canvas, rng, int(rng.integers(4, 14)), (x, y), (0.6 * radius, 1.1 * radius), 0.06
        )
        case.vessels(blur(fine, 0.5), 0.15)
