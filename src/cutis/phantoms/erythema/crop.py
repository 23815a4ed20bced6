"""One lesion with the skin around it, as a lesion finder cuts it out of a wide photo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from cutis.core.errors import CutisError
from cutis.phantoms.canvas import Field, Rng
from cutis.phantoms.erythema.conditions import USUAL, Conditions
from cutis.phantoms.erythema.frame import Scene, flat
from cutis.phantoms.erythema.lesion import Lesion, paint
from cutis.phantoms.erythema.patient import Patient, draw_patient
from cutis.phantoms.erythema.photo import SIDE, Shot, expose, lit, shadow
from cutis.phantoms.erythema.skin import add_mole, plain
from cutis.phantoms.rendered import Rendered

_FEWEST = 28  # pixels of a crop before it is enlarged


def render(
    label: str,
    size: int,
    rng: Rng,
    *,
    subject: Rng | None = None,
    conditions: Conditions = USUAL,
) -> Rendered:
    """Render a crop of one lesion of a patient.

    Args:
        label: of the patient, ``not_severe`` or ``severe``; a severe patient has harmless lesions too.
        size: side in pixels, at least 16.
        rng: decides which lesion, on which of the patient's photos, and how it is cut out.
        subject: decides the patient and the photos; the same state gives the same ones. Default: a child of
            ``rng``.
        conditions: ranges from which they are drawn.

    Returns:
        The crop, where its lesion is, and as truth what the single lesion shows: ``kind``, ``sign`` (of a
        severe reaction, or ``none``), ``dusky``, ``blister``, ``purpura``, ``erosion``, ``diameter_mm``; of
        the patient: ``eruption``, ``stage``, ``skin_type``, ``age``, ``sex``; ``body_site``, ``width_mm`` of
        the crop, ``conditions``; and the maps ``melanin`` and ``haemoglobin``.

    Raises:
        CutisError: there is no such label, or the size is too small.
    """
    if size < 16:
        raise CutisError(f"size is {size}, but a crop needs at least 16 pixels. Give a larger one.")
    subject = rng.spawn(1)[0] if subject is None else subject
    patient = draw_patient(label, conditions, subject)
    shot = patient.shots[int(rng.integers(len(patient.shots)))]
    lesion = patient.lesion(shot, rng)
    width = 2.0 * lesion.reach * float(rng.uniform(*conditions.context))
    side = SIDE * width / shot.field  # pixels that it has in a wide photo
    pixels = round(float(np.clip(side, _FEWEST, 1.25 * size)))
    scene = plain(flat(pixels, pixels, width / pixels), patient.at(shot), rng)
    away = 0.08 * width * rng.uniform(-1, 1, 2)
    lesion = replace(lesion, centre=(float(away[0]), float(away[1])))
    _around(scene, patient, shot, lesion, width, rng)
    paint(lesion, scene, 1)
    light = lit(scene, shot, rng)
    if rng.random() < 0.06:
        shadow(light, scene.canvas, rng)
    image = expose(light, scene, shot, SIDE * pixels / side, rng, whole=False)
    truth = told(patient, shot, lesion, conditions) | {
        "width_mm": width,
        "melanin": _resized(scene.layers.melanin, size),
        "haemoglobin": _resized(scene.layers.arterial + scene.layers.venous, size),
    }
    fitted = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)
    mask = _resized((scene.numbers == 1).astype(np.float32), size) > 0.5
    return Rendered(np.array(fitted), mask, truth)


def told(patient: Patient, shot: Shot, lesion: Lesion, conditions: Conditions) -> dict[str, Any]:
    """What a manifest says of a lesion and of its patient."""
    return {
        "kind": lesion.kind,
        "sign": lesion.sign,
        "dusky": lesion.dusk > 0.3,
        "blister": lesion.bleb > 0,
        "purpura": lesion.purpura > 0.3,
        "erosion": lesion.raw > 0,
        "diameter_mm": 2.0 * lesion.reach,
        "eruption": patient.eruption,
        "stage": patient.stage,
        "skin_type": patient.person.skin_type,
        "age": patient.person.age,
        "sex": patient.person.sex,
        "body_site": shot.site,
        "conditions": conditions.name,
    }


def _around(scene: Scene, patient: Patient, shot: Shot, lesion: Lesion, width: float, rng: Rng) -> None:
    """The patient's other lesions nearby, and a mole at times."""
    taken = [lesion]
    for _ in range(int(rng.poisson(patient.density * 1.6 * width * width / 100.0))):
        other = patient.lesion(shot, rng)
        place = rng.uniform(-0.63, 0.63, 2) * width
        if clear(place, other, taken):
            other = replace(other, centre=(float(place[0]), float(place[1])))
            taken.append(other)
            paint(other, scene, len(taken))
    if rng.random() < 0.07:
        place = rng.uniform(-0.5, 0.5, 2) * width
        add_mole(scene, (float(place[0]), float(place[1])), rng)


def clear(place: Any, lesion: Lesion, taken: list[Lesion]) -> bool:
    """Whether a lesion fits there without touching the others."""
    return all(
        float(np.hypot(place[0] - one.centre[0], place[1] - one.centre[1]))
        > 1.12 * (one.reach + lesion.reach)
        for one in taken
    )


def _resized(field: Field, size: int) -> Field:
    picture = Image.fromarray(field.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR)
    return np.array(picture, dtype=np.float32)
