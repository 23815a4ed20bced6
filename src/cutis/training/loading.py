"""Which photo comes when: balanced, seeded, and able to go on in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Sampler

from cutis.core.bundle_info import Fit
from cutis.data.datasets import Draw, PlainPhotos, VariedPhotos
from cutis.training.recipe import Recipe


class EpochBatches(Sampler[list[Draw]]):
    """Batches of an epoch, a function of seed and epoch alone.

    Args:
        targets: (photos,) class indices, or (photos, questions).
        recipe: gives batch size, sampling, sizes and seed.
        size: the network's own shorter side, in pixels.
        rank, replicas: which share of each epoch this process takes in data-parallel training.
        fit: photos taken whole come in batches that lie and batches that stand; others as squares.
        proportions: (photos,) width over height, where photos come in batches of about their own shape.
            Default: as `fit` says.
    """

    def __init__(
        self,
        targets: NDArray[np.int64],
        recipe: Recipe,
        size: int,
        rank: int = 0,
        replicas: int = 1,
        fit: Fit = "shorter",
        proportions: NDArray[np.float64] | None = None,
    ) -> None:
        self.recipe = recipe
        self.size = size
        self.fit = fit
        self.rank, self.replicas = rank, replicas
        self.chances = sampling_chances(targets, recipe)
        self.places = None if proportions is None else _nearest_shapes(proportions)
        self.epoch = 0
        self.start = 0  # batches of this epoch that were already taken

    def __len__(self) -> int:
        return max(1, len(self.chances) // (self.recipe.batch * self.replicas))

    def __iter__(self) -> Iterator[list[Draw]]:
        size = self.recipe.size_at(self.epoch, self.size)
        order = self._order()[self.rank :: self.replicas]
        batch = min(self.recipe.batch, len(order))
        shapes = None
        if self.places is not None:
            order, shapes = self._by_shape(order, batch)
        for number in range(self.start, len(self)):
            positions = range(number * batch, (number + 1) * batch)
            shape = self._shape(size, number) if shapes is None else _sides(size, shapes[number])
            yield [
                Draw(int(order[p]), shape, (self.recipe.seed, self.epoch, self.rank, p)) for p in positions
            ]

    def _shape(self, size: int, number: int) -> tuple[int, int]:
        if self.fit != "whole":
            return size, size
        longer = round(size * 4 / 3)  # as most cameras take them
        return (size, longer) if (self.epoch + number) % 2 else (longer, size)

    def _by_shape(self, order: NDArray[np.int64], batch: int) -> tuple[NDArray[np.int64], list[float]]:
        """The order in batches of one shape each, and the shapes; what is left of all comes as squares."""
        assert self.places is not None
        drawn = self.places[order]
        batches: list[tuple[float, NDArray[np.int64]]] = []
        rest: list[NDArray[np.int64]] = []
        for place, shape in enumerate(_SHAPES):
            own = order[drawn == place]
            full = len(own) // batch
            batches += [(shape, own[n * batch : (n + 1) * batch]) for n in range(full)]
            rest.append(own[full * batch :])
        left = np.concatenate(rest)
        batches += [(1.0, left[n * batch : (n + 1) * batch]) for n in range(len(left) // batch)]
        turns = np.random.default_rng((self.recipe.seed, self.epoch, 1)).permutation(len(batches))
        return np.concatenate([batches[turn][1] for turn in turns]), [batches[turn][0] for turn in turns]

    def _order(self) -> NDArray[np.int64]:
        """A systematic sample: each photo comes its expected number of times, give or take one."""
        rng = np.random.default_rng((self.recipe.seed, self.epoch))
        count = len(self.chances)
        shuffled = rng.permutation(count)
        edges = np.cumsum(self.chances[shuffled])
        edges[-1] = 1.0  # against rounding
        picks = np.searchsorted(edges, (np.arange(count) + rng.random()) / count)
        return rng.permutation(shuffled[picks])


_SHAPES = (3 / 4, 7 / 8, 1.0, 8 / 7, 4 / 3)  # width over height of batches


def _nearest_shapes(proportions: NDArray[np.float64]) -> NDArray[np.int64]:
    """(photos,) place in `_SHAPES` of the one that is most like each photo's own."""
    away = np.abs(np.log(proportions)[:, None] - np.log(_SHAPES))
    return np.asarray(away.argmin(1))


def _sides(shorter: int, proportion: float) -> tuple[int, int]:
    """Height and width."""
    if proportion >= 1:
        return shorter, round(shorter * proportion)
    return round(shorter / proportion), shorter


def sampling_chances(targets: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float64]:
    """Chance of each photo to be the next one drawn.

    Args:
        targets: (photos,) class indices, or (photos, questions) with negative ones for what is not known.
        recipe: says how much more often rare answers are shown.

    Returns:
        (photos,) that sum to one. A photo weighs what its answers weigh together; an unknown answer as much
        as a known one of its question does on average.
    """
    power = recipe.sampling_power if recipe.imbalance in ("balanced-sampling", "logit-adjusted") else 0.0
    weights = np.zeros(len(targets))
    for column in targets.reshape(len(targets), -1).T:
        known = column >= 0
        own = np.bincount(column[known]).astype(float)[column[known]] ** -power
        weights[known] += own
        weights[~known] += own.mean()
    chances: NDArray[np.float64] = weights / weights.sum()
    return chances


class ResumableLoader(DataLoader[Any]):
    """A loader whose place within the epoch is saved with a checkpoint.

    Lightning asks for `state_dict` when it writes a checkpoint and gives it back on resume.
    """

    def __init__(self, photos: VariedPhotos, batches: EpochBatches, workers: int) -> None:
        super().__init__(photos, batch_sampler=batches, num_workers=workers, persistent_workers=workers > 0)  # type: ignore[arg-type]
        self.batches = batches
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        if self.taken >= len(self.batches):  # Lightning stops at the last batch and never exhausts an epoch
            self.batches.epoch += 1
            self.batches.start = 0
        self.taken = self.batches.start
        for batch in super().__iter__():
            self.taken += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Epoch and number of batches handed out."""
        return {"epoch": self.batches.epoch, "taken": self.taken}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where `state_dict` was taken."""
        self.batches.epoch = state["epoch"]
        self.batches.start = self.taken = state["taken"]


class ShapeBatches(Sampler[list[int]]):
    """Batches of photos of one shape each, every photo (or chosen one) once: not all are equally wide."""

    def __init__(self, photos: PlainPhotos, batch: int, chosen: Sequence[int] | None = None) -> None:
        by_shape: dict[tuple[int, ...], list[int]] = {}
        for index in range(len(photos)) if chosen is None else chosen:
            height, width = photos.store.shape(index)
            by_shape.setdefault((0, 0) if photos.fit == "square" else (height, width), []).append(index)
        self.plan = [g[i : i + batch] for g in by_shape.values() for i in range(0, len(g), batch)]

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.plan)
