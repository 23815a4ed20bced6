"""Roughness and shine: what the surface does to light, beside lines and points.

Roughness is the deviation of light over lengths of texture, less what noise and all that varies at finer and
coarser lengths too add to it, and how far it stands out over what varies in blue light besides. Shine is
white light added on top of skin's own colour, set against skin's own light: a photo shows how much more of
one than of the other there is, and neither by itself.

Sources: Shafer 1985, Color Res Appl 10:210 (light of a surface as body colour plus the colour of the light);
Wiener 1949 (the estimate with the least expected error where both signal and noise have a known spread).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.filters import around, blurred, noise_level
from cutis.imaging.measures.measure import Mask
from cutis.imaging.measures.surface import Surface

_BAND = (0.3, 0.65)  # mm: deviations of the two windows whose difference is texture: bumps 1 to 3 mm apart
_GROUND_BANDS = ((0.15, 0.22), (0.85, 1.2))  # mm: finer and coarser lengths, at which bumps hardly vary
_GROUND = 0.5  # share of the variance of these two that is expected at texture's lengths without any texture
_DARKER = 0.25  # power of brightness that texture's light goes with
_BLUE_BAND = (0.45, 0.9)  # mm: lengths at which pigment, form and the camera vary blue light
_OUT = 0.5  # power of how far texture stands out over these, which no lamp changes
_MIRRORED = 2  # power of the share of light that skin does not mirror
_MIDDLE = 0.5  # of full brightness: of skin on which texture shows as it is given
_COURSE = 1.5  # mm: of the window in which the light falls that texture is set against
_EVEN = 0.001  # of full brightness: added to the deviation of blue light, so that it is never 0
_LOCAL = 1.5  # mm: of the window that the map of roughness is averaged over
_BESIDE = 0.5  # mm around lines, pores and edges of spots, which have measures of their own
_GLARE = 0.8  # mm: deviation of the window in which colour is averaged
_MATT = 0.4  # share of the area, the darker part, whose colour is taken as skin's own
_SHADING = 0.4  # deviation of the light that falls on skin, as a share of it
_USUAL = 0.02  # of full brightness, linear: glare as it is expected before looking
_GLINTS = 0.3  # share of what light varies by more finely that is glints, where a place shines
_GLINT = 0.15  # mm: deviation of the window that glints are seen in
_WET = 0.1  # share of glare from which that is so
_CONTRAST = 0.2  # of the tone curve, which phones add: an S that bright skin is paler by
_SHINY = 0.14  # share of sure glare in a place's light from which it shines: a fifth, less what is not sure
_LEAST = 0.25  # share of the area that is left beside lines, pores and spots, or all of it is taken


def roughness(skin: Surface, features: Mask, mirrored: Map) -> tuple[float, Map]:
    """Percent of light by which texture stands out; and its map.

    It is the deviation over texture's lengths, percent of full brightness on skin of half of it, times the
    root of its ratio to that of as much blue light over lengths a little longer. A lamp from the side and a
    phone's contrast raise both, pigment and blotches of noise raise blue most: the ratio tells relief.

    Args:
        features: (height, width) lines, pores and edges of spots, which are no texture.
        mirrored: (height, width) share of white light, of `glare`.
    """
    # What a rough surface mirrors is nearly as bright on dark skin as on pale, so that shares of skin's own
    # light would call dark skin rougher. Green has the least of a phone's noise, and no blotches of it.
    shown: Map = skin.rgb[..., 1].astype(np.float32) / np.float32(255)
    course = around(shown, skin.mask, _COURSE / skin.pixel)
    light = float(course[skin.inner].mean())
    # Where less light falls, texture shows less; it is set against the light that falls on the area.
    even: Map = np.asarray(light / np.maximum(course, np.float32(0.02)), dtype=np.float32)
    squared, noise = _varied(shown, skin, even, _BAND)
    for lengths in _GROUND_BANDS:
        ground, grain = _varied(shown, skin, even, lengths)
        squared -= np.float32(_GROUND) * ground
        noise -= _GROUND * grain
    local = np.maximum(around(squared, skin.mask, _LOCAL / skin.pixel) - np.float32(noise), 0)
    plain = skin.inner & ~_near(features, _BESIDE / skin.pixel)
    counts = plain if plain.sum() > _LEAST * skin.inner.sum() else skin.inner
    # All of the skin counts and not its middle: texture lies in patches.
    whole = float(np.sqrt(max(float(squared[counts].mean()) - noise, 0.0)))
    scale = 100.0 * (_MIDDLE / max(light, 0.02)) ** _DARKER
    # Bumps glitter on oily skin; of what is seen of them this is no more relief than on matt skin.
    matt = (1.0 - float(mirrored[counts].mean())) ** _MIRRORED
    scale *= matt * (scale * whole / (100.0 * _blue(skin, counts))) ** _OUT
    return scale * whole, np.asarray(scale * np.sqrt(local), dtype=np.float32)


def _blue(skin: Surface, counts: Mask) -> float:
    """Deviation of blue light over lengths a little longer than texture's, of full brightness.

    As if blue were as bright as green: the yellower skin is, the less blue light there is to vary.
    """
    blue: Map = skin.rgb[..., 2].astype(np.float32) / np.float32(255)
    deviation = float(np.sqrt(np.square(_between(blue, skin, _BLUE_BAND)[counts]).mean())) + _EVEN
    green = float(skin.rgb[..., 1][counts].mean())
    return deviation * green / max(float(skin.rgb[..., 2][counts].mean()), 1.0)


def _varied(shown: Map, skin: Surface, even: Map, lengths: tuple[float, float]) -> tuple[Map, float]:
    """Squared light between two windows (mm), under even light, and what noise adds to its mean."""
    band = _between(shown, skin, lengths) * even
    fine, coarse = (mm / skin.pixel for mm in lengths)
    noise = noise_level(shown, skin.inner) * _passed(fine, coarse)
    return np.asarray(band**2), noise**2


def _between(shown: Map, skin: Surface, lengths: tuple[float, float]) -> Map:
    """What light varies by between two windows (mm)."""
    fine, coarse = (around(shown, skin.mask, mm / skin.pixel) for mm in lengths)
    return np.asarray(fine - coarse)


def _near(features: Mask, reach: float) -> Mask:
    import cv2

    side = 2 * round(reach) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(features.astype(np.uint8), kernel) > 0)


@lru_cache(maxsize=8)
def _passed(fine: float, coarse: float) -> float:
    """Share of the deviation of white noise that the difference of two windows (pixels) lets through."""
    side = 2 * int(np.ceil(4 * coarse)) + 1
    one = np.zeros((side, side), np.float32)
    one[side // 2, side // 2] = 1
    smooth = blurred(one, fine)
    return float(np.sqrt(((smooth - blurred(smooth, coarse)) ** 2).sum()))


def shine(skin: Surface, mirrored: Map) -> tuple[float, Map]:
    """Percent of the area that shines, and glare as percent of the light of each place.

    Args:
        mirrored: (height, width) share of white light, of `glare`.
    """
    shining = 100.0 * float((mirrored[skin.inner] > _SHINY).mean())
    return shining, np.asarray(100.0 * mirrored, dtype=np.float32)


def glare(skin: Surface) -> Map:
    """Share of white light in each place's that is sure: (height, width), 0 to 1.

    A photo of skin shows its own colour, more or less of it as light falls, what that colour varies by
    (pigment, blotches of the camera), and white. White is estimated by least squares with the spread of each,
    a Wiener filter, less the deviation of the estimate. Where a cast makes skin's own colour nearly white,
    the two cannot be told apart, and what is not sure stays near 0. Colour is seen in a wide window; within
    it brightness tells glints.
    """
    sensed = _sensed()[skin.rgb]
    linear = np.stack([around(sensed[..., n], skin.mask, _GLARE / skin.pixel) for n in range(3)], axis=2)
    values = linear[skin.inner].astype(np.float64)
    bright = values.sum(axis=1)
    matt = values[bright <= np.quantile(bright, _MATT)]
    body = np.median(matt, axis=0)
    # The spread of matt skin across its own colour; along it light varies more than the darker part shows.
    own = body / np.linalg.norm(body)
    across = np.cov((matt - np.outer(matt @ own, own)).T)
    spread = across + _SHADING**2 * np.outer(body, body) + 1e-7 * np.eye(3)
    weights = np.linalg.solve(spread, np.ones(3))
    sure = weights.sum() + 1.0 / _USUAL**2  # one over the variance of the estimate
    white = np.maximum((linear - body) @ (weights / sure) - sure**-0.5, 0)
    least = max(float(body.mean()), 1e-3)
    fine = around(sensed.mean(axis=2), skin.mask, _GLINT / skin.pixel) - linear.mean(axis=2)
    white = np.maximum(white + _GLINTS * np.minimum(white / (white + least) / _WET, 1.0) * fine, 0)
    return np.asarray(white / (white + least), dtype=np.float32)


@lru_cache(maxsize=1)
def _sensed() -> Map:
    """(256,) linear light of each level of a channel before a phone's tone curve."""
    level = np.linspace(0.0, 1.0, 4096)
    shown = level + _CONTRAST * (level**2 * (3.0 - 2.0 * level) - level)
    before = np.interp(np.arange(256) / 255.0, shown, level)
    return np.where(before <= 0.04045, before / 12.92, ((before + 0.055) / 1.055) ** 2.4).astype(np.float32)
