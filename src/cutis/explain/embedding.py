"""How a model's cases lie together: its embedding, a flat map of it, and how well classes separate in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import bootstrap, number_groups, observed, sums_by_group

NEIGHBOURS = 15  # that vote, at most
ALIKE = 6  # that the page shows beside a photo
ITERATIONS = 750  # of t-SNE, a third of them with exaggeration
FFT_FROM = 10_000  # photos; with fewer a tree is faster: 17 s of one core for 5,000
_COMPONENTS = 50  # of the principal components that t-SNE starts from
_BLOCK = 1024  # rows compared at once
_GRID = 40  # cells a side, to find where a class is dense


@dataclass(frozen=True)
class Separation:
    """How often the nearest neighbours from other groups name a photo's own class.

    Attributes:
        accuracy: share of photos.
        balanced: mean over classes of that share.
        largest: share of photos that always naming the largest class would get right.
        classes: number of classes; naming one of them blindly has a balanced accuracy of 1/classes.
        neighbours: how many voted.
        photos: with a label and at least one neighbour.
        groups: that they come from.
    """

    accuracy: Estimate
    balanced: Estimate
    largest: float
    classes: int
    neighbours: int
    photos: int
    groups: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the page's JSON."""
        return {
            "accuracy": self.accuracy.to_dict(),
            "balanced_accuracy": self.balanced.to_dict(),
            "largest_class": self.largest,
            "classes": self.classes,
            "neighbours": self.neighbours,
            "photos": self.photos,
            "groups": self.groups,
        }


def unit_vectors(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Vectors scaled to length 1, so that nearness is the angle between them; zero vectors stay zero.

    Args:
        vectors: (photos, channels).
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return result


def flat_map(
    vectors: NDArray[Any],
    *,
    seed: int = 0,
    jobs: int = 1,
    perplexity: float = 30.0,
    step: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Lay points out on a plane so that neighbours stay neighbours (t-SNE).

    Args:
        vectors: (photos, channels).
        seed: the same vectors and seed give the same map.
        jobs: processor threads.
        perplexity: about how many neighbours each point keeps; less where there are few points.
        step: called with the number of iterations just done, `ITERATIONS` in all.

    Returns:
        (photos, 2). Distances between far groups mean nothing.

    Source: van der Maaten & Hinton 2008; interpolation by FFT after Linderman et al. 2019; openTSNE.
    """
    from openTSNE import TSNE
    from sklearn.decomposition import PCA

    count = len(vectors)
    points = unit_vectors(vectors)
    components = min(_COMPONENTS, count - 1, points.shape[1])
    if count < 4 or components < 2:
        return _in_line(count)
    points = PCA(
        components, svd_solver="randomized" if count > 500 else "full", random_state=seed
    ).fit_transform(points)
    kept = min(perplexity, (count - 1) / 3)

    def report(_iteration: int, _error: float, _embedding: Any) -> bool:
        if step:
            step(50)
        return False

    layout = TSNE(
        perplexity=max(1.0, kept),
        n_jobs=jobs,
        random_state=seed,
        neighbors="exact" if count <= 5000 else "auto",
        negative_gradient_method="fft" if count > FFT_FROM else "bh",
        callbacks=report,
        callbacks_every_iters=50,
    )
    result: NDArray[np.float64] = np.asarray(layout.fit(points), dtype=np.float64)
    return result


def _in_line(count: int) -> NDArray[np.float64]:
    return np.column_stack([np.arange(count, dtype=np.float64), np.zeros(count)])


def nearest(
    vectors: NDArray[Any], groups: Sequence[str], count: int, *, cosine: bool = True
) -> NDArray[np.intp]:
    """The nearest photos of other groups.

    Args:
        vectors: (photos, channels).
        groups: patient or lesion of each; neighbours of one's own group are left out.
        count: how many.
        cosine: compare directions; otherwise distances.

    Returns:
        (photos, count), nearest first; -1 where there are too few others.
    """
    points = unit_vectors(vectors) if cosine else np.asarray(vectors, dtype=np.float32)
    index, _ = number_groups(list(groups))
    count = min(count, len(points) - 1)
    found = np.full((len(points), max(count, 0)), -1, dtype=np.intp)
    if count < 1:
        return found
    squares = (points * points).sum(1)
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        # Half the negative squared distance plus a term that is the same for the whole row.
        alike = points[rows] @ points.T - squares / 2  # (block, photos)
        alike[index[rows][:, None] == index[None, :]] = -np.inf
        best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(alike, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        usable = np.isfinite(np.take_along_axis(alike, best, axis=1))
        found[rows] = np.where(usable, best, -1)
    return found


def separation(
    vectors: NDArray[Any],
    labels: Sequence[str | None],
    groups: Sequence[str],
    rng: np.random.Generator,
    *,
    neighbours: int | None = None,
    cosine: bool = True,
    replicates: int = 2000,
) -> Separation | None:
    """Let each photo's nearest neighbours from other groups vote on its class.

    Args:
        vectors: (photos, channels), the embedding or a map of it.
        labels: of each photo; those without one take no part.
        groups: patient or lesion of each, which never votes for itself.
        rng: of the bootstrap.
        neighbours: that vote; by default a third of a class's mean size, so that small classes can win, and
            at most 15. Ties go to the class of the nearer neighbour.
        cosine: see `nearest`.
        replicates: of the bootstrap by group.

    Returns:
        None when fewer than two classes or three groups have labels.
    """
    known = [i for i, label in enumerate(labels) if label is not None]
    names, truth = np.unique([str(labels[i]) for i in known], return_inverse=True)
    own = [groups[i] for i in known]
    if len(names) < 2 or len(set(own)) < 3:
        return None
    neighbours = neighbours or max(1, min(NEIGHBOURS, len(known) // (3 * len(names))))
    found = nearest(np.asarray(vectors)[known], own, neighbours, cosine=cosine)
    hit = (_votes(truth[found], found >= 0, len(names)) == truth).astype(np.float64)
    index, count = number_groups(own)
    kinds = np.concatenate([truth, truth + len(names)])  # hits by class, then cases by class
    values = np.concatenate([hit, np.ones(len(hit))])
    sums = sums_by_group(kinds, np.tile(index, 2), count, 2 * len(names), values)

    def figures(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        totals = np.asarray(sums @ weights, dtype=np.float64)
        hits, cases = totals[: len(names)], totals[len(names) :]
        with np.errstate(invalid="ignore"):
            recall = np.where(cases > 0, hits / cases, np.nan)
        return np.stack([hits.sum(0) / cases.sum(0), np.nanmean(recall, axis=0)])

    centre = observed(figures, count)
    ends = percentile(bootstrap(figures, count, replicates, rng))
    pairs = zip(centre, ends, strict=True)
    accuracy, balanced = (_with_room(float(v), float(a), float(b), count) for v, (a, b) in pairs)
    largest = float(np.bincount(truth).max() / len(truth))
    return Separation(accuracy, balanced, largest, len(names), neighbours, len(truth), count)


def _with_room(value: float, low: float, high: float, groups: int) -> Estimate:
    """A bootstrap of a share that is always 100% has no width; Wilson's interval for that many groups has."""
    return Estimate(value, low, high) if low < high else wilson(value * groups, groups)


def _votes(votes: NDArray[Any], usable: NDArray[np.bool_], classes: int) -> NDArray[np.intp]:
    """(photos, neighbours) classes -> (photos,) the class with most votes; ties go to the nearer one."""
    photos, neighbours = votes.shape
    tally = np.zeros((photos, classes))
    for rank in range(neighbours):
        # Each vote counts one; a millionth more the nearer it is, which decides ties only.
        weight = usable[:, rank] * (1 + 1e-6 * (neighbours - rank))
        np.add.at(tally, (np.arange(photos), votes[:, rank]), weight)
    result: NDArray[np.intp] = tally.argmax(1)
    return result


def label_places(
    positions: NDArray[np.float64], labels: Sequence[str | None]
) -> dict[str, tuple[float, float]]:
    """Where on the map to write each class's name: where it is dense and mostly by itself.

    Args:
        positions: (photos, 2).
        labels: of each photo.

    Returns:
        Position by label.
    """
    low = positions.min(0)
    span = float(np.ptp(positions, axis=0).max()) or 1.0
    cells = np.floor((positions - low) / span * (_GRID - 1e-9)).astype(np.intp)
    names = sorted({label for label in labels if label is not None})
    crowd = _smoothed(cells)
    places = {}
    for name in names:
        own = np.array([label == name for label in labels])
        density = _smoothed(cells[own])
        share = density / np.maximum(crowd, 1e-12)
        best = cells[own][(density * share)[cells[own][:, 0], cells[own][:, 1]].argmax()]
        # The middle of the class's own points around the best cell.
        near = own & (np.abs(cells - best).max(1) <= 2)
        x, y = positions[near].mean(0)
        places[name] = (float(x), float(y))
    return places


def _smoothed(cells: NDArray[np.intp]) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter

    counts = np.zeros((_GRID, _GRID))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1.0)
    result: NDArray[np.float64] = gaussian_filter(counts, 1.6, mode="constant")
    return result
