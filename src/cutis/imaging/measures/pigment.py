"""Erythema and melanin index: how much light blood and melanin take away, told apart by colour.

Both stand in the unit of reflectance instruments, 100 times the decimal logarithm of light lost, of green
light. Their maps take the other pigment and shading out, as `cutis.imaging.chromophores` does: within a photo
only colour counts. Between photos a cast of the light changes colours more than an exposure changes
brightness, so that the mean of the melanin map is set by both, each as far as it can be trusted.

Sources: Diffey, Oliver, Farr 1984, Br J Dermatol 111:663, and Takiwaki 1998, J Med Invest 44:121 (indices as
100 times the logarithm of reflectance); Dawson et al. 1980, Phys Med Biol 25:695 (an erythema index that
melanin does not move); Tsumura et al. 1999, J Opt Soc Am A 16:2169 (the separation); Aitken 1936, Proc R Soc
Edinb 55:42 (the best linear estimate under errors that go together).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import HAEMOGLOBIN, MELANIN, Map, unmixing
from cutis.imaging.measures.filters import around
from cutis.imaging.measures.surface import Surface

DECIMAL = np.float32(100.0 / np.log(10.0))  # from natural to 100 times decimal logarithm
# Absorbance, for 1 in green, of the melanin by which skin differs from skin, which redness must not follow:
# dark against pale people have (0.76, 1, 1.24) to (0.83, 1, 1.40) in clinical photos, by who is compared.
DIFFUSE = (0.76, 1.0, 1.29)
_FINE = 0.8  # mm: deviation of the window that noise and blocks of the JPEG file are averaged over


def erythema(skin: Surface) -> tuple[float, Map]:
    """Index of the area, and its map."""
    blood: Map = skin.light @ unmixing(DIFFUSE)[1]
    return _index(skin, blood)


def melanin(skin: Surface, colour: NDArray[np.float64]) -> tuple[float, Map]:
    """Index of the area, and its map.

    Args:
        skin: the area.
        colour: (3,) linear sRGB of its bare skin.
    """
    relative, field = _index(skin, skin.melanin)
    value = float(-np.log(np.maximum(colour, 1e-4)) @ _trusted()) * float(DECIMAL)
    return value, field + np.float32(value - relative)


def _index(skin: Surface, pigment: Map) -> tuple[float, Map]:
    field = np.asarray(around(pigment, skin.mask, _FINE / skin.pixel) * DECIMAL, dtype=np.float32)
    return float(field[skin.mask].mean()), field


@lru_cache(maxsize=1)
def _trusted() -> NDArray[np.float64]:
    """(3,) weights of red, green and blue absorbance that give melanin, not blood, with the least error.

    Exposure, alike in all channels, is taken to err as much as the cast of the light does in each: about an
    eighth of the light, in phones that measure the light on the skin.
    """
    errors = np.ones((3, 3)) + np.eye(3)
    pigments = np.array([MELANIN, HAEMOGLOBIN])
    spread = np.linalg.solve(errors, pigments.T)  # (3, 2)
    return np.asarray(spread @ np.linalg.solve(pigments @ spread, [1.0, 0.0]))
