"""Rendered photos for the example: eruptions, a face at two visits, dermoscopic lesions, a mosaic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SEED = 20261121
_LESIONS = (
    ("melanocytic_nevus", "benign"),
    ("basal_cell_carcinoma", "malignant"),
    ("seborrheic_keratosis", "benign"),
    ("basal_cell_carcinoma", "malignant"),
)


@dataclass(frozen=True)
class Picture:
    """A photo as it arrives.

    Attributes:
        participant: pseudonym.
        visit, view: keys of the protocol; empty outside of it.
        file: JPEG, or PNG of a mosaic.
        truth: what was rendered, for the readers' study; empty where it is none of its cases.
    """

    participant: str
    visit: str
    view: str
    file: bytes
    truth: str = ""


def pictures() -> Iterator[Picture]:
    """Every photo of the example, some seconds of one core in all."""
    for number, label in enumerate(("severe", "not_severe")):
        for turn, visit in enumerate(("baseline", "week_4")):
            yield Picture(f"E-{number + 1:03}", visit, "spot", _eruption(label, number, turn))
    for visit, severity in (("baseline", 1.0), ("week_4", 0.45)):
        yield Picture("E-003", visit, "face", _face(severity))
    for number in range(8):
        name, truth = _LESIONS[number % 4]
        visit = "baseline" if number < 4 else "week_4"
        in_plan = (visit, "spot") if number % 4 == 0 else ("", "")  # others are no repeats of that spot
        yield Picture("E-004", *in_plan, _lesion(name, number), truth)
    yield Picture("E-005", "baseline", "microscope", _mosaic())


def _eruption(label: str, number: int, turn: int) -> bytes:
    """A photo of a patient; at the next turn other lesions are in it."""
    from cutis.phantoms.erythema.wide import render_wide

    rng = np.random.default_rng([_SEED, 1, number, turn])
    subject = np.random.default_rng([_SEED, 1, number])
    return _jpeg(render_wide(label, 720, rng, subject=subject, photo=0).image)


def _face(severity: float) -> bytes:
    """The same person, with more or less of what can be treated."""
    from cutis.phantoms.faces import Sight, Sitter, draw_look, render_faces
    from cutis.phantoms.facial.person import draw_person

    rng = np.random.default_rng([_SEED, 2])
    person = replace(draw_person(rng, (0, 1, 1, 1, 0, 0)), age=41)
    sight = Sight(roll=1.0, yaw=-2.0, pitch=0.0, scale=4.4, centre=(480, 560), distance=600.0)
    conditions = {"dermatitis": 3.0, "dryness": 2.6, "wrinkles": 1.6, "pores": 1.8, "melasma": 1.2}
    shown = {name: value * severity for name, value in conditions.items()}
    sitter = Sitter(person, sight, draw_look(person, rng), shown)
    return _jpeg(render_faces([sitter], (1280, 960), np.random.default_rng([_SEED, 3])).image)


def _lesion(name: str, number: int) -> bytes:
    from cutis.phantoms.dermoscopy import render

    return _jpeg(render(name, 640, np.random.default_rng([_SEED, 4, number])).image)


def _mosaic() -> bytes:
    from cutis.phantoms.confocal.mosaic import render_mosaic

    mosaic = render_mosaic(1500, 2000, np.random.default_rng([_SEED, 5]))
    pixels = np.concatenate([rows for rows, _truth in mosaic.stripes()])
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return out.getvalue()
