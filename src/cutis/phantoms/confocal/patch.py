"""One patch of a known grade, as `Task.phantoms` asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.phantoms.confocal.conditions import USUAL, Conditions, Microscope, draw_microscope, draw_skin
from cutis.phantoms.confocal.lattice import Field, Window, noise
from cutis.phantoms.confocal.optics import EDGE, photographed
from cutis.phantoms.confocal.place import LEVELS, Place
from cutis.phantoms.confocal.scene import Scene, painted
from cutis.phantoms.rendered import Rendered

GRADES = ("0", "1", "2", "3", "4")
WITHIN = 0.35  # inflammation strays this far from a patch's grade
_FAR = 200_000  # micrometres; where on a subject's skin a patch may be
_RATERS = {
    "rater_a": -0.15,
    "rater_b": 0.0,
    "rater_c": 0.05,
    "rater_d": 0.2,
}  # how much higher each one reads
_DOUBT = 0.26  # deviation of one reading, in grades
_SEAM_SHARE = 0.15


def render(
    label: str,
    size: int,
    rng: np.random.Generator,
    *,
    subject: np.random.Generator | None = None,
    conditions: Conditions = USUAL,
) -> Rendered:
    """Render a patch.

    Args:
        label: the grade, ``"0"`` to ``"4"``.
        size: side in pixels, which are micrometres.
        rng: decides place, depth and picture.
        subject: decides the skin and the microscope; the same state gives the same ones. Default: a child of
            ``rng``.
        conditions: ranges from which subject and microscope are drawn.

    Returns:
        (size, size) grey image, the mask of inflammatory cells, and as truth: ``inflammation`` (mean, 0..4),
        ``level``, four simulated readings ``rater_a`` to ``rater_d``, ``conditions``, ``pigment``, the maps
        ``grade_map`` and ``depth_map``, and ``cells``, the (cells, 2) row and column of the centres of
        inflammatory cells (some just outside).

    Raises:
        CutisError: no such grade, or a size below 16.
    """
    if label not in GRADES:
        raise CutisError(f"there is no grade '{label}'. The grades are: {', '.join(GRADES)}.")
    if size < 16:
        raise CutisError(f"size is {size}, but a patch has at least 16 pixels a side.")
    owner = subject if subject is not None else rng.spawn(1)[0]
    skin = draw_skin(conditions, owner)
    microscope = draw_microscope(conditions, owner)
    level = int(rng.integers(len(LEVELS)))
    across = size + 2 * EDGE
    window = Window(float(rng.integers(_FAR)), float(rng.integers(_FAR)), across, across)
    place = Place(
        window,
        skin,
        _grade(window, skin.seed + 1, int(label), rng),
        _depth(window, skin.seed + 2, level, rng),
    )
    scene = painted(place)
    image = _picture(place, scene, microscope, rng)
    return Rendered(image, scene.cells[EDGE:-EDGE, EDGE:-EDGE], _truth(place, scene, level, conditions, rng))


def _grade(window: Window, seed: int, label: int, rng: np.random.Generator) -> Field:
    """Inflammation about a middle within `WITHIN` of the label, varying slowly as it does in skin."""
    slow = noise(window, seed, 120.0)
    slow = slow - slow.mean()
    middle = label + rng.uniform(-WITHIN, WITHIN)
    spread = 0.15 / max(float(np.abs(slow).max()), 0.15)
    return np.asarray(np.clip(np.float32(middle) + np.float32(spread) * slow, 0, 4), dtype=np.float32)


def _depth(window: Window, seed: int, level: int, rng: np.random.Generator) -> Field:
    middle = level + rng.uniform(-0.38, 0.38)
    return np.asarray(np.float32(middle) + np.float32(0.12) * noise(window, seed, 90.0), dtype=np.float32)


def _picture(
    place: Place, scene: Scene, microscope: Microscope, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One picture, or two that meet at a seam."""
    light = unevenness(place.window, microscope, rng)[EDGE:-EDGE, EDGE:-EDGE]
    image = photographed(scene.reflectance, place.depth, microscope, rng, light=light)
    if rng.random() >= _SEAM_SHARE:
        return image
    beside = replace(microscope, exposure=microscope.exposure * float(rng.uniform(0.85, 1.15)))
    slipped = np.roll(scene.reflectance, (int(rng.integers(-3, 4)), int(rng.integers(-3, 4))), (0, 1))
    light = unevenness(place.window, microscope, rng)[EDGE:-EDGE, EDGE:-EDGE]
    other = photographed(slipped, place.depth, beside, rng, light=light)
    at = int(rng.integers(image.shape[0] // 5, image.shape[0] - image.shape[0] // 5))
    if rng.random() < 0.5:
        image[at:] = other[at:]
    else:
        image[:, at:] = other[:, at:]
    return image


def unevenness(window: Window, microscope: Microscope, rng: np.random.Generator) -> Field:
    """Logarithm of the light over a field of view, mean about 0: a tilt and slow unevenness."""
    tilt = rng.normal(0, 0.45, 2).astype(np.float32)
    slow = noise(window, int(rng.integers(2**31)), 110.0)
    across = np.linspace(-1, 1, window.width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, window.height, dtype=np.float32)[:, None]
    log_light = tilt[0] * across + tilt[1] * down + np.float32(0.6) * slow
    return np.asarray(np.float32(microscope.unevenness) * log_light)


def _truth(
    place: Place, scene: Scene, level: int, conditions: Conditions, rng: np.random.Generator
) -> dict[str, object]:
    """What a manifest and tests want to know."""
    grade = place.grade[EDGE:-EDGE, EDGE:-EDGE]
    inflammation = float(grade.mean())
    doubt = rng.normal(0, _DOUBT, len(_RATERS))
    read = {
        name: int(np.clip(np.rint(inflammation + bias + error), 0, 4))
        for (name, bias), error in zip(_RATERS.items(), doubt, strict=True)
    }
    first = np.array([place.window.top + EDGE, place.window.left + EDGE])
    return {
        "level": LEVELS[level],
        "conditions": conditions.name,
        "inflammation": inflammation,
        **read,
        "pigment": place.skin.pigment,
        "grade_map": grade,
        "depth_map": place.depth[EDGE:-EDGE, EDGE:-EDGE],
        "cells": scene.places[:, ::-1] - first,
    }
