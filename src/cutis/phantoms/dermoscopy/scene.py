"""Render one dermoscopic photo of one of the 14 classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cutis.core.errors import CutisError
from cutis.phantoms.artefacts import add_artefacts, glare
from cutis.phantoms.camera import Camera, draw_camera, photograph
from cutis.phantoms.canvas import Canvas, Field, Rng, View
from cutis.phantoms.dermoscopy import facial, growths, inflammatory, tumours, vascular
from cutis.phantoms.dermoscopy.case import Case
from cutis.phantoms.hair import add_hair
from cutis.phantoms.rendered import Rendered
from cutis.phantoms.skin import Habits, Layers, Person, draw_person, normal_skin

_FACE = {"head_neck_face": 1.0}
_MOSTLY_FACE = {"head_neck_face": 0.7, "trunk": 0.2, "upper_extremity": 0.1}
_BODY = {"trunk": 0.4, "lower_extremity": 0.3, "upper_extremity": 0.2, "head_neck_face": 0.1}
_LIMBS = {"upper_extremity": 0.4, "lower_extremity": 0.4, "trunk": 0.2}
_WARTS = {"hand": 0.35, "foot": 0.35, "head_neck_face": 0.1, "upper_extremity": 0.1, "lower_extremity": 0.1}
_ANYWHERE = {"head_neck_face": 0.3, "trunk": 0.4, "upper_extremity": 0.15, "lower_extremity": 0.15}


@dataclass(frozen=True)
class Disease:
    """How a class looks, and whom and where it meets."""

    paint: Callable[[Case], None]
    habits: Habits


DISEASES: Mapping[str, Disease] = {
    "lichen_planus": Disease(inflammatory.lichen_planus, Habits(_LIMBS, (48, 14), tone=0.2)),
    "rosacea": Disease(facial.rosacea, Habits(_FACE, (48, 12), 0.65, tone=-0.6)),
    "viral_warts": Disease(growths.viral_wart, Habits(_WARTS, (24, 14))),
    "acne_vulgaris": Disease(facial.acne, Habits({**_MOSTLY_FACE, "upper_extremity": 0.05}, (21, 6))),
    "keloid_hypertrophic_scar": Disease(growths.keloid, Habits(_ANYWHERE, (33, 13), tone=0.5)),
    "eczema_dermatitis": Disease(inflammatory.eczema, Habits(_BODY, (38, 20))),
    "dermatofibroma": Disease(tumours.dermatofibroma, Habits(_LIMBS, (42, 14), 0.65)),
    "seborrheic_dermatitis": Disease(inflammatory.seborrheic_dermatitis, Habits(_MOSTLY_FACE, (45, 17), 0.4)),
    "seborrheic_keratosis": Disease(tumours.seborrheic_keratosis, Habits(_ANYWHERE, (64, 12))),
    "melanocytic_nevus": Disease(tumours.nevus, Habits(_BODY, (38, 16))),
    "hemangioma": Disease(vascular.hemangioma, Habits(_ANYWHERE, (48, 20))),
    "psoriasis": Disease(inflammatory.psoriasis, Habits(_BODY, (45, 16))),
    "port_wine_stain": Disease(vascular.port_wine_stain, Habits(_MOSTLY_FACE, (24, 15))),
    "basal_cell_carcinoma": Disease(
        tumours.basal_cell_carcinoma, Habits(_MOSTLY_FACE, (67, 12), 0.45, tone=-0.6)
    ),
}
LABELS = tuple(DISEASES)

_LEAST = 192  # below this, patterns are finer than pixels: render larger and average


def render(label: str, size: int, rng: Rng, *, subject: Rng | None = None) -> Rendered:
    """Render one dermoscopic photo.

    Args:
        label: one of LABELS.
        size: side in pixels, at least 16.
        rng: decides how it is taken: light, camera, hair, framing.
        subject: decides who and what is photographed; default: somebody new.

    Returns:
        The photo with its lesion mask and, in ``truth``: ``melanin`` (melanosome share of the epidermis),
        ``haemoglobin`` (blood share of the dermis), ``keratin`` (coverage) as (size, size) maps;
        ``skin_type``, ``age``, ``sex``, ``body_site``, ``severity``, ``polarised`` and ``width_mm``.

    Raises:
        CutisError: there is no such class, or the size is too small.
    """
    if label not in DISEASES:
        raise CutisError(f"'{label}' cannot be rendered. The classes are: {', '.join(LABELS)}.")
    if size < 16:
        raise CutisError(f"size is {size}, but a photo needs at least 16 pixels. Give a larger one.")
    subject = rng.spawn(1)[0] if subject is None else subject
    finer = -(-_LEAST // size)
    camera = draw_camera(rng)
    canvas = Canvas(_draw_view(size * finer, rng))
    disease = DISEASES[label]
    person = draw_person(disease.habits, subject)
    severity = 0.25 + 0.75 * float(subject.beta(2.2, 1.5))
    layers = normal_skin(canvas, person, subject)
    disease.paint(Case(canvas, layers, person, subject, severity))
    image = _take(layers, canvas, camera, person, finer, rng)
    truth = {
        "melanin": _smaller(layers.melanin, finer),
        "haemoglobin": _smaller(layers.arterial + layers.venous, finer),
        "keratin": _smaller(np.clip(layers.keratin, 0.0, 1.0), finer),
        "skin_type": person.skin_type,
        "age": person.age,
        "sex": person.sex,
        "body_site": person.site,
        "severity": severity,
        "polarised": camera.polarised,
        "width_mm": canvas.view.width,
    }
    return Rendered(image, _smaller(layers.lesion, finer) > 0.5, truth)


def _draw_view(size: int, rng: Rng) -> View:
    width = float(rng.uniform(6.5, 13.0))
    turn, away = rng.uniform(0, 2 * np.pi), 0.16 * width * rng.uniform()
    shift = (float(away * np.cos(turn)), float(away * np.sin(turn)))
    return View(size, width, float(rng.uniform(0, 2 * np.pi)), shift)


def _take(
    layers: Layers, canvas: Canvas, camera: Camera, person: Person, finer: int, rng: Rng
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    light = layers.reflectance(camera.polarised)
    glare(light, layers.relief, canvas, camera, rng)
    add_hair(light, canvas, person, rng)
    add_artefacts(light, canvas, camera, rng)
    return photograph(_smaller(light, finer), camera, rng)


def _smaller(field: Field, finer: int) -> Field:
    """Average squares of ``finer`` pixels, over the last two axes."""
    if finer == 1:
        return field
    *rest, height, width = field.shape
    blocks = field.reshape(*rest, height // finer, finer, width // finer, finer)
    return np.asarray(blocks.mean(axis=(-3, -1), dtype=np.float32))
