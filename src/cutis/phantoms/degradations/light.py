"""Pixels as light and back, and the smooth fields that light, shadow and texture are made of."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Light = NDArray[np.floating[Any]]  # (3, height, width) float32, linear, 0 black to 1 white; more is clipped
Field = NDArray[np.floating[Any]]  # (height, width) float32
Rng = np.random.Generator

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_STEPS = 65535  # fine enough that decoding and encoding gives every one of the 256 values back


@lru_cache(maxsize=1)
def _decoding() -> Field:
    shown = np.arange(256) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


@lru_cache(maxsize=1)
def _encoding() -> NDArray[np.uint8]:
    linear = np.arange(_STEPS + 1) / _STEPS
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * shown), dtype=np.uint8)


def to_light(rgb: NDArray[np.uint8]) -> Light:
    """Turn sRGB (height, width, 3) into linear light (3, height, width) (IEC 61966-2-1)."""
    return np.asarray(_decoding().take(np.ascontiguousarray(rgb.transpose(2, 0, 1))))


def to_rgb(light: Light) -> NDArray[np.uint8]:
    """Linear light (3, height, width) as sRGB (height, width, 3); what is too bright is clipped."""
    index = light * np.float32(_STEPS)
    index += np.float32(0.5)
    np.clip(index, 0, _STEPS, out=index)
    return np.ascontiguousarray(_encoding().take(index.astype(np.uint16)).transpose(1, 2, 0))


def shown(light: Light) -> Light:
    """Linear light as display values 0..1, for what happens after the tone curve."""
    clipped = np.clip(light, 0, 1)
    curve = np.float32(1.055) * np.power(clipped, np.float32(1 / 2.4)) - np.float32(0.055)
    return np.where(clipped <= 0.0031308, np.float32(12.92) * clipped, curve).astype(np.float32)


def unshown(values: Light) -> Light:
    """The inverse of `shown`."""
    clipped = np.clip(values, 0, 1)
    curve = np.power((clipped + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    return np.where(clipped <= 0.04045, clipped / np.float32(12.92), curve).astype(np.float32)


def luminance(light: Light) -> Field:
    """(height, width) luminance."""
    return np.asarray(np.tensordot(LUMINANCE, light, axes=1))


def sample(light: Light, most: int = 64) -> Light:
    """Every so many pixels: enough for medians, at most about ``most`` a side."""
    down, across = max(1, light.shape[1] // most), max(1, light.shape[2] // most)
    return light[:, ::down, ::across]


def resized(field: Field, shape: tuple[int, int], *, smooth: bool = True) -> Field:
    """One plane at another size, antialiased (bicubic, or bilinear without overshoot)."""
    if field.shape == shape:
        return field
    how = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    picture = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), how))


def resized_light(light: Light, shape: tuple[int, int], *, smooth: bool = True) -> Light:
    """All planes at another size."""
    if light.shape[1:] == shape:
        return light
    return np.stack([resized(plane, shape, smooth=smooth) for plane in light])


def grid(shape: tuple[int, int]) -> tuple[Field, Field]:
    """Places from the centre, across (1, width) and down (height, 1); 1 is the shorter side."""
    side = min(shape)
    down = (np.arange(shape[0], dtype=np.float32) + np.float32(0.5 - shape[0] / 2)) / np.float32(side)
    across = (np.arange(shape[1], dtype=np.float32) + np.float32(0.5 - shape[1] / 2)) / np.float32(side)
    return across[None, :], down[:, None]


def smooth_field(rng: Rng, shape: tuple[int, int], scale: float) -> Field:
    """Noise of mean 0 and deviation about 1 whose features measure ``scale`` shorter sides."""
    pixels = max(1.0, scale * min(shape))
    rows, columns = (max(2, min(side, int(side / pixels) + 3)) for side in shape)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32) * np.float32(1.3)
    return resized(coarse, shape)


def rough_field(rng: Rng, shape: tuple[int, int], scale: float, octaves: int = 4) -> Field:
    """Noise with features from ``scale`` shorter sides down, each octave two thirds as strong."""
    field = smooth_field(rng, shape, scale)
    for octave in range(1, octaves):
        field = field + np.float32(0.66**octave) * smooth_field(rng, shape, scale / 2**octave)
    return np.asarray(field * np.float32(0.75))


def rise(depth: Field, width: float) -> Field:
    """From 0 to 1 where ``depth`` crosses 0, over ``width``."""
    ramp = np.clip(depth / np.float32(max(width, 1e-6)) + np.float32(0.5), 0, 1)
    return np.asarray(ramp * ramp * (np.float32(3) - np.float32(2) * ramp))


def softened(field: Field, sigma: float) -> Field:
    """Gaussian blur over the last two axes; sigma in pixels."""
    if sigma < 0.15:
        return field
    if sigma > 12 and min(field.shape[-2:]) > 1000:
        return _softened_small(field, sigma)
    for axis in (-1, -2):
        field = ndimage.gaussian_filter1d(field, sigma, axis=axis, truncate=3.0, mode="reflect")
    return field


def _softened_small(field: Field, sigma: float) -> Field:
    """A wide blur of a large field at a fraction of its size, where it costs a hundredth."""
    shape = (field.shape[-2], field.shape[-1])
    small = (round(4 * shape[0] / sigma), round(4 * shape[1] / sigma))
    planes = [
        resized(softened(resized(plane, small, smooth=False), 4.0), shape)
        for plane in field.reshape(-1, *shape)
    ]
    return np.stack(planes).reshape(field.shape)


def turned(shape: tuple[int, int], angle: float) -> tuple[Field, Field]:
    """Places along and across a direction, both (height, width), in shorter sides from the centre."""
    across, down = grid(shape)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * across + sin * down, cos * down - sin * across


def working_shape(shape: tuple[int, int], most: int = 512) -> tuple[int, int]:
    """The shape at which objects without fine detail are drawn: the shorter side at most ``most``.

    Never more than four times that, so that a panorama costs no more than a photo.
    """
    factor = min(1.0, most / min(shape), 4 * most / max(shape))
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))
