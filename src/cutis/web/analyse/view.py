"""Analyses of a photo as a page shows them: what suits it first, and why the rest was not answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cutis.web.analyse.kind_words import NOT_MADE_FOR, other_words
from cutis.web.analyse.meaning import USUAL, meaning
from cutis.web.analyse.outbox import answered_anyway
from cutis.web.analyse.shown import Shown, changed
from cutis.web.analyse.view_answers import classes, conditions, of_map
from cutis.web.analyse.view_patient import lesions
from cutis.web.analyse.view_quality import of_a_face, quality
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE
from cutis.web.words import _, later

RANK = {"quality": 0, "lesions": 1, "classes": 2, "grade": 3, "conditions": 4, "map": 5}
WHY = {
    "colour": later("This photo is in colour, and the model judges grey images of a microscope."),
    "grey": later("This photo is grey, and the model judges photos in colour."),
    "no_face": later("No face was found in this photo, and the model judges areas of a face."),
    "no_detector": later("Faces cannot be found here, since the program that finds them is not installed."),
    "face": later("The face in this photo cannot be judged."),
    "unlike": later("This photo is unlike those that the model was trained on: do not rely on its answer."),
}
_MAKERS = {
    "quality": quality,
    "classes": classes,
    "grade": classes,
    "lesions": lesions,
    "conditions": conditions,
    "map": of_map,
}


def shown(
    rows: Iterable[Analysis],
    prevalences: Mapping[tuple[str, str], float],
    tried: Mapping[str, float] | None = None,
) -> list[Shown]:
    """What is done, the quality of the photo first, then what suits it.

    Args:
        rows: analyses of one photo.
        prevalences: of the study.
        tried: shares that somebody wants to see instead, by identity of the analysis.
    """
    made = [_shown(one, prevalences, (tried or {}).get(one.id)) for one in rows if one.state == DONE]
    if any(_is_a_face(one) for one in made):
        made = [of_a_face(one) if one.kind == "quality" and one.fits else one for one in made]
    return sorted(made, key=lambda one: (not one.fits, -_belongs(one), RANK.get(one.kind, 9)))


def _is_a_face(one: Shown) -> bool:
    kind = one.result["photo"].get("kind") or {}
    return bool(kind.get("sure") and kind["name"] == "face")


def _belongs(one: Shown) -> float:
    """How well the photo is of the model's own kind; not known counts less than known."""
    said = one.result.get("unlike", {})
    if one.kind == "quality":
        return 2.0
    if one.anyway:
        return -1.0
    if one.unsure:  # the photo is rather of another kind
        return 0.0
    if not said.get("known"):
        return 0.4
    return float(said["share"]) / 4 if said.get("odd") else 0.5 + float(said["share"]) / 2


def _shown(row: Analysis, prevalences: Mapping[tuple[str, str], float], tried: float | None) -> Shown:
    result = row.result or {}
    anyway = answered_anyway(row)
    if not result["suits"]["suits"] and result["suits"]["why"] != "unlike" and not anyway:
        return Shown(row, result, "unknown", _("Not asked"), _why_not(result), fits=False)
    made = _MAKERS[result["kind"]](row, result)
    if anyway:
        more = (_(NOT_MADE_FOR), *made.more)
        return changed(made, state="attention", word=_("Asked all the same"), more=more, asked=("", ""))
    made = with_prevalence(made, prevalences, tried)
    if not result["suits"]["suits"]:
        why = _(WHY["unlike"])
        return changed(
            made, fits=False, state="attention", word=_("Unlike its photos"), more=(why, *made.more)
        )
    return made


def _why_not(result: Mapping[str, Any]) -> str:
    if result["suits"]["why"] == "kind":
        return other_words(result)
    return result["suits"].get("words") or _(WHY.get(result["suits"]["why"], ""))


def with_prevalence(made: Shown, prevalences: Mapping[tuple[str, str], float], tried: float | None) -> Shown:
    """The same, with what it means at the clinic's prevalence, or at the one that somebody tries."""
    label = made.asked[0]
    if not label:
        return made
    share = tried or prevalences.get((made.result["task"], label))
    found = meaning(_rates(made.result, label), share or USUAL, known=share is not None)
    return changed(made, meaning=found)


def _rates(result: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    if result["kind"] == "lesions":
        return dict(result["rule"]["point"]["found"] or result["rates"])
    for one in result.get("labels", ()):
        if one["name"] == label:
            point = (one["point"] or {}).get("found") or {}
            return dict(point if {"sensitivity", "specificity"} <= set(point) else one["rates"])
    return {}
