"""The page of a screening: one file that opens anywhere, without a network."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutis.clinical.flags import SOURCE as FLAGS_SOURCE
from cutis.clinical.score import points, share, signed
from cutis.clinical.summary import Summary
from cutis.pages.environment import environment
from cutis.runtime.screen_facts import answer_with, refer
from cutis.runtime.screen_picture import css_colour, encoded, with_saliency
from cutis.runtime.screen_words import (
    NO_DIAGNOSIS,
    NOT_CLINICAL,
    Thousand,
    counts,
    in_words,
    per_thousand,
    reasons,
    telling,
)
from cutis.runtime.screening import ScoredLesion, Screening

_STATE_OF = {True: "urgent", False: "good", None: "unknown"}
_WORD_OF = {True: "Refer", False: "No reason to refer", None: "No answer"}


@dataclass(frozen=True)
class _Box:
    """A lesion's box in percent of the photo, with what is written beside it."""

    number: int
    anchor: str
    left: float
    top: float
    width: float
    height: float
    colour: str
    score: float


def write_page(
    done: Screening, path: Path, prevalence: float | None = None, beside: Summary | None = None
) -> None:
    """Write the page.

    Args:
        done: a screening.
        path: of the page.
        prevalence, beside: see `cutis.runtime.screen_files.write_screening`.
    """
    thousand = None if prevalence is None else per_thousand(done, prevalence)
    text = (
        environment("cutis.runtime")
        .get_template("screen.html")
        .render(
            done=done,
            answer=answer_with(done, beside),
            reasons=reasons(done),
            telling=telling(done),
            state=_STATE_OF[refer(done, beside)],
            word=_WORD_OF[refer(done, beside)],
            beside=beside,
            signs={present: _signs(beside, present) for present in (True, False, None)} if beside else {},
            flags_source=FLAGS_SOURCE,
            points=points,
            share=share,
            signed=signed,
            notes=[NO_DIAGNOSIS, *([NOT_CLINICAL] if done.info.training.rendered else [])],
            photos=[_photo(done, number) for number in range(len(done.photos))],
            lesions=[_lesion(done, one) for one in sorted(done.lesions, key=lambda one: -one.probability)],
            thousand=thousand,
            people=None if thousand is None else _people(thousand),
            thousand_words=None if thousand is None else in_words(thousand),
            scale=", ".join(css_colour(step / 5) for step in range(6)),
        )
    )
    path.write_text(text, encoding="utf-8")


def _signs(beside: Summary, present: bool | None) -> list[str]:
    """Names of the signs that are there, are not, or were not looked for."""
    return [flag.name for flag in beside.flags if flag.present is present]


def _photo(done: Screening, number: int) -> dict[str, Any]:
    photo = done.photos[number]
    if photo.shown is None or photo.lesions is None:
        return {"name": photo.name, "problem": photo.problem, "src": None, "boxes": []}
    high, wide = photo.lesions.height, photo.lesions.width
    boxes = [
        _Box(
            number=one.lesion.number,
            anchor=_anchor(one),
            left=100 * one.lesion.box.left / wide,
            top=100 * one.lesion.box.top / high,
            width=100 * (one.lesion.box.right - one.lesion.box.left) / wide,
            height=100 * (one.lesion.box.bottom - one.lesion.box.top) / high,
            colour=css_colour(one.probability),
            score=one.probability,
        )
        for one in done.lesions
        if one.photo == number
    ]
    return {"name": photo.name, "problem": photo.problem, "src": _source(photo.shown), "boxes": boxes}


def _lesion(done: Screening, one: ScoredLesion) -> dict[str, Any]:
    return {
        "anchor": _anchor(one),
        "name": done.name(one),
        "number": one.lesion.number,
        "photo": done.photos[one.photo].name,
        "score": one.probability,
        "share": one.share,
        "given": one.lesion.source == "given",
        "colour": css_colour(one.probability),
        "crop": _source(one.crop),
        "saliency": _source(with_saliency(one)),
    }


def _anchor(one: ScoredLesion) -> str:
    return f"lesion-{one.photo + 1}-{one.lesion.number}"


def _people(thousand: Thousand) -> list[tuple[str, str, int]]:
    """Kinds among 1,000 patients: class, words, how many."""
    kinds = (
        ("found", "referred, rightly"),
        ("missed", "missed"),
        ("alarms", "referred, needlessly"),
        ("cleared", "not referred, rightly"),
    )
    return [(*kind, count) for kind, count in zip(kinds, counts(thousand), strict=True)]


def _source(picture: Any) -> str:
    return "data:image/webp;base64," + base64.b64encode(encoded(picture)).decode()
