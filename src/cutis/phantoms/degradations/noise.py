"""Noise of the sensor, in linear light, and what the camera's software makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import ndimage

from cutis.phantoms.degradations import software
from cutis.phantoms.degradations.light import Field, Light, Rng, luminance, resized, shown, softened, unshown

_SHOT = 0.034  # variance of shot noise per light at severity 1
_READ = 0.028  # deviation of read noise at severity 1, linear
_VIEWED = 320.0  # pixels of the shorter side at which a photo is looked at
_Shape = tuple[int, int]


def noisy(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Add noise as if the sensor had had little light and its gain had been turned up.

    In a photo with many pixels single-pixel noise averages out when it is looked at; noise is therefore
    coarser there (sensor noise after a phone's pipeline is), so that a severity looks alike in any size.

    Args:
        light: (3, height, width).
        severity: 0..1.
        rng: draws which means, and the noise.
        means: names in `NOISE` to draw from.
    """
    return NOISE[means[int(rng.integers(len(means)))]](np.minimum(light, 1), severity**1.25, rng)


def _grain_of(shape: _Shape) -> float:
    """How many pixels one grain measures."""
    return max(1.0, min(shape) / _VIEWED)


def _white(rng: Rng, shape: _Shape, planes: int, grain: float) -> Light:
    """Independent noise of deviation 1 in grains of so many pixels."""
    if grain < 1.2:
        return np.asarray(rng.standard_normal((planes, *shape), dtype=np.float32))
    small = (max(1, round(shape[0] / grain)), max(1, round(shape[1] / grain)))
    coarse = rng.standard_normal((planes, *small), dtype=np.float32)
    field = np.stack([resized(plane, shape) for plane in coarse])
    return np.asarray(field / np.float32(max(float(field.std()), 1e-3)))


def _deviation(light: Light, strength: float) -> Light:
    return np.asarray(np.sqrt(np.float32(_SHOT * strength**2) * light + np.float32((_READ * strength) ** 2)))


def _grain(light: Light, strength: float, rng: Rng) -> Light:
    """Shot and read noise, smeared a little across pixels and colours by demosaicing."""
    shape = (light.shape[1], light.shape[2])
    white = _white(rng, shape, 3, _grain_of(shape))
    white = softened(white, 0.45) * np.float32(1.35)
    common = white.mean(axis=0, keepdims=True) * np.float32(1.5)
    share = np.float32(rng.uniform(0.35, 0.8))  # of the noise that is colour
    return np.asarray(light + _deviation(light, strength) * (common + share * (white - common)))


def _denoised(light: Light, strength: float, rng: Rng) -> Light:
    """The phone's own noise reduction: colour noise in soft blotches, detail smeared where it is faint."""
    shape = (light.shape[1], light.shape[2])
    grain = _grain_of(shape)
    deviation = _deviation(light, strength * 1.9)
    noise = softened(_white(rng, shape, 3, grain), 0.45) * np.float32(1.35)
    dirty = light + deviation * noise
    reach = (0.6 + 1.6 * strength) * grain
    bright = luminance(dirty)
    calm = _edge_kept(bright, reach, float(deviation.mean()))
    blotches = softened(dirty - bright, 2.2 * reach * min(1.0, strength * 3))
    return np.asarray(calm + blotches)


def _edge_kept(field: Field, reach: float, noise: float) -> Field:
    """Smooth where the field varies less than noise does, keep edges (guided filter with itself)."""
    size = 2 * round(reach) + 1
    mean = ndimage.uniform_filter(field, size, mode="reflect")
    variance = np.maximum(ndimage.uniform_filter(field * field, size, mode="reflect") - mean**2, 0)
    gain = variance / (variance + np.float32(noise**2 * 0.35 + 1e-9))
    return np.asarray(mean + gain * (field - mean))


def _mosaic(light: Light, strength: float, rng: Rng) -> Light:
    """Noise per photosite of a Bayer pattern, spread by plain interpolation: red and blue in large grains."""
    shape = (light.shape[1], light.shape[2])
    grain = _grain_of(shape)
    tall, wide = (max(2, -(-round(side / grain) // 2) * 2) for side in shape)
    sites = rng.standard_normal((tall, wide), dtype=np.float32)
    planes = []
    for rows, columns in (((0,), (0,)), ((0, 1), (1, 0)), ((1,), (1,))):
        seen = np.zeros((tall, wide), dtype=np.float32)
        for row, column in zip(rows, columns, strict=True):
            seen[row::2, column::2] = sites[row::2, column::2]
        kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float32) / 4
        if len(rows) == 2:
            kernel = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], dtype=np.float32) / 4
        planes.append(ndimage.convolve(seen, kernel, mode="reflect"))
    noise = np.stack([resized(plane, shape) for plane in planes]) * np.float32(1.35)
    return np.asarray(light + _deviation(light, strength) * noise)


def _banding(light: Light, strength: float, rng: Rng) -> Light:
    """Rows of unequal gain, fixed pattern, and pixels that are stuck."""
    shape = (light.shape[1], light.shape[2])
    grain = _grain_of(shape)
    tall = max(1, round(shape[0] / grain))
    rows = softened(rng.standard_normal((1, tall), dtype=np.float32), 0.6)[0] * np.float32(1.2)
    bands = resized(np.ascontiguousarray(np.broadcast_to(rows[:, None], (tall, 2))), shape)
    white = _white(rng, shape, 1, grain)
    field = np.float32(0.75) * bands + np.float32(0.7) * white
    out = light + _deviation(light, strength) * field
    stuck = _white(rng, shape, 1, grain)[0] > np.float32(4.2 - 1.8 * strength)
    lit = rng.uniform(0.2, 1.0, 3).astype(np.float32)[:, None]
    out[:, stuck] = np.float32(0.5) * out[:, stuck] + np.float32(0.5) * lit
    return np.asarray(out)


def _painted(light: Light, strength: float, rng: Rng) -> Light:
    """Noise in display values, then a median that leaves patches like brush strokes, and sharpening."""
    shape = (light.shape[1], light.shape[2])
    grain = _grain_of(shape)
    display = shown(light)
    noise = _white(rng, shape, 3, grain)
    noise = np.float32(0.75) * noise + np.float32(0.65) * noise.mean(axis=0, keepdims=True)
    dirty = display + np.float32(0.17 * strength) * noise * (np.float32(1.1) - np.float32(0.5) * display)
    calm = np.stack([_median(plane, grain) for plane in dirty])
    mixed = display + np.float32(min(1.0, 4 * strength)) * (calm - display)
    return unshown(mixed + np.float32(1.1 * strength) * (mixed - softened(mixed, 1.2 * grain)))


def _median(plane: Field, grain: float) -> Field:
    """Median of 3 x 3 grains; in a large photo at the size of its grains."""
    shape = (plane.shape[0], plane.shape[1])
    small = (max(1, round(shape[0] / grain)), max(1, round(shape[1] / grain)))
    coarse = resized(plane, small)
    return resized(ndimage.median_filter(coarse, 3, mode="reflect"), shape)


NOISE: Mapping[str, Callable[[Light, float, Rng], Light]] = {
    "grain": _grain,
    "denoised": _denoised,
    "mosaic": _mosaic,
    "banding": _banding,
    "painted": _painted,
    "white": software.white_noise,
    "specks": software.specks,
    "speckle": software.speckle,
    "colour_grains": software.colour_grains,
}
