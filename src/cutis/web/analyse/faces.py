"""Models that grade conditions of facial skin: each area of the face in a photo."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutis.core.errors import ImageError, MissingExtraError
from cutis.core.labels import MultiLabel
from cutis.imaging.enhance import Enhancement, enhance
from cutis.imaging.face import FaceError, cut_areas, one_face
from cutis.runtime.engine import Engine, Result
from cutis.runtime.facial.words import AREA_TITLES
from cutis.web.analyse.scene import Scene

SIDE = 1000  # pixels of the shorter side of the copy that is looked at, at least
_TAIL = 0.05  # of the probability on either side of the grades that are given as likely


def conditions(engine: Engine, scene: Scene) -> dict[str, Any]:
    """Every condition in every area of the face; ``suits`` says where there is no face to judge."""
    why, areas = "", list[dict[str, Any]]()
    try:
        if not scene.faces():
            return {"suits": {"suits": False, "why": "no_face"}}
        pixels = scene.pixels(SIDE)
        face = one_face(pixels)
        done = enhance(pixels, Enhancement(contrast=0.0))
        height, width = pixels.shape[:2]
        for area in cut_areas(done.image, face, "front"):
            if area.refusal is not None:
                continue
            result = engine.ask(area.image)
            areas.append(
                {
                    "name": area.name,
                    "title": AREA_TITLES.get(area.name, area.name),
                    "outline": ((area.outline + 0.5) / (width, height)).round(4).tolist(),
                    "grades": _grades(engine, result),
                }
            )
    except FaceError as error:
        why = str(error)
    except MissingExtraError as error:
        return {"suits": {"suits": False, "why": "no_detector", "words": str(error)}}
    except ImageError as error:
        why = error.reason
    if not areas:
        return {"suits": {"suits": False, "why": "face", "words": why}}
    labels = engine.info.labels
    assert isinstance(labels, MultiLabel)
    return {
        "areas": areas,
        "scale": [one.text for one in labels.grades.items],
        "names": {one.name: one.text for one in labels.items},
        "unlike": {"known": False},
    }


def _grades(engine: Engine, result: Result) -> dict[str, Any]:
    labels = engine.info.labels
    assert isinstance(labels, MultiLabel)
    said = {}
    for label in labels.items:
        chances = [result.probabilities[f"{label.name}_{grade}"] for grade in labels.grades.names]
        upto = np.cumsum(chances)
        grade = labels.grades.names.index(result.grades[label.name])
        said[label.name] = {
            "grade": grade,
            "low": min(grade, int(np.searchsorted(upto, _TAIL, side="right"))),
            "high": max(grade, min(len(chances) - 1, int(np.searchsorted(upto, 1 - _TAIL - 1e-6)))),
            "probabilities": [round(one, 4) for one in chances],
        }
    return said
