"""From a photo to its areas' grades and measures: enhanced, found, cut, judged; or the reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.core.labels import MultiLabel
from cutis.imaging.enhance import Enhanced, Enhancement, enhance, limit_contrast
from cutis.imaging.face import (
    Area,
    Detector,
    Face,
    FaceError,
    Reason,
    area_alone,
    cut_areas,
    mask_eyes,
    mask_identity,
    one_face,
)
from cutis.imaging.face.warp import cut
from cutis.imaging.measures import measure, palest
from cutis.imaging.read import read_rgb
from cutis.runtime.engine import Engine, Result
from cutis.runtime.facial.norms import Norms
from cutis.runtime.facial.repeats import in_own_range
from cutis.runtime.facial.values import (
    AreaAnalysis,
    FaceAnalysis,
    Field,
    Grade,
    Refused,
    Rgb,
    Source,
)

Cover = Literal["", "eyes", "identity"]
_ROOM = 0.16  # around the areas in the photo that is shown, of their width or height
_SHOWN = 1000  # pixels of the longer side of the photo that is shown
_TAIL = 0.05  # of the probability on either side of the grades that are given as likely
NO_MODEL = (
    "No grades: no model was given, and cutis ships none of this kind yet. Measures alone were taken; a "
    "bundle of your own grades the conditions, see cutis train facial."
)


@dataclass(frozen=True, eq=False)
class Asked:
    """How photos are to be looked at.

    Attributes:
        engine: with a bundle that grades conditions; None takes measures alone.
        enhancement: step one. Local contrast is raised for the model only, by default not at all.
        norms: of a user's own study, for percentiles, and for ranges where it photographed people again.
        mask: what is covered in the photos that are shown; nothing that is measured.
        detector: of faces; the packaged one by default.
        mm_per_pixel: of photos of one area, and of faces where it is better known than from the pupils.
        allow: reasons that shall not refuse a face, see `cutis.imaging.face.one_face`.
        which: number of the face from the left, 0 first, where a photo shows several.
        why_no_grades: said where there is no engine.
    """

    engine: Engine | None = None
    enhancement: Enhancement = field(default_factory=lambda: Enhancement(contrast=0.0))
    norms: Norms | None = None
    mask: Cover = ""
    detector: Detector | None = None
    mm_per_pixel: float | None = None
    allow: Collection[Reason] = ()
    which: int | None = None
    why_no_grades: str = NO_MODEL


def analyse(photo: Source | Path | str, asked: Asked | None = None) -> FaceAnalysis:
    """Look at one photo.

    Args:
        photo: a path, or with what is known of it.
        asked: how.

    Raises:
        ImageError: it cannot be read.
        FaceError: its face cannot be judged; the words say why and how to mend it.
        CutisError: the bundle does not grade conditions.
    """
    asked = asked or Asked()
    source = photo if isinstance(photo, Source) else _alone(Path(photo))
    _need_grades(asked.engine)
    rgb = read_rgb(source.path)
    done = enhance(rgb, replace(asked.enhancement, contrast=0.0))
    if source.area is None:
        face = _face(rgb, done, source, asked)
        areas = cut_areas(done.image, face, source.view)
        picture = _covered(rgb, face, asked.mask)
        scale = (face.mm_per_pixel, face.spread, _scale_words(face, done, asked))
    else:
        face = None
        areas = (area_alone(done.image, source.area, _known_scale(done, asked)),)
        picture = rgb
        scale = (
            areas[0].blur,
            math.nan if _known_scale(done, asked) is None else 0.01,
            _alone_words(done, asked),
        )
    pale = palest((one.image, one.mask, one.mm_per_pixel) for one in areas if one.refusal is None)
    judged = tuple(_judged(area, pale, rgb, picture, done, source, asked) for area in areas)
    corner, framed = _framed(picture, areas) if face is not None else (np.zeros(2), picture)
    size = np.array([framed.shape[1], framed.shape[0]])
    outlines: dict[str, NDArray[np.float64]] = {
        area.name: (area.outline + 0.5 - corner) / size for area in areas if face is not None
    }
    return FaceAnalysis(
        source=source,
        picture=_reduced(framed),
        outlines=outlines,
        areas=judged,
        steps=_steps(done, asked),
        card=done.card is not None,
        noise=(done.noise_before, done.noise_after),
        mm_per_pixel=scale[0],
        scale_spread=scale[1],
        scale_words=scale[2],
        model=None if asked.engine is None else asked.engine.info,
        why_no_grades=asked.why_no_grades if asked.engine is None else "",
        why_no_peers="" if asked.norms is None else asked.norms.lacking(source),
        masked=asked.mask,
    )


def analyse_each(
    sources: Iterable[Source], asked: Asked | None = None, progress: Callable[[int], None] | None = None
) -> Iterator[FaceAnalysis | Refused]:
    """Look at any number of photos; what is wrong with one does not keep the others from being looked at."""
    for source in sources:
        try:
            yield analyse(source, asked)
        except (ImageError, FaceError) as error:
            yield Refused(source, error.reason if isinstance(error, ImageError) else str(error))
        if progress:
            progress(1)


def _alone(path: Path) -> Source:
    return Source(path, path.stem, path.stem)


def _need_grades(engine: Engine | None) -> None:
    if engine is None:
        return
    labels = engine.info.labels
    if not isinstance(labels, MultiLabel) or len(labels.grades) < 3:
        raise CutisError(
            f"{engine.info.name} does not grade several conditions; it answers: {engine.info.title} Give "
            "a bundle of the task facial, or none for measures alone."
        )


def _face(rgb: Rgb, done: Enhanced, source: Source, asked: Asked) -> Face:
    face = one_face(rgb, source.view, which=asked.which, detector=asked.detector, allow=tuple(asked.allow))
    known = _known_scale(done, asked)
    return face if known is None else face.scaled(known)


def _known_scale(done: Enhanced, asked: Asked) -> float | None:
    if asked.mm_per_pixel is not None:
        return asked.mm_per_pixel
    return None if done.card is None else done.card.mm_per_pixel


def _scale_words(face: Face, done: Enhanced, asked: Asked) -> str:
    about = f"one pixel is {face.mm_per_pixel:.2f} mm"
    if asked.mm_per_pixel is not None:
        return f"Scale as given: {about}."
    if done.card is not None:
        return f"Scale from the colour card, if it lies as far from the camera as the skin: {about}."
    return (
        f"Scale from the distance of the pupils, taken as 63 mm: {about}, give or take {face.spread:.0%} "
        "(one standard deviation); lengths follow it, and areas and counts twice as much."
    )


def _alone_words(done: Enhanced, asked: Asked) -> str:
    if _known_scale(done, asked) is not None:
        return "Scale as given." if asked.mm_per_pixel is not None else "Scale from the colour card."
    return (
        "Scale assumed: the shorter side of a photo of one area is taken to show 36 mm. Lengths and counts "
        "are no better than that; give --mm-per-pixel, or put a colour card beside the skin."
    )


def _covered(rgb: Rgb, face: Face, mask: Cover) -> Rgb:
    if not mask:
        return rgb
    return mask_eyes(rgb, face) if mask == "eyes" else mask_identity(rgb, face)


def _judged(
    area: Area,
    pale: float | None,
    rgb: Rgb,
    picture: Rgb,
    done: Enhanced,
    source: Source,
    asked: Asked,
) -> AreaAnalysis:
    size = (area.image.shape[1], area.image.shape[0])
    shown = cut(picture, area.matrix, size)
    covered = np.asarray((shown != cut(rgb, area.matrix, size)).any(axis=-1))
    if area.refusal is not None:
        return AreaAnalysis(area, shown, covered, (), ())
    card = done.card is not None
    measures = measure(area.image, area.mask, area.mm_per_pixel, card=card, pale=pale)
    if asked.norms is not None:
        measures = tuple(in_own_range(one, asked.norms, card=card) for one in measures)
    grades = _graded(area, asked)
    judged = AreaAnalysis(area, shown, covered, grades, measures)
    if asked.norms is None:
        return judged
    return replace(judged, peers=asked.norms.peers_of(area.name, judged.values(), source))


def _graded(area: Area, asked: Asked) -> tuple[Grade, ...]:
    if asked.engine is None:
        return ()
    labels = asked.engine.info.labels
    assert isinstance(labels, MultiLabel)
    result = asked.engine.ask(limit_contrast(area.image, asked.enhancement.contrast))
    scale = tuple(label.text for label in labels.grades.items)
    return tuple(_grade(labels, number, result, scale, area.image.shape[:2]) for number in range(len(labels)))


def _grade(
    labels: MultiLabel, number: int, result: Result, scale: tuple[str, ...], shape: tuple[int, ...]
) -> Grade:
    label = labels.items[number]
    chances = tuple(result.probabilities[f"{label.name}_{grade}"] for grade in labels.grades.names)
    upto = np.cumsum(chances)
    grade = labels.grades.names.index(result.grades[label.name])
    return Grade(
        condition=label.name,
        title=label.text,
        grade=grade,
        words=scale[grade].lower(),
        score=result.expected[label.name],
        low=min(grade, int(np.searchsorted(upto, _TAIL, side="right"))),
        high=max(grade, min(len(scale) - 1, int(np.searchsorted(upto, 1 - _TAIL - 1e-6)))),
        probabilities=chances,
        scale=scale,
        map=_grown(result.saliency[number], shape) if len(result.saliency) == len(labels) else None,
    )


def _grown(field: NDArray[np.float32], shape: tuple[int, ...]) -> Field:
    """A coarse map over the part of an area that the network saw: all of it, as areas are at most 4:3."""
    import cv2

    return np.asarray(
        cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


def _framed(picture: Rgb, areas: Sequence[Area]) -> tuple[NDArray[np.float64], Rgb]:
    """The part of a photo around its areas, and its upper left corner."""
    places = np.concatenate([area.outline for area in areas])
    room = _ROOM * np.ptp(places, axis=0).max()
    low = np.maximum(np.floor(places.min(axis=0) - room), 0).astype(int)
    high = np.minimum(np.ceil(places.max(axis=0) + room), picture.shape[1::-1]).astype(int)
    return low.astype(np.float64), picture[low[1] : high[1], low[0] : high[0]]


def _reduced(picture: Rgb) -> Rgb:
    import cv2

    factor = min(1.0, _SHOWN / max(picture.shape[:2]))
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA))


def _steps(done: Enhanced, asked: Asked) -> tuple[str, ...]:
    words = list(done.words)
    if asked.engine is not None and asked.enhancement.contrast > 0:
        words.append(
            f"For the model local contrast was raised with strength {asked.enhancement.contrast:g}; measures "
            "were taken without."
        )
    return tuple(words)
