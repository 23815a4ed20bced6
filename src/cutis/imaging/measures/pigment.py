"""Erythema and melanin index: how much light blood and melanin take away, told apart by colour.

Both stand in the unit of reflectance instruments, 100 times the decimal logarithm of light lost, of green
light. Their maps take the other pigment and shading out, as `cutis.imaging.chromophores` does: within a photo
only colour counts. Between photos a cast of the light changes colours more than an exposure changes
brightness, so that the mean of the melanin map is set by both, each as far as it can be trusted. Redness is
told from that of the palest skin in the photo, which has the same light, the same phone and the same melanin.

Sources: Diffey, Oliver, Farr 1984, Br J Dermatol 111:663, and Takiwaki 1998, J Med Invest 44:121 (indices as
100 times the logarithm of reflectance); Dawson et al. 1980, Phys Med Biol 25:695 (an erythema index that
melanin does not move); Tsumura et al. 1999, J Opt Soc Am A 16:2169 (the separation); Aitken 1936, Proc R Soc
Edinb 55:42 (the best linear estimate under errors that go together).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import HAEMOGLOBIN, MELANIN, Map, unmixing
from cutis.imaging.measures.filters import around
from cutis.imaging.measures.surface import LIGHT_ERRORS, SURFACE, Surface

DECIMAL = np.float32(100.0 / np.log(10.0))  # from natural to 100 times decimal logarithm
# Absorbance, for 1 in green, of the melanin by which skin differs from skin, which redness must not follow:
# dark against pale people have (0.76, 1, 1.24) to (0.83, 1, 1.40) in clinical photos, by who is compared.
DIFFUSE = (0.76, 1.0, 1.29)
_FINE = 0.8  # mm: deviation of the window that noise and blocks of the JPEG file are averaged over
_BRIGHTER = 1.15  # than the skin around: scale and glints, under which blood is not seen
_AROUND = 2.0  # mm: deviation of the window that says what is around
_PALEST = 0.05  # share of the skin, the least red, that the rest is told from
_LEVEL = 0.1  # how much of its own redness counts: light, and how melanin bends, move it ten times as much


def blood(skin: Surface) -> Map:
    """Green light that blood takes, natural-log absorbance, as far as colour tells: (height, width)."""
    light: Map = np.exp(-skin.light)
    bright: Map = light.mean(axis=2)
    seen = skin.mask & (bright < np.float32(_BRIGHTER) * around(bright, skin.mask, _AROUND / skin.pixel))
    smooth = [around(light[..., n], seen, _FINE / skin.pixel) for n in range(3)]
    return np.asarray(-np.log(np.stack(smooth, axis=2) + np.float32(SURFACE)) @ unmixing(DIFFUSE)[1])


def pale_of(fields: Sequence[Map]) -> float:
    """Of the least red skin of a photo.

    Args:
        fields: of `blood`, of its usable skin, any shape.
    """
    return float(np.quantile(np.concatenate([field.ravel() for field in fields]), _PALEST))


def erythema(skin: Surface, pale: float | None = None) -> tuple[float, Map]:
    """Index of the area, and its map.

    Args:
        skin: the area.
        pale: of the photo that it belongs to, from `pale_of`. Default: of the area.
    """
    field = blood(skin)
    least = pale_of([field[skin.inner]]) if pale is None else pale
    field = np.asarray((field - np.float32((1.0 - _LEVEL) * least)) * DECIMAL, dtype=np.float32)
    return float(field[skin.inner].mean()), field


def melanin(skin: Surface, colour: NDArray[np.float64]) -> tuple[float, Map]:
    """Index of the area, and its map.

    Args:
        skin: the area.
        colour: (3,) linear sRGB of its bare skin.
    """
    field = np.asarray(around(skin.melanin, skin.mask, _FINE / skin.pixel) * DECIMAL, dtype=np.float32)
    value = float(-np.log(np.maximum(colour, 1e-4)) @ _trusted()) * float(DECIMAL)
    return value, field + np.float32(value - float(field[skin.mask].mean()))


@lru_cache(maxsize=1)
def _trusted() -> NDArray[np.float64]:
    """(3,) weights of red, green and blue absorbance that give melanin, not blood, with the least error."""
    pigments = np.array([MELANIN, HAEMOGLOBIN])
    spread = np.linalg.solve(LIGHT_ERRORS, pigments.T)  # (3, 2)
    return np.asarray(spread @ np.linalg.solve(pigments @ spread, [1.0, 0.0]))
