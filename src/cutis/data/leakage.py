"""Proof that nothing stands on both sides of a split, or the rows that do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import polars as pl

from cutis.core.errors import LeakageError
from cutis.core.manifest import Manifest
from cutis.data.duplicates import Pair, find_duplicates


def check_leakage(
    manifest: Manifest,
    *,
    pairs: Sequence[Pair] | None = None,
    allow: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> None:
    """Stop when a group, or a copy of a photo, is in two splits.

    Args:
        manifest: with a column ``split``.
        pairs: copies among its photos, by position; they are searched for when None.
        allow: checks to leave out: ``groups``, ``duplicates``.
        progress: called with the number of photos just read, when copies are searched for.

    Raises:
        LeakageError: every row that leaks, at once.
    """
    problems = [] if "groups" in allow else group_leaks(manifest)
    if "duplicates" not in allow:
        found = find_duplicates(manifest.paths, progress=progress) if pairs is None else pairs
        problems += copy_leaks(manifest, found)
    if problems:
        raise LeakageError(problems)


def group_leaks(manifest: Manifest) -> list[str]:
    """One sentence for each group that is in two splits or more, with its rows."""
    group = pl.col(manifest.group)
    rows = manifest.table.select(group.alias("group"), "split", "row").sort("row")
    leaking = rows.filter(pl.col("split").n_unique().over("group") > 1)
    problems = []
    for name, places in leaking.group_by("group", maintain_order=True):
        where = "; ".join(
            f"{split} in row{'s' * (len(part) > 1)} {', '.join(map(str, part['row']))}"
            for (split,), part in places.group_by("split", maintain_order=True)
        )
        problems.append(
            f"{manifest.path}:{places['row'][0]}: {manifest.group} '{name[0]}' is in {where}. "
            "Keep each group in one split: cutis data split"
        )
    return problems


def copy_leaks(manifest: Manifest, pairs: Sequence[Pair]) -> list[str]:
    """One sentence for each pair of copies that is in two splits.

    Args:
        manifest: with a column ``split``.
        pairs: by position in the manifest.
    """
    ids, rows, splits = (manifest.table[name].to_list() for name in ("image_id", "row", "split"))
    problems = []
    for pair in pairs:
        one, other = pair.first, pair.second
        if splits[one] != splits[other]:
            what = "the same photo" if pair.exact else f"a copy (distance {pair.distance:.2f})"
            problems.append(
                f"{manifest.path}:{rows[other]}: '{ids[other]}' in {splits[other]} is {what} of '{ids[one]}' "
                f"in {splits[one]}, row {rows[one]}. Keep copies in one split: cutis data split"
            )
    return problems
