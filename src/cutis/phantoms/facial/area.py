"""One area of a face with conditions of known grades, and a photo of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cutis.core.errors import CutisError
from cutis.phantoms.canvas import Field, Rng
from cutis.phantoms.facial.areas import AREAS, CONDITIONS, GRADES
from cutis.phantoms.facial.canvas import Sheet
from cutis.phantoms.facial.features import Features, add_form, draw_features
from cutis.phantoms.facial.grades import draw_grades, draw_severity
from cutis.phantoms.facial.layers import LAYERS
from cutis.phantoms.facial.person import Person, draw_person
from cutis.phantoms.facial.photo import draw_shot, lit, shines, taken
from cutis.phantoms.facial.settings import BY_NAME, USUAL, Settings
from cutis.phantoms.facial.skin import Severity, Skin, bare
from cutis.phantoms.facial.truth import told
from cutis.phantoms.rendered import Rendered

_SMALLEST = 24  # pixels on the shorter side


def paint(
    canvas: Sheet,
    person: Person,
    severity: Mapping[str, Severity],
    *,
    name: str = "face",
    frame: tuple[float, float, float, float] | None = None,
) -> tuple[Skin, Features]:
    """Paint a face, or the part of it that a canvas holds.

    Args:
        canvas: places in mm of the face; any size and any part of it.
        person: whose.
        severity: by condition, 0 to 4, one number for all of the canvas or a (height, width) field.
        name: makes the chance of this part its own.
        frame: left, top, right and bottom, mm, between which spots and pores are strewn. Default: all of the
            canvas. With the same frame another canvas shows the same spots.

    Returns:
        Its skin, and what lies over it.
    """
    skin = bare(canvas, person)
    skin.name, skin.frame = name, frame or canvas.box
    add_form(skin)
    features = draw_features(skin)
    for condition, add in LAYERS.items():
        add(skin, severity.get(condition, 0.0))
    return skin, features


def render_area(
    area: str,
    grades: Mapping[str, int],
    person: Person,
    rng: Rng,
    *,
    settings: Settings | str = "usual",
    size: int = 240,
    view: str | None = None,
    severity: Mapping[str, float] | None = None,
) -> Rendered:
    """Render a photo of one area.

    The face belongs to the person: another ``rng`` photographs the same lines, pores and spots, in another
    light and framed a little differently. A higher severity adds to the same ones.

    Args:
        area: one of `AREAS`.
        grades: 0 to 4 by condition; those left out are 0.
        person: from `draw_person`.
        rng: decides how the photo is taken.
        settings: `Settings`, or the name of some in `BY_NAME`.
        size: pixels on the shorter side, which shows 36 mm; at least 24.
        view: ``front``, ``left`` or ``right``; default: one from which the area is photographed.
        severity: instead of a draw within 0.3 of each grade.

    Returns:
        (height, width, 3) sRGB; as mask where any condition is; and as truth ``grade_<condition>``,
        ``true_severity_<condition>``, the measures of `cutis.phantoms.facial.truth`, ``area``, ``view``,
        ``device``, ``conditions``, ``skin_type``, ``age``, ``sex``; and maps, (height, width) float32:
        ``skin`` (usable), ``melanin``, ``haemoglobin``, ``relief`` (mm), ``shine`` and ``mask_<condition>``.

    Raises:
        CutisError: no such area, settings, condition or grade, or the size is too small.
    """
    chosen = _settings(settings)
    _refuse(area, grades, size)
    place = AREAS[area]
    full = {name: int(grades.get(name, 0)) for name in CONDITIONS}
    if severity is None:
        severity = draw_severity(full, np.random.default_rng([person.build, 5, *area.encode()]))
    views = place.views if view is None else (view,)
    seen_from = views[int(rng.integers(len(views)))]
    canvas = _framed(area, size, rng)
    half = (place.width / 2, place.height / 2)
    frame = (
        place.centre[0] - half[0],
        place.centre[1] - half[1],
        place.centre[0] + half[0],
        place.centre[1] + half[1],
    )
    skin, features = paint(canvas, person, severity, name=area, frame=frame)
    shot = draw_shot(chosen, rng)
    light, mirrored = lit(skin, features, shot)
    truth: dict[str, Any] = {
        "area": area,
        "view": seen_from,
        "device": shot.device.name,
        "conditions": chosen.name,
        "skin_type": person.skin_type,
        "age": person.age,
        "sex": person.sex,
    }
    truth |= {f"grade_{name}": full[name] for name in CONDITIONS}
    truth |= {f"true_severity_{name}": float(severity.get(name, 0.0)) for name in CONDITIONS}
    truth |= told(skin, shines(light, mirrored))
    mask = np.any([skin.masks[name] > 0.5 for name in CONDITIONS], axis=0)
    return Rendered(taken(light, mirrored, skin, shot, rng), mask, truth)


def render(
    label: str,
    size: int,
    rng: Rng,
    *,
    subject: Rng | None = None,
    conditions: Settings = USUAL,
) -> Rendered:
    """Render the square middle of an area that has a condition, of any grade above 0.

    Args:
        label: one of `CONDITIONS`.
        size: side in pixels, at least 24.
        rng: decides area, grades and how the photo is taken.
        subject: decides the person. Default: a child of ``rng``.
        conditions: phones and lights.

    Returns:
        As `render_area`, its mask that of the condition, maps left out.

    Raises:
        CutisError: there is no such condition, or the size is too small.
    """
    if label not in CONDITIONS:
        raise CutisError(f"'{label}' cannot be rendered. The conditions are: {', '.join(CONDITIONS)}.")
    subject = rng.spawn(1)[0] if subject is None else subject
    person = draw_person(subject, conditions.types)
    areas = [name for name, area in AREAS.items() if label in area.conditions]
    area = areas[int(rng.integers(len(areas)))]
    grades = draw_grades(area, person, rng) | {label: int(rng.integers(1, GRADES))}
    whole = render_area(area, grades, person, rng, settings=conditions, size=size)
    high, wide = whole.image.shape[:2]
    part = (
        slice((high - size) // 2, (high - size) // 2 + size),
        slice((wide - size) // 2, (wide - size) // 2 + size),
    )
    truth = {name: value for name, value in whole.truth.items() if not isinstance(value, np.ndarray)}
    mask = np.asarray(whole.truth[f"mask_{label}"])[part] > 0.5
    return Rendered(np.ascontiguousarray(whole.image[part]), mask, truth)


def severity_field(canvas: Sheet, by_area: Mapping[str, float], reach: float = 6.0) -> Field:
    """One severity over a whole face from those of its areas, which pass into each other.

    Args:
        by_area: severity by area; the parts of a face that belong to none take the nearest's.
        reach: mm over which one passes into the next.
    """
    weight, total = canvas.full(1e-9), canvas.full(0.0)
    for name, value in by_area.items():
        area = AREAS[name]
        across = np.maximum(np.abs(canvas.x - area.centre[0]) - area.width / 2, 0)
        down = np.maximum(np.abs(canvas.y - area.centre[1]) - area.height / 2, 0)
        near = np.exp(-np.minimum(np.hypot(across, down) / reach, 18.0)).astype(np.float32)
        weight += near
        total += near * np.float32(value)
    return np.asarray(total / weight, dtype=np.float32)


def _framed(area: str, size: int, rng: Rng) -> Sheet:
    """An area as it is cut out of a photo: not quite in place, and not quite to scale."""
    place = AREAS[area]
    pixel = place.short / size
    shape = (round(place.height / pixel), round(place.width / pixel))
    away = np.clip(rng.normal(0, 0.6, 2), -1.5, 1.5)
    scale = float(np.exp(np.clip(rng.normal(0, 0.015), -0.04, 0.04)))
    return Sheet((place.centre[0] + float(away[0]), place.centre[1] + float(away[1])), shape, pixel * scale)


def _settings(settings: Settings | str) -> Settings:
    if isinstance(settings, Settings):
        return settings
    if settings not in BY_NAME:
        raise CutisError(f"there are no conditions '{settings}'. There are: {', '.join(BY_NAME)}.")
    return BY_NAME[settings]


def _refuse(area: str, grades: Mapping[str, int], size: int) -> None:
    if area not in AREAS:
        raise CutisError(f"there is no area '{area}'. The areas are: {', '.join(AREAS)}.")
    if size < _SMALLEST:
        raise CutisError(f"size is {size}, but an area has at least {_SMALLEST} pixels on its shorter side.")
    for name, grade in grades.items():
        if name not in CONDITIONS:
            raise CutisError(f"there is no condition '{name}'. The conditions are: {', '.join(CONDITIONS)}.")
        if grade not in range(GRADES):
            raise CutisError(f"the grade of {name} is {grade}, not a whole number from 0 to {GRADES - 1}.")
