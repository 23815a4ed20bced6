"""What one model says of one photo, as plain data that pages, exports and programs read.

Each answer says which kind it is: ``quality`` (is the photo good enough), ``classes`` (which of several),
``grade`` (how much of one thing), ``conditions`` (how much of several things), ``lesions`` (each lesion of
the photo, and what they say together) or ``map`` (a grade for every place). Where a photo does not suit a
model, ``suits`` says why, and where nothing was asked there is no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import BundleInfo, Fit, OperatingPoint
from cutis.runtime.engine import Engine, Result
from cutis.runtime.gate import Gate, Verdict
from cutis.web.analyse import grids
from cutis.web.analyse.kind import Kind, suits
from cutis.web.analyse.reference import ODD, UNLIKE, Reference
from cutis.web.analyse.scene import Scene

FORMAT = 1
GREY_MODALITIES = ("confocal",)
_RULES = ("lower end", "sensitivity", "ppv", "youden")  # of operating points, the first that a label has


def kind_of(info: BundleInfo) -> str:
    """Which kind of answer a bundle gives."""
    if info.passing:
        return "quality"
    if info.patient is not None:
        return "lesions"
    if info.dense is not None:
        return "map"
    if info.labels.several:
        return "conditions"
    return "grade" if info.labels.ordered else "classes"


def head(engine: Engine, scene: Scene, kind: Kind | None = None) -> dict[str, Any]:
    """What every answer begins with: the model, and whether the photo suits it by its colours and its kind.

    Args:
        engine: of the model.
        scene: the photo.
        kind: of the photo; None for models that are asked whatever it is.
    """
    info = engine.info
    photo: dict[str, Any] = {"width": scene.width, "height": scene.height}
    if kind is not None:
        photo["kind"] = kind.plain()
    return {
        "format": FORMAT,
        "kind": kind_of(info),
        "task": info.task,
        "title": info.title,
        "modality": info.modality,
        "model": {
            "name": info.name,
            "version": info.version,
            "digest": engine.bundle.digest,
            "rendered": info.training.rendered,
            "licence": info.licence,
            "trained_on": info.training.name,
            "measured_on": info.metrics_on,
        },
        "photo": photo,
        "suits": _suits(info, scene, kind),
    }


def quality(engine: Engine, scene: Scene) -> dict[str, Any]:
    """Is the photo good enough, why not, where, and what would help."""
    gate, pixels, whole = Gate(engine), scene.pixels(engine.info.size), scene.whole(engine)
    # Of a large JPEG the brightness of regions is decoded at full size: the file is given, not its copy.
    verdict = gate(scene.path if scene.path.suffix == ".jpg" else pixels, whole=whole)
    point = gate.point
    region = None
    if verdict.region is not None:
        height, width = engine.pixels(pixels).shape[:2]
        box = verdict.region.box
        region = [box.top / height, box.left / width, box.bottom / height, box.right / width]
    return {
        "good": verdict.good,
        "good_region": verdict.good_region,
        "region": region,
        "passed": verdict.passed,
        "grade": verdict.whole.label,
        "grade_title": verdict.whole.title,
        "point": _point(point),
        "reason": verdict.reason,
        "findings": dict(verdict.whole.findings),
        "titles": {one.name: one.text for one in engine.info.findings.items} if engine.info.findings else {},
        "advice": list(verdict.advice),
        "detail": _detail(verdict),
        "rates": rates_of(engine.info.metrics, "good"),
        "layers": {"": grids.packed(_raised(gate.map(pixels, whole)), (0.0, 0.0, 1.0, 1.0))},
    }


def _detail(verdict: Verdict) -> dict[str, Any] | None:
    """What a large photo shows only when it is zoomed into."""
    found = verdict.detail
    if found is None:
        return None
    return {
        "told": list(found.told),
        "finest": 2 * found.step,
        "side": found.side,
        "across": found.across,
        "lost": verdict.lost,
    }


def classes(engine: Engine, scene: Scene, reference: Reference | None) -> tuple[dict[str, Any], Result]:
    """Which of several, or which grade: probabilities, operating points, what is not ruled out, and where."""
    info = engine.info
    result = scene.whole(engine)
    values = np.array([result.probabilities[name] for name in info.labels.outputs])
    kept, promise = _not_ruled_out(values, reference)
    names = info.labels.names
    said = {
        "answer": result.label,
        "answer_title": result.title,
        "labels": [
            {
                "name": label.name,
                "title": label.text,
                "codes": dict(label.codes),
                "probability": result.probabilities[label.name],
                "point": point_of(info, label.name),
                "kept": bool(kept[number]),
                "rates": rates_of(info.metrics, label.name),
            }
            for number, label in enumerate(info.labels.items)
        ],
        "promise": promise,
        "unlike": unlike(reference, result.embedding),
        "layers": _layers(result.saliency, names, scene, engine),
    }
    return said, result


def _layers(
    saliency: NDArray[np.float32], names: tuple[str, ...], scene: Scene, engine: Engine
) -> dict[str, Any]:
    fits: set[Fit] = {member.fit for member in engine.info.members}
    window = grids.seen(scene.width, scene.height, fits)
    if len(saliency) != len(names):
        return {}
    # What speaks for one class more than for the average one: adding the same to all changes no answer.
    settled = saliency - saliency.mean(axis=0) if len(names) > 1 else saliency
    return {name: grids.packed(settled[number], window) for number, name in enumerate(names)}


def _not_ruled_out(values: NDArray[np.float64], reference: Reference | None) -> tuple[list[bool], str]:
    """Which labels are kept, and on what that rests.

    It is ``tested`` on photos with a known truth, or the ``model``'s own probabilities, of which those that
    are kept make up nine tenths.
    """
    if reference is not None and reference.least is not None:
        kept = values >= reference.least
        kept[int(values.argmax())] = True
        return kept.tolist(), "tested"
    order = np.argsort(-values, kind="stable")
    before = np.cumsum(values[order]) - values[order]
    kept = np.zeros(len(values), np.bool_)
    kept[order[before < 0.9]] = True
    return kept.tolist(), "model"


def unlike(reference: Reference | None, embedding: NDArray[np.float32]) -> dict[str, Any]:
    """How unlike the photos that the model was trained on: the share of those that is at least as odd."""
    if reference is None:
        return {"known": False}
    share = float(reference.share(embedding[None])[0])
    return {
        "known": True,
        "share": share,
        "odd": share < ODD,
        "unlike": share < UNLIKE,
        "photos": reference.photos,
    }


def point_of(info: BundleInfo, label: str) -> dict[str, Any] | None:
    """The operating point of a label: what was asked of its sensitivity goes before the best balance."""
    points = [one for one in info.operating_points if one.label == label]
    for rule in _RULES:
        for one in points:
            if one.rule.startswith(rule):
                return _point(one)
    return _point(points[0]) if points else None


def _point(point: OperatingPoint) -> dict[str, Any]:
    return {
        "name": point.name,
        "threshold": point.threshold,
        "rule": point.rule,
        "found": {name: dict(value) for name, value in point.found.items()},
        "note": point.note,
        "fitted_on": asdict(point.fitted_on) if point.fitted_on else None,
    }


def rates_of(metrics: Mapping[str, Any], label: str) -> dict[str, Any]:
    """How often an answer was right in testing: sensitivity and specificity with their intervals."""
    found = {name: metrics.get(f"{name}_{label}") for name in ("sensitivity", "specificity")}
    return {name: value for name, value in found.items() if isinstance(value, Mapping)}


def unit(embedding: NDArray[np.float32]) -> bytes:
    """An embedding as it is kept: of length 1, in half precision."""
    flat = np.asarray(embedding, np.float32).ravel()
    length = float(np.linalg.norm(flat))
    return (flat / length if length > 0 else flat).astype(np.float16).tobytes()


def _raised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map with no zero of its own, from its lower quarter up."""
    return np.asarray(values - np.quantile(values, 0.25), np.float32)


def _suits(info: BundleInfo, scene: Scene, kind: Kind | None) -> dict[str, Any]:
    wants_grey = info.modality in GREY_MODALITIES
    if wants_grey != scene.grey:
        return {"suits": False, "why": "colour" if wants_grey else "grey"}
    if kind is not None and not suits(info, kind):
        return {"suits": False, "why": "kind"}
    return {"suits": True, "why": ""}
