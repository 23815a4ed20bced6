"""How well a saliency map tells what a model used: hide the places it names, and see what the model says.

Deletion hides the most salient places first: the probability should fall at once, so the area under its
curve should be small. Insertion starts from a blurred photo and uncovers them first: the area should be
large. Their difference is the map's score. Only a comparison gives it a meaning, so that the same map is
also scored moved to random places, and a map that merely points at the middle of the photo is scored too.

Source: Petsiuk et al. 2018, RISE: Randomized Input Sampling for Explanation (BMVC).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.explain.saliency import Map, enlarge
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import bootstrap, number_groups, observed

Image = NDArray[np.uint8]
Scorer = Callable[[Sequence[Image]], NDArray[Any]]  # photos -> (photos, classes) probabilities

_FIGURES = (
    "deletion",
    "insertion",
    "moved_deletion",
    "moved_insertion",
    "advantage",
    "over_centre",
    "better",
)
BLUR = 8  # the blur's radius is the shorter side over this: no lesion structure survives


@dataclass(frozen=True, eq=False)
class Curves:
    """What the model says of one class while one map decides what is hidden.

    Attributes:
        deletion: (steps + 1,) probability after hiding that share of the photo.
        insertion: (steps + 1,) probability after uncovering that share.
    """

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve, 0 to 1; small is good."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve, 0 to 1; large is good."""
        return _area(self.insertion)

    @property
    def score(self) -> float:
        """Insertion less deletion, -1 to 1; about 0 for a map that knows nothing."""
        return self.insertion_area - self.deletion_area


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """One photo's scores.

    Attributes:
        map: of the saliency map itself.
        moved: of the same map, moved to random places.
        centre: of a map that points at the middle of the photo.
    """

    map: Curves
    moved: tuple[Curves, ...]
    centre: Curves

    @property
    def chance(self) -> float:
        """Mean score of the moved maps."""
        return float(np.mean([curves.score for curves in self.moved]))

    @property
    def advantage(self) -> float:
        """How much better than chance, in score; above 0 is better."""
        return self.map.score - self.chance

    @property
    def over_centre(self) -> float:
        """How much better than pointing at the middle."""
        return self.map.score - self.centre.score

    @property
    def beaten(self) -> int:
        """Number of moved maps that the map itself beats."""
        return sum(self.map.score > curves.score for curves in self.moved)


@dataclass(frozen=True)
class Summary:
    """Scores over photos, with intervals resampled by group.

    Attributes:
        photos: how many were scored.
        groups: how many patients or lesions they come from.
        deletion: mean area of the map.
        insertion: mean area of the map.
        moved_deletion: mean area of the moved maps.
        moved_insertion: mean area of the moved maps.
        advantage: mean of the score less that of the moved maps.
        over_centre: mean of the score less that of the middle.
        better: share of photos whose map beats chance.
    """

    photos: int
    groups: int
    deletion: Estimate
    insertion: Estimate
    moved_deletion: Estimate
    moved_insertion: Estimate
    advantage: Estimate
    over_centre: Estimate
    better: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``explain.json``."""
        figures = {name: getattr(self, name).to_dict() for name in _FIGURES}
        return {"photos": self.photos, "groups": self.groups} | figures


def evaluate(
    image: Image,
    saliency: Map,
    scorer: Scorer,
    label: int,
    rng: np.random.Generator,
    *,
    steps: int = 10,
    draws: int = 4,
) -> Faithfulness:
    """Score one saliency map on its photo.

    Args:
        image: (height, width, 3), the pixels that the map covers.
        saliency: (h, w) on any grid.
        scorer: the model.
        label: index of the explained class.
        rng: places of the moved maps.
        steps: how many slices the photo is hidden in.
        draws: how many moved maps.
    """
    hidden = blurred(image)
    ends = np.asarray(scorer([image, hidden]), dtype=np.float64)[:, label]

    def follow(grid: Map) -> Curves:
        return _follow(image, hidden, grid, scorer, label, steps, (float(ends[0]), float(ends[1])), rng)

    moved = tuple(follow(move(saliency, rng)) for _ in range(draws))
    return Faithfulness(follow(saliency), moved, follow(middle(*image.shape[:2])))


def blurred(image: Image) -> Image:
    """The photo without its structures: what stands where something is hidden."""
    from PIL import Image as Pillow
    from PIL import ImageFilter

    radius = min(image.shape[:2]) / BLUR
    return np.asarray(Pillow.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def move(saliency: Map, rng: np.random.Generator) -> Map:
    """The same map at a random place: shifted around the edges and mirrored, so that its grain is kept."""
    height, width = saliency.shape
    shift = int(
        rng.integers(1, max(2, height * width))
    )  # never the map in its own place, if it can be helped
    moved = np.roll(saliency, divmod(shift, width), axis=(0, 1))
    rows, columns = rng.choice([1, -1], size=2)
    return moved[::rows, ::columns]


def middle(height: int, width: int) -> Map:
    """A map that points at the middle of the photo and knows nothing else."""
    rows = np.linspace(-1, 1, height)[:, None]
    columns = np.linspace(-1, 1, width)[None, :]
    return (-(rows**2 + columns**2)).astype(np.float32)


def _follow(
    image: Image,
    hidden: Image,
    saliency: Map,
    scorer: Scorer,
    label: int,
    steps: int,
    ends: tuple[float, float],
    rng: np.random.Generator,
) -> Curves:
    height, width = image.shape[:2]
    fine = enlarge(saliency, height, width).ravel()
    order = np.lexsort((rng.random(fine.size), -fine))  # most salient first; equal places in random order
    rank = np.empty(fine.size, np.intp)
    rank[order] = np.arange(fine.size)
    place = rank.reshape(height, width, 1)
    inner = [fine.size * step // steps for step in range(1, steps)]
    photos = [np.where(place < count, hidden, image) for count in inner]
    photos += [np.where(place < count, image, hidden) for count in inner]
    said = np.asarray(scorer(photos), dtype=np.float64)[:, label]
    whole, nothing = ends
    deletion = np.concatenate([[whole], said[: steps - 1], [nothing]])
    insertion = np.concatenate([[nothing], said[steps - 1 :], [whole]])
    return Curves(deletion, insertion)


def _area(curve: NDArray[np.float64]) -> float:
    return float((curve[:-1] + curve[1:]).mean() / 2)


def summarise(
    scores: Sequence[Faithfulness], groups: Sequence[str], rng: np.random.Generator, replicates: int = 2000
) -> Summary:
    """Means over photos, with 95% intervals resampled by group.

    Args:
        scores: one per photo, at least one.
        groups: patient or lesion of each.
        rng: draws of the bootstrap.
        replicates: number of draws.
    """
    columns = np.array(
        [
            (
                s.map.deletion_area,
                s.map.insertion_area,
                np.mean([m.deletion_area for m in s.moved]),
                np.mean([m.insertion_area for m in s.moved]),
                s.advantage,
                s.over_centre,
                float(s.advantage > 0),
            )
            for s in scores
        ]
    )
    estimates = mean_by_group(columns.T, groups, rng, replicates)
    count = len(set(groups))
    # A bootstrap of a share that is 100% has no width; Wilson's interval for that many groups has.
    better = wilson(estimates[-1].value * count, count)
    figures = dict(zip(_FIGURES, [*estimates[:-1], better], strict=True))
    return Summary(len(scores), count, **figures)


def mean_by_group(
    values: NDArray[Any], groups: Sequence[str], rng: np.random.Generator, replicates: int = 2000
) -> list[Estimate]:
    """Means over photos with percentile intervals of a bootstrap that draws whole groups.

    Args:
        values: (figures, photos).
        groups: patient or lesion of each photo.
        rng: draws.
        replicates: number of draws.
    """
    index, count = number_groups(list(groups))
    sums = np.zeros((len(values) + 1, count))
    for row, figures in enumerate([*values, np.ones(len(index))]):
        np.add.at(sums[row], index, figures)

    def means(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        totals = sums @ weights
        result: NDArray[np.float64] = totals[:-1] / totals[-1]
        return result

    centre = observed(means, count)
    ends = percentile(bootstrap(means, count, replicates, rng))
    return [Estimate(float(v), float(low), float(high)) for v, (low, high) in zip(centre, ends, strict=True)]
