"""Numbers of analyses that can be followed over visits and compared between sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.stats.change import Repeatability, repeatability
from cutis.web.analyse.outbox import answered_anyway
from cutis.web.analyse.results import results_of_each
from cutis.web.database import Analysis, Photo, StoredBundle
from cutis.web.database.analysis import DONE
from cutis.web.words import _

ENOUGH = 5  # repeated photos beyond the first of each, below which no smallest change is stated


@dataclass(frozen=True)
class Measure:
    """One number of one model: ``key`` is unique for the model, ``title`` says what it is."""

    model: str
    key: str
    title: str
    scale: str  # "share" for 0..1, "grade" with its own unit

    @property
    def name(self) -> str:
        """For addresses and columns."""
        return f"{self.model}:{self.key}"


@dataclass(frozen=True)
class Quality:
    """What the quality gate said of a photo."""

    passed: bool
    score: float
    reason: str
    advice: tuple[str, ...]
    made_by: str


def made_by(bundles: Mapping[str, StoredBundle], analysis: Analysis) -> str:
    """``NAME VERSION`` of the model of an analysis."""
    bundle = bundles.get(analysis.bundle_digest)
    if bundle is not None:
        return f"{bundle.name} {bundle.version}"
    model = (analysis.result or {}).get("model", {})
    return f"{model.get('name', '')} {model.get('version', '')}".strip() or analysis.bundle_digest[:12]


def bundles_of(session: Session, analyses: Iterable[Analysis]) -> dict[str, StoredBundle]:
    """The bundles of analyses, by digest."""
    digests = {one.bundle_digest for one in analyses}
    return {
        b.digest: b for b in session.scalars(select(StoredBundle).where(StoredBundle.digest.in_(digests)))
    }


def done_of_each(session: Session, photos: Iterable[Photo]) -> dict[str, list[Analysis]]:
    """Finished analyses by photo, the oldest first; none that was asked for though it does not suit."""
    found = results_of_each(session, photos)
    return {
        photo: [one for one in some if one.state == DONE and one.result and not answered_anyway(one)]
        for photo, some in found.items()
    }


def quality_of(analyses: Iterable[Analysis], bundles: Mapping[str, StoredBundle]) -> Quality | None:
    """What the newest run of a quality model said of a photo."""
    newest = None
    for one in analyses:
        said = one.result or {}
        if said.get("kind") == "quality" and isinstance(said.get("good"), int | float):
            newest = Quality(
                bool(said.get("passed")),
                float(said["good"]),
                str(said.get("titles", {}).get(said.get("reason"), said.get("reason") or "")),
                tuple(str(words) for words in said.get("advice", ())),
                made_by(bundles, one),
            )
    return newest


def measures_in(analysis: Analysis, model: str) -> dict[Measure, float]:
    """The numbers of an analysis that can be followed over time.

    Of classes each one's probability, of a grade its mean, of several conditions the mean grade of each over
    the areas of the face, of lesions their number and the highest score.
    """
    said = analysis.result or {}
    match said.get("kind"):
        case "quality":
            return (
                {Measure(model, "good", _("Good enough to use"), "share"): float(said["good"])}
                if "good" in said
                else {}
            )
        case "classes":
            return {
                Measure(model, one["name"], one["title"], "share"): float(one["probability"])
                for one in said.get("labels", ())
            }
        case "grade":
            chances = [float(one["probability"]) for one in said.get("labels", ())]
            mean = sum(place * chance for place, chance in enumerate(chances))
            return (
                {Measure(model, "grade", str(said.get("title", _("Grade"))), "grade"): mean}
                if chances
                else {}
            )
        case "conditions":
            return _conditions(said, model)
        case "lesions":
            scores = [float(one["probability"]) for one in said.get("lesions", ())]
            found = {Measure(model, "lesions", _("Lesions found"), "grade"): float(len(scores))}
            if scores:
                found[Measure(model, "highest", _("Highest score of a lesion"), "share")] = max(scores)
            return found if "lesions" in said else {}
        case _:
            return {}


def _conditions(said: Mapping[str, Any], model: str) -> dict[Measure, float]:
    grades = defaultdict[str, list[float]](list)
    for area in said.get("areas", ()):
        for name, one in area["grades"].items():
            grades[name].append(sum(place * chance for place, chance in enumerate(one["probabilities"])))
    titles = said.get("names", {})
    return {
        Measure(model, name, str(titles.get(name, name)), "grade"): sum(some) / len(some)
        for name, some in grades.items()
    }


def known_changes(session: Session, study: str) -> dict[str, Repeatability]:
    """What each measure differs by when nothing has changed, by `Measure.name`.

    From the study's own repeats: several photos of the same view at the same visit of the same participant.
    """
    again = (
        select(Photo.participant_id, Photo.visit, Photo.view)
        .where(Photo.study_id == study, Photo.visit.is_not(None))
        .group_by(Photo.participant_id, Photo.visit, Photo.view)
        .having(func.count(Photo.id) > 1)
        .subquery()
    )
    photos = session.scalars(
        select(Photo).join(
            again,
            (Photo.participant_id == again.c.participant_id)
            & (Photo.visit == again.c.visit)
            & (Photo.view == again.c.view),
        )
    ).all()
    if not photos:
        return {}
    analyses = done_of_each(session, photos)
    bundles = bundles_of(session, (one for some in analyses.values() for one in some))
    values = defaultdict[str, list[tuple[str, float]]](list)
    for photo in photos:
        subject = f"{photo.participant_id} {photo.visit} {photo.view}"
        for one in analyses[photo.id]:
            for measure, value in measures_in(one, made_by(bundles, one)).items():
                values[measure.name].append((subject, value))
    known = dict[str, Repeatability]()
    for name, some in values.items():
        if len(some) - len({subject for subject, _value in some}) >= ENOUGH:
            known[name] = repeatability([value for _s, value in some], [subject for subject, _v in some])
    return known
