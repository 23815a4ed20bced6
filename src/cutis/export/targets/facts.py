"""What a program beside the graph must know, as ``model.json``: labels, thresholds, advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle, BundleInfo, OperatingPoint
from cutis.core.bundle_info import GOOD
from cutis.core.errors import BundleError
from cutis.core.labels import Label
from cutis.runtime.advice import PLAUSIBLE, SENTENCES

FORMAT = 1
RESEARCH = "For research use; not a medical device. Results are preliminary and no diagnosis."
RENDERED = "Trained on rendered images, not for care."


def facts(bundle: Bundle, target: str, shape: tuple[int, int] | None = None) -> dict[str, Any]:
    """The contents of ``model.json``.

    Args:
        bundle: what is exported.
        target: ``web``, ``phone`` or ``camera``.
        shape: height and width of the input, where they are fixed.
    """
    info = bundle.info
    height, width = shape or (None, None)
    return {
        "format": FORMAT,
        "target": target,
        "name": info.name,
        "version": info.version,
        "task": info.task,
        "title": info.title,
        "modality": info.modality,
        "precision": info.precision,
        "bundle": bundle.digest,
        "licence": info.licence,
        "use": RESEARCH,
        "rendered": RENDERED if info.training.rendered else None,
        "input": {
            "name": "image",
            "type": "uint8",
            "layout": "NHWC",
            "channels": "RGB",
            "height": height,
            "width": width,
            "size": info.size,
            "resized": not info.native,
            "grey": info.dense is not None,
        },
        "outputs": list(answers_of(info)),
        "kind": info.labels.kind,
        "probabilities": list(info.labels.outputs),
        "labels": [_label(label) for label in info.labels.items],
        "answers": [_label(label) for label in info.labels.answers.items],
        "operating_points": [_point(info, point) for point in info.operating_points],
        "findings": [
            _label(label) | {"advice": SENTENCES.get(label.name, f"{label.text}.")}
            for label in (info.findings.items if info.findings else ())
        ],
        "plausible": PLAUSIBLE,
        "patient": asdict(info.patient) if info.patient else None,
    }


def answers_of(info: BundleInfo) -> tuple[str, ...]:
    """Names of the graph's outputs that are answers, and no maps."""
    return ("probabilities", "findings") if info.findings else ("probabilities",)


def span(info: BundleInfo, point: OperatingPoint) -> tuple[int, int]:
    """First place and number of the probabilities whose sum a threshold is held against.

    Raises:
        BundleError: the threshold is on a label that the bundle does not have.
    """
    outputs = info.labels.outputs
    if point.label == GOOD and info.good:
        return outputs.index(info.good[0]), len(info.good)
    if point.label not in info.labels.told:
        raise BundleError(
            f"{info.name}: its operating point '{point.name}' is on '{point.label}', which it does not "
            "answer. Export the bundle anew."
        )
    return info.labels.told[point.label], 1


def calls(info: BundleInfo, probabilities: NDArray[Any]) -> NDArray[np.bool_]:
    """(..., outputs) -> (..., operating points) whether each threshold is reached."""
    spans = [span(info, point) for point in info.operating_points]
    sums = [probabilities[..., first : first + count].sum(-1) for first, count in spans]
    reached = [total >= point.threshold for total, point in zip(sums, info.operating_points, strict=True)]
    return np.stack(reached, -1) if reached else np.zeros((*probabilities.shape[:-1], 0), dtype=bool)


def _label(label: Label) -> dict[str, Any]:
    return {"name": label.name, "title": label.text, "codes": dict(label.codes)}


def _point(info: BundleInfo, point: OperatingPoint) -> Mapping[str, Any]:
    first, count = span(info, point)
    return {
        "name": point.name,
        "label": point.label,
        "first": first,
        "count": count,
        "threshold": point.threshold,
        "rule": point.rule,
        "note": point.note,
    }


def joined(values: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """The graph's answers for one photo, side by side: (outputs,)."""
    return np.concatenate([np.asarray(part[0], dtype=np.float32) for part in values])
