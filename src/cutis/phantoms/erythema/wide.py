"""A wide photo of a part of the body with several lesions on it, or none, and everything true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.phantoms.canvas import Field, Rng, rise
from cutis.phantoms.erythema import body as bodies
from cutis.phantoms.erythema.conditions import USUAL, Conditions
from cutis.phantoms.erythema.crop import clear
from cutis.phantoms.erythema.frame import Scene
from cutis.phantoms.erythema.lesion import Lesion, paint
from cutis.phantoms.erythema.patient import Patient, draw_patient
from cutis.phantoms.erythema.photo import Shot, expose, gains, lit, shadow
from cutis.phantoms.erythema.skin import add_mole, add_nipple, add_scar, plain

_LEAST = 128  # pixels; smaller photos show no lesion
_MOST = 45  # lesions of a photo
_SPARED = 0.07  # share of photos whose part of the body is spared
_SEEN = 0.6  # share of a lesion that has to be in the photo for it to count


@dataclass(frozen=True)
class Spot:
    """A lesion in a wide photo.

    Attributes:
        number: of its pixels in the mask.
        kind: such as ``macule``.
        sign: of a severe reaction, or ``none``.
        row, column: of its centre, pixels.
        diameter: of the disc of the same area, pixels.
        box: top, left, bottom, right in pixels; the ends are left out.
    """

    number: int
    kind: str
    sign: str
    row: float
    column: float
    diameter: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Wide:
    """A wide photo and what is true of it.

    Attributes:
        image: (height, width, 3) sRGB.
        mask: (height, width) int32: number of the lesion, 0 where there is none.
        skin: (height, width) where there is skin.
        lesions: in the order of their numbers.
        truth: of the patient and the photo, by name.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.int32]
    skin: NDArray[np.bool_]
    lesions: tuple[Spot, ...]
    truth: Mapping[str, Any]


def render_wide(
    label: str,
    size: int,
    rng: Rng,
    *,
    subject: Rng | None = None,
    conditions: Conditions = USUAL,
    photo: int | None = None,
) -> Wide:
    """Render one wide photo of a patient.

    Args:
        label: of the patient, ``not_severe`` or ``severe``.
        size: short side in pixels, at least 128; the long side is a third longer.
        rng: decides which lesions there are, and what else is in the photo.
        subject: decides the patient and how the photos are taken; the same state gives the same ones.
            Default: a child of ``rng``.
        conditions: ranges from which they are drawn.
        photo: which of the patient's, from 0; default: any of them.

    Returns:
        The photo with its lesions; see `Wide`.

    Raises:
        CutisError: no such label or photo, or the size is too small.
    """
    if size < _LEAST:
        raise CutisError(f"size is {size}, but a wide photo needs at least {_LEAST} pixels.")
    subject = rng.spawn(1)[0] if subject is None else subject
    patient = draw_patient(label, conditions, subject)
    if photo is not None and not 0 <= photo < len(patient.shots):
        raise CutisError(f"this patient has {len(patient.shots)} photos; there is no photo {photo}.")
    shot = patient.shots[int(rng.integers(len(patient.shots))) if photo is None else photo]
    longer = round(size * 4 / 3)
    height, width = (size, longer) if rng.random() < 0.5 else (longer, size)
    body = bodies.place_body(shot.site, height, width, shot.field / size, rng)
    scene = plain(body.canvas, patient.at(shot), rng)
    _distract(scene, body, shot, rng)
    painted = _erupt(scene, body, patient, shot, rng)
    light, hidden = _seen_light(scene, body, shot, rng)
    image = expose(light, scene, shot, float(size), rng, whole=True)
    skin = (body.cover > 0.5) & (hidden < 0.5)
    mask = np.where(skin, scene.numbers, 0).astype(np.int32)
    mask, spots = _counted(mask, scene.numbers, painted)
    return Wide(image, mask, skin, spots, _truth(patient, shot, spots, conditions))


def _distract(scene: Scene, body: bodies.Body, shot: Shot, rng: Rng) -> None:
    """What is on skin and no lesion of the eruption: moles, scars, an areola."""
    for _ in range(int(rng.poisson(2.5) if rng.random() < 0.7 else rng.poisson(9))):
        add_mole(scene, _anywhere(body, rng), rng)
    if rng.random() < 0.25:
        for _ in range(int(rng.integers(1, 4))):
            add_scar(scene, _anywhere(body, rng), rng)
    if shot.site == "trunk" and rng.random() < 0.12:
        add_nipple(scene, _anywhere(body, rng), rng)


def _erupt(scene: Scene, body: bodies.Body, patient: Patient, shot: Shot, rng: Rng) -> list[Lesion]:
    """Paint the lesions; none touches another."""
    if rng.random() < _SPARED:
        return []
    area = float(body.cover.sum()) * body.canvas.pixel**2 / 100.0
    local = patient.density * float(rng.lognormal(0.0, 0.4))
    painted: list[Lesion] = []
    for _ in range(int(min(1 + rng.poisson(local * area), _MOST))):
        lesion = patient.lesion(shot, rng)
        for _ in range(8):
            place = _anywhere(body, rng)
            if clear(place, lesion, painted):
                painted.append(replace(lesion, centre=place))
                paint(painted[-1], scene, len(painted))
                break
    return painted


def _anywhere(body: bodies.Body, rng: Rng) -> tuple[float, float]:
    """A place on skin that is seen, and not quite edge-on."""
    high, wide = body.canvas.shape
    for _ in range(40):
        row, column = int(rng.integers(high)), int(rng.integers(wide))
        if body.cover[row, column] > 0.5 and body.facing[row, column] > 0.45:
            break
    return float(body.canvas.x[row, column]), float(body.canvas.y[row, column])


def _seen_light(scene: Scene, body: bodies.Body, shot: Shot, rng: Rng) -> tuple[Field, Field]:
    """The light of body and surroundings, and where a garment hides the skin."""
    light = lit(scene, shot, rng)
    light *= bodies.shaded(body, shot.lamp, shot.hard)
    if rng.random() < 0.15:
        shadow(light, scene.canvas, rng)
    hidden = body.canvas.full(0.0)
    if rng.random() < 0.3:
        hidden = bodies.clothing(light, body, _undone(scene, shot), rng)
    if float(body.cover.min()) < 0.5:
        behind = bodies.surroundings(scene.canvas.shape, rng) * _undone(scene, shot)
        # The part of the body throws a soft shadow on what it lies on.
        near = rise(1.25 - np.abs(body.side), 0.5)
        cover = np.maximum(body.cover, hidden)
        light *= cover
        light += (1 - cover) * behind * (1 - np.float32(0.25) * near)
    return light, hidden


def _undone(scene: Scene, shot: Shot) -> Field:
    """Gains (3, 1, 1) that keep white things nearly white, whatever the camera makes of the skin."""
    cast = gains(scene.person, shot.camera)
    return np.asarray((0.35 / 0.45 / cast * cast.mean() ** 0.6) ** np.float32(0.85))[:, None, None]


def _counted(
    mask: NDArray[np.int32], painted: NDArray[np.int32], lesions: list[Lesion]
) -> tuple[NDArray[np.int32], tuple[Spot, ...]]:
    """Lesions of which enough is in the photo, numbered anew from 1."""
    most = len(lesions) + 1
    shown, whole = (np.bincount(field.ravel(), minlength=most) for field in (mask, painted))
    fresh = np.zeros(most, dtype=np.int32)
    spots: list[Spot] = []
    for number, lesion in enumerate(lesions, start=1):
        if shown[number] < max(12, _SEEN * whole[number]):
            continue
        fresh[number] = len(spots) + 1
        rows, columns = np.nonzero(mask == number)
        spots.append(
            Spot(
                number=len(spots) + 1,
                kind=lesion.kind,
                sign=lesion.sign,
                row=float(rows.mean()),
                column=float(columns.mean()),
                diameter=float(2 * np.sqrt(len(rows) / np.pi)),
                box=(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1),
            )
        )
    return fresh[mask], tuple(spots)


def _truth(patient: Patient, shot: Shot, spots: tuple[Spot, ...], conditions: Conditions) -> dict[str, Any]:
    return {
        "reaction": patient.label,
        "eruption": patient.eruption,
        "stage": patient.stage,
        "skin_type": patient.person.skin_type,
        "age": patient.person.age,
        "sex": patient.person.sex,
        "body_site": shot.site,
        "lesions": len(spots),
        "field_mm": shot.field,
        "photos": len(patient.shots),
        "conditions": conditions.name,
    }
