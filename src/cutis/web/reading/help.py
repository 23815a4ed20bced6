"""What readers are shown with help: a model's result, kept with the case when the study is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Analysis, Photo, ReadingCase, StoredBundle
from cutis.web.reading.design import Design

Shown = dict[str, Any]  # source, rendered, probabilities


def shown(source: str, probabilities: Mapping[str, float], *, rendered: bool) -> Shown:
    """Help as it is kept with a case.

    Args:
        source: the model's name and version.
        probabilities: by name of the answer.
        rendered: the model was trained on rendered images.
    """
    rounded = {name: round(float(value), 6) for name, value in probabilities.items()}
    return {"source": source, "rendered": rendered, "probabilities": rounded}


def fill(session: Session, design: Design, cases: Sequence[ReadingCase]) -> int:
    """Give cases without help the newest result of a model for the design's task.

    Returns:
        How many have none even so.
    """
    without = [case for case in cases if not case.help and case.photo_id]
    found = _analyses(session, design, [case.photo_id or "" for case in without])
    for case in without:
        if help_ := found.get(case.photo_id or ""):
            case.help = help_
    return sum(not case.help for case in cases)


def probabilities_in(result: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    """The probabilities of a result of `cutis.web.analyse`, by name of the answer; none where it has none.

    Args:
        result: of a photo.
        names: of the answers.
    """
    positive = str(result.get("positive", ""))
    if "lesions" in result and len(names) == 2 and positive in names:
        from cutis.web.analyse.lesions import together

        score, _rule = together([result])
        other = next(name for name in names if name != positive)
        return {} if score is None else {positive: score.probability, other: 1 - score.probability}
    return {one["name"]: one["probability"] for one in result.get("labels", ()) if "probability" in one}


def _analyses(session: Session, design: Design, photos: Sequence[str]) -> dict[str, Shown]:
    if not design.task:
        return {}
    found: dict[str, Shown] = {}
    chosen = (
        select(Analysis, StoredBundle)
        .join(StoredBundle, StoredBundle.digest == Analysis.bundle_digest)
        .join(Photo, Photo.id == Analysis.photo_id)
        .where(StoredBundle.task == design.task, Analysis.state == "done")
        .order_by(Analysis.created, Analysis.id)
    )
    for start in range(0, len(photos), 500):
        part = chosen.where(Analysis.photo_id.in_(photos[start : start + 500]))
        for analysis, bundle in session.execute(part):
            told = probabilities_in(analysis.result or {}, design.names)
            if set(told) == set(design.names):
                source = f"{bundle.name} {bundle.version}"
                found[analysis.photo_id] = shown(source, told, rendered=bundle.rendered)
    return found
