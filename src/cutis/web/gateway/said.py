"""What the models said of a photo, as reports carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cutis.interop.fhir.results import (
    Answer,
    LesionScore,
    Model,
    Outcome,
    Point,
    Prediction,
    PredictionSet,
    Quality,
    Risk,
)
from cutis.web.analyse.lesions import together
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE

_COVERAGE = 0.9  # of sets that were tested


def model_of(result: Mapping[str, Any]) -> Model:
    """Which model an answer is of."""
    told = result["model"]
    return Model(
        name=told["name"],
        version=told["version"],
        digest=told["digest"],
        task=result["task"],
        title=result["title"],
        rendered=bool(told["rendered"]),
        modality=result["modality"],
        licence=told.get("licence") or "",
    )


def chosen(rows: Sequence[Analysis], tasks: Sequence[str], *, gate: bool) -> list[Analysis]:
    """The answers that are reported, the quality of the photo first.

    Args:
        rows: of one photo.
        tasks: whose answers; all where empty.
        gate: of a photo that is not good enough only that is reported.
    """
    done = [one for one in rows if one.state == DONE and one.result and _suits(one)]
    quality = [one for one in done if _kind(one) == "quality"]
    rest = [one for one in done if _kind(one) != "quality" and (not tasks or _task(one) in tasks)]
    # What a map says is shown here, and has no report of its own.
    rest = [one for one in rest if _kind(one) != "map"]
    bad = any(not (one.result or {})["passed"] for one in quality)
    if gate and bad:
        return quality
    wanted = [one for one in quality if gate or not tasks or _task(one) in tasks]
    return [*wanted, *rest]


def predictions(image_id: str, rows: Sequence[Analysis]) -> list[Prediction]:
    """The answers as reports carry them: the quality goes with each of them, or stands alone."""
    of = {_kind(one): one.result or {} for one in rows}
    quality = _quality(of["quality"]) if "quality" in of else None
    others = [one for one in rows if _kind(one) != "quality"]
    if not others and "quality" in of:
        return [_alone(image_id, of["quality"])]
    found = [_prediction(image_id, one.result or {}) for one in others]
    return [replace(one, quality=quality) for one in found if one is not None]


def risk_of(image_id: str, rows: Sequence[Analysis], prevalence: float | None, sentence: str) -> Risk | None:
    """What the lesions of the photo say of its patient; None where no model answers for patients.

    Args:
        image_id: of the photo.
        rows: that are reported.
        prevalence: share of such patients who have it; the model's own where None.
        sentence: the answer in words.
    """
    for one in rows:
        result = one.result or {}
        if result["kind"] != "lesions" or not result["lesions"]:
            continue
        score, rule = together([result])
        if score is None:
            return None
        share = score.prevalence if prevalence is None else prevalence
        return Risk(
            model=model_of(result),
            looked_for=rule.positive,
            title=result["positive_title"],
            probability=_share(score.probability),
            made_for=score.prevalence,
            here=_share(score.at(share)),
            prevalence=share,
            threshold=score.threshold,
            refer=score.positive,
            sentence=sentence,
            lesions=tuple(
                LesionScore(image_id, each["number"], _share(each["probability"]), _share(each["share"]))
                for each in result["lesions"]
            ),
        )
    return None


def _prediction(image_id: str, result: Mapping[str, Any]) -> Prediction | None:
    makers = {"classes": _classes, "grade": _classes, "lesions": _lesions, "conditions": _conditions}
    return makers[result["kind"]](image_id, result)


def _classes(image_id: str, result: Mapping[str, Any]) -> Prediction:
    labels = result["labels"]
    outcomes = tuple(Outcome(one["name"], one["title"], _share(one["probability"])) for one in labels)
    expected = None
    if result["kind"] == "grade":
        expected = sum(grade * one.probability for grade, one in enumerate(outcomes))
    kept = tuple(one["name"] for one in labels if one["kept"])
    return Prediction(
        model_of(result),
        image_id,
        (Answer("", result["title"], result["answer"], outcomes, expected),),
        tuple(_points(labels)),
        set=PredictionSet(kept, _COVERAGE) if result["promise"] == "tested" else None,
    )


def _points(labels: Sequence[Mapping[str, Any]]) -> Iterator[Point]:
    for one in labels:
        if one["point"]:
            point = one["point"]
            reached = one["probability"] >= point["threshold"]
            yield Point(point["name"], one["name"], _share(point["threshold"]), point["rule"], reached)


def _lesions(image_id: str, result: Mapping[str, Any]) -> Prediction | None:
    if not result["lesions"]:
        return None  # no answer, which is not the same as a harmless one
    score, rule = together([result])
    if score is None:
        return None
    title = result["positive_title"]
    p = _share(score.probability)
    other = f"not_{rule.positive}"
    outcomes = (Outcome(rule.positive, title, p), Outcome(other, f"Not {title}", 1 - p))
    point = Point(
        rule.point.name, rule.positive, _share(rule.point.threshold), rule.point.rule, score.positive
    )
    said = rule.positive if score.positive else other
    return Prediction(model_of(result), image_id, (Answer("", result["title"], said, outcomes),), (point,))


def _conditions(image_id: str, result: Mapping[str, Any]) -> Prediction:
    scale = result["scale"]
    answers = []
    for area in result["areas"]:
        for name, told in area["grades"].items():
            chances = told["probabilities"]
            outcomes = tuple(Outcome(str(grade), scale[grade], _share(p)) for grade, p in enumerate(chances))
            expected = float(sum(grade * p for grade, p in enumerate(chances)))
            question = f"{area['name']}_{name}"
            title = f"{area['title']}: {result['names'][name]}"
            answers.append(Answer(question, title, str(told["grade"]), outcomes, expected))
    return Prediction(model_of(result), image_id, tuple(answers))


def _quality(result: Mapping[str, Any]) -> Quality:
    titles = result["titles"]
    return Quality(
        grade=result["grade"],
        title=result["grade_title"],
        passed=bool(result["passed"]),
        good=_share(result["good"]),
        threshold=_share(result["point"]["threshold"]),
        reasons=tuple(Outcome(n, titles.get(n, n), _share(p)) for n, p in result["findings"].items()),
        model=f"{result['model']['name']} {result['model']['version']}",
    )


def _alone(image_id: str, result: Mapping[str, Any]) -> Prediction:
    """The quality by itself: all that is said of a photo that is not good enough."""
    good = _share(result["good"])
    outcomes = (
        Outcome("good", "Good enough to be judged", good),
        Outcome("not_good", "Not good enough to be judged", 1 - good),
    )
    point = result["point"]
    reached = good >= point["threshold"]
    return Prediction(
        model_of(result),
        image_id,
        (Answer("", result["title"], "good" if result["passed"] else "not_good", outcomes),),
        (Point(point["name"], "good", _share(point["threshold"]), point["rule"], reached),),
        quality=_quality(result),
    )


def _suits(row: Analysis) -> bool:
    """The model answered; what it says of a photo that is unlike its own is not sent to a record."""
    return bool((row.result or {})["suits"]["suits"])


def _kind(row: Analysis) -> str:
    return str((row.result or {})["kind"])


def _task(row: Analysis) -> str:
    return str((row.result or {})["task"])


def _share(value: float) -> float:
    return min(1.0, max(0.0, float(value)))
