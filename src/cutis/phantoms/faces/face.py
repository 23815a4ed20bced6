"""A photo of one or more whole faces, with the truth of each: landmarks, turn, areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms import optics
from cutis.phantoms.camera import develop
from cutis.phantoms.canvas import Field, Points, Rng, blur, rise
from cutis.phantoms.erythema.photo import squeezed
from cutis.phantoms.faces.backdrop import backdrop
from cutis.phantoms.faces.cover import covered
from cutis.phantoms.faces.glasses import wear
from cutis.phantoms.faces.head import Head, head_of
from cutis.phantoms.faces.lit import Albedo, Over, lit, plain, sampled
from cutis.phantoms.faces.look import Look
from cutis.phantoms.faces.sight import Sight, meet
from cutis.phantoms.facial import AREAS, USUAL, Person, Settings, Sheet, paint
from cutis.phantoms.facial.photo import Shot, draw_shot
from cutis.phantoms.facial.skin import Severity

_INNER = (-64.0, -82.0, 64.0, 122.0)  # mm of the chart that is painted in detail
_STEP = 3  # pixels between lines of sight; the shape has no finer detail


@dataclass(frozen=True)
class Sitter:
    """Somebody in a photo.

    Attributes:
        sight: how the head is seen.
        severity: of the conditions, 0 to 4, one for the face or a field over `sheet`.
    """

    person: Person
    sight: Sight
    look: Look = field(default_factory=Look)
    severity: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FaceTruth:
    """What is true of one rendered face. Places are pixels of the photo; left and right are the person's.

    Attributes:
        landmarks: by name, as in `cutis.imaging.face.Landmarks`, and ``chin``.
        centres: of the areas, by name.
        outlines: of the areas, (4, 2) clockwise from the upper left of the upright face.
        scale: pixels per mm between the pupils.
    """

    landmarks: Mapping[str, tuple[float, float]]
    centres: Mapping[str, tuple[float, float]]
    outlines: Mapping[str, Points]
    scale: float
    sight: Sight
    look: Look
    person: Person


@dataclass(frozen=True, eq=False)
class RenderedFaces:
    """A photo.

    Attributes:
        image: (height, width, 3) sRGB.
        faces: in it, in the order in which they were given.
    """

    image: NDArray[np.uint8]
    faces: tuple[FaceTruth, ...]


def sheet(pixel: float) -> Sheet:
    """The part of every face's chart that is painted in detail."""
    left, top, right, bottom = _INNER
    shape = (round((bottom - top) / pixel), round((right - left) / pixel))
    return Sheet(((left + right) / 2, (top + bottom) / 2), shape, pixel)


def render_faces(
    sitters: Sequence[Sitter],
    shape: tuple[int, int],
    rng: Rng,
    *,
    settings: Settings = USUAL,
    shot: Shot | None = None,
    detail: float | None = None,
) -> RenderedFaces:
    """Photograph people.

    Args:
        sitters: from the farthest to the nearest.
        shape: height and width of the photo, pixels.
        rng: decides backdrop, light, camera and noise.
        settings: phones and lights.
        shot: instead of a draw from the settings.
        detail: mm per pixel in which skin is painted; by default what the photo shows, at least 0.15.
    """
    shot = shot or draw_shot(settings, rng)
    light = backdrop(shape, rng)
    heads = [head_of(sitter.person) for sitter in sitters]
    for sitter, head in zip(sitters, heads, strict=True):
        pixel = detail or max(0.15, 0.9 / sitter.sight.scale)
        _add(light, sitter, head, shot, pixel, rng)
    truths = tuple(truth_of(sitter, head) for sitter, head in zip(sitters, heads, strict=True))
    if not sitters:
        return RenderedFaces(_taken(light, None, shot, 2.0, rng), ())
    nearest = sitters[-1]
    return RenderedFaces(_taken(light, nearest.person, shot, nearest.sight.scale, rng), truths)


def _add(light: Field, sitter: Sitter, bald: Head, shot: Shot, pixel: float, rng: Rng) -> None:
    """Put a head into the picture, in place."""
    from cutis.phantoms.faces.backdrop import body

    own = np.random.default_rng([sitter.person.build, 12])
    head, covers = covered(bald, sitter.person, sitter.look, own)
    body(light, sitter, rng)
    u, v, depth = (
        _enlarged(part, light.shape[1:]) for part in meet(head, sitter.sight, light.shape[1:], _STEP)
    )
    alpha = rise(depth * np.float32(sitter.sight.scale), 2.0)
    canvas = sheet(pixel)
    skin, features = paint(canvas, sitter.person, sitter.severity)
    outer = plain(head.chart, sitter.person)
    coarse = lit(outer, Over(None, covers), head, sitter.sight, shot)
    fine = lit(Albedo.of(skin), Over(features, covers), head, sitter.sight, shot)
    seen = sampled(coarse, head.chart, u, v)
    edge = _feather(canvas)
    share = sampled(edge[None], canvas, u, v)
    seen += share * (sampled(fine, canvas, u, v) - seen)
    light += alpha * (seen - light)
    wear(light, sitter, head)


def _feather(canvas: Sheet) -> Field:
    """1 inside, 0 at the rim of the detailed chart."""
    left, top, right, bottom = canvas.box
    rim = np.minimum(
        np.minimum(canvas.x - left, right - canvas.x), np.minimum(canvas.y - top, bottom - canvas.y)
    )
    return rise(rim - np.float32(5.0), 8.0)


def _enlarged(coarse: Field, shape: tuple[int, ...]) -> Field:
    """A field known at every ``_STEP``-th pixel, at every pixel."""
    import cv2

    across = np.arange(shape[1], dtype=np.float32) / _STEP
    down = np.arange(shape[0], dtype=np.float32) / _STEP
    grid = np.meshgrid(across, down)
    mapped: Any = cv2.remap(coarse.astype(np.float32), grid[0], grid[1], cv2.INTER_LINEAR)
    return np.asarray(mapped)


def _taken(light: Field, person: Person | None, shot: Shot, scale: float, rng: Rng) -> NDArray[np.uint8]:
    """Take the photo: what the camera meters is the nearest face."""
    camera = shot.camera
    if person is None:
        bands = light.mean(axis=(1, 2))
    else:
        one = np.ones((1, 1), dtype=np.float32)
        blood = one * np.float32(person.blood * 0.75)
        bands = optics.skin_reflectance(one * np.float32(person.melanin), blood, 0.35 * blood)[:, 0, 0]
    light = blur(light, shot.defocus * scale)
    high, wide = light.shape[1:]
    across = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
    light *= (
        (1 - np.float32(0.4 * camera.falloff) * (across**2 + down**2))
        + np.float32(camera.tilt[0]) * across
        + np.float32(camera.tilt[1]) * down
    )
    gain = (camera.exposure / max(float(bands.mean()), 1e-3)) ** camera.metering
    gain *= (camera.exposure / 0.35) ** (1.0 - camera.metering)
    balance = np.clip(bands.mean() / bands, 0.6, 2.2) ** np.float32(camera.balance)
    gains = np.array(camera.gains, dtype=np.float32) * balance * np.float32(gain)
    image = develop(light, camera, gains, max(shot.device.reach * scale, 0.6), rng)
    return squeezed(image, shot.quality)


def truth_of(sitter: Sitter, head: Head | None = None) -> FaceTruth:
    """What will be true of somebody in a photo, without taking it."""
    head = head or head_of(sitter.person)
    sight, face = sitter.sight, sitter.person.anatomy
    low = face.lean
    named = {
        "eye_left": (31.5, 0.0),
        "eye_right": (-31.5, low),
        "nose": (0.0, face.nose_tip[0]),
        "mouth_left": (face.mouth[1] + 0.3 * low, face.mouth[0]),
        "mouth_right": (-face.mouth[1] + 0.3 * low, face.mouth[0]),
        "chin": (0.0, 112.0),
    }
    places = head.place(np.array(list(named.values())))
    pixels = sight.project(places)
    landmarks = {name: (float(x), float(y)) for name, (x, y) in zip(named, pixels, strict=True)}
    centres, outlines = {}, {}
    roll = np.radians(sight.roll)
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    for name, area in AREAS.items():
        place = head.place(np.array([area.centre]))
        centre, scale = sight.project(place)[0], float(sight.scale_at(place)[0])
        half = np.array([area.width, area.height]) / 2 * scale
        corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        centres[name] = (float(centre[0]), float(centre[1]))
        outlines[name] = corner @ turn + centre
    return FaceTruth(
        landmarks,
        centres,
        outlines,
        float(sight.scale_at(places[:2]).mean()),
        sight,
        sitter.look,
        sitter.person,
    )
