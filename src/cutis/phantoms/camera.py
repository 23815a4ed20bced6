"""From reflectance to a photo: light, lens, sensor, and what the maker's software does to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms import optics
from cutis.phantoms.canvas import Field, Rng, blur


@dataclass(frozen=True)
class Camera:
    """How one photo is taken.

    Attributes:
        polarised: crossed polarisers remove glare and show white shiny lines.
        exposure: brightness that the camera aims for, linear, 0..1.
        metering: 0 keeps dark skin dark, 1 brings every skin to the same brightness.
        balance: 0 leaves the colours of the skin, 1 turns it grey on average (automatic white balance).
        gains: of red, green and blue: colour of the light that white balance left over.
        saturation: of colours, 1 as they are.
        contrast: of the tone curve, 0 none.
        blur: of lens and focus, in thousandths of the picture's side.
        noise: deviation at mid-grey, 0..1.
        sharpening: of contours.
        falloff: darkening towards the corners.
        tilt: unevenness of the light, across and down.
    """

    polarised: bool
    exposure: float
    metering: float
    balance: float
    gains: tuple[float, float, float]
    saturation: float
    contrast: float
    blur: float
    noise: float
    sharpening: float
    falloff: float
    tilt: tuple[float, float]


def draw_camera(rng: Rng) -> Camera:
    """A dermoscope, its light and its camera."""
    warm, magenta = rng.normal(-0.04, 0.07), rng.normal(0.18, 0.08)
    if rng.random() < 0.12:  # some devices give pink or violet photos throughout
        magenta += rng.uniform(0.08, 0.22)
    blurred = rng.random() < 0.12
    tilt = rng.normal(0.0, 0.05, 2)
    return Camera(
        polarised=bool(rng.random() < 0.7),
        exposure=float(rng.uniform(0.34, 0.60)),
        metering=float(rng.uniform(0.45, 0.85)),
        balance=float(rng.uniform(0.3, 0.7)),
        gains=(float(np.exp(warm)), float(np.exp(-magenta)), float(np.exp(0.08 - warm))),
        saturation=float(np.clip(rng.normal(1.02, 0.12), 0.7, 1.35)),
        contrast=float(np.clip(rng.normal(0.15, 0.2), -0.15, 0.7)),
        blur=float(rng.uniform(6.0, 10.0) if blurred else rng.uniform(2.2, 5.0)),
        noise=float(rng.uniform(0.001, 0.008)),
        sharpening=float(rng.uniform(0.0, 0.5)),
        falloff=float(rng.choice([rng.uniform(0.0, 0.15), rng.uniform(0.15, 0.6)], p=[0.7, 0.3])),
        tilt=(float(tilt[0]), float(tilt[1])),
    )


def photograph(light: Field, camera: Camera, rng: Rng) -> NDArray[np.uint8]:
    """Take the photo.

    Args:
        light: (3, size, size) reflectance by camera band; it is overwritten.
        rng: draws the noise, pixel by pixel.

    Returns:
        (size, size, 3) sRGB.
    """
    size = light.shape[-1]
    light = blur(light, camera.blur * size / 1000.0)
    light *= _illumination(size, camera)
    inner = light[:, size // 8 : -size // 8 : 4, size // 8 : -size // 8 : 4]
    bands = np.maximum(inner.mean(axis=(1, 2)), np.float32(1e-3))
    # A meter minds the bright part of the picture, or a dark lesion would burn out the skin around it.
    level = 0.35 * float(bands.mean()) + 0.65 * float(np.percentile(inner, 80))
    gain = (camera.exposure / max(level, 1e-3)) ** camera.metering
    gain *= (camera.exposure / 0.45) ** (1.0 - camera.metering)
    balance = np.clip(bands.mean() / bands, 0.6, 2.2) ** np.float32(camera.balance)
    gains = np.array(camera.gains, dtype=np.float32) * balance * np.float32(gain)
    return develop(light, camera, gains, 1.3 * size / 224, rng)


def develop(light: Field, camera: Camera, gains: Field, reach: float, rng: Rng) -> NDArray[np.uint8]:
    """What the camera makes of the light on its sensor: colours, tone curve, sharpening and noise.

    Args:
        light: (3, height, width) by camera band.
        gains: (3,) of the bands: exposure and white balance.
        reach: of the sharpening, deviation in pixels.
        rng: draws the noise, pixel by pixel.

    Returns:
        (height, width, 3) sRGB.
    """
    matrix = _saturate(camera.saturation) @ optics.band_to_srgb()
    rgb = np.tensordot(matrix * gains[None, :], light, axes=1)
    rgb = _develop(rgb, camera)
    if camera.sharpening > 0.05:
        rgb += np.float32(camera.sharpening) * (rgb - blur(rgb, reach))
    rgb += _grain(rgb, camera, rng)
    np.clip(rgb, 0.0, 1.0, out=rgb)
    return np.ascontiguousarray((rgb * np.float32(255) + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0))


def _illumination(size: int, camera: Camera) -> Field:
    step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * np.float32(2.0)
    across, down = step[None, :], step[:, None]
    light = np.float32(1.0) - np.float32(0.5 * camera.falloff) * (across**2 + down**2)
    light += np.float32(camera.tilt[0]) * across + np.float32(camera.tilt[1]) * down
    return np.asarray(np.maximum(light, np.float32(0.02)))


def _saturate(amount: float) -> Field:
    grey = np.array([0.2126, 0.7152, 0.0722])
    return (amount * np.eye(3) + (1.0 - amount) * grey[None, :]).astype(np.float32)


def _develop(rgb: Field, camera: Camera) -> Field:
    """Linear sRGB to display values, with a shoulder that keeps highlights and a contrast curve."""
    np.maximum(rgb, np.float32(0.0), out=rgb)
    knee = np.float32(0.75)
    over = np.maximum(rgb - knee, np.float32(0.0))
    rgb -= over - over / (np.float32(1.0) + over / (np.float32(1.0) - knee))
    shown = np.where(rgb < 0.0031308, 12.92 * rgb, 1.055 * np.power(rgb, np.float32(1 / 2.4)) - 0.055)
    shown = shown.astype(np.float32)
    curved = shown * shown * (np.float32(3.0) - np.float32(2.0) * shown)
    return np.asarray(shown + np.float32(camera.contrast) * (curved - shown))


def _grain(rgb: Field, camera: Camera, rng: Rng) -> Field:
    """Sensor noise, more of it in the dark, smeared as demosaicing smears it."""
    noise = rng.standard_normal(rgb.shape, dtype=np.float32)
    noise = np.float32(0.8) * blur(noise, 0.6) + np.float32(1.2) * blur(
        noise.mean(axis=0, keepdims=True), 0.5
    )
    return np.asarray(noise * np.float32(camera.noise * 2.2) * (np.float32(1.2) - rgb))
