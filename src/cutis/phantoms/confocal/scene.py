"""A window of skin as light finds it: the layers that the plane cuts, and the cells that lie in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.confocal.cells import (
    Painted,
    between_cells,
    dendritic,
    inflammatory,
    melanophages,
    strewn,
)
from cutis.phantoms.confocal.dermis import Papillae, collagen, papillae
from cutis.phantoms.confocal.epidermis import honeycomb
from cutis.phantoms.confocal.lattice import Field, Tissue, step, tissue
from cutis.phantoms.confocal.place import Place

_SPACING = 11.0  # micrometres between places where an inflammatory cell may be
_IN_LUMEN = 8.5
_ONLY_EPIDERMIS = 1.3  # depth above which no papilla is met


@dataclass(frozen=True, eq=False)
class Scene:
    """What there is.

    Attributes:
        reflectance: (height, width) 0..1.
        cells: (height, width) where inflammatory cells are.
        places: (cells, 2) x and y of their centres, micrometres.
    """

    reflectance: Field
    cells: NDArray[np.bool_]
    places: Field


def painted(place: Place) -> Scene:
    """Every structure at its place."""
    if float(place.depth.max()) > _ONLY_EPIDERMIS:
        rete: Papillae | None = papillae(place)
    else:
        rete = None
    dermal = rete.share if rete is not None else place.full(0.0)
    light, cells = _epidermis(place, dermal)
    if rete is not None:
        light = _rimmed(place, rete, light)
        share = rete.share
        light = light * (1 - share) + share * collagen(place, rete.lumen)
    return _inhabited(place, light, cells, rete, dermal)


def _epidermis(place: Place, dermal: Field) -> tuple[Field, Tissue | None]:
    """Granular and spinous layer where they show."""
    skin = place.skin
    if float(dermal.min()) >= 1.0:
        return place.full(0.0), None
    spinous = step(place.depth - np.float32(0.5) + np.float32(0.10) * place.noise(8, 30.0), 0.16)
    light, cells = place.full(0.0), None
    if float(spinous.min()) < 1.0:
        light, cells = honeycomb(place, 10, skin.granular, 0.21)
        light *= 1 - spinous
    if float(spinous.max()) > 0.0:
        deep, below = honeycomb(place, 20, skin.spinous, 0.26)
        light = light + spinous * deep
        cells = below if cells is None or float(spinous.mean()) > 0.5 else cells
    return light, cells


def _rimmed(place: Place, rete: Papillae, light: Field) -> Field:
    """Rings of bright basal cells round the papillae, which inflammation obscures."""
    skin = place.skin
    x, y = place.grid
    basal = tissue(x, y, place.seed(30), 8.5, 0.28)
    lit = (np.float32(0.6) + np.float32(0.6) * basal.lot)[basal.cell]
    cobble = np.exp(-((basal.away / np.float32(3.6)) ** 2)) * lit
    ring = np.exp(-(((rete.inside + np.float32(7.0)) / np.float32(6.0)) ** 2))
    lost = np.clip(np.float32(0.30) + np.float32(0.30) * place.noise(31, 20.0), 0, 0.75)
    ring = ring * (1 - np.float32(0.25 * skin.signs[2]) * place.grade * lost)
    near = step(rete.inside + np.float32(15.0), 8.0)
    light = light * (1 - np.float32(0.5) * near)
    return np.asarray(light + ring * (np.float32(0.12) + np.float32(0.42 + 0.34 * skin.pigment) * cobble))


def _inhabited(
    place: Place, light: Field, cells: Tissue | None, rete: Papillae | None, dermal: Field
) -> Scene:
    """Dendritic cells and melanophages whatever the grade, inflammatory cells by it."""
    skin = place.skin
    upper = step(np.float32(0.5) - place.depth, 0.6)  # dendritic cells are rare in the granular layer
    branched = dendritic(place, 80, skin.dendritic)
    light = _over(light, branched, (1 - np.float32(0.7) * dermal) * (1 - np.float32(0.6) * upper))
    if rete is not None and skin.melanophages > 0:
        plump = melanophages(place, 90, np.float32(skin.melanophages) * dermal)
        light = _over(light, plump, dermal)
    those = strewn(place, 100, _SPACING, _density(place, rete, dermal))
    if cells is not None:
        those = between_cells(place, those, cells, 1 - dermal)
    found = [inflammatory(place, those, skin.inflammatory)]
    if rete is not None:
        inside = np.float32(0.04) + np.float32(0.14 * skin.signs[0]) * place.grade
        rolling = strewn(place, 110, _IN_LUMEN, inside * step(rete.lumen - 1, 2.0))
        found.append(inflammatory(place, rolling, 0.9 * skin.inflammatory))
    for cell in found:
        light = light * (1 - np.float32(0.55) * np.clip(cell.halo - cell.cover, 0, 1))
        light = _over(light, cell, None)
    cover = np.maximum.reduce([cell.cover for cell in found])
    return Scene(light, cover > 0.5, np.concatenate([cell.places for cell in found]))


def _over(light: Field, cells: Painted, share: Field | None) -> Field:
    cover = cells.cover if share is None else cells.cover * share
    return np.asarray(light * (1 - cover) + cover * cells.light)


def _density(place: Place, rete: Papillae | None, dermal: Field) -> Field:
    """Share of the places that hold an inflammatory cell: exocytosis above, cuffs round vessels below."""
    many = place.grade * np.float32(place.skin.signs[0])
    clustered = np.clip(1 + np.float32(0.25) * place.noise(101, 24.0), 0.4, 1.7)
    density = (np.float32(0.004) + np.float32(0.060) * many) * clustered
    if rete is None:
        return np.asarray(density)
    cuff = np.exp(-((np.clip(-rete.lumen - 4, 0, None) / np.float32(13.0)) ** 2)) * (rete.lumen < -3)
    below = np.float32(0.004) + many * (np.float32(0.055) + np.float32(0.075) * cuff)
    rim = np.float32(0.02) * many * np.exp(-((rete.inside / np.float32(9.0)) ** 2))
    return np.asarray(density * (1 - dermal) + below * dermal + rim)
