"""Explain a set of photos: maps and overlays for all of them, scores for a sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.core.files import replacing
from cutis.explain import overlay
from cutis.explain.explainer import Answer, Explainer
from cutis.explain.faithfulness import Faithfulness, Image, Summary, evaluate, mean_by_group, summarise
from cutis.explain.saliency import enlarge, window
from cutis.explain.sanity import SEEDS, Sanity, Stage, compare
from cutis.imaging.preprocess import bring, resize_shorter
from cutis.stats.intervals import Estimate

SHOWN = 200  # photos on the page, which holds them all in one file
CHECKED = 12  # photos of the randomised-weights check
_PAGE_SIDE, _FILE_SIDE = 400, 720  # shorter side in pixels, on the page and in the folder


@dataclass(frozen=True)
class Item:
    """A photo to explain.

    Attributes:
        path: the file.
        image_id: its name in the results.
        group: patient or lesion; its own id where unknown.
        truth: its label, where known.
    """

    path: Path
    image_id: str
    group: str
    truth: str | None = None


@dataclass(frozen=True, eq=False)
class Explained:
    """One photo's explanation, ready to show.

    Attributes:
        item: the photo.
        answer: of the model.
        score: of the map; None when the photo was not in the sample.
        most: the map's largest value, the bright end of its scale.
        file: name of the overlay and of the photo's copy, without ending.
        photo: WebP bytes for the page; empty when the photo is not shown there.
        layer: WebP bytes of the map in colour, to lie on the window.
        window: of the page's copy, as shares of its height and width: top, left, height, width.
    """

    item: Item
    answer: Answer
    score: Faithfulness | None
    most: float
    file: str
    photo: bytes = b""
    layer: bytes = b""
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """A curve averaged over photos, with its interval.

    Attributes:
        value: (points,).
        low: (points,).
        high: (points,).
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Explanation:
    """A set of photos, explained.

    Attributes:
        explainer: the model and method.
        photos: in the order given.
        failures: files that could not be read, with the reason.
        summary: of the scores; None when no photo was scored.
        curves: by ``deletion`` or ``insertion``, then by ``map``, ``moved``, ``centre``.
        sample: pixels, at the model's size, of photos for the randomised-weights check, with what was said.
        sanity: that check, where it was run.
    """

    explainer: Explainer
    photos: tuple[Explained, ...]
    failures: tuple[ImageError, ...]
    summary: Summary | None
    curves: dict[str, dict[str, MeanCurve]]
    sample: tuple[tuple[Image, Explained], ...]
    sanity: Sanity | None = None


def explain_photos(
    explainer: Explainer,
    items: Sequence[Item],
    out: Path,
    rng: np.random.Generator,
    *,
    scored: int = 24,
    label: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Explanation:
    """Explain photos, write their overlays and score a random sample of them.

    Args:
        explainer: the model.
        items: the photos; those that cannot be read are listed, not fatal.
        out: folder for ``overlays/`` and ``photos/``.
        rng: chooses the sample and the maps to compare with.
        scored: size of the sample; scoring takes about a hundred predictions a photo.
        label: index of the class to explain; default: the one that each photo is answered with.
        progress: called with the number of photos just done.

    Raises:
        CutisError: no photo could be read.
    """
    chosen = set(rng.permutation(len(items))[:scored].tolist())
    shown = set(sorted(chosen)[:SHOWN])
    shown |= set([i for i in range(len(items)) if i not in shown][: SHOWN - len(shown)])
    names = _file_names([item.image_id for item in items])
    done: list[Explained] = []
    failures: list[ImageError] = []
    sample: list[tuple[Image, Explained]] = []
    for number, item in enumerate(items):
        try:
            whole = _read(item.path, explainer.size)
        except ImageError as error:
            failures.append(error)
        else:
            small = _as_seen(whole, explainer)
            answer = explainer.explain(whole, label)
            score = None
            if number in chosen:
                score = evaluate(small, answer.saliency, explainer.probabilities, answer.label, rng)
            explained = _drawn(item, whole, answer, score, names[number], out, explainer, number in shown)
            done.append(explained)
            if number in chosen and len(sample) < CHECKED:
                sample.append((small, explained))
        if progress:
            progress(1)
    if not done:
        raise CutisError("none of the photos could be read:\n" + "\n".join(str(error) for error in failures))
    with_score = [photo for photo in done if photo.score is not None]
    summary, curves = _summary(with_score, rng)
    return Explanation(explainer, tuple(done), tuple(failures), summary, curves, tuple(sample))


def _read(path: Path, size: int) -> Image:
    from cutis.imaging.read import read_rgb

    return read_rgb(path, least_side=max(size, _FILE_SIDE))


def _as_seen(whole: Image, explainer: Explainer) -> Image:
    """The pixels that the map covers, at the model's own size, so that scoring is quick."""
    fit = "shorter" if explainer.fit == "square" else explainer.fit  # a map is scored in its own aspect
    return bring(whole, explainer.size, fit)


def _drawn(
    item: Item,
    whole: Image,
    answer: Answer,
    score: Faithfulness | None,
    name: str,
    out: Path,
    explainer: Explainer,
    on_page: bool,
) -> Explained:
    picture = _at_most(whole, _FILE_SIDE)
    box = window(picture.shape[0], picture.shape[1], explainer.fit)
    scale, most = overlay.stretched(answer.saliency)
    title = f"Speaks for {explainer.labels.items[answer.label].text}"
    high = f"+{most:.2g} {explainer.unit} per cell"
    page = overlay.with_legend(overlay.blend(picture, scale, box), title, "no support", high)
    _write(out / "overlays" / f"{name}.png", overlay.encoded(page, "PNG"))
    _write(out / "photos" / f"{name}.jpg", overlay.encoded(picture, "JPEG", 92))
    if not on_page:
        return Explained(item, answer, score, most, name)
    small = _at_most(whole, _PAGE_SIDE)
    height, width = small.shape[:2]
    seen_part = window(height, width, explainer.fit)
    layer = overlay.layer(enlarge(scale, max(1, seen_part.height // 3), max(1, seen_part.width // 3)))
    shares = (
        seen_part.top / height,
        seen_part.left / width,
        seen_part.height / height,
        seen_part.width / width,
    )
    return Explained(
        item, answer, score, most, name, overlay.encoded(small), overlay.encoded(layer, quality=85), shares
    )


def _at_most(image: Image, side: int) -> Image:
    return resize_shorter(image, side) if min(image.shape[:2]) > side else image


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as scratch:
        scratch.write_bytes(content)


def _file_names(ids: Sequence[str]) -> list[str]:
    """File names without ending, one per id, safe on every system and different from each other."""
    names: list[str] = []
    taken: set[str] = set()
    for image_id in ids:
        stem = re.sub(r"[^\w.-]+", "_", image_id).strip(".")[:100] or "photo"
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _summary(
    photos: Sequence[Explained], rng: np.random.Generator
) -> tuple[Summary | None, dict[str, dict[str, MeanCurve]]]:
    scores = [photo.score for photo in photos if photo.score is not None]
    if not scores:
        return None, {}
    groups = [photo.item.group for photo in photos]
    curves: dict[str, dict[str, MeanCurve]] = {}
    for kind in ("deletion", "insertion"):
        points = {
            "map": np.array([getattr(s.map, kind) for s in scores]),
            "moved": np.array([np.mean([getattr(m, kind) for m in s.moved], axis=0) for s in scores]),
            "centre": np.array([getattr(s.centre, kind) for s in scores]),
        }
        curves[kind] = {n: _mean_curve(mean_by_group(v.T, groups, rng)) for n, v in points.items()}
    return summarise(scores, groups, rng), curves


def _mean_curve(estimates: Sequence[Estimate]) -> MeanCurve:
    columns: Any = np.array([(e.value, e.low, e.high) for e in estimates]).T
    return MeanCurve(*columns)


def check_weights(
    explanation: Explanation, rng: np.random.Generator, progress: Callable[[int], None] | None = None
) -> Explanation:
    """Add the randomised-weights check, where the model allows it and photos were scored.

    Args:
        explanation: as `explain_photos` gave it.
        rng: shuffles the weights.
        progress: called with the number of depths just looked at, `SEEDS` x `STAGES` in all.
    """
    explainer, sample = explanation.explainer, explanation.sample
    if explainer.cascade is None or not sample:
        return explanation
    images = [image for image, _ in sample]
    labels = [photo.answer.label for _, photo in sample]
    trained = [
        explainer.explain(image, chosen).saliency for image, chosen in zip(images, labels, strict=True)
    ]
    cascades = [_counted(explainer.cascade(images, labels, draw), progress) for draw in rng.spawn(SEEDS)]
    sanity = compare(trained, cascades, [photo.item.group for _, photo in sample], rng)
    return replace(explanation, sanity=sanity)


def _counted(stages: Iterator[Stage], step: Callable[[int], None] | None) -> Iterator[Stage]:
    for stage in stages:
        yield stage
        if step:
            step(1)
