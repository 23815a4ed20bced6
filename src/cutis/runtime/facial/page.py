"""The page of one participant: what it shows, put together for its template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutis.imaging.measures import NAMES
from cutis.pages.environment import environment
from cutis.runtime.facial.answer import answer, limits
from cutis.runtime.facial.charts import key, visit_words
from cutis.runtime.facial.page_overview import outlined, overview, shown
from cutis.runtime.facial.page_visits import change_sources, differences_of, over_time
from cutis.runtime.facial.pictures import (
    MAPPED,
    Layer,
    css_scale,
    data_of,
    difference_colours,
    layers,
    span,
)
from cutis.runtime.facial.repeats import Repeats
from cutis.runtime.facial.values import AreaAnalysis, FaceAnalysis, Peers, Refused
from cutis.runtime.facial.visits import Timeline
from cutis.runtime.facial.words import (
    AREA_TITLES,
    NO_DIAGNOSIS,
    RENDERED,
    grade_words,
    measure_title,
    peers_short,
    peers_words,
    range_words,
    with_unit,
)
from cutis.runtime.map_picture import scale_colours

_OPEN = 2  # areas that are not folded


@dataclass(frozen=True, eq=False)
class Participant:
    """What a page is about.

    Attributes:
        name: of the participant, or of the photo where nobody says whose it is.
        identified: somebody said.
        photos: that were judged, by visit.
        refused: that were not.
        timeline: of the visits.
        repeats: on which changes rest.
        files: beside the page, with what they hold.
    """

    name: str
    identified: bool
    photos: tuple[FaceAnalysis, ...]
    refused: tuple[Refused, ...]
    timeline: Timeline
    repeats: Repeats
    files: tuple[tuple[str, str], ...]


def page(who: Participant) -> str:
    """The whole page, self-contained."""
    visits = who.timeline.visits
    latest = [one for one in who.photos if one.source.order == visits[-1].order]
    said = answer(who.photos, who.timeline)
    scales = _scales(who.photos)
    areas = [_area(area, photo, scales) for photo, area in shown(latest)]
    differences = differences_of(who.timeline)
    courses = [over_time(one, visits, differences) for one in who.timeline.areas if len(visits) > 1]
    moved = [one for one in courses if one is not None]
    _unfold(areas, "weight")
    _unfold(moved, "moved")
    model = next((one.model for one in latest if one.model is not None), None)
    text: str = (
        environment("cutis.runtime.facial")
        .get_template("face.html")
        .render(
            who=who,
            kind="Participant" if who.identified else "Photo",
            visits=visits,
            when=" to ".join(dict.fromkeys(visit_words(one) for one in (visits[0], visits[-1]))),
            answer=said,
            rendered=RENDERED if model is not None and model.training.rendered else "",
            no_diagnosis=NO_DIAGNOSIS,
            faces=[outlined(one) for one in latest],
            table=overview(latest),
            areas=areas,
            over_time=moved,
            photos=[_photo(one) for one in who.photos],
            refused=[(one.source.image_id, one.words) for one in who.refused],
            unjudged=_unjudged(latest),
            limits=limits(who.photos, who.repeats, who.timeline),
            model=model,
            peers_missing=next((one.why_no_peers for one in latest if one.why_no_peers), ""),
            change_source=change_sources(who.timeline),
            range_source=_range_source(who.repeats, card=any(one.card for one in latest)),
            key=key(),
            scale=css_scale(scale_colours()),
            apart=css_scale(difference_colours()),
            data=json.dumps(
                {area["anchor"]: [vars(layer) for layer in area["layers"]] for area in areas}
            ).replace("</", "<\\/"),
        )
    )
    return text


def _range_source(repeats: Repeats, *, card: bool) -> str:
    """What the ranges beside single values rest on."""
    by_source: dict[str, list[str]] = {}
    for name, known in repeats.measures.items():
        if not known.rendered and name in NAMES:
            by_source.setdefault(known.source, []).append(measure_title(name).lower())
    own = [f"of {', '.join(titles)} by {source}" for source, titles in by_source.items()]
    toned = ["of tone and melanin with a colour card, as rendered areas of skin show"] if card else []
    return "; ".join(["by another phone in other light, as rendered faces show", *toned, *own])


def _scales(photos: Sequence[FaceAnalysis]) -> dict[str, tuple[float, float]]:
    """One scale per measure for all areas and visits, so that colours can be compared."""
    found = {}
    for name in MAPPED:
        maps = [
            one.map
            for photo in photos
            for area in photo.areas
            for one in area.measures
            if one.name == name and one.map is not None
        ]
        if maps:
            found[name] = span([one[::4, ::4] for one in maps])
    return found


def _area(area: AreaAnalysis, photo: FaceAnalysis, scales: dict[str, tuple[float, float]]) -> dict[str, Any]:
    titles = {name: measure_title(name) for name in MAPPED}
    found = layers(area, scales, titles)
    first = _first_layer(area, found)
    return {
        "anchor": area.name,
        "number": list(AREA_TITLES).index(area.name) + 1,
        "title": AREA_TITLES[area.name],
        "photo": photo.source.image_id,
        "crop": data_of(area.shown),
        "ratio": f"{area.shown.shape[1]} / {area.shown.shape[0]}",
        "layers": found,
        "first": first,
        "usable": round(100 * area.area.usable),
        "size": " x ".join(f"{side * area.area.mm_per_pixel:.0f}" for side in area.shown.shape[1::-1])
        + " mm",
        "coarse": area.area.blur > 1.25 * area.area.mm_per_pixel,
        "blur": f"{area.area.blur:.2f}",
        "grades": [
            {
                "title": one.title,
                "words": grade_words(one),
                "score": 100 * one.score / (len(one.scale) - 1),
                "low": 100 * one.low / (len(one.scale) - 1),
                "high": 100 * one.high / (len(one.scale) - 1),
                "steps": len(one.scale) - 1,
                "peers": _peers(area.peers.get(f"grade_{one.condition}")),
            }
            for one in sorted(area.grades, key=lambda each: -each.score)
        ],
        "measures": [
            {
                "title": measure_title(one.name),
                "value": with_unit(one.name, one.value, one.unit),
                "range": range_words(one.name, one.low, one.high),
                "words": one.words,
                "known": bool(np.isfinite(one.value)),
                "peers": _peers(area.peers.get(one.name)),
            }
            for one in area.measures
        ],
        "has_peers": bool(area.peers),
        "summary": _summary(area),
        "weight": max((one.score for one in area.grades), default=0.0),
        "open": False,
    }


def _summary(area: AreaAnalysis) -> str:
    """What stands beside the area's name while it is folded."""
    graded = sorted((one for one in area.grades if one.grade > 0), key=lambda one: -one.score)
    if graded:
        return ", ".join(f"{one.title.lower()} {one.words}" for one in graded[:2])
    return "no condition above none" if area.grades else f"{len(area.measures)} measures"


def _unfold(blocks: Sequence[dict[str, Any]], by: str) -> None:
    """Open those that tell most."""
    for block in sorted(blocks, key=lambda one: -one[by])[:_OPEN]:
        block["open"] = True


def _first_layer(area: AreaAnalysis, found: Sequence[Layer]) -> Layer | None:
    """The map that is shown first: of the gravest grade, else redness."""
    names = [f"grade_{one.condition}" for one in sorted(area.grades, key=lambda each: -each.score)]
    for name in (*names, "erythema_index"):
        for layer in found:
            if layer.name == name:
                return layer
    return found[0] if found else None


def _peers(peers: Peers | None) -> dict[str, Any] | None:
    if peers is None:
        return None
    return {
        "words": peers_words(peers),
        "short": peers_short(peers),
        "at": 100 * peers.percentile,
        "low": 100 * peers.low,
        "high": 100 * peers.high,
        "group": peers.group,
        "beyond": peers.beyond,
    }


def _photo(photo: FaceAnalysis) -> dict[str, Any]:
    return {
        "name": photo.source.image_id,
        "visit": photo.source.visit,
        "steps": photo.steps,
        "scale": photo.scale_words,
        "noise": photo.noise,
    }


def _unjudged(photos: Sequence[FaceAnalysis]) -> list[tuple[str, str]]:
    """Areas that no photo of the latest visit shows well enough, with why."""
    judged = {area.name for _, area in shown(photos)}
    found: dict[str, str] = {}
    for photo in photos:
        for area in photo.areas:
            if area.name not in judged and area.area.refusal is not None:
                found.setdefault(AREA_TITLES[area.name], area.area.refusal.words)
    return list(found.items())
