"""Nothing that a model was trained on may test it: no patient, no lesion, no copy of a photo."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cutis.core.errors import LeakageError
from cutis.core.manifest import Manifest

_MEND = "Split again (cutis data split), or keep one of them."


def leaking_groups(manifest: Manifest) -> list[str]:
    """One sentence for each group that stands in more than one split, with its rows."""
    table = manifest.table
    column = pl.col(manifest.group)
    crossing = table.group_by(column).agg(pl.col("split").n_unique().alias("n")).filter(pl.col("n") > 1)
    sentences = []
    for name in crossing[manifest.group].sort():
        rows = table.filter(column == name).sort("row")
        first = rows.row(0, named=True)["row"]
        where = ", ".join(f"row {row} in {split}" for row, split in rows.select("row", "split").iter_rows())
        sentences.append(
            f"{manifest.path}:{first}: {manifest.group} '{name}' stands on both sides of the split: {where}. "
            "Give all its rows one split, or split again with: cutis data split"
        )
    return sentences


def leaking_pairs(manifest: Manifest, pairs: Sequence[tuple[str, str, float]]) -> list[str]:
    """One sentence for each pair of copies on two sides of the split.

    Args:
        manifest: with a split.
        pairs: two image ids and how far the photos are apart.
    """
    facts = {
        name: (row, split) for name, row, split in manifest.table.select("image_id", "row", "split").rows()
    }
    sentences = []
    for first, second, distance in pairs:
        (row, split), (other_row, other) = facts[first], facts[second]
        if split != other:
            sentences.append(
                f"{manifest.path}:{row}: image {first} ({split}) and row {other_row}, "
                f"image {second} ({other}), are copies, distance {distance:g}. {_MEND}"
            )
    return sentences


def check_leakage(
    manifest: Manifest, pairs: Sequence[tuple[str, str, float]] = (), *, allow: Sequence[str] = ()
) -> None:
    """Stop where anything crosses the split.

    Args:
        manifest: with a split.
        pairs: copies, as `cutis.data.duplicates` finds them.
        allow: ``groups`` or ``duplicates``, to switch that check off.

    Raises:
        LeakageError: every group and pair that crosses.
    """
    problems = [] if "groups" in allow else leaking_groups(manifest)
    problems += [] if "duplicates" in allow else leaking_pairs(manifest, pairs)
    if problems:
        raise LeakageError(problems)
