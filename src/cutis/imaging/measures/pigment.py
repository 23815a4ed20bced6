"""Erythema and melanin index: how much light blood and melanin take away, told apart by colour.

Both stand in the unit of reflectance instruments, 100 times the decimal logarithm of light lost, of green
light, after `cutis.imaging.chromophores` has taken the other pigment and shading out.

Sources: Diffey, Oliver, Farr 1984, Br J Dermatol 111:663, and Takiwaki 1998, J Med Invest 44:121 (indices as
100 times the logarithm of reflectance); Dawson et al. 1980, Phys Med Biol 25:695 (an erythema index that
melanin does not move); Tsumura et al. 1999, J Opt Soc Am A 16:2169 (the separation).
"""

from __future__ import annotations

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import around
from cutis.imaging.measures.surface import Surface

DECIMAL = np.float32(100.0 / np.log(10.0))  # from natural to 100 times decimal logarithm
_FINE = 0.8  # mm: deviation of the window that noise and blocks of the JPEG file are averaged over


def erythema(skin: Surface) -> tuple[float, Map]:
    """Index of the area, and its map."""
    return _index(skin, skin.blood)


def melanin(skin: Surface) -> tuple[float, Map]:
    """Index of the area, and its map."""
    return _index(skin, skin.melanin)


def _index(skin: Surface, pigment: Map) -> tuple[float, Map]:
    field = np.asarray(around(pigment, skin.mask, _FINE / skin.pixel) * DECIMAL, dtype=np.float32)
    return float(field[skin.mask].mean()), field
