"""Papillae, their capillaries, collagen and vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.confocal.lattice import Field, Whole, hashed, noise_with_slope, step, tissue
from cutis.phantoms.confocal.place import Place

_PITCH = 1.38  # distance of papillae, in their diameters
_DEPTHS = (1.35, 1.65, 2.0, 2.4, 2.75)  # papillae begin, widen, are as wide as named, and merge
_RADII = (-0.12, 0.34, 0.50, 0.62, 1.1)  # of a papilla there, in its named diameters
_MERGED = _DEPTHS[-1]


@dataclass(frozen=True, eq=False)
class Papillae:
    """Where the dermis reaches into the plane.

    Attributes:
        inside: distance to the rim of the papilla, positive in the dermis, micrometres.
        lumen: distance to the wall of the nearest capillary or vessel, positive in its lumen, micrometres.
        share: 0..1 dermis.
    """

    inside: Field
    lumen: Field
    share: Field


def papillae(place: Place) -> Papillae:
    """Papillae widen with depth until only dermis is left; each holds a capillary loop."""
    skin = place.skin
    pitch = _PITCH * skin.papilla
    x, y = place.grid
    cells = tissue(
        x + np.float32(0.10 * skin.papilla) * place.noise(40, 0.22 * skin.papilla),
        y + np.float32(0.10 * skin.papilla) * place.noise(41, 0.22 * skin.papilla),
        place.seed(42),
        pitch,
        0.22,
    )
    own = (0.85 + 0.3 * cells.lot).astype(np.float32)[cells.cell]
    deep = np.interp(place.depth, _DEPTHS, _RADII).astype(np.float32)
    inside = np.float32(skin.papilla) * deep * own - cells.away
    inside = np.where(place.depth > _MERGED, np.maximum(inside, (place.depth - _MERGED) * 200), inside)
    lumen = np.maximum(_loops(place, cells.points, cells.lot, cells.cell), _vessels(place))
    return Papillae(inside, np.minimum(lumen, inside - 4), step(inside, 5.0))


def _loops(place: Place, points: Field, lot: Field, cell: Whole) -> Field:
    """Both limbs of each papilla's capillary, cut across: two ovals near the middle."""
    x, y = place.grid
    turn = (lot * 6.2832).astype(np.float32)
    reach = np.float32(0.17 * place.skin.papilla) * (np.float32(0.6) + np.float32(0.8) * ((lot * 5.3) % 1.0))
    radius = np.float32(3.0) + np.float32(1.75 * place.skin.signs[3]) * place.grade
    best = place.full(-99.0)
    for side in (-1.0, 1.0):
        own_x = (points[0] + np.float32(side) * reach * np.cos(turn)).astype(np.float32)[cell]
        own_y = (points[1] + np.float32(side) * reach * np.sin(turn)).astype(np.float32)[cell]
        slant = (turn + np.float32(side))[cell]
        cos, sin = np.cos(slant), np.sin(slant)
        along = (cos * (x - own_x) + sin * (y - own_y)) * np.float32(0.72)
        across = cos * (y - own_y) - sin * (x - own_x)
        best = np.maximum(best, radius - np.hypot(along, across))
    return best


def _vessels(place: Place) -> Field:
    """Canalicular vessels of the upper plexus, where the plane is below the papillae."""
    value, slope = noise_with_slope(place.window, place.seed(50), 46.0)
    away = np.abs(value) / np.maximum(slope, np.float32(0.006))
    radius = np.float32(3.2) + np.float32(1.7 * place.skin.signs[3]) * place.grade
    radius = radius * np.clip(1 + np.float32(0.14) * place.noise(51, 24.0), 0.6, 1.5)
    broken = np.float32(22.0) * np.clip(np.float32(0.1) - place.noise(52, 38.0), 0, 2)
    shallow = np.float32(40.0) * np.clip(np.float32(2.6) - place.depth, 0, 2)
    return np.asarray(radius - away - broken - shallow)


def collagen(place: Place, lumen: Field) -> Field:
    """Reflectance of the papillary dermis: a net of fibres and bundles with dark lumina.

    Inflammation makes it oedematous: fibres part and lose contrast.
    """
    skin = place.skin
    bright = place.full(0.0)
    for turn, channel, coarse in ((0.3, 60, 1.7), (1.3, 64, 0.8), (2.4, 68, 1.0)):
        bright = np.maximum(bright, _fibres(place, skin.direction + turn, channel, coarse))
    bundles = np.clip(np.float32(0.75) + np.float32(0.40) * place.noise(58, 17.0), 0.10, 1.7)
    bundles *= np.float32(0.40) + np.float32(0.60) * step(
        place.depth - np.float32(2.45), 0.7
    )  # tips are dark
    oedema = 1 - np.float32(0.11 * skin.signs[2]) * place.grade
    ground = np.float32(0.11) * np.clip(1 + np.float32(0.25) * place.sharp, 0.2, 2)
    tissue_ = ground + np.float32(skin.fibres) * bright * bundles * oedema
    wall = np.float32(0.10) * np.exp(-(((lumen + 2) / 1.8) ** 2))
    return np.asarray((tissue_ + wall) * (1 - np.float32(0.86) * step(lumen, 2.5)) + np.float32(0.02))


def _fibres(place: Place, angle: float, channel: int, coarse: float) -> Field:
    """Bright wavy lines of one main direction, each of its own brightness, place and thickness."""
    x, y = place.grid
    spacing = coarse * place.skin.fibre_width
    phase = (np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y) / np.float32(spacing)
    phase = phase + np.float32(1.1) * place.noise(channel, 3.0 * spacing)
    phase += np.float32(0.28) * place.noise(channel + 1, 1.1 * spacing)
    which = np.rint(phase)
    first = int(which.min())
    index = np.arange(first, int(which.max()) + 1)
    lots = [hashed(index, np.zeros_like(index), place.seed(channel) + turn) for turn in range(3)]
    which = (which - np.float32(first)).astype(np.intp)
    off = phase - np.float32(first) - which - np.float32(0.5) * (lots[0] - np.float32(0.5))[which]
    line = np.exp(-((off / (np.float32(0.08) + np.float32(0.10) * lots[1])[which]) ** 2))
    bright = np.clip(np.float32(1.7) * lots[2] - np.float32(0.35), 0, None)[which]
    there = np.clip(np.float32(0.65) + np.float32(0.40) * place.noise(channel + 2, 2.5 * spacing), 0, 1.4)
    return np.asarray(line * bright * there)
