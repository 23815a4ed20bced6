"""White balance that knows skin: the light's colour by what faces and rooms look like.

Grey-world and shades-of-grey take the mean of a photo for grey. A face that fills the frame is not, and they
turn it so. Here the light is asked for under which the photo's colours are the most usual: greys, skin of any
tone, and now and then anything else (colour by correlation, Finlayson, Hordley and Hubel 2001, IEEE Trans
Pattern Anal Mach Intell 23:1209). Light of a lamp or of shade is more usual than green or violet light, and
none is the most usual of all, since cameras balance. Where many colours are in view, their mean has a say
too.

Skin tone and colour temperature lie in nearly one direction; what a photo of bare skin cannot tell is left
alone. A colour card tells it (`cutis.imaging.colour_card`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.colour_card.spaces import LUMINANCE, Floats, decoding, to_display, to_light
from cutis.imaging.enhance.denoise import need_strength
from cutis.imaging.reduce import reduced

_PIXELS = 24_000  # of the reduced copy that is looked at
_STEP = 0.04  # of the grid of log chromaticity
_HALF = 40  # cells to each side: 1.6 in log chromaticity, a channel five times too strong
_DARK, _BRIGHT = 10, 250  # display values that are looked at lie between
_POWER = 0.5  # a colour counts by the root of its area: a wall or a face is one thing, however large
_APART = 0.15  # how far the colours of two surfaces lie apart
_EVIDENCE, _MOST = 1.2, 6.0  # what a surface counts, and how many are counted
_MEAN_POWER = 6.0
_MEAN, _FEW = 0.14, 12.0  # how far the mean of many surfaces lies from grey, how much more that of few
_SHARES = {"grey": 0.24, "skin": 0.57, "other": 0.19}
_GREY = (0.15, 0.08)  # how far greys scatter, near and far
# Log of red over green of skin, and how many times as much less blue there is than green: photos and cards
# have about 0.6, the optics of skin under even light up to 1.5.
_SKIN_RED = (0.2, 1.2)
_SKIN_LEAN, _SKIN_SPREAD = 0.85, 0.5
_SKIN_BLUR = 0.06
_USUAL = 0.07  # deviation of casts that cameras leave
_ODD = 0.30  # share of photos with a true cast
_WARM = (0.42, 0.13)  # deviations of true casts along warm and cold, and across
_DIRECTION = np.array([0.00218, -0.00512]) / np.hypot(0.00218, 0.00512)  # per mired, by Wien's law
_LEAST = 0.03  # of log chromaticity: less is left alone

Chroma = tuple[float, float]  # log of red over green and of blue over green


def illuminant(rgb: NDArray[np.uint8]) -> Floats:
    """Colour of the light that the camera's white balance left over.

    Args:
        rgb: (height, width, 3) sRGB.

    Returns:
        (3,) linear, green 1; (1, 1, 1) where nothing speaks for a cast.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    red, blue = _cast(rgb)
    return np.exp([red, 0.0, blue])


def shades_of_grey(rgb: NDArray[np.uint8], power: float = 6.0) -> Floats:
    """Colour of the light by a mean of all pixels, in linear light (Finlayson and Trezzi 2004, CIC 12:37).

    Args:
        rgb: (height, width, 3) sRGB.
        power: 1 is grey-world; infinity would be the brightest pixel.

    Returns:
        (3,) linear, green 1; (1, 1, 1) where every pixel is black or clipped.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    light = _usable(reduced(rgb, _PIXELS))
    if not light.size:
        return np.ones(3)
    mean = np.mean(light.astype(np.float64) ** power, axis=0) ** (1 / power)
    return np.asarray(mean / mean[1])


def balance_colour(
    rgb: NDArray[np.uint8], strength: float = 1.0, *, light: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Take a colour cast out, keeping the photo's mean luminance.

    Args:
        rgb: (height, width, 3) sRGB.
        strength: 0 leaves the photo as it is, 1 takes the whole of the estimated cast out.
        light: (3,) colour of the light, linear, where it is known; default: `illuminant`.

    Returns:
        (height, width, 3) sRGB; the same values where nothing speaks for a cast.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        CutisError: a strength outside 0 to 1.
    """
    import cv2

    check(rgb)
    need_strength("colour", strength, 1.0)
    if strength == 0:
        return rgb
    light = illuminant(rgb) if light is None else np.asarray(light, np.float64)
    if np.ptp(light) == 0:
        return rgb
    gains = light**-strength
    small = to_light(reduced(rgb, _PIXELS)).reshape(-1, 3).mean(axis=0)
    gains *= (LUMINANCE @ small) / max(float(LUMINANCE @ (gains * small)), 1e-9)
    tables = to_display(decoding()[:, None] * gains[None].astype(np.float32))
    return np.asarray(cv2.LUT(np.ascontiguousarray(rgb), tables[None]), dtype=np.uint8)


def _usable(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(pixels, 3) linear light of what is neither black nor clipped in any channel."""
    flat = small.reshape(-1, 3)
    kept = flat[(flat.min(axis=1) > _DARK) & (flat.max(axis=1) < _BRIGHT)]
    return to_light(kept)


def _cast(rgb: NDArray[np.uint8]) -> Chroma:
    light = np.log(_usable(reduced(rgb, _PIXELS)).astype(np.float64))
    if not light.size:
        return 0.0, 0.0
    cells = np.rint((light[:, [0, 2]] - light[:, [1]]) / _STEP).astype(int)
    inside = (np.abs(cells) < _HALF).all(axis=1)
    side = 2 * _HALF + 1
    places = (cells[inside] + _HALF) @ [side, 1]
    counts = np.bincount(places, minlength=side * side).reshape(side, side).astype(np.float64)
    if not counts.any():
        return 0.0, 0.0
    weights = counts**_POWER
    surfaces = _surfaces(weights)
    weights *= _EVIDENCE * min(surfaces, _MOST) / weights.sum()
    axis = (np.arange(side) - _HALF) * _STEP
    score = _correlated(weights, _usual_colours()) + _usual_lights() + _near_mean(light, surfaces, axis)
    posterior = np.exp(score - score.max())
    posterior /= posterior.sum()
    best = np.unravel_index(int(posterior.argmax()), posterior.shape)
    near = np.hypot(axis[:, None] - axis[best[0]], axis[None] - axis[best[1]]) < 4 * _STEP
    posterior = posterior * near / (posterior * near).sum()
    red, blue = float((posterior.sum(1) * axis).sum()), float((posterior.sum(0) * axis).sum())
    return (red, blue) if np.hypot(red, blue) >= _LEAST else (0.0, 0.0)


def _surfaces(weights: Floats) -> float:
    """Surfaces of distinct colour: what speaks for a light is their number, not their area."""
    from scipy.ndimage import gaussian_filter

    coarse = gaussian_filter(weights, _APART / _STEP)
    alone = np.zeros_like(weights)
    alone[_HALF, _HALF] = 1.0
    one = gaussian_filter(alone, _APART / _STEP)
    count = coarse.sum() ** 2 / (coarse**2).sum() / (one.sum() ** 2 / (one**2).sum())
    return float(count)


def _near_mean(light: Floats, surfaces: float, axis: NDArray[Any]) -> Floats:
    """Logarithm of how likely each light is by the mean of many surfaces; that of few says nothing."""
    mean = np.log(np.mean(np.exp(_MEAN_POWER * light), axis=0)) / _MEAN_POWER
    wide = _MEAN * (1 + _FEW / surfaces**2)
    off: Floats = np.add.outer((axis - mean[0] + mean[1]) ** 2, (axis - mean[2] + mean[1]) ** 2)
    return np.asarray(-off / (2 * wide**2))


def _correlated(weights: Floats, logarithm: Floats) -> Floats:
    """For each light, the sum over colours of how usual they are under it."""
    from scipy.signal import fftconvolve

    # Colour at cell i is usual under light c as i - c is under white light: a correlation.
    return np.asarray(fftconvolve(weights, logarithm[::-1, ::-1], mode="same"))


@lru_cache(maxsize=1)
def _usual_colours() -> Floats:
    """Logarithm of how often a colour is seen in white light, on a grid twice as wide as that of lights."""
    from scipy.ndimage import gaussian_filter

    wide = 2 * _HALF
    axis = np.arange(-wide, wide + 1) * _STEP
    red, blue = np.meshgrid(axis, axis, indexing="ij")
    square = red**2 + blue**2
    grey = sum(np.exp(-square / (2 * s**2)) / (2 * np.pi * s**2) for s in _GREY) / 2
    skin = np.zeros_like(square)
    strength = np.arange(*_SKIN_RED, _STEP / 4)
    lean = np.exp(np.linspace(-2.5, 2.5, 101) * _SKIN_SPREAD) * _SKIN_LEAN
    say = np.exp(-(np.linspace(-2.5, 2.5, 101) ** 2) / 2)
    cells = (
        np.rint(strength / _STEP).astype(int)[:, None],
        np.rint(-np.outer(strength, lean) / _STEP).astype(int),
    )
    inside = np.abs(cells[1]) <= wide
    rows = np.broadcast_to(cells[0], cells[1].shape)
    np.add.at(
        skin, (rows[inside] + wide, cells[1][inside] + wide), np.broadcast_to(say, inside.shape)[inside]
    )
    skin = gaussian_filter(skin, _SKIN_BLUR / _STEP)
    skin /= skin.sum() * _STEP**2
    other = np.exp(-square / (2 * 0.8**2)) / (2 * np.pi * 0.8**2)
    mixed = _SHARES["grey"] * grey + _SHARES["skin"] * skin + _SHARES["other"] * other
    return np.asarray(np.log(mixed + 1e-4))


@lru_cache(maxsize=1)
def _usual_lights() -> Floats:
    """Logarithm of how often a light is met with."""
    axis = np.arange(-_HALF, _HALF + 1) * _STEP
    place = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    along = place @ _DIRECTION
    across = place @ np.array([-_DIRECTION[1], _DIRECTION[0]])
    usual = np.exp(-(place**2).sum(-1) / (2 * _USUAL**2)) / _USUAL**2
    odd = np.exp(-((along / _WARM[0]) ** 2 + (across / _WARM[1]) ** 2) / 2) / (_WARM[0] * _WARM[1])
    return np.asarray(np.log((1 - _ODD) * usual + _ODD * odd + 1e-5))
