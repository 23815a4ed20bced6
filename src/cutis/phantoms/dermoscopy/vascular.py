"""Hemangioma and port wine stain.

Sources: Gao et al. 2021, Front Med 8:692060 (lacunae, septa and background of hemangiomas); dermoscopy of
264 port wine stains, Australas J Dermatol 2020, doi 10.1111/ajd.13470 (linear 42%, reticular 28%,
sausage-like 14%, dots or globules 9%, mixed 7%; whitish veil 38%, white circles 14%); Piccolo et al. 2018,
Dermatol Clin 36:389.
"""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Cells, Field, rise
from cutis.phantoms.dermoscopy import vessels
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.dermoscopy.shapes import inside, outline, plaque

_STAIN = {"linear": 0.40, "reticular": 0.26, "sausage": 0.13, "dots": 0.14, "none": 0.07}


def hemangioma(case: Case) -> None:
    """Red, blue or purple lacunae with paler septa between, sharply set off."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    radius = case.size(1.9, 0.4, 0.7, 4.5)
    depth = outline(canvas, rng, radius, longer=case.between(1.0, 1.5), uneven=case.between(0.04, 0.16))
    spacing = case.between(0.28, 0.8)
    sway = 0.15 * spacing
    warp = (sway * canvas.smooth(rng, spacing), sway * canvas.smooth(rng, spacing))
    lake = canvas.cells(rng, spacing, warp=warp)
    # The border follows the lacunae, each of which lies wholly inside or outside.
    depth = depth + np.float32(0.45 * spacing) * (0.45 - lake.distance) * case.between(0.3, 1.5)
    weight = inside(depth, case.between(0.1, 0.35))
    case.mark(weight)
    septa = case.between(0.0, 0.14) if case.chance(0.7) else 0.0
    filled = _filled(case, lake, septa) if septa else np.ones_like(weight)
    venous = float(rng.choice([0.1, 0.35, 0.65, 0.95], p=[0.5, 0.25, 0.15, 0.10]))
    tint = np.clip(venous + 0.25 * lake.draw(rng, -1, 1), 0.0, 1.0)
    blood = lake.draw(rng, 0.6, 1.3) * np.float32(
        case.size(0.5, 0.5, 0.12, 1.0) * (0.35 + 0.65 * case.severity)
    )
    layers.arterial += weight * filled * blood * (1.0 - tint)
    layers.venous += weight * filled * blood * tint
    case.redden(weight, case.between(0.03, 0.12), venous)
    layers.relief += weight * np.minimum(lake.edge, 0.4) * np.float32(0.06)
    if case.chance(0.3):
        veil = rise(canvas.smooth(rng, 0.8 * radius) + 0.5 * canvas.rough(rng, 0.6), 2.2)
        case.veil(weight * veil, case.between(0.03, 0.13))
    if case.chance(0.15):
        clot = rise(0.42 - lake.distance, 0.4) * (lake.draw(rng) < 0.25)
        layers.crust += weight * clot * np.float32(case.between(0.8, 2.2))
    if case.chance(0.3):
        case.redden(rise(depth + np.float32(0.8), 1.6) * (1.0 - weight), case.between(0.01, 0.04))


def _filled(case: Case, lake: Cells, septa: float) -> Field:
    """Lacunae round off towards septa that are thin and not everywhere."""
    thin = rise(lake.edge - np.float32(septa), 0.25)
    round_off = rise(0.75 - lake.distance, 0.5)
    seen = np.clip(0.7 + 0.5 * case.canvas.smooth(case.rng, 0.9), 0.15, 1.0)
    return np.asarray(1.0 - seen * (1.0 - thin * round_off))


def port_wine_stain(case: Case) -> None:
    """A pink to purple stain with dots, lines or a net of dilated vessels."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    weight = inside(plaque(canvas, rng), case.between(0.4, 1.5))
    case.mark(weight)
    venous = case.between(0.4, 0.95)
    flush = weight * case.mottle(case.between(0.2, 0.5), case.between(0.8, 2.0))
    case.redden(flush, case.size(0.04, 0.45, 0.012, 0.12) * (0.4 + 0.6 * case.severity), venous)
    for kind in rng.choice(
        list(_STAIN), size=1 + int(case.chance(0.3)), p=list(_STAIN.values()), replace=False
    ):
        cover = _dilated(case, str(kind))
        case.vessels(weight * cover, case.between(0.06, 0.22), venous)
    if case.chance(0.38):
        veil = rise(canvas.smooth(rng, 1.5) + 0.5 * canvas.rough(rng, 0.8), 3.0)
        case.veil(weight * veil, case.between(0.04, 0.18))
    if case.person.follicles and case.chance(0.2):
        pore = canvas.cells(rng, case.between(0.8, 1.2))
        ring = rise(0.2 - np.abs(pore.distance - 0.1), 0.15) * (pore.draw(rng) < 0.6)
        layers.arterial *= 1.0 - 0.6 * ring * weight
        layers.venous *= 1.0 - 0.6 * ring * weight


def _dilated(case: Case, kind: str) -> Field:
    canvas, rng = case.canvas, case.rng
    if kind == "dots":
        spacing = case.between(0.26, 0.5)
        return vessels.dotted(
            canvas, rng, spacing, 0.28 * spacing, regular=False, share=case.between(0.5, 0.95)
        )
    if kind == "reticular":
        return vessels.net(
            canvas, rng, case.between(0.5, 1.0), case.between(0.04, 0.09), broken=0.3, soft=0.07
        )
    if kind == "none":
        return canvas.full(0.0)
    width = case.between(0.09, 0.16) if kind == "sausage" else case.between(0.035, 0.08)
    length = case.between(0.5, 0.9) if kind == "sausage" else case.between(0.9, 2.2)
    count = int(rng.integers(150, 450))
    return vessels.linear(canvas, rng, count, reach=9.0, length=length, width=width, wiggle=0.35)
