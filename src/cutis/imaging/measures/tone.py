"""Skin tone: the individual typology angle, and the two scales of types that are estimated from it.

Sources: Chardon, Cretois, Hourseau 1991, Int J Cosmet Sci 13:191 (the angle and its classes); Del Bino,
Bernerd 2013, Br J Dermatol 169 Suppl 3:33 (the six classes and their bounds); CIE 15:2004 (CIELAB); IEC
61966-2-1 (sRGB, whose white is D65); Monk 2019, the Monk Skin Tone scale and its ten published colours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import blurred
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import LIGHT_ERRORS, Surface

# Lower bounds in degrees of very light, light, intermediate, tan and brown; dark lies below the last.
ITA_BOUNDS = (55.0, 41.0, 28.0, 10.0, -30.0)
ITA_CLASSES = ("very light", "light", "intermediate", "tan", "brown", "dark")
MONK_COLOURS = (
    "#f6ede4", "#f3e7db", "#f7ead0", "#eadaba", "#d7bd96",
    "#a07e56", "#825c43", "#604134", "#3a312a", "#292420",
)  # fmt: skip
_WHITE = (0.95047, 1.0, 1.08883)
_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_FINE = 0.6  # mm: deviation of the window that a colour is averaged over, so that noise bends no angle
_MIDDLE = (0.25, 0.75)  # quantiles of lightness within which skin is neither shadow nor glare


def lab(linear: Map) -> Map:
    """CIELAB of linear sRGB under D65: (..., 3) to (..., 3)."""
    xyz = linear @ np.asarray(_TO_XYZ, dtype=np.float32).T / np.asarray(_WHITE, dtype=np.float32)
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.asarray(np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1), dtype=np.float32)


def angle(colour: Map) -> Map:
    """Individual typology angle in degrees of CIELAB colours: (..., 3) to (...)."""
    # Skin is yellow; where a cast has taken all of that away the line to it stands upright.
    yellow = np.maximum(colour[..., 2], np.float32(1.0))
    return np.asarray(np.degrees(np.arctan2(colour[..., 0] - 50.0, yellow)), dtype=np.float32)


def skin_colour(skin: Surface) -> tuple[NDArray[np.float64], Map]:
    """The colour of bare skin, and the typology angle of each place.

    Returns:
        (3,) linear sRGB, the mean over skin that is neither in shadow nor in glare; (height, width) degrees.
    """
    linear = np.exp(-skin.light)
    weight = blurred(skin.mask.astype(np.float32), _FINE / skin.pixel) + np.float32(1e-4)
    smooth = np.stack(
        [
            blurred(np.ascontiguousarray(linear[..., n] * skin.mask), _FINE / skin.pixel) / weight
            for n in range(3)
        ],
        axis=2,
    )
    values = smooth[skin.mask]
    lightness = values @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    low, high = np.quantile(lightness, _MIDDLE)
    middle = values[(lightness >= low) & (lightness <= high)]
    return np.asarray(middle.mean(axis=0), dtype=np.float64), angle(lab(smooth))


def typology(colour: NDArray[np.float64]) -> float:
    """Individual typology angle in degrees of one linear sRGB colour."""
    return float(angle(lab(colour.astype(np.float32))))


def fitzpatrick(ita: float) -> float:
    """Fitzpatrick type as a number, 1 to 6, that moves evenly within each class of the angle.

    The middle of a class is the whole number: 1 is the middle of 'very light', 1.5 its border to 'light'.
    """
    steps = np.array([70.0, *ITA_BOUNDS, -55.0])
    return float(np.clip(np.interp(-ita, -steps, np.arange(len(steps)) + 0.5), 1.0, 6.0))


def ita_class(ita: float) -> str:
    """Name of the class of an angle in degrees."""
    return ITA_CLASSES[sum(ita <= bound for bound in ITA_BOUNDS)]


@lru_cache(maxsize=1)
def monk_light() -> NDArray[np.float64]:
    """(10, 3) linear sRGB of the Monk scale's colours, light to dark."""
    level = np.array([[int(text[n : n + 2], 16) for n in (1, 3, 5)] for text in MONK_COLOURS]) / 255.0
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def monk(colour: NDArray[np.float64]) -> float:
    """Place along the Monk scale, 1 to 10: the nearest point of the line that joins its tones.

    Distances are those of logarithms of light, counted in the errors of a photo's light. A whole number is
    one of the ten tones, 5.5 the middle between the fifth and the sixth.

    Args:
        colour: (3,) linear sRGB.
    """
    errors = np.linalg.cholesky(np.linalg.inv(LIGHT_ERRORS))
    tones = np.log(monk_light()) @ errors
    start, way = tones[:-1], np.diff(tones, axis=0)
    own = np.log(np.maximum(colour, 1e-4)) @ errors
    share = np.clip(((own - start) * way).sum(1) / (way**2).sum(1), 0.0, 1.0)
    away = np.linalg.norm(own - start - share[:, None] * way, axis=1)
    nearest = int(np.argmin(away))
    return float(nearest + 1 + share[nearest])


def usable(skin: Surface) -> Mask:
    """Skin that is neither in shadow nor in glare."""
    light = -skin.dark[skin.mask]
    low, high = np.quantile(light, (0.1, 0.9))
    return np.asarray(skin.mask & (-skin.dark >= low) & (-skin.dark <= high))
