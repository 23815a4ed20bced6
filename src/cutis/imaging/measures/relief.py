"""Roughness and shine: what the surface does to light, beside lines and points.

Roughness is the deviation of light over lengths of texture, less what noise adds to it. Shine is white light
added on top of skin's own colour.

Sources: Shafer 1985, Color Res Appl 10:210 (light of a surface as body colour plus the colour of the light).
"""

from __future__ import annotations

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import around, blurred
from cutis.imaging.measures.surface import Surface

_BAND = (0.15, 0.9)  # mm: deviations of the two windows whose difference is texture
_LOCAL = 1.5  # mm: of the window that the map of roughness is averaged over
_SHINY = 0.10  # share of skin's own light that glare adds where skin counts as shiny


def roughness(skin: Surface) -> tuple[float, Map]:
    """Percent of light: deviation over texture's lengths without that of noise; and its map."""
    fine, coarse = (mm / skin.pixel for mm in _BAND)
    band = blurred(skin.dark, fine) - blurred(skin.dark, coarse)
    noise = (skin.noise * _passed(fine, coarse)) ** 2
    local = np.maximum(around(band**2, skin.mask, _LOCAL / skin.pixel) - np.float32(noise), 0)
    whole = float((band[skin.mask] ** 2).mean()) - noise
    return 100.0 * float(np.sqrt(max(whole, 0.0))), np.asarray(100.0 * np.sqrt(local), dtype=np.float32)


def _passed(fine: float, coarse: float) -> float:
    """Share of the deviation of white noise that the difference of two windows (pixels) lets through."""
    side = 2 * int(np.ceil(4 * coarse)) + 1
    one = np.zeros((side, side), np.float32)
    one[side // 2, side // 2] = 1
    return float(np.sqrt(((blurred(one, fine) - blurred(one, coarse)) ** 2).sum()))


def shine(skin: Surface) -> tuple[float, Map]:
    """Percent of the area that shines, and glare as percent of skin's own light."""
    share = glare(skin)
    return 100.0 * float((share[skin.mask] > _SHINY).mean()), np.asarray(100.0 * share, dtype=np.float32)


def glare(skin: Surface) -> Map:
    """White light added to skin, as a share of skin's own: (height, width), 0 and above."""
    linear = np.exp(
        -np.stack(
            [around(np.ascontiguousarray(skin.light[..., n]), skin.mask, 0.3 / skin.pixel) for n in range(3)],
            axis=2,
        )
    )
    body = np.median(linear[skin.mask], axis=0)
    white = np.ones(3)
    # Least squares for (own light, white light) of each pixel.
    solve = np.linalg.pinv(np.stack([body, white], axis=1)).astype(np.float32)
    parts = linear @ solve.T
    mean = float(body.mean())
    return np.asarray(
        np.maximum(parts[..., 1], 0) / np.maximum(parts[..., 0] * mean, 0.05 * mean), dtype=np.float32
    )
