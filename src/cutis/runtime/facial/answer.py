"""The answer of a facial report in sentences: calm, with numbers and their uncertainty, never a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.imaging.face import MAKE_UP
from cutis.runtime.facial.changes import over_time_answer
from cutis.runtime.facial.repeats import Repeats
from cutis.runtime.facial.values import FaceAnalysis, Grade
from cutis.runtime.facial.visits import Timeline
from cutis.runtime.facial.words import Answer, areas_words, grade_words, measure_title, peers_words, where

RENDERED_LONG = (
    "The model was trained on rendered faces, not on photos of people: how well it grades real skin is not "
    "known."
)
_MOST = 4  # further findings that the answer names
_DARK = -15.0  # degrees of typology angle as measured: on darker skin spots are less sure (docs/measures.md)


def answer(photos: Sequence[FaceAnalysis], timeline: Timeline) -> Answer:
    """The answer for one participant."""
    latest = [one for one in photos if one.source.order == timeline.visits[-1].order]
    if len(timeline.visits) > 1:
        return over_time_answer(timeline, latest)
    return _graded(latest) if any(one.model for one in latest) else _measured(latest)


def _graded(photos: Sequence[FaceAnalysis]) -> Answer:
    found = [
        (grade, area.name) for one in photos for area in one.areas for grade in area.grades if grade.grade > 0
    ]
    judged = len({area.name for one in photos for area in one.areas if area.judged})
    if not judged:
        return Answer("No area could be judged.", ("Why stands under each area below.",))
    if not found:
        return Answer(f"No condition is above none in the {areas_words(judged)} judged.", _outliers(photos))
    worst: dict[str, tuple[Grade, str]] = {}
    for grade, area in sorted(found, key=lambda one: -one[0].score):
        worst.setdefault(grade.condition, (grade, area))
    told = [f"{grade.title} {where(area)}: {grade_words(grade)}." for grade, area in worst.values()]
    rest = len(told) - 1 - _MOST
    more = told[1 : 1 + _MOST] + ([f"{rest} more below."] if rest > 0 else [])
    return Answer(told[0], (*more, *_outliers(photos)))


def _measured(photos: Sequence[FaceAnalysis]) -> Answer:
    judged = [area for one in photos for area in one.areas if area.judged]
    if not judged:
        return Answer("No area could be judged.", ("Why stands under each area below.",))
    names = {one.name for area in judged for one in area.measures}
    count = len({area.name for area in judged})
    said = f"{areas_words(count).capitalize()} measured in {len(names)} ways; none graded."
    return Answer(said, _outliers(photos), (photos[0].why_no_grades,))


def _outliers(photos: Sequence[FaceAnalysis]) -> tuple[str, ...]:
    """Measures that stand furthest from peers, if any stand far."""
    far = []
    for one in photos:
        for area in one.areas:
            titles = {f"grade_{grade.condition}": grade.title for grade in area.grades}
            for name, peers in area.peers.items():
                off = min(1 - peers.low, peers.high)  # certainly among the outer tenth
                if off < 0.2 and (peers.percentile > 0.9 or peers.percentile < 0.1):
                    title = titles.get(name, measure_title(name))
                    far.append(
                        (abs(peers.percentile - 0.5), f"{title} {where(area.name)}: {peers_words(peers)}.")
                    )
    return tuple(words for _, words in sorted(far, reverse=True)[:3])


def limits(photos: Sequence[FaceAnalysis], repeats: Repeats, timeline: Timeline) -> tuple[str, ...]:
    """What was not looked at, or cannot be told; one sentence each."""
    said = [MAKE_UP]
    if any(one.model is not None and one.model.training.rendered for one in photos):
        said.append(RENDERED_LONG)
    if not all(one.card for one in photos):
        said.append(
            "Without a colour card tone and melanin move with the light; their ranges are wide for it."
        )
    said.append(
        "Redness is told from the palest skin in the same photo, so that the light hardly moves it; a face "
        "that is evenly red all over looks little redder by it."
    )
    if any(area.values().get("ita", 0.0) < _DARK for one in photos for area in one.areas):
        said.append(
            "On skin as dark as here brown spots stand out little: how much of it they cover is less sure."
        )
    if len(timeline.visits) > 1 and repeats.rendered:
        said.append(
            "The smallest change that can be told comes from rendered faces photographed again; photos of "
            "people differ by more. Photograph some participants twice at a visit and give their norms."
        )
    said.append("Lips, eyes, lids, hair, neck and ears are not looked at.")
    said.append("Fitzpatrick and Monk types are estimates from a photo, not what a person would answer.")
    return tuple(said)
