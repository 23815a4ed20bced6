"""Train, tune and test: patients and lesions kept whole, classes in proportion, one seed one split."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ManifestError
from cutis.core.manifest import SPLITS, Manifest

DEFAULT = (0.7, 0.1, 0.2)
_UNLABELLED = "(no label)"


@dataclass(frozen=True)
class _Units:
    """Groups that must stay together, with their images counted by class.

    Attributes:
        of_group: unit of each group.
        counts: (units, classes) images.
        order: (units,) seeded rank, which row order does not change.
    """

    of_group: Mapping[str, int]
    counts: NDArray[np.int64]
    order: NDArray[np.int64]


def split_manifest(
    manifest: Manifest,
    *,
    parts: Sequence[float] = DEFAULT,
    seed: int = 0,
    together: Sequence[tuple[str, str]] = (),
    allow_empty_class: bool = False,
) -> Manifest:
    """Add a column ``split``, replacing any.

    Args:
        manifest: with a target column, or without one where only proportions matter.
        parts: shares of train, tune and test; they sum to 1.
        seed: another seed gives another split.
        together: pairs of groups that must share a split, because they show copies of one photo.
        allow_empty_class: accept a class that some split does not show.

    Raises:
        CutisError: parts that are no shares.
        ManifestError: a class has fewer groups than there are splits.

    Source: iterative stratification, Sechidis et al. 2011, ECML PKDD, here for groups with several images.
    """
    _check_parts(parts)
    classes = _classes(manifest)
    units = _units(manifest, classes, seed, together)
    used = [i for i, share in enumerate(parts) if share > 0]
    if not allow_empty_class:
        _need_enough_groups(manifest, classes, units, len(used))
    place = _assign(units, np.asarray(parts, dtype=float), used)
    split = [SPLITS[place[units.of_group[group]]] for group in manifest.table[manifest.group]]
    return replace(manifest, table=manifest.table.with_columns(pl.Series("split", split)))


def _check_parts(parts: Sequence[float]) -> None:
    if len(parts) != len(SPLITS) or min(parts) < 0 or abs(sum(parts) - 1) > 1e-6:
        raise CutisError(f"parts are {', '.join(map(str, parts))}; expected three shares that sum to 1.")


def _classes(manifest: Manifest) -> list[str]:
    """The class of each row."""
    if manifest.target is None:
        return [_UNLABELLED] * len(manifest)
    return manifest.table[manifest.target].fill_null(_UNLABELLED).to_list()


def _units(
    manifest: Manifest, classes: Sequence[str], seed: int, together: Sequence[tuple[str, str]]
) -> _Units:
    groups = manifest.table[manifest.group].to_list()
    leader = _leaders(sorted(set(groups)), together)
    names = sorted(set(leader.values()))
    number = {name: i for i, name in enumerate(names)}
    column = {name: i for i, name in enumerate(sorted(set(classes)))}
    counts = np.zeros((len(names), len(column)), dtype=np.int64)
    for group, label in zip(groups, classes, strict=True):
        counts[number[leader[group]], column[label]] += 1
    keys = [hashlib.sha256(f"{seed}\n{name}".encode()).digest() for name in names]
    order = np.empty(len(names), dtype=np.int64)
    order[sorted(range(len(names)), key=keys.__getitem__)] = np.arange(len(names))
    return _Units({group: number[leader[group]] for group in leader}, counts, order)


def _leaders(groups: Sequence[str], together: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The first name of each group's set of connected groups."""
    leader = {group: group for group in groups}

    def find(group: str) -> str:
        while leader[group] != group:
            leader[group] = leader[leader[group]]
            group = leader[group]
        return group

    for first, second in together:
        if first in leader and second in leader:
            low, high = sorted((find(first), find(second)))
            leader[high] = low
    return {group: find(group) for group in groups}


def _need_enough_groups(manifest: Manifest, classes: Sequence[str], units: _Units, needed: int) -> None:
    problems = []
    for column, name in enumerate(sorted(set(classes))):
        there = int((units.counts[:, column] > 0).sum())
        if there < needed and name != _UNLABELLED:
            problems.append(
                f"{manifest.path}: {manifest.target} '{name}' has {there} {manifest.group} values, too few "
                f"for {needed} splits. Add some, drop the class, or allow that: --allow-empty-class"
            )
    if problems:
        raise ManifestError(problems)


def _assign(units: _Units, parts: NDArray[np.float64], used: Sequence[int]) -> NDArray[np.int64]:
    """(units,) index of each unit's split: rarest class first, each unit to where it is missed most."""
    needs = parts[:, None] * units.counts.sum(0)  # (splits, classes) images still wanted
    place = np.full(len(units.order), -1, dtype=np.int64)
    holders = defaultdict(list)
    for unit in np.argsort(units.order).tolist():
        for column in np.flatnonzero(units.counts[unit]).tolist():
            holders[column].append(unit)
    for column in sorted(holders, key=lambda c: (len(holders[c]), c)):
        empty = [s for s in used if not (units.counts[place == s, column] > 0).any()]
        for unit in (u for u in holders[column] if place[u] < 0):
            # Small splits first, while a class is still missing there; then where most images are wanted.
            choice = min(empty, key=lambda s: parts[s]) if empty else _neediest(needs, column, used)
            if empty:
                empty.remove(choice)
            place[unit] = choice
            needs[choice] -= units.counts[unit]
    return place


def _neediest(needs: NDArray[np.float64], column: int, used: Sequence[int]) -> int:
    return max(used, key=lambda s: (needs[s, column], needs[s].sum(), -s))
