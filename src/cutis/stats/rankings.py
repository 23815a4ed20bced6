"""Differential diagnoses: partial rankings with ties, from several readers of one case.

A ranking is a sequence of blocks, likeliest first; conditions of one block are tied, and what is not named
is tied below all that is. `[[342], [120, 83]]` says 342, and if not, 120 or 83. A vote of rankings hides how
far readers agree; plausibilities say how likely each condition is to be the answer, as far as readers tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError

Array = NDArray[np.float64]
Ranking = Sequence[Sequence[int]]
Case = Sequence[Ranking]  # one ranking per reader


@dataclass(frozen=True)
class Plausible:
    """What readers find plausible, by a model of how they rank.

    Attributes:
        items: (cases, items) conditions that some reader named, -1 beyond the last.
        plausibility: (cases, items) posterior mean; 0 beyond the last.
        other: (cases,) posterior mean of all conditions that nobody named.
        certainty: (cases,) posterior chance of the condition that is most often the likeliest: 1 where more
            readers of this kind would not change the answer, low where they would.
    """

    items: NDArray[np.intp]
    plausibility: Array
    other: Array
    certainty: Array

    def table(self, classes: int) -> Array:
        """Plausibilities of all conditions, (cases, classes); what nobody named shares ``other`` alike."""
        found = np.zeros((len(self.items), classes))
        for row, names, values, other in zip(found, self.items, self.plausibility, self.other, strict=True):
            known = names[names >= 0]
            row[:] = other / max(classes - len(known), 1)
            row[known] = values[: len(known)]
            row /= row.sum()
        return found


def check_rankings(cases: Sequence[Case], classes: int) -> None:
    """Refuse rankings that are none.

    Raises:
        CutisError: the first ten, with their case and reader, counted from 1: an empty block, a condition out
            of range, or one that is named twice; or a case that nobody ranked.
    """
    wrong = []
    for number, case in enumerate(cases, start=1):
        if not any(len(ranking) for ranking in case):
            wrong.append(f"case {number}: no reader named anything.")
        for reader, ranking in enumerate(case, start=1):
            named = [item for block in ranking for item in block]
            if any(not 0 <= item < classes for item in named):
                wrong.append(f"case {number}, reader {reader}: a condition lies outside 0 .. {classes - 1}.")
            elif len(set(named)) < len(named) or any(not len(block) for block in ranking):
                wrong.append(f"case {number}, reader {reader}: a condition twice, or an empty block.")
    if wrong:
        raise CutisError("\n".join(wrong[:10]))


def inverse_ranks(cases: Sequence[Case], classes: int) -> Array:
    """Plausibilities by inverse ranks: 1 for each reader's first block, 1/2 for the second, and so on.

    Args:
        cases: rankings of each case.
        classes: number of conditions.

    Returns:
        (cases, classes), rows add up to 1. Certain where all readers name one and the same condition only,
        however few they are: it knows nothing of chance. `plackett_luce` does.

    Raises:
        CutisError: rankings that are none, see `check_rankings`.

    Source: Liu et al. 2020, Nat Med 26:900; Stutz et al. 2023, arXiv 2307.02191.
    """
    check_rankings(cases, classes)
    found = np.zeros((len(cases), classes))
    for row, case in zip(found, cases, strict=True):
        for ranking in case:
            for place, block in enumerate(ranking, start=1):
                row[list(block)] += 1.0 / place
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def plackett_luce(
    cases: Sequence[Case],
    classes: int,
    draws: int,
    rng: np.random.Generator,
    *,
    warm: int = 100,
    reliability: int = 1,
) -> Plausible:
    """Plausibilities as the posterior of a race: conditions come to mind at rates of their own.

    Conditions of a block come in any order, but before those of the next; what a reader does not name comes
    last. What no reader of a case names is one more condition. All plausibilities are alike likely before.

    Args:
        cases: rankings of each case.
        classes: number of conditions.
        draws: of the Gibbs sampler that are kept; 500 settle plausibilities to about 0.01.
        rng: source of the draws.
        warm: draws before those.
        reliability: how often each reader counts; above 1 takes readers for surer than the model would.

    Raises:
        CutisError: rankings that are none, see `check_rankings`.

    Source: Caron, Teh & Murphy 2014, Ann Appl Stat 8:1145; Stutz et al. 2023, arXiv 2307.02191.
    """
    check_rankings(cases, classes)
    items, order, block, last = _padded(cases, reliability)
    present = np.concatenate([items >= 0, np.ones((len(cases), 1), bool)], axis=1)  # and anything else
    read = np.asarray((order >= 0).any(axis=2))  # (cases, readers)
    rate = rng.gamma(1.0, size=present.shape) * present
    total, tops = np.zeros(present.shape), np.zeros(present.shape)
    rows = np.arange(len(cases))
    for step in range(warm + draws):
        order = _shuffled(order, block, rate, rng)
        times = _times(order, last, rate, rng) * read[:, :, None]
        shape = 1.0 + read.sum(axis=1)[:, None]
        rate = rng.gamma(shape, size=present.shape) / (1.0 + times.sum(axis=1)) * present
        rate /= rate.sum(axis=1, keepdims=True) / rng.gamma(present.sum(axis=1))[:, None]
        if step >= warm:
            total += rate / rate.sum(axis=1, keepdims=True)
            tops[rows, rate.argmax(axis=1)] += 1
    mean = total / draws
    return Plausible(items, mean[:, :-1], mean[:, -1], tops.max(axis=1) / draws)


def average_overlap(first: Ranking, second: Ranking, classes: int, depth: int | None = None) -> float:
    """How far two rankings agree, first places counting most.

    Args:
        first: a ranking.
        second: another.
        classes: number of conditions; those not named are tied last.
        depth: places that count; None takes as many as the longer ranking names.

    Returns:
        0 .. 1: the mean over depths of the share of conditions that both have down to it, a tie counting as
        its mean order, over what the rankings have with themselves; 1 for equal rankings, ties and all.

    Source: Stutz et al. 2023, arXiv 2307.02191, appendix; Wu & Crestani 2003, SAC, without ties.
    """
    check_rankings([[first], [second]], classes)
    return _overlap(first, second, classes, depth)


def _overlap(first: Ranking, second: Ranking, classes: int, depth: int | None = None) -> float:
    names = sorted({item for ranking in (first, second) for block in ranking for item in block})
    longest = max(sum(len(block) for block in ranking) for ranking in (first, second))
    places = min(depth or longest, classes)
    one, other = (_upto(ranking, names, classes, places) for ranking in (first, second))
    rest = classes - len(names)

    def overlap(a: Array, b: Array) -> float:  # (places, names + 1); the last stands for every one not named
        shared = (a[:, :-1] * b[:, :-1]).sum(axis=1) + rest * a[:, -1] * b[:, -1]
        return float(np.mean(shared / np.arange(1, places + 1)))

    return overlap(one, other) / float(np.sqrt(overlap(one, one) * overlap(other, other)))


def reader_agreement(cases: Sequence[Case], classes: int) -> tuple[Array, Array]:
    """Agreement of the pairs of readers of each case.

    Returns:
        Two (cases,): mean share of pairs whose first blocks have a condition in common, and mean
        `average_overlap`; not a number where fewer than two readers named something.
    """
    check_rankings(cases, classes)
    same, overlap = np.full(len(cases), np.nan), np.full(len(cases), np.nan)
    for number, case in enumerate(cases):
        pairs = list(combinations([ranking for ranking in case if len(ranking)], 2))
        if pairs:
            same[number] = np.mean([bool(set(a[0]) & set(b[0])) for a, b in pairs])
            overlap[number] = np.mean([_overlap(a, b, classes) for a, b in pairs])
    return same, overlap


def _upto(ranking: Ranking, names: Sequence[int], classes: int, places: int) -> Array:
    """Chance of each named condition, and of one that is not, to stand at a place or before."""
    at, place = np.zeros((max(places, sum(map(len, ranking))), len(names) + 1)), 0
    for block in ranking:
        for item in block:
            at[place : place + len(block), names.index(item)] = 1.0 / len(block)
        place += len(block)
    if place < places:
        ranked = {item for block in ranking for item in block}
        behind = [number for number, item in enumerate(names) if item not in ranked]
        at[place:, [*behind, len(names)]] = 1.0 / (classes - place)
    return np.asarray(np.cumsum(at[:places], axis=0))


def _padded(cases: Sequence[Case], reliability: int) -> tuple[NDArray[np.intp], ...]:
    """Named conditions of each case; of each reader their order, the block of each place, and who is last."""
    named = [sorted({item for ranking in case for block in ranking for item in block}) for case in cases]
    readers = reliability * max(len(case) for case in cases)
    places = max(sum(map(len, ranking)) for case in cases for ranking in case)
    items = np.full((len(cases), max(map(len, named))), -1, dtype=np.intp)
    order = np.full((len(cases), readers, places), -1, dtype=np.intp)
    block = np.full(order.shape, -1, dtype=np.intp)
    last = np.ones((len(cases), readers, items.shape[1] + 1), dtype=bool)
    for number, (case, names) in enumerate(zip(cases, named, strict=True)):
        items[number, : len(names)] = names
        for reader in range(reliability * len(case)):
            place = 0
            for rank, tied in enumerate(case[reader // reliability]):
                for item in tied:
                    order[number, reader, place], block[number, reader, place] = names.index(item), rank
                    last[number, reader, names.index(item)] = False
                    place += 1
    return items, order, block, last.astype(np.intp)


def _shuffled(
    order: NDArray[np.intp], block: NDArray[np.intp], rate: Array, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Swap tied neighbours as often as the race would have them so (Metropolis)."""
    rates = _rates(order, rate)
    order = order.copy()
    for place in range(order.shape[2] - 1):
        left = rate.sum(axis=1)[:, None] - rates[:, :, :place].sum(
            axis=2
        )  # rate of all that are still to come
        a, b = rates[:, :, place], rates[:, :, place + 1]
        tied = (block[:, :, place] == block[:, :, place + 1]) & (block[:, :, place] >= 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            swap = tied & (rng.random(a.shape) < (left - a) / (left - b))
        for table in (order, rates):
            one, other = table[:, :, place].copy(), table[:, :, place + 1].copy()
            table[:, :, place], table[:, :, place + 1] = (
                np.where(swap, other, one),
                np.where(swap, one, other),
            )
    return order


def _times(order: NDArray[np.intp], last: NDArray[np.intp], rate: Array, rng: np.random.Generator) -> Array:
    """When each condition comes to each reader's mind, given the order; (cases, readers, conditions)."""
    rates = _rates(order, rate)
    left = rate.sum(axis=1)[:, None, None] - np.cumsum(rates, axis=2) + rates
    waits = np.where(order >= 0, rng.exponential(size=order.shape) / np.maximum(left, 1e-12), 0.0)
    upto = np.cumsum(waits, axis=2)
    after = rng.exponential(size=last.shape) / np.maximum(rate, 1e-12)[:, None, :]
    times = np.where(last.astype(bool), upto[:, :, -1:] + after, 0.0)
    case, reader, place = np.nonzero(order >= 0)
    times[case, reader, order[case, reader, place]] = upto[case, reader, place]
    return np.asarray(times * (rate > 0)[:, None, :])


def _rates(order: NDArray[np.intp], rate: Array) -> Array:
    found = np.take_along_axis(
        np.broadcast_to(rate[:, None, :], (*order.shape[:2], rate.shape[1])), order, axis=2
    )
    return np.asarray(np.where(order >= 0, found, 0.0))
