"""Does a saliency map depend on what the network learnt?

The weights are replaced by chance, layer by layer from the answer down to the pixels, and the maps are
computed again. A map that still looks the same when nothing learnt is left shows the photo's edges or the
network's build, not what the model knows.

Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps (NeurIPS): cascading randomisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.explain.faithfulness import mean_by_group
from cutis.explain.saliency import Map, enlarge
from cutis.stats.intervals import Estimate

ALIKE = 0.5  # mean rank correlation above which maps still tell the same story; the source names no number
SEEDS, STAGES = 3, 6  # draws of the weights, and depths that are looked at
_SIDE = 64  # maps are compared by SSIM at this many pixels a side


@dataclass(frozen=True)
class Depth:
    """How alike the maps remain when the network is randomised down to here.

    Attributes:
        layer: name of the last layer that was randomised.
        share: share of the weighted layers that are random, 0 to 1.
        spearman: mean rank correlation with the trained network's maps, with its interval over photos.
        ssim: mean structural similarity with them.
    """

    layer: str
    share: float
    spearman: Estimate
    ssim: Estimate


@dataclass(frozen=True)
class Sanity:
    """The check's outcome.

    Attributes:
        depths: from the answer down to the pixels.
        photos: how many were compared.
        seeds: how many times the weights were drawn.
    """

    depths: tuple[Depth, ...]
    photos: int
    seeds: int

    @property
    def final(self) -> Depth:
        """With every layer random."""
        return self.depths[-1]

    @property
    def passed(self) -> bool:
        """Whether the maps change: the whole interval lies below `ALIKE` when every layer is random."""
        return self.final.spearman.high < ALIKE

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``explain.json``."""
        depths = [
            {"layer": d.layer, "share": d.share, "spearman": d.spearman.to_dict(), "ssim": d.ssim.to_dict()}
            for d in self.depths
        ]
        return {"passed": self.passed, "photos": self.photos, "seeds": self.seeds, "depths": depths}


@dataclass(frozen=True, eq=False)
class Stage:
    """Maps of a partly randomised network.

    Attributes:
        layer: name of the last layer that was randomised.
        share: share of the weighted layers that are random.
        maps: one per photo, of the same class as the trained network's.
    """

    layer: str
    share: float
    maps: Sequence[Map]


def compare(
    trained: Sequence[Map],
    cascades: Sequence[Iterable[Stage]],
    groups: Sequence[str],
    rng: np.random.Generator,
) -> Sanity:
    """Compare maps of randomised networks with those of the trained one.

    Args:
        trained: one map per photo, at least one.
        cascades: one per draw of the weights, each with the same stages, from the answer to the pixels.
        groups: patient or lesion of each photo.
        rng: of the bootstrap.
    """
    scores: list[NDArray[np.float64]] = []  # per cascade: (stages, 2, photos)
    names: list[tuple[str, float]] = []
    for cascade in cascades:
        rows = []
        names = []
        for stage in cascade:
            names.append((stage.layer, stage.share))
            pairs = list(zip(trained, stage.maps, strict=True))
            rows.append([[rank_correlation(a, b) for a, b in pairs], [similarity(a, b) for a, b in pairs]])
        scores.append(np.array(rows))
    mean = np.mean(scores, axis=0)  # (stages, 2, photos)
    depths = []
    for (layer, share), values in zip(names, mean, strict=True):
        spearman, ssim = mean_by_group(values, groups, rng)
        depths.append(Depth(layer, share, spearman, ssim))
    return Sanity(tuple(depths), len(trained), len(scores))


def rank_correlation(first: Map, second: Map) -> float:
    """Spearman's correlation of two maps of one shape, with ties averaged; 0 where one map is flat."""
    from scipy.stats import rankdata

    ranks = [rankdata(values.ravel()) for values in (first, second)]
    centred = [r - r.mean() for r in ranks]
    norm = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    return float(centred[0] @ centred[1]) / norm if norm > 0 else 0.0


def similarity(first: Map, second: Map) -> float:
    """Structural similarity of two maps, each stretched to 0..1, on a 64 x 64 grid.

    Source: Wang et al. 2004, Image quality assessment (IEEE TIP 13:600): Gaussian window of 1.5 pixels.
    """
    from scipy.ndimage import gaussian_filter

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = gaussian_filter(values, 1.5, truncate=3.5)
        return result

    a, b = (_stretch(enlarge(values, _SIDE, _SIDE)) for values in (first, second))
    c1, c2 = 0.01**2, 0.03**2
    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    shape = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    scale = (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return float((shape / scale).mean())


def _stretch(values: Map) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return (values.astype(np.float64) - low) / (high - low) if high > low else np.zeros(values.shape)
