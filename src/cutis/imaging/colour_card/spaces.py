"""sRGB, linear light, CIELAB and the distance between two colours.

Sources: IEC 61966-2-1 (sRGB); CIE 015:2018 (CIELAB); Lam 1985 (the Bradford adaptation from D50 to D65);
Luo, Cui and Rigg 2001, Color Res Appl 26:340 and Sharma, Wu and Dalal 2005, Color Res Appl 30:21 (CIEDE2000).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Light = NDArray[np.float32]  # linear sRGB, 0 black to 1 white

_STEPS = (
    16383  # levels of linear light that are told apart when it is encoded: a fifth of a grey level at black
)
STRIP = 262_144  # pixels that are worked on at a time, so that memory doesn't grow with the photo

_XYZ_OF_SRGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
WHITE_D50 = np.array([0.96422, 1.0, 0.82521])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
LUMINANCE = _XYZ_OF_SRGB[1]


@lru_cache(maxsize=1)
def decoding() -> Light:
    """(256,) linear light of each display value."""
    shown = np.arange(256) / 255.0
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(maxsize=1)
def _encoding() -> NDArray[np.uint8]:
    linear = np.arange(_STEPS + 1) / _STEPS
    return np.rint(255.0 * np.asarray(shown(linear))).astype(np.uint8)


def to_light(rgb: NDArray[np.uint8]) -> Light:
    """Linear light of display values.

    Args:
        rgb: (..., 3) or any other shape, sRGB.
    """
    return np.asarray(decoding().take(rgb))


def to_display(light: NDArray[Any]) -> NDArray[np.uint8]:
    """Display values of linear light; what is above white or below black is clipped.

    Args:
        light: any shape.
    """
    index = np.clip(light * np.float32(_STEPS) + np.float32(0.5), 0, _STEPS).astype(np.intp)
    return np.asarray(_encoding().take(index))


def shown(light: NDArray[Any]) -> NDArray[Any]:
    """Display values from 0 to 1 of linear light, unrounded; negative light stays negative."""
    curve = 1.055 * np.power(np.maximum(light, 1e-9), 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, curve)


def each_strip(
    rgb: NDArray[np.uint8], change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """Change a photo pixel by pixel, some rows at a time.

    Args:
        rgb: (height, width, 3).
        change: rows to rows of the same shape.
    """
    out = np.empty(rgb.shape, np.uint8)
    rows = max(1, STRIP // max(1, rgb.shape[1]))
    for top in range(0, rgb.shape[0], rows):
        out[top : top + rows] = change(rgb[top : top + rows])
    return out


def lab_of_light(light: NDArray[Any]) -> Floats:
    """CIELAB (D65 as white) of linear sRGB.

    Args:
        light: (..., 3).
    """
    return _lab(np.asarray(light, np.float64) @ _XYZ_OF_SRGB.T / WHITE_D65)


def light_of_lab(lab: NDArray[Any], white: Floats = WHITE_D65) -> Floats:
    """Linear sRGB of CIELAB; colours outside sRGB have channels below 0 or above 1.

    Args:
        lab: (..., 3).
        white: of the CIELAB values; another than D65 is adapted to it (Bradford).
    """
    lab = np.asarray(lab, np.float64)
    middle = (lab[..., 0] + 16.0) / 116.0
    ratio = np.stack([middle + lab[..., 1] / 500.0, middle, middle - lab[..., 2] / 200.0], axis=-1)
    xyz = np.where(ratio > 6 / 29, ratio**3, 3 * (6 / 29) ** 2 * (ratio - 4 / 29)) * white
    cones = _BRADFORD @ WHITE_D65 / (_BRADFORD @ white)
    adapted = xyz @ (np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD).T
    return np.asarray(adapted @ np.linalg.inv(_XYZ_OF_SRGB).T)


def _lab(ratio: Floats) -> Floats:
    """CIELAB of XYZ over white."""
    f = np.where(
        ratio > (6 / 29) ** 3, np.cbrt(np.maximum(ratio, 1e-12)), ratio / (3 * (6 / 29) ** 2) + 4 / 29
    )
    return np.stack(
        [
            116 * f[..., 1] - 16,
            500 * (f[..., 0] - f[..., 1]),
            200 * (f[..., 1] - f[..., 2]),
        ],
        axis=-1,
    )


def difference(first: NDArray[Any], second: NDArray[Any]) -> Floats:
    """CIEDE2000 colour difference, all weights 1: 1 is about what a careful eye just sees.

    Args:
        first, second: (..., 3) CIELAB.

    Returns:
        (...,).
    """
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = _hue(a1 * stretch, b1), _hue(a2 * stretch, b2)
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0.0)
    light, chroma = l2 - l1, c2 - c1
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    apart = np.abs(h1 - h2) > 180
    mean_h = np.where(
        coloured, (h1 + h2) / 2 + np.where(apart, np.where(h1 + h2 < 360, 180, -180), 0), h1 + h2
    )
    weight = 1 - 0.17 * _cos(mean_h - 30) + 0.24 * _cos(2 * mean_h)
    weight += 0.32 * _cos(3 * mean_h + 6) - 0.20 * _cos(4 * mean_h - 63)
    from_50 = (mean_l - 50) ** 2
    of_l = light / (1 + 0.015 * from_50 / np.sqrt(20 + from_50))
    of_c = chroma / (1 + 0.045 * mean_c)
    of_h = hue / (1 + 0.015 * mean_c * weight)
    blue = np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    turned = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * blue
    square = of_l**2 + of_c**2 + of_h**2 + turned * of_c * of_h
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _hue(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.degrees(np.arctan2(b, a)) % 360)


def _cos(degrees: Floats) -> Floats:
    return np.asarray(np.cos(np.radians(degrees)))
