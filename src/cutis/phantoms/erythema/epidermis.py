"""What happens to the epidermis: blisters, tense and flaccid; erosions where it has come off; crusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cutis.phantoms.canvas import Field, rise
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.erythema.frame import Scene, seen

if TYPE_CHECKING:
    from cutis.phantoms.erythema.lesion import Lesion


def blister(case: Case, scene: Scene, lesion: Lesion, along: Field) -> None:
    """A roof of epidermis over fluid: a dome that shines, or a slack sheet in folds."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    wander = np.float32(0.05 + 0.09 * lesion.slack) * canvas.smooth(rng, max(0.45 * lesion.radius, 1.0))
    inner = np.float32(lesion.bleb_radius) - along + wander
    edge = max(0.12, 2.5 * canvas.pixel / lesion.radius)
    roof = rise(inner, edge) * np.float32(lesion.bleb)
    bulge = np.clip(inner / np.float32(max(lesion.bleb_radius, 0.1)), 0, 1)
    tense = 1.0 - lesion.slack
    height = lesion.radius * lesion.bleb_radius * (0.15 + 0.35 * tense)
    layers.relief += np.float32(height) * np.sqrt(bulge * (2 - bulge)) * roof
    if lesion.slack > 0.3:
        angle, stretch = rng.uniform(0, np.pi), rng.uniform(1.8, 3.2)
        size = max(0.35 * lesion.radius, seen(canvas, 1.0))
        warp = (0.4 * size * canvas.smooth(rng, size), 0.4 * size * canvas.smooth(rng, size))
        folds = canvas.cells(rng, size, stretch=stretch, angle=angle, warp=warp)
        crease = np.maximum(np.float32(0.3) - folds.edge, 0)
        layers.relief -= np.float32(0.7 * lesion.slack) * crease * roof
        layers.keratin += np.float32(0.12 * lesion.slack) * roof / np.float32(1 + 10 * case.person.melanin)
        layers.deep += np.float32(0.10 * lesion.slack) * roof * crease
    # Fluid under the roof scatters little: it is seen as a yellowish, greyish or bloody veil.
    layers.yellow += roof * np.float32(case.between(0.10, 0.35) * (1 - 0.7 * lesion.bleb_blood))
    layers.scatter += roof * np.float32(0.30 * tense - 0.05)
    layers.arterial *= 1 - roof * np.float32(0.35)
    case.redden(roof, 0.05 * lesion.bleb_blood, 0.85)
    layers.deep += roof * np.float32(0.18 * lesion.bleb_blood)
    np.maximum(scene.gloss, roof * np.float32(0.10 + 0.65 * tense), out=scene.gloss)


def erosion(case: Case, scene: Scene, lesion: Lesion, along: Field) -> None:
    """Epidermis has come off: a wet red floor without pigment, grey shreds, and a rolled edge."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    size = max(0.5 * lesion.radius, 1.5)
    fine = np.float32(0.05) * canvas.rough(rng, seen(canvas, 0.4 * size))
    wander = np.float32(0.20) * canvas.smooth(rng, size) + fine
    inner = np.float32(0.15 + 0.65 * lesion.raw) - along + wander
    floor = rise(inner, max(0.10, 2 * canvas.pixel / lesion.radius))
    shreds = rise(canvas.rough(rng, seen(canvas, 0.5 * size)) - np.float32(1.7), 0.5) * floor
    floor = floor - 0.8 * shreds
    layers.melanin *= 1 - floor * np.float32(case.between(0.60, 0.90))
    layers.deep *= 1 - floor * np.float32(0.85)
    layers.venous *= 1 - floor * np.float32(0.6)
    uneven = floor * case.mottle(0.25, max(0.3 * lesion.radius, 1.0))
    case.redden(uneven, case.between(0.06, 0.14), 0.22)
    fibrin = rise(canvas.smooth(rng, size) - np.float32(0.9), 0.8) * floor
    layers.yellow += floor * np.float32(0.08) + fibrin * np.float32(case.between(0.05, 0.25))
    layers.keratin += fibrin * np.float32(0.15)
    layers.relief -= floor * np.float32(0.35)
    rolled = rise(np.float32(0.10) - np.abs(inner + np.float32(0.05)), 0.12)
    rolled = rolled * rise(canvas.smooth(rng, size) + np.float32(0.3), 0.8)
    layers.keratin += (0.16 * rolled + 0.22 * shreds) / np.float32(1 + 2.5 * case.person.melanin)
    layers.relief += rolled * np.float32(0.25) + shreds * np.float32(0.2)
    np.maximum(scene.gloss, floor * np.float32(0.55), out=scene.gloss)


def crust(case: Case, scene: Scene, lesion: Lesion, along: Field) -> None:
    """Dried serum and blood in the middle, or the small dark mark of a sting."""
    canvas, rng, layers = case.canvas, case.rng, case.layers
    if lesion.crust > 0:
        size = max(0.4 * lesion.radius, 1.0)
        where = canvas.rough(rng, seen(canvas, size)) + 0.5 * canvas.smooth(rng, size)
        dried = rise(where - np.float32(0.3) - np.clip(along, 0, 2), 1.2) * rise(0.95 - along, 0.2)
        layers.crust += dried * np.float32(0.8 * lesion.crust)
        layers.yellow += dried * np.float32(0.12 * lesion.crust)
        layers.relief += dried * np.float32(0.4)
        scene.gloss[...] *= 1 - dried * np.float32(0.7)
    if lesion.punctum > 0:
        dot = canvas.disc(lesion.centre, max(case.between(0.4, 0.9), canvas.pixel), 0.5)
        layers.crust += dot * np.float32(lesion.punctum)
        layers.relief += dot * np.float32(0.3)
