"""The wrong answers that were given with most confidence, with their photos."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cutis.core.errors import ImageError
from cutis.evaluation.rows import SEVERAL
from cutis.evaluation.study import Source, Study

SIDE = 420  # pixels: sharp on a phone when enlarged, about 20 kB each


@dataclass(frozen=True)
class Mistake:
    """One wrong answer.

    Attributes:
        image_id: of the photo.
        group: its patient or lesion.
        path: the photo.
        truth: name of the true class.
        prediction: name of the class that was given.
        confidence: probability of the class that was given; None where there are none.
        given_to_truth: probability of the true class; None where there are none.
        details: what the table records of the person, such as ``female``.
    """

    image_id: str
    group: str
    path: Path
    truth: str
    prediction: str
    confidence: float | None
    given_to_truth: float | None
    details: tuple[str, ...]


def worst_mistakes(study: Study, source: Source, most: int = 12) -> list[Mistake]:
    """Wrong answers, most confident first, at most one per patient or lesion.

    Without probabilities they come in the order of the truth's table.
    """
    target = study.target[source.rows]
    wrong = np.flatnonzero(source.prediction != target)
    confidence = None
    if source.probabilities is not None:
        confidence = source.probabilities[np.arange(len(target)), source.prediction]
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    found: list[Mistake] = []
    groups: set[int] = set()
    for case in wrong:
        row = int(source.rows[case])
        if study.index[row] in groups:
            continue
        groups.add(int(study.index[row]))
        found.append(_mistake(study, source, int(case), row))
        if len(found) == most:
            break
    return found


def _mistake(study: Study, source: Source, case: int, row: int) -> Mistake:
    cells = study.truth.table.row(row, named=True)
    scores = None if source.probabilities is None else source.probabilities[case]
    truth, said = int(study.target[row]), int(source.prediction[case])
    age = [] if cells.get("age") is None else [f"age {cells['age']:.0f}"]
    there = [name for name in ("sex", "body_site") if cells.get(name) is not None]
    others = [_several(name) if cells[name] == SEVERAL else str(cells[name]) for name in there]
    return Mistake(
        image_id=cells["image_id"],
        group=str(cells[study.truth.group]),
        path=study.truth.path.parent.absolute() / cells["image"],
        truth=study.labels[truth],
        prediction=study.labels[said],
        confidence=None if scores is None else float(scores[said]),
        given_to_truth=None if scores is None else float(scores[truth]),
        details=(*age, *others),
    )


def _several(column: str) -> str:
    """``several body sites``, where a patient's photos differ."""
    return f"{SEVERAL} {column.replace('_', ' ')}s"


def thumbnail(path: Path, side: int = SIDE) -> str | None:
    """A small copy of a photo as a ``data:`` address, or None where the photo cannot be read."""
    from PIL import Image

    from cutis.imaging.read import read_rgb

    try:
        pixels = read_rgb(path, least_side=side)
    except ImageError:
        return None
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
