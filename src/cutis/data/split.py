"""Divide a manifest into train, tune and test, so that no patient or lesion is on two sides."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from cutis.core.errors import CutisError, ManifestError
from cutis.core.manifest import SPLITS, Manifest

PARTS = (0.7, 0.1, 0.2)
_MEND = (  # said by `cutis data split` and by `cutis train`, which needs every class in every split
    "Add cases, or leave the class out by emptying its cells; where nothing is trained on it: "
    "cutis data split --allow-empty-class"
)
_ATTEMPTS = 20  # with groups of several classes, the first order may leave a class without a place

# Group -> class -> photos; class "" holds those without a label. Where there are several targets, a photo has
# a class of each: "grade_pores '3'".
_Counts = dict[str, dict[str, int]]


def split_manifest(
    manifest: Manifest,
    *,
    parts: Sequence[float] = PARTS,
    seed: int = 0,
    allow_empty_class: bool = False,
    together: Iterable[tuple[str, str]] = (),
) -> Manifest:
    """Assign every group to one split, each class in proportion.

    The result depends on the groups, their classes and the seed, not on the order of the rows.

    Args:
        manifest: with a target, or without (then only the number of photos counts).
        parts: shares of train, tune and test; they add up to 1, and 0 leaves a split out.
        seed: another seed, another split.
        allow_empty_class: accept that a class is missing from a split for want of groups.
        together: pairs of image ids, such as copies of a photo, whose groups stay in one split.

    Returns:
        The manifest with its column ``split`` made anew.

    Raises:
        ManifestError: a class has too few groups to be in every split; all such classes are named.
        CutisError: the parts do not add up to 1.
    """
    shares = named_shares(parts)
    table = manifest.table.with_columns(_joined_groups(manifest, together))
    counts = _count(table, manifest.targets)
    if not allow_empty_class:
        _need_enough_groups(manifest, counts, shares)
    for attempt in range(_ATTEMPTS):
        chosen = _assign(counts, shares, f"{seed}:{attempt}" if attempt else str(seed))
        if allow_empty_class or not _missing(counts, chosen, shares):
            break
    else:
        problems = [
            f"{manifest.path}: no split was found in which every class is in every part; "
            f"{name} is missing from {split}. {_MEND}"
            for name, split in _missing(counts, chosen, shares)
        ]
        raise ManifestError(problems)
    split = table["_together"].replace_strict(chosen, return_dtype=pl.String).alias("split")
    return replace(manifest, table=manifest.table.with_columns(split))


def named_shares(parts: Sequence[float]) -> dict[str, float]:
    """The share of each split that is to have photos.

    Raises:
        CutisError: they are not three that add up to 1.
    """
    good = len(parts) == len(SPLITS) and all(math.isfinite(part) and part >= 0 for part in parts)
    if not good or not math.isclose(sum(parts), 1, abs_tol=1e-6):
        text = ", ".join(f"{part:g}" for part in parts)
        raise CutisError(f"parts are {text}; expected three shares that add up to 1, such as 0.7,0.1,0.2.")
    return {split: part for split, part in zip(SPLITS, parts, strict=True) if part > 0}


def _joined_groups(manifest: Manifest, together: Iterable[tuple[str, str]]) -> pl.Series:
    """The group of each row; groups that share copies of a photo bear the name of the first of them."""
    groups = manifest.table[manifest.group]
    group_of = dict(zip(manifest.table["image_id"], groups, strict=True))
    parent: dict[str, str] = {}

    def top(group: str) -> str:
        while (above := parent.get(group, group)) != group:
            group = above
        return group

    for one, other in together:
        first, second = sorted((top(group_of[one]), top(group_of[other])))
        parent[second] = first
    return pl.Series("_together", [top(group) for group in groups] if parent else groups, dtype=pl.String)


def _count(table: pl.DataFrame, targets: tuple[str, ...]) -> _Counts:
    labels = [
        pl.when(pl.col(name).is_null()).then(pl.lit("")).otherwise(pl.format("{} '{}'", pl.lit(name), name))
        for name in targets
    ]
    counts: _Counts = {}
    for label in labels or [pl.lit("")]:
        rows = table.group_by("_together", label.alias("_class")).len().sort("_together", "_class")
        for group, name, photos in rows.iter_rows():
            classes = counts.setdefault(group, {})
            classes[name] = classes.get(name, 0) + photos
    return counts


def _groups_with(counts: _Counts) -> dict[str, int]:
    """Number of groups that show each class."""
    shown: dict[str, int] = {}
    for classes in counts.values():
        for name in classes:
            shown[name] = shown.get(name, 0) + 1
    return shown


def _need_enough_groups(manifest: Manifest, counts: _Counts, shares: dict[str, float]) -> None:
    few = {name: n for name, n in _groups_with(counts).items() if name and n < len(shares)}
    problems = [
        f"{manifest.path}: {name} has {n} group{'s' * (n > 1)} ({manifest.group}); "
        f"{len(shares)} are needed for one each in {', '.join(shares)}. {_MEND}"
        for name, n in sorted(few.items())
    ]
    if problems:
        raise ManifestError(problems)


def _assign(counts: _Counts, shares: dict[str, float], salt: str) -> dict[str, str]:
    """A split for every group: rare classes first, each group to where its class is wanted most."""
    shown = _groups_with(counts)
    rarest = {group: min(classes, key=lambda name: (shown[name], name)) for group, classes in counts.items()}
    order = sorted(counts, key=lambda group: (shown[rarest[group]], rarest[group], _shuffled(group, salt)))
    photos_of = {name: sum(classes.get(name, 0) for classes in counts.values()) for name in shown}
    wanted = {
        split: {name: share * photos for name, photos in photos_of.items()} for split, share in shares.items()
    }
    chosen: dict[str, str] = {}

    def put(group: str, split: str) -> None:
        chosen[group] = split
        for name, photos in counts[group].items():
            wanted[split][name] -= photos

    for group, split in _one_each(counts, shares, wanted, order, chosen):
        put(group, split)
    for group in order:
        if group not in chosen:
            name = rarest[group]
            put(group, max(shares, key=lambda split: (wanted[split][name], sum(wanted[split].values()))))
    _fill_empty(chosen, order, shares)
    return chosen


def _fill_empty(chosen: dict[str, str], order: list[str], shares: dict[str, float]) -> None:
    """Where all classes are too rare to ask for a place in a split, it takes a group of the largest one."""
    for split in shares:
        sizes = Counter(chosen.values())
        if sizes[split] == 0 and len(chosen) >= len(shares):
            largest = max(shares, key=lambda one: sizes[one])
            chosen[next(group for group in reversed(order) if chosen[group] == largest)] = split


def _one_each(
    counts: _Counts,
    shares: dict[str, float],
    wanted: dict[str, dict[str, float]],
    order: list[str],
    chosen: dict[str, str],
) -> Iterable[tuple[str, str]]:
    """For each class that a split does not show yet, a group to put there. Reads ``chosen`` as it grows."""
    with_class: dict[str, list[str]] = {}
    for group in order:
        for name in counts[group]:
            with_class.setdefault(name, []).append(group)
    for name in sorted((name for name in with_class if name), key=lambda name: (len(with_class[name]), name)):
        present = {chosen[group] for group in with_class[name] if group in chosen}
        for split in sorted(set(shares) - present, key=lambda split: -shares[split]):
            free = [group for group in with_class[name] if group not in chosen]
            if not free:
                break
            fitting = (group for group in free if counts[group][name] <= wanted[split][name])
            yield next(fitting, min(free, key=lambda group: counts[group][name])), split


def _missing(counts: _Counts, chosen: dict[str, str], shares: dict[str, float]) -> list[tuple[str, str]]:
    """Classes that a split does not show."""
    shown = {(name, chosen[group]) for group, classes in counts.items() for name in classes}
    names = sorted(name for name in _groups_with(counts) if name)
    return [(name, split) for name in names for split in shares if (name, split) not in shown]


def _shuffled(group: str, salt: str) -> bytes:
    """A place in a random order that depends on the group's name and not on its row."""
    return hashlib.blake2b(group.encode(), key=salt.encode()[:64], digest_size=8).digest()
