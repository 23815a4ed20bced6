"""Light on the relief, and the phone that takes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.camera import Camera, develop
from cutis.phantoms.canvas import Field, Rng, blur
from cutis.phantoms.erythema.photo import squeezed
from cutis.phantoms.facial.features import Features
from cutis.phantoms.facial.settings import Device, Settings
from cutis.phantoms.facial.skin import Skin

_FRESNEL = 0.028  # share of light that oily skin mirrors when seen straight
_SHINES = 0.2  # share of mirrored light in all that skin sends, from which it counts as shining


@dataclass(frozen=True)
class Shot:
    """How one photo is taken.

    Attributes:
        lamps: direction (right, down, towards the camera) and strength of each lamp.
        ambient: share of light that comes from everywhere.
        defocus: deviation in mm on the skin.
        quality: of the JPEG file.
    """

    device: Device
    camera: Camera
    lamps: tuple[tuple[tuple[float, float, float], float], ...]
    ambient: float
    defocus: float
    quality: int


def draw_shot(settings: Settings, rng: Rng) -> Shot:
    """A phone and the light in which it is used."""
    device = settings.devices[int(rng.integers(len(settings.devices)))]
    warmth, green = rng.uniform(*settings.warmth), rng.uniform(*settings.green)
    if settings.warmth[0] > 0 and rng.random() < 0.4:  # a cold light as far off as the warm one
        warmth = -warmth
    slope = rng.uniform(-0.6, 0.6, 2) * rng.uniform(*settings.falloff)
    camera = Camera(
        polarised=False,
        exposure=float(rng.uniform(*settings.exposure)),
        metering=float(rng.uniform(0.28, 0.5)),
        balance=float(rng.uniform(0.12, 0.24)),
        gains=(float(np.exp(warmth)), float(np.exp(green - 0.06)), float(np.exp(0.03 - warmth))),
        saturation=0.94 * device.saturation * float(rng.uniform(0.98, 1.02)),
        contrast=device.contrast + float(rng.uniform(-0.03, 0.03)),
        blur=0.0,
        noise=0.0 if device.smear > 0 else device.noise * float(rng.uniform(0.7, 1.3)),
        sharpening=0.0 if device.smear > 0 else device.sharpening,
        falloff=float(rng.uniform(*settings.falloff)),
        tilt=(float(slope[0]), float(slope[1])),
    )
    turn = rng.normal(-np.pi / 2, 0.75)  # mostly from above
    return Shot(
        device=device,
        camera=camera,
        lamps=(
            (_towards(rng.uniform(*settings.lamp), turn), 1.0),
            (
                _towards(rng.uniform(*settings.lamp), turn + np.pi + rng.normal(0, 0.5)),
                rng.uniform(*settings.second),
            ),
        ),
        ambient=float(rng.uniform(*settings.ambient)),
        defocus=float(rng.uniform(*settings.defocus)),
        quality=round(float(rng.uniform(*settings.quality))),
    )


def _towards(angle: float, turn: float) -> tuple[float, float, float]:
    off = np.radians(angle)
    return float(np.sin(off) * np.cos(turn)), float(np.sin(off) * np.sin(turn)), float(np.cos(off))


def lit(skin: Skin, features: Features, shot: Shot) -> tuple[Field, Field]:
    """Light that a face sends to the camera.

    Returns:
        By camera band, (3, height, width), and what it mirrors besides, (height, width).
    """
    light = skin.layers.reflectance(polarised=False)
    across, down = _slopes(skin)
    upright = 1.0 / np.sqrt(1 + across**2 + down**2)
    total = sum(strength for _, strength in shot.lamps)
    diffuse = np.full(skin.canvas.shape, np.float32(shot.ambient))
    mirrored = skin.canvas.full(0.0)
    for (right, below, forward), strength in shot.lamps:
        share = strength / total
        facing = np.maximum(forward - right * across - below * down, 0) * upright
        diffuse += np.float32((1 - shot.ambient) * share / forward) * facing
        half = np.array([right, below, forward + 1.0]) / np.sqrt(2 + 2 * forward)
        meets = np.maximum(half[2] - half[0] * across - half[1] * down, 0) * upright
        mirrored += np.float32((1 - 0.6 * shot.ambient) * share) * (
            np.float32(5.0) * _power(meets, 26.0) + np.float32(6.0) * _power(meets, 90.0)
        )
    diffuse *= 1 - np.float32(0.85) * np.clip(skin.hollow, 0, 0.95)
    mirrored *= np.float32(_FRESNEL) * skin.gloss * (1 - np.clip(skin.hollow * 1.5, 0, 1))
    light *= diffuse * features.shade
    for cover in features.covers:
        colour = cover.colour if cover.colour.ndim == 3 else cover.colour[:, None, None]
        light *= 1 - cover.share
        light += cover.share * colour * np.minimum(diffuse, 1.3)
        mirrored *= 1 - cover.share
    return light.astype(np.float32), mirrored


def _power(value: Field, exponent: float) -> Field:
    """A power of numbers near 1."""
    return np.asarray(np.exp(np.float32(exponent) * np.log(np.maximum(value, np.float32(1e-3)))))


def _slopes(skin: Skin) -> tuple[Field, Field]:
    """Of the form, limited as a face turned away is, with those of the fine relief on top; right and down."""
    pixel = np.float32(skin.canvas.pixel)
    down, across = np.gradient(skin.form, pixel)
    steep = np.hypot(down, across)
    limit = 0.75 / (0.75 + np.maximum(steep - 0.35, 0))
    fine_down, fine_across = np.gradient(skin.layers.relief, pixel)
    for fine in (fine_down, fine_across):
        fine /= 1 + 0.55 * np.abs(fine)
    return across * limit + fine_across, down * limit + fine_down


def shines(light: Field, mirrored: Field) -> NDArray[np.bool_]:
    """Where so much of skin's light is mirrored that it looks white, of what `lit` gave.

    The same mirrored light shows on brown skin and drowns in the light of pale skin.
    """
    return np.asarray(mirrored > _SHINES * (light.mean(axis=0) + mirrored))


def taken(light: Field, mirrored: Field, skin: Skin, shot: Shot, rng: Rng) -> NDArray[np.uint8]:
    """Take the photo.

    Args:
        light: (3, height, width) by camera band; it is overwritten.
        mirrored: (height, width), which is white whatever the camera makes of the skin.
        rng: draws the noise.

    Returns:
        (height, width, 3) sRGB as it comes out of its JPEG file.
    """
    dark = min(skin.person.melanin / 0.3, 1.0)
    # Phones show brown skin less saturated than it is.
    camera = replace(shot.camera, saturation=shot.camera.saturation * (0.98 - 0.18 * dark))
    canvas = skin.canvas
    inside = skin.usable > 0.5
    seen = light[:, inside][:, ::5] if inside.sum() > 50 else light.reshape(3, -1)
    bands = np.maximum(seen.mean(axis=1), np.float32(1e-3))
    gain = (camera.exposure / max(float(bands.mean()), 1e-3)) ** camera.metering
    gain *= (camera.exposure / 0.35) ** (1.0 - camera.metering)
    balance = np.clip(bands.mean() / bands, 0.6, 2.2) ** np.float32(camera.balance)
    gains = np.array(camera.gains, dtype=np.float32) * balance * np.float32(gain)
    light += mirrored * (gains.mean() / gains)[:, None, None]
    light = blur(light, shot.defocus / canvas.pixel)
    light *= _illumination(canvas.shape, camera)
    image = develop(light, camera, gains, shot.device.reach / canvas.pixel, rng)
    if shot.device.smear > 0:
        image = _processed(image, shot.device, canvas.pixel, rng)
    return squeezed(image, shot.quality)


def _illumination(shape: tuple[int, int], camera: Camera) -> Field:
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    light = 1 - np.float32(0.4 * camera.falloff) * (across**2 + down**2)
    return np.asarray(light + np.float32(camera.tilt[0]) * across + np.float32(camera.tilt[1]) * down)


def _processed(image: NDArray[np.uint8], device: Device, pixel: float, rng: Rng) -> NDArray[np.uint8]:
    """What another kind of phone makes of a small sensor: shot noise, halos, blotches of colour."""
    import cv2

    shown = image.astype(np.float32) / 255
    grain = blur(rng.standard_normal(shown.shape[:2], dtype=np.float32), 0.45)[..., None] * np.float32(1.5)
    shown += np.float32(device.noise) * grain * np.sqrt(np.maximum(shown, 0.03))
    smooth = cv2.bilateralFilter(shown, 5, 0.05, 1.6)
    shown += np.float32(device.smear) * (smooth - shown)
    blotch = blur(rng.standard_normal((2, *shown.shape[:2]), dtype=np.float32), 2.2)
    blotch *= np.float32(7.0 * device.chroma)
    for channel, part in zip((0, 2), blotch, strict=True):
        shown[..., channel] += part
    detail = shown - blur(shown.transpose(2, 0, 1), device.reach / pixel).transpose(1, 2, 0)
    shown += np.float32(device.sharpening) * np.clip(detail, -0.06, 0.06)
    return np.asarray(np.clip(shown * 255 + 0.5, 0, 255), dtype=np.uint8)
