"""A photo at the bedside: where on the body, from how far, in which light, with which camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.phantoms.camera import Camera, develop
from cutis.phantoms.canvas import Field, Rng, blur, rise
from cutis.phantoms.erythema.conditions import Conditions
from cutis.phantoms.erythema.frame import Frame, Scene, seen
from cutis.phantoms.erythema.skin import add_hair, reference
from cutis.phantoms.skin import Person

SIDE = 768  # pixels on the short side of a wide photo of which all sharpness is a share


@dataclass(frozen=True)
class Shot:
    """How one photo is taken.

    Attributes:
        site: of the body, as in `cutis.phantoms.skin.SITES`.
        palm: palm or sole, where it is a hand or foot.
        tan: of melanin there, 1 is the person's usual.
        field: short side of the skin in a wide photo, mm.
        blur: deviation in pixels of a photo with SIDE pixels on its short side.
        lamp: where the light comes from: right, down.
        hard: 0 (light from everywhere) to 1 (flash or lamp): depth of shading, and how it glares.
        quality: of the JPEG file.
    """

    site: str
    palm: bool
    tan: float
    field: float
    blur: float
    lamp: tuple[float, float]
    hard: float
    quality: int
    camera: Camera


def draw_shot(sites: Mapping[str, float], conditions: Conditions, rng: Rng) -> Shot:
    """A photo of somebody whose eruption sits there."""
    names = list(sites)
    weights = np.array(list(sites.values()))
    turn = rng.uniform(0, 2 * np.pi)
    warmth, green = rng.uniform(*conditions.warmth), rng.uniform(*conditions.green)
    tilt = rng.uniform(-0.6, 0.6, 2) * rng.uniform(*conditions.falloff)
    camera = Camera(
        polarised=False,
        exposure=float(rng.uniform(*conditions.exposure)),
        metering=float(rng.uniform(0.30, 0.60)),
        balance=float(rng.uniform(0.25, 0.60)),
        gains=(float(np.exp(0.02 + warmth)), float(np.exp(green - 0.10)), float(np.exp(0.05 - warmth))),
        saturation=float(rng.uniform(*conditions.saturation)),
        contrast=float(rng.uniform(*conditions.contrast)),
        blur=0.0,
        noise=float(rng.uniform(*conditions.noise)),
        sharpening=float(rng.uniform(0.0, 0.6)),
        falloff=float(rng.uniform(*conditions.falloff)),
        tilt=(float(tilt[0]), float(tilt[1])),
    )
    return Shot(
        site=names[int(rng.choice(len(names), p=weights / weights.sum()))],
        palm=bool(rng.random() < 0.6),
        tan=float(np.exp(rng.normal(0.0, 0.12))),
        field=float(rng.uniform(*conditions.field)),
        blur=float(rng.uniform(*conditions.blur)),
        lamp=(float(np.cos(turn)), float(np.sin(turn))),
        hard=float(rng.uniform(0.2, 1.0)),
        quality=round(float(rng.uniform(*conditions.quality))),
        camera=camera,
    )


def lit(scene: Scene, shot: Shot, rng: Rng) -> Field:
    """Light that the skin sends to the camera: colour, shading of its relief, glare, hair; (3, h, w)."""
    canvas = scene.canvas
    light = scene.layers.reflectance(polarised=False)
    relief = blur(scene.layers.relief, 0.6)
    down, across = np.gradient(relief, np.float32(canvas.pixel))
    slope = np.float32(shot.lamp[0]) * across + np.float32(shot.lamp[1]) * down
    slope /= 1 + np.abs(slope)
    light *= 1 + np.float32(0.15 + 0.40 * shot.hard) * slope
    gloss = scene.gloss
    if float(gloss.max()) > 0.02:
        ripple = 0.10 * canvas.rough(rng, seen(canvas, 1.0))
        facing = rise(slope + ripple - np.float32(0.45), 0.5)
        mirrored = gloss * (facing * np.float32(0.05 + 0.40 * shot.hard) + np.float32(0.010))
        # What is mirrored is white, whatever the camera makes of the skin.
        cast = gains(scene.person, shot.camera)
        light += mirrored * (cast.mean() / cast)[:, None, None]
    add_hair(light, canvas, scene.person, rng)
    return light


def expose(
    light: Field, scene: Scene, shot: Shot, side: float, rng: Rng, *, whole: bool
) -> NDArray[np.uint8]:
    """Take the photo.

    Args:
        light: (3, height, width) by camera band; it is overwritten.
        side: pixels that the short side of the wide photo has, of which this may be a part.
        rng: draws the noise.
        whole: the light falls off towards the corners; in a part it only slopes.

    Returns:
        (height, width, 3) sRGB as it comes out of its JPEG file.
    """
    camera = shot.camera
    light = blur(light, shot.blur * side / SIDE)
    light *= _illumination(scene.canvas, camera, whole, rng)
    image = develop(light, camera, gains(scene.person, camera), 1.2 * max(side / SIDE, 0.5), rng)
    return squeezed(image, shot.quality)


def gains(person: Person, camera: Camera) -> Field:
    """Exposure and white balance as gains of the bands, (3,).

    The meter knows the skin, not the single lesion: a crop is as bright as the photo that it is from.
    """
    bands = reference(person)
    gain = (camera.exposure / max(float(bands.mean()), 1e-3)) ** camera.metering
    gain *= (camera.exposure / 0.35) ** (1.0 - camera.metering)
    balance = np.clip(bands.mean() / bands, 0.6, 2.2) ** np.float32(camera.balance)
    return np.asarray(np.array(camera.gains, dtype=np.float32) * balance * np.float32(gain))


def squeezed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What remains of a photo in a JPEG file."""
    with BytesIO() as file:
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        return np.array(Image.open(file))


def _illumination(canvas: Frame, camera: Camera, whole: bool, rng: Rng) -> Field:
    high, wide = canvas.shape
    across = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
    if whole:
        slow = canvas.smooth(rng, 0.5 * wide * canvas.pixel)
        light = 1 - np.float32(0.5 * camera.falloff) * (across**2 + down**2)
        light = light + np.float32(camera.tilt[0]) * across + np.float32(camera.tilt[1]) * down
        light = light * np.exp(np.float32(0.25 * camera.falloff) * slow)
        return np.asarray(np.maximum(light, np.float32(0.05)))
    # A part of it: some share of the way to a corner, and of the slope.
    level = 1 - 0.5 * camera.falloff * rng.uniform(0, 1.2) + 0.5 * rng.uniform(-1, 1) * sum(camera.tilt)
    slope = rng.normal(0, 0.15 * camera.falloff + 0.02, 2)
    light = np.float32(level) + np.float32(slope[0]) * across + np.float32(slope[1]) * down
    return np.asarray(np.maximum(light, np.float32(0.05)))


def shadow(light: Field, canvas: Frame, rng: Rng) -> None:
    """The soft shadow of a head, a hand or a curtain, in place; as soft near as far."""
    turn, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.1, 0.45)
    wide = canvas.shape[1] * canvas.pixel
    x, y = canvas.x - np.float32(canvas.view.shift[0]), canvas.y - np.float32(canvas.view.shift[1])
    across = np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y
    edge = across - np.float32(place * wide) + 5 * canvas.smooth(rng, 40.0)
    light *= 1 - np.float32(rng.uniform(0.15, 0.5)) * rise(edge, rng.uniform(12.0, 50.0))
