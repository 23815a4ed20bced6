"""How much more blood each place shows than normal skin around it, by a measure that holds on all tones.

Blue light hardly comes back from dark skin, so that a separation that leans on blue loses blood there. Green
and red do come back. Blood absorbs green and hardly red; their difference, the erythema index, is free of
shading. Melanin raises it too, but less, and it darkens red far more: what red loses for each loss of green
tells the two apart.

On the darkest skin red fails as well: there erythema is seen as darker, not as redder, and camera and eye
agree on that. So the darker the normal skin, the less of red is taken off green, and the more the measure
becomes plain darkness, to which shading adds; its slow part goes with the level of normal skin.

Blisters and bare dermis are greyer than skin. Where blue is lost less than green, that counts too.

Source: Diffey, Oliver, Farr 1984, Br J Dermatol 111:663 (erythema index, log of red over green).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map, absorbance
from cutis.imaging.skin_likelihood import skin

Mask = NDArray[np.bool_]

SCALES = (0.4, 0.16, 0.08)  # of the surroundings that are looked at for normal skin, as a share of the side
_COARSER = 4  # normal skin changes slowly: it is worked out on so many times fewer rows and columns
_PRIOR = 0.08  # share of a window below which wider surroundings say what is normal
_ROUNDS = 4
_LEAST_SPREAD = 0.012  # of a camera's rounding and noise; flawless skin has it too
_TONES, _RED_TAKEN = (0.70, 1.05), (1.0, 0.35)  # share of red that is taken off green, by the normal index
_GREYER = 0.5  # what a loss of yellow counts, beside redness
_GREY_LEAST = 0.1  # loss of yellow that normal skin has at places
_SMOOTH = 0.72  # pixels, of what steepness is taken from
_CERTAIN = 0.35  # skin likelihood of a place that counts as skin


@dataclass(frozen=True, eq=False)
class Redness:
    """What a small photo offers.

    Attributes:
        red: (height, width) erythema above normal skin around, in natural-log absorbance of green.
        green: (height, width) absorbance of green above normal skin around.
        lost: (height, width) absorbance of red above normal skin around.
        yellow: (height, width) absorbance of blue above normal skin around.
        spread: (height, width) deviation of the index over normal skin around.
        normal: (height, width) the index of normal skin around: 0.2 on the palest people, 1 on the darkest.
        skin: (height, width) where there is skin, gaps filled.
        likely: (height, width) skin likelihood, 0..1.
        steep: (height, width) how fast the logarithm of light changes, per pixel.
    """

    red: Map
    green: Map
    lost: Map
    yellow: Map
    spread: Map
    normal: Map
    skin: Mask
    likely: Map
    steep: Map


def redness(small: NDArray[np.uint8]) -> Redness | None:
    """Measure a small photo.

    Args:
        small: (height, width, 3) sRGB, some hundred thousand pixels.

    Returns:
        None where there is no skin.
    """
    import cv2

    likely = skin(small)
    mask = skin_mask(likely)
    if not mask.any():
        return None
    side = float(np.sqrt(mask.size))
    light: Map = np.asarray(cv2.GaussianBlur(absorbance(small), (0, 0), max(0.5, 0.002 * side)))
    weight = np.where(mask, likely, 0).astype(np.float32)
    normal, _ = _normal(light[..., 1] - light[..., 0], weight, side)
    taken = np.interp(normal, _TONES, _RED_TAKEN).astype(np.float32)
    base, spread = _normal(light[..., 1] - taken * light[..., 0], weight, side)
    red = light[..., 1] - taken * light[..., 0] - base
    trusted = weight * (red < spread)
    levelled = light - _level(light, trusted, side)
    greyer = np.clip(levelled[..., 1] - levelled[..., 2] - np.float32(_GREY_LEAST), 0, 1)
    red = red + np.float32(_GREYER) * greyer * (levelled[..., 1] > 0)
    lost, green, yellow = (np.ascontiguousarray(levelled[..., channel]) for channel in range(3))
    red = np.asarray(red, dtype=np.float32)
    return Redness(red, green, lost, yellow, spread, normal, mask, likely, _steep(light))


def _steep(light: Map) -> Map:
    """How fast the mean absorbance changes."""
    import cv2

    mean: Map = np.asarray(cv2.GaussianBlur(light.mean(axis=2), (0, 0), _SMOOTH))
    across, down = (np.asarray(cv2.Sobel(mean, cv2.CV_32F, *way, scale=1 / 8)) for way in ((1, 0), (0, 1)))
    return np.hypot(across, down)


def _level(light: Map, weight: Map, side: float) -> Map:
    """Mean of each channel over trusted skin around."""
    import cv2

    shape = (max(1, light.shape[1] // _COARSER), max(1, light.shape[0] // _COARSER))
    few: Map = np.asarray(cv2.resize(light * weight[..., None], shape, interpolation=cv2.INTER_AREA))
    sure: Map = np.asarray(cv2.resize(weight, shape, interpolation=cv2.INTER_AREA))
    sigma = SCALES[-1] * side / _COARSER
    wide = few.sum(axis=(0, 1)) / max(float(sure.sum()), 1e-6)
    share = _blurred(sure, sigma) + np.float32(0.01)
    channels = [
        (_blurred(np.ascontiguousarray(few[..., n]), sigma) + np.float32(0.01) * wide[n]) / share
        for n in range(3)
    ]
    size = (light.shape[1], light.shape[0])
    return np.asarray(cv2.resize(np.stack(channels, axis=2), size, interpolation=cv2.INTER_LINEAR))


def skin_mask(likely: Map) -> Mask:
    """Where there is skin: patches of likely pixels, without small specks and small gaps.

    Args:
        likely: (height, width) skin likelihood.
    """
    import cv2

    side = float(np.sqrt(likely.size))
    smooth: Map = np.asarray(cv2.GaussianBlur(likely, (0, 0), 0.01 * side + 0.1))
    mask = (smooth > np.float32(_CERTAIN)).astype(np.uint8)
    mask = _without_patches(mask, 1, 0.01 * mask.size)
    return np.asarray(1 - _without_patches(1 - mask, 1, 0.03 * mask.size), dtype=np.bool_)


def _without_patches(mask: NDArray[np.uint8], value: int, least: float) -> NDArray[np.uint8]:
    """Without the patches that have less than so many pixels."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    kept = np.zeros(count, np.uint8)
    kept[1:] = stats[1:, cv2.CC_STAT_AREA] >= least
    return np.asarray(kept[labels] * np.uint8(value))


def _normal(index: Map, weight: Map, side: float) -> tuple[Map, Map]:
    """The index of normal skin at each place, and how much it varies there.

    Lesions only ever raise the index, so what lies above is doubted and what lies below is not. Where an
    eruption leaves little normal skin in a window, wider surroundings decide.
    """
    import cv2

    shape = (max(1, index.shape[1] // _COARSER), max(1, index.shape[0] // _COARSER))
    sure: Map = np.asarray(cv2.resize(weight, shape, interpolation=cv2.INTER_AREA))
    weighted: Map = np.asarray(cv2.resize(index * weight, shape, interpolation=cv2.INTER_AREA))
    few = weighted / np.maximum(sure, np.float32(1e-3))
    seen = sure > np.float32(0.05)
    if not seen.any():
        seen = sure >= sure.max()
    base = np.full_like(few, np.quantile(few[seen], 0.4))
    spread = np.full_like(few, max(_LEAST_SPREAD, float(np.median(np.abs(few[seen] - base[seen])))))
    for scale in SCALES:
        sigma = scale * side / _COARSER
        for _ in range(_ROUNDS):
            above = np.maximum((few - base) / spread - np.float32(1.0), 0)
            trusted = sure * np.exp(-(above**2)).astype(np.float32)
            share = _blurred(trusted, sigma)
            prior = np.float32(_PRIOR) * np.maximum(_blurred(sure, sigma), np.float32(1e-4))
            base_next = (_blurred(trusted * few, sigma) + prior * base) / (share + prior)
            # Variation is judged by what lies below normal, where no lesion is.
            below = np.minimum(few - base_next, 0) ** 2
            counted = trusted * (few < base_next)
            varied = (_blurred(counted * below, sigma) + prior * spread**2) / (
                _blurred(counted, sigma) + prior
            )
            base, spread = base_next, np.maximum(np.sqrt(varied), np.float32(_LEAST_SPREAD))
    size = (index.shape[1], index.shape[0])
    return tuple(  # type: ignore[return-value]
        np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR)) for one in (base, spread)
    )


def _blurred(field: Map, sigma: float) -> Map:
    """Gaussian blur; wide ones on a still smaller copy."""
    import cv2

    shrink = max(1, int(sigma / 4))
    if shrink == 1 or min(field.shape) < 4 * shrink:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), max(sigma, 0.1), borderType=cv2.BORDER_REFLECT))
    size = (max(1, field.shape[1] // shrink), max(1, field.shape[0] // shrink))
    small = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(small, (field.shape[1], field.shape[0]), interpolation=cv2.INTER_LINEAR))
