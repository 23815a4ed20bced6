"""How far an exported graph answers as its bundle does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle
from cutis.core.errors import CutisError
from cutis.export.targets.facts import answers_of, calls, joined
from cutis.export.targets.photos import Photos
from cutis.runtime.engine import Engine, Photo

Frame = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


@dataclass(frozen=True)
class Parity:
    """An exported graph beside the bundle, on the same pixels.

    Attributes:
        photos: that both were asked about.
        drawn: of these, the bundle's own test images, which are no photos.
        origin: of the photos, for people; empty where only test images were used.
        answers: share of photos with the same answer; of several conditions the share of all answers.
        points: share of photos on the same side of the threshold, by operating point.
        largest: largest difference of a probability.
        mean: mean difference of a probability.
        labelled: photos whose truth is known.
        right: share of these that the exported graph answers rightly; None where no truth is known.
        right_bundle: the same of the bundle.
    """

    photos: int
    drawn: int
    origin: str
    answers: float
    points: Mapping[str, float]
    largest: float
    mean: float
    labelled: int = 0
    right: float | None = None
    right_bundle: float | None = None

    @property
    def worst_point(self) -> float:
        """The lowest of `points`; 1 where there are none."""
        return min(self.points.values(), default=1.0)


@dataclass(frozen=True)
class Limits:
    """How far an exported graph may be from its bundle.

    Attributes:
        answers: least share of the same answers.
        points: least share at each operating point.
        largest: of a probability's differences.
        mean: of a probability's differences.
    """

    answers: float
    points: float
    largest: float
    mean: float


FLOAT = Limits(answers=1.0, points=1.0, largest=1e-3, mean=1e-4)
INT8 = Limits(answers=0.95, points=0.95, largest=0.25, mean=0.02)


def compare(
    bundle: Bundle,
    model: bytes,
    photos: Photos | None,
    frame: Frame | None = None,
    step: Callable[[int], None] | None = None,
) -> Parity:
    """Ask both about photos and about the bundle's own test images.

    Args:
        bundle: what is exported.
        model: the exported graph.
        photos: more to ask about.
        frame: brings pixels to the size that the exported graph takes; both see the result.
        step: called with 1 after each photo.

    Raises:
        ImageError: a photo cannot be read.
    """
    ours, theirs = Engine(bundle, 1), Engine(replace(bundle, model=model), 1)
    names = answers_of(bundle.info)
    drawn = [case.image for case in bundle.vectors.cases]
    paths = photos.paths if photos else ()
    said: list[list[NDArray[np.float32]]] = [[], []]
    sources: list[Photo] = [*drawn, *paths]
    for source in sources:
        pixels = ours.pixels(source)
        pixels = frame(pixels) if frame else pixels
        for engine, rows in zip((ours, theirs), said, strict=True):
            rows.append(joined(engine.steady.run(names, {"image": pixels[None]})))
        if step is not None:
            step(1)
    before, after = (np.array(rows) for rows in said)
    return _measured(bundle, before, after, len(drawn), photos)


def need(parity: Parity, limits: Limits, what: str, mend: str) -> None:
    """Refuse a graph that is further off than allowed, with every figure.

    Args:
        parity: what was measured.
        limits: what is allowed.
        what: begins the sentence, such as ``out: not written: the 8-bit graph``.
        mend: what can be done.

    Raises:
        CutisError: a figure is past its limit.
    """
    worst = min(parity.points, key=lambda name: parity.points[name], default="")
    figures = [
        (parity.answers >= limits.answers, f"same answer {parity.answers:.1%} (least {limits.answers:.0%})"),
        (
            parity.worst_point >= limits.points,
            f"same side of the threshold '{worst}' {parity.worst_point:.1%} (least {limits.points:.0%})",
        ),
        (
            parity.largest <= limits.largest,
            f"largest difference of a probability {parity.largest:.3g} (most {limits.largest:g})",
        ),
        (parity.mean <= limits.mean, f"mean difference {parity.mean:.3g} (most {limits.mean:g})"),
    ]
    if all(kept for kept, _ in figures):
        return
    said = "; ".join(text if kept else f"{text}: NOT KEPT" for kept, text in figures)
    raise CutisError(f"{what} is too far from its bundle on {parity.photos} images: {said}. {mend}")


def _measured(
    bundle: Bundle,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    drawn: int,
    photos: Photos | None,
) -> Parity:
    info = bundle.info
    count = len(info.labels.outputs)
    decided = [info.labels.decide(rows[:, :count]) for rows in (before, after)]
    reached = [calls(info, rows[:, :count]) for rows in (before, after)]
    points = (reached[0] == reached[1]).mean(0).tolist()
    difference = np.abs(before.astype(np.float64) - after)
    if not np.isfinite(difference).all():
        difference = np.where(np.isfinite(difference), difference, np.inf)
    right = [_right(bundle, rows[drawn:], photos) for rows in decided]
    return Parity(
        photos=len(before),
        drawn=drawn,
        origin=photos.origin if photos else "",
        answers=float(np.mean(decided[0] == decided[1])),
        points={point.name: share for point, share in zip(info.operating_points, points, strict=True)},
        largest=float(difference.max()),
        mean=float(difference.mean()),
        labelled=sum(truth is not None for truth in photos.truths) if photos else 0,
        right_bundle=right[0],
        right=right[1],
    )


def _right(bundle: Bundle, decided: NDArray[np.intp], photos: Photos | None) -> float | None:
    truths: Sequence[str | None] = photos.truths if photos else ()
    names = bundle.info.labels.names
    kept = [names[int(said)] == true for said, true in zip(decided, truths, strict=False) if true is not None]
    return float(np.mean(kept)) if kept else None
