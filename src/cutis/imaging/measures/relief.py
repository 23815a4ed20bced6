"""Roughness and shine: what the surface does to light, beside lines and points.

Roughness is the deviation of light over lengths of texture, less what noise adds to it. Shine is white light
added on top of skin's own colour.

Sources: Shafer 1985, Color Res Appl 10:210 (light of a surface as body colour plus the colour of the light).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import around, blurred, noise_level
from cutis.imaging.measures.surface import Surface

_BAND = (0.3, 1.0)  # mm: deviations of the two windows whose difference is texture
_LOCAL = 1.5  # mm: of the window that the map of roughness is averaged over
_GLARE = 0.3  # mm: deviation of the window in which colour is averaged
_MATT = 0.6  # share of the area, the darker part, whose colour is taken as skin's own
_SHINY = 0.05  # of full brightness, linear: glare from which skin counts as shiny


def roughness(skin: Surface) -> tuple[float, Map]:
    """Percent of full brightness: deviation over texture's lengths without that of noise; and its map."""
    fine, coarse = (mm / skin.pixel for mm in _BAND)
    # What a rough surface mirrors is as bright on dark skin as on pale, so that shares of skin's own light
    # would call dark skin rougher. Red and green hold nearly all light that skin sends back.
    shown: Map = (skin.rgb[..., :2].astype(np.float32).mean(axis=2) / 255).astype(np.float32)
    smooth = around(shown, skin.mask, fine)
    slow = around(smooth, skin.mask, coarse)
    # Where less light falls, texture shows less; it is set against the light that falls on the area.
    band = (smooth - slow) * (slow[skin.inner].mean() / np.maximum(slow, np.float32(0.02)))
    noise = (noise_level(shown, skin.inner) * _passed(fine, coarse)) ** 2
    local = np.maximum(around(band**2, skin.mask, _LOCAL / skin.pixel) - np.float32(noise), 0)
    values = band[skin.inner]
    # The median forgets lines, pores and spots, which have measures of their own.
    spread = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    whole = float(np.sqrt(max(spread**2 - noise, 0.0)))
    return 100.0 * whole, np.asarray(100.0 * np.sqrt(local), dtype=np.float32)


@lru_cache(maxsize=8)
def _passed(fine: float, coarse: float) -> float:
    """Share of the deviation of white noise that the difference of two windows (pixels) lets through."""
    side = 2 * int(np.ceil(4 * coarse)) + 1
    one = np.zeros((side, side), np.float32)
    one[side // 2, side // 2] = 1
    smooth = blurred(one, fine)
    return float(np.sqrt(((smooth - blurred(smooth, coarse)) ** 2).sum()))


def shine(skin: Surface) -> tuple[float, Map]:
    """Percent of the area that shines, and glare as percent of full brightness."""
    added = glare(skin)
    return 100.0 * float((added[skin.inner] > _SHINY).mean()), np.asarray(100.0 * added, dtype=np.float32)


def glare(skin: Surface) -> Map:
    """White light on top of skin's own colour, of full brightness 1: (height, width), 0 and above."""
    window = _GLARE / skin.pixel
    linear = np.stack([around(np.exp(-skin.light[..., n]), skin.mask, window) for n in range(3)], axis=2)
    values = linear[skin.inner]
    bright = values.sum(axis=1)
    body = np.median(values[bright <= np.quantile(bright, _MATT)], axis=0)
    # Each pixel is so much of skin's own colour, which shadow lessens, and so much of white: least squares.
    solve = np.linalg.pinv(np.stack([body, np.ones(3)], axis=1)).astype(np.float32)
    return np.asarray(np.maximum(linear @ solve[1], 0), dtype=np.float32)
