"""One manifest from several cohorts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from cutis.core.errors import CutisError, ManifestError
from cutis.core.manifest import read_manifest, rebased, write_manifest


def merge_manifests(
    paths: Sequence[Path],
    out: Path,
    *,
    target: str,
    keep: Sequence[str] = (),
    echo: Callable[[str], None] = lambda _: None,
) -> pl.DataFrame:
    """Put manifests one below the other.

    Args:
        paths: the manifests; each one's folder names its cohort, unless it has a column ``cohort``.
        out: the manifest to write; image paths are made relative to it.
        target: column of the labels, which all must have.
        keep: conditions ``column=value[,value...]``; a manifest without the column keeps all its rows.
        echo: told of patients or lesions whose id stands in several cohorts.

    Returns:
        The table written.

    Raises:
        ManifestError: a manifest is wrong, two photos share an id, the cohorts group by other columns, or no
            row is left.
        CutisError: a condition is not one.
    """
    tables, groups = [], set()
    for path in paths:
        manifest = read_manifest(path, target=target)
        table = rebased(manifest, out.parent).drop("row")
        if "cohort" not in table.columns:
            table = table.with_columns(pl.lit(path.absolute().parent.name).alias("cohort"))
        tables.append(_kept(table, keep))
        groups.add(manifest.group)
    if len(groups) > 1:
        raise ManifestError(
            [f"{out}: the manifests group photos by {' and '.join(sorted(groups))}. Rename one to match."]
        )
    merged = pl.concat(tables, how="diagonal_relaxed")
    if merged.is_empty():
        raise ManifestError([f"{out}: no row of the manifests fulfils {' and '.join(keep)}. Ask for less."])
    twice = merged.filter(pl.col("image_id").is_duplicated())["image_id"].unique().sort()
    if len(twice):
        raise ManifestError(
            [
                f"{out}: image_id {name} stands in more than one manifest. Give one an own id."
                for name in twice
            ]
        )
    (group,) = groups
    cohorts = merged.group_by(group).agg(pl.col("cohort").n_unique())
    shared = cohorts.filter(pl.col("cohort") > 1)[group].sort()
    if len(shared):
        ids = f"{len(shared)} {group}s stand" if len(shared) > 1 else f"1 {group} stands"
        echo(f"{ids} in several cohorts, such as '{shared[0]}', and count as the same. Rename them if not.")
    write_manifest(merged, out)
    return merged


def _kept(table: pl.DataFrame, conditions: Sequence[str]) -> pl.DataFrame:
    for condition in conditions:
        column, equals, values = condition.partition("=")
        if not equals:
            raise CutisError(f"'{condition}' is no condition. Write it as column=value or column=one,other.")
        if column in table.columns:
            cells = table[column].cast(pl.String)
            if table.schema[column].is_numeric():
                cells = cells.str.replace(r"\.0$", "")
            table = table.filter(cells.is_in(values.split(",")))
    return table
